package life

import (
	"context"
	"slices"

	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// userdata is where xl keeps the text that a domain is to be rebuilt with (libxl.h).
const userdata = "xl"

func configUpdate() *xl.Command {
	return &xl.Command{
		Name: "config-update", Operands: "<Domain> <ConfigFile> [options] [vars]", Changes: true, DryRun: true, Leading: 2,
		Summary: "Set the configuration that a domain gets when it is next rebuilt (better left to libxl, which keeps it)",
		Options: []xl.Option{
			{Short: 'f', Long: "defconfig", Value: "FILE", Help: "The configuration file."},
			{Short: 'd', Help: "Print the configuration as libxl will get it, too."},
			{Short: 'q', Help: "Accepted, and without effect."},
		},
		Run: runConfigUpdate,
	}
}

func runConfigUpdate(ctx context.Context, c *xl.Call) error {
	if len(c.Args) == 0 {
		return &xl.Failure{Status: xl.StatusFailed, Usage: true, Text: "xl config-update requires a domain argument"}
	}
	c.Warnf("WARNING: xl now has better capability to manage domain configuration, avoid using this command when possible")
	id, err := c.Domain(ctx, c.Args[0])
	if err != nil {
		return err
	}
	cfg, text, err := readUpdate(ctx, c)
	if err != nil {
		return err
	}
	if c.DryRun || c.Has("d") {
		if err := showUpdate(c, cfg); err != nil || c.DryRun {
			return err
		}
	}
	c.Warnf("setting dom%d configuration", id)
	if err := c.Xen.UserdataStore(ctx, id, userdata, text); err != nil {
		f := xl.Failf(xl.StatusFailed, "failed to update configuration")
		f.Err = err
		return f
	}
	return nil
}

// readUpdate reads the file and the lines that the words name: what they mean, and the text to keep.
func readUpdate(ctx context.Context, c *xl.Call) (*idl.DomainConfig, []byte, error) {
	option, _ := c.Value("defconfig")
	file, lines, err := FileAndLines(c.Args[1:], option)
	if err != nil {
		return nil, nil, err
	}
	if file == "" {
		return nil, nil, xl.Failf(xl.StatusFailed, "Config file not specified")
	}
	text, err := ReadSource(file, 256-statusFail)
	if err != nil {
		return nil, nil, err
	}
	s := xl.Source{Name: file, Text: text, Lines: LinesOf(lines)}
	d, err := c.ParseConfig(ctx, s)
	if err != nil {
		return nil, nil, err
	}
	if len(s.Lines) > 0 {
		text = slices.Concat(text, []byte("\n"), s.Lines)
	}
	cfg, err := d.LibxlConfig()
	return cfg, text, err
}

// Update is what config-update shows: the configuration of a domain that does not exist yet.
type Update struct {
	DomID  *idl.DomID        `json:"domid"` // always null
	Config *idl.DomainConfig `json:"config"`
}

func showUpdate(c *xl.Call, cfg *idl.DomainConfig) error {
	u := Update{Config: cfg}
	text, err := shown(c, u, cfg)
	if err != nil {
		return err
	}
	return c.Show(u, text)
}
