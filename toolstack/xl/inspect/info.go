package inspect

import (
	"context"
	"errors"
	"strings"

	"github.com/xenvoy/xenvoy/hvm"
	"github.com/xenvoy/xenvoy/toolstack"
	"github.com/xenvoy/xenvoy/toolstack/xl"
)

// A HostReport is xl info in JSON: its names, but memory is in …_mib, the clock is cpu_khz,
// and no xen_version, which is made of others; balloon_memory_mib is xenvoy's alone. With -n there are cpu_topology, pci_topology
// and numa_nodes. With the beginning of a name it is an object of the texts of those lines.
type HostReport struct {
	*toolstack.HostInfo
	NoHVM string `json:"no_hvm_because,omitempty"`
	*Topology
}

func info() *xl.Command {
	return &xl.Command{
		Name: "info", Operands: "[options] [Key]", Summary: "Describe this host and its hypervisor",
		Options: []xl.Option{{Short: 'n', Long: "numa", Help: "Print the topology, too: CPUs, PCI devices, NUMA nodes."}},
		Run: func(ctx context.Context, c *xl.Call) error {
			d := description{missing: func(err error, words string) error { return c.PassOver(err, "%s", words) }}
			if err := d.node(); err != nil {
				return err
			}
			if err := d.machine(ctx, c.Xen); err != nil {
				return err
			}
			r := HostReport{HostInfo: &d.info}
			if c.Has("numa") {
				r.Topology = &Topology{}
				if err := d.topology(ctx, c.Xen, r.Topology); err != nil {
					return err
				}
			}
			if err := d.hypervisor(ctx, c.Xen); err != nil {
				return err
			}
			d.add("xend_config_format", 4)
			if len(c.Args) > 0 && !c.Has("numa") {
				return showLines(c, d.lines, c.Args[0])
			}
			if c.Strict {
				if err := errors.Join(d.spare(ctx, c.Xen, c.Conf), r.noteHVM(ctx, c)); err != nil {
					return err
				}
			}
			var b strings.Builder
			for _, l := range d.lines {
				b.WriteString(l.text)
			}
			return c.Show(r, b.String())
		},
	}
}

// showLines prints the values of the lines that begin so. xl looks for a blank after the colon.
func showLines(c *xl.Call, lines []line, key string) error {
	values := map[string]string{}
	var b strings.Builder
	for _, l := range lines {
		_, value, ok := strings.Cut(l.text, ":")
		if !strings.HasPrefix(l.text, key) || l.key == "" || !ok || !strings.HasPrefix(value, " ") {
			continue
		}
		b.WriteString(value[1:])
		values[l.key] = strings.TrimSuffix(value[1:], "\n")
	}
	if c.Strict && len(values) == 0 {
		return xl.Failf(xl.StatusFailed, "info: no line begins with %q", key)
	}
	return c.Show(values, b.String())
}

// noteHVM says why a host cannot run HVM guests: xl has nothing of the kind.
func (r *HostReport) noteHVM(ctx context.Context, c *xl.Call) error {
	if r.HasCap("hvm") {
		return nil
	}
	log, err := c.Xen.XenConsole(ctx, false)
	if err != nil {
		return err
	}
	r.NoHVM = hvm.WhyNot(r.HWCaps, r.XenCaps, log)
	c.Warnf("xenvoy: this host cannot run HVM and PVH guests: %s", r.NoHVM)
	return nil
}
