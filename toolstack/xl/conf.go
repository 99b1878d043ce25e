package xl

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/xenvoy/xenvoy/toolstack/domcfg"
	"github.com/xenvoy/xenvoy/toolstack/domcfg/xlcfg"
)

// LoadConf reads xl.conf into s.Conf, and prints what is odd in it. As with xl, a file that
// cannot be read is one that says nothing, and a faulty one ends the command: a *Failure. Once
// read, it is not read again.
func (s *Session) LoadConf() error {
	if s.Conf != nil {
		return nil
	}
	path := cmp.Or(s.ConfPath, xlcfg.ConfPath)
	conf, warnings, err := xlcfg.LoadConf(path)
	for _, w := range warnings {
		fmt.Fprintln(s.Stderr, w)
	}
	var faults domcfg.Errors
	switch {
	case errors.As(err, &faults):
		return Failf(StatusFailed, "%w", err)
	case err != nil:
		fmt.Fprintf(s.Stderr, "Failed to read config file: %v\n", err)
		conf = &xlcfg.Conf{}
	}
	s.Conf = conf
	return nil
}

// Machine is what domain files and the words of commands are read with: facts of the host, and
// what xl.conf says.
func (c *Call) Machine(ctx context.Context) (xlcfg.Host, error) {
	phys, err := c.Xen.PhysInfo(ctx)
	if err != nil {
		return xlcfg.Host{}, err
	}
	v, err := c.Xen.VersionInfo(ctx)
	if err != nil {
		return xlcfg.Host{}, err
	}
	h := xlcfg.Host{
		CPUs: int(phys.MaxCPUID) + 1, Online: int(phys.NrCPUs), Nodes: int(phys.NrNodes),
		FirmwareDir: fmt.Sprintf("/usr/lib/xen-%d.%d/boot", v.XenVersionMajor, v.XenVersionMinor),
	}
	h.Defaults = c.Conf.Defaults
	for node := 0; node < h.Nodes && h.Nodes > 1; node++ {
		cpus, err := c.Xen.NodeToCPUMap(ctx, uint32(node))
		if err != nil {
			return xlcfg.Host{}, err
		}
		all := []int{}
		for _, cpu := range cpus {
			all = append(all, int(cpu))
		}
		h.NodeCPUs = append(h.NodeCPUs, all)
	}
	return h, nil
}

// A Source is a domain file in xl's language.
type Source struct {
	Name  string // for messages
	Text  []byte
	Lines []byte // of the command line, which come behind it
	Quiet bool   // without warnings

	// Change, when set, edits what the file is read with.
	Change func(*xlcfg.Host)
}

// ParseConfig reads a domain file. Warnings go to standard error. The error is a *Failure, with
// all that is wrong.
func (c *Call) ParseConfig(ctx context.Context, s Source) (*xlcfg.Domain, error) {
	host, err := c.Machine(ctx)
	if err != nil {
		return nil, Failf(StatusFailed, "libxl_physinfo failed: %w", err)
	}
	if s.Change != nil {
		s.Change(&host)
	}
	f, err := xlcfg.ParseBytes(s.Text, s.Name)
	if err == nil && len(s.Lines) > 0 {
		err = f.Add(s.Lines, "command line")
	}
	if err != nil {
		return nil, Failf(StatusFailed, "%w\nFailed to parse config: Invalid argument", err)
	}
	d, warnings, err := xlcfg.NewDomain(f, host)
	if len(warnings) > 0 && !s.Quiet {
		fmt.Fprintln(c.Stderr, strings.TrimSuffix(warnings.String(), "\n"))
	}
	if err != nil {
		return nil, Failf(StatusFailed, "%w", err)
	}
	return d, nil
}
