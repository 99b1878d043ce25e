package tune

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/xenvoy/xenvoy/toolstack/domcfg/xlcfg"
	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/xen/libxl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

func poolCreate() *xl.Command {
	return &xl.Command{
		Name: "cpupool-create", Operands: "[options] [<ConfigFile>] [Variable=value ...]", Summary: "Make a CPU pool of free CPUs", DryRun: true, Changes: true,
		Options: []xl.Option{
			{Short: 'f', Long: "defconfig", Value: "FILE", Help: "Read this file: name, sched, nodes, cpus."},
			{Short: 'n', Long: "dryrun", Help: "Only print what would be made."},
		},
		Run: createPool,
	}
}

// A NewPool is what cpupool-create makes, with the numbers of its CPUs.
type NewPool struct {
	Config    string     `json:"config"`
	Name      string     `json:"name"`
	Scheduler string     `json:"scheduler"`
	CPUs      idl.Bitmap `json:"cpus"`
}

func createPool(ctx context.Context, c *xl.Call) error {
	source, file, err := poolConfig(c)
	if err != nil {
		return err
	}
	p := idl.CPUPoolInfo{PoolName: source.name(file)}
	if p.PoolName == "" {
		return xl.Failf(xl.StatusFailed, "Missing cpupool name!")
	}
	if _, err := c.Xen.NameToCPUPoolID(ctx, p.PoolName); !errors.Is(err, libxl.ErrNotFound) {
		if err == nil {
			err = xl.Failf(xl.StatusFailed, "Pool name \"%s\" already exists", p.PoolName)
		}
		return err
	}
	status, err := source.scheduler(ctx, c, &p)
	if err != nil {
		return err
	}
	if err := source.cpus(ctx, c, &p); err != nil {
		return withStatus(c, status, err)
	}
	made := NewPool{file, p.PoolName, p.Sched.String(), p.CPUMap}
	text := fmt.Sprintf("Using config file \"%s\"\ncpupool name:   %s\nscheduler:      %s\nnumber of cpus: %d\n", file, p.PoolName, p.Sched, len(p.CPUMap))
	if c.DryRun || c.Has("dryrun") {
		return c.Show(made, text)
	}
	if _, err := makePool(ctx, c.Xen, p); err != nil {
		return c.Partly(made, text, withStatus(c, status, c.Because(err, "error on creating cpupool")))
	}
	return c.Show(made, text)
}

// makePool makes a pool that has a UUID of its own.
func makePool(ctx context.Context, x xl.Xen, info idl.CPUPoolInfo) (uint32, error) {
	uuid, err := idl.NewUUID(rand.Reader)
	if err != nil {
		return 0, err
	}
	return x.CPUPoolCreate(ctx, info, uuid)
}

// withStatus gives a failure the status that xl ends with: where the configuration names no
// scheduler, that is the host scheduler's number (main_cpupoolcreate keeps both in one variable).
func withStatus(c *xl.Call, status int, err error) error {
	var f *xl.Failure
	if errors.As(err, &f) && !c.Strict {
		f.Status = status
	}
	return err
}

// A poolFile is a configuration in the grammar of xl.cfg.
type poolFile struct{ *xlcfg.File }

// poolConfig reads the file, and after it the settings that the operands are. It gives the name of
// where they come from, too.
func poolConfig(c *xl.Call) (poolFile, string, error) {
	file, _ := c.Value("defconfig")
	var extra strings.Builder
	for _, word := range c.Args {
		switch {
		case strings.Contains(word, "="):
			extra.WriteString("\n" + word)
		case file == "":
			file = word
		default:
			return poolFile{}, "", c.WrongWords(xl.StatusFailed, "%q is a second file", word)
		}
	}
	name, data := "command line", []byte(nil)
	if file != "" {
		var err error
		if data, err = readPool(file); err != nil {
			return poolFile{}, "", &xl.Failure{Status: xl.StatusFailed, Text: fmt.Sprintf("Failed to read config file: %s: %s", file, cause(err)), Err: err}
		}
		name = file
	}
	if extra.Len() > 0 {
		data = append(data, extra.String()+"\n"...)
	}
	f, err := xlcfg.ParseBytes(data, name)
	if err != nil {
		return poolFile{}, "", xl.Failf(xl.StatusFailed, "%w\nFailed to parse config file: Invalid argument", err)
	}
	for _, w := range f.Warnings() {
		c.Warnf("%s", w)
	}
	return poolFile{f}, name, nil
}

// readPool reads no more of a file than its reader takes.
func readPool(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, xlcfg.MaxFileBytes+1))
}

// text is the value of a key that is not a list; false when there is none.
func (f poolFile) text(key string) (string, bool) {
	s := f.Lookup(key)
	if s == nil || s.Value.IsList {
		return "", false
	}
	return s.Value.Text, true
}

// list is the elements of a key that is a list, up to one that is none.
func (f poolFile) list(key string) ([]string, bool) {
	s := f.Lookup(key)
	if s == nil || !s.Value.IsList {
		return nil, false
	}
	items := []string{}
	for _, v := range s.Value.Items {
		if v.IsList {
			break
		}
		items = append(items, v.Text)
	}
	return items, true
}

// name is the pool's, or that of the file.
func (f poolFile) name(file string) string {
	name, ok := f.text("name")
	if !ok && file != "command line" {
		name = filepath.Base(file)
	}
	return name
}

// scheduler is the one that the file names, or the host's. status is what xl ends with when
// something is wrong after it.
func (f poolFile) scheduler(ctx context.Context, c *xl.Call, p *idl.CPUPoolInfo) (status int, err error) {
	if name, ok := f.text("sched"); ok {
		if err := p.Sched.UnmarshalText([]byte(name)); err != nil {
			return 0, &xl.Failure{Status: xl.StatusFailed, Text: "Unknown scheduler", Err: err}
		}
		return xl.StatusFailed, nil
	}
	if p.Sched, err = c.Xen.Scheduler(ctx); err != nil {
		return 0, c.Because(err, "get_scheduler sysctl failed.")
	}
	return int(p.Sched), nil
}
