package life

import (
	"context"
	"io"

	"github.com/xenvoy/xenvoy/toolstack/domcfg/xlcfg"
	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

func create() *xl.Command {
	return &xl.Command{
		Name: "create", Operands: "<ConfigFile> [options] [vars]", Summary: "Create and start a domain from a configuration file", Changes: true, DryRun: true, Leading: 1,
		Options: []xl.Option{
			{Short: 'f', Long: "defconfig", Value: "FILE", Help: "The configuration file."},
			{Short: 'n', Long: "dryrun", Help: "Print the configuration as libxl gets it, create nothing (as -N before the command)."},
			{Short: 'p', Help: "Leave the domain paused."},
			{Short: 'c', Help: "Attach to the domain's console."},
			{Short: 'F', Help: "Stay until the domain is gone, and carry out its on_... actions here."},
			{Short: 'e', Help: "Leave no process behind that carries out the on_... actions."},
			{Short: 'd', Help: "Print the configuration as libxl gets it, too."},
			{Short: 'q', Long: "quiet", Help: "Do not say where the configuration comes from."},
			{Short: 'V', Long: "vncviewer", Help: "Start a VNC viewer of the domain's screen."},
			{Short: 'A', Long: "vncviewer-autopass", Help: "The same, and give the viewer the password."},
			{Short: 'i', Long: "ignore-global-affinity-masks", Help: "Ignore the vm...cpumask keys of xl.conf."},
		},
		Run: runCreate,
	}
}

func runCreate(ctx context.Context, c *xl.Call) error {
	defer xl.OutlivePipes()()
	option, _ := c.Value("defconfig")
	file, lines, err := FileAndLines(c.Args, option)
	if err != nil {
		return c.WrongWords(xl.StatusUsage, "%w", err)
	}
	if file == "" {
		return xl.Failf(statusInval, "Config file not specified and none in save file")
	}
	text, err := ReadSource(file, statusFail)
	if err != nil {
		return err
	}
	cfg, err := parse(ctx, c, xl.Source{Name: file, Text: text, Lines: LinesOf(lines)})
	if err != nil {
		return err
	}
	dry := c.DryRun || c.Has("dryrun")
	if err := show(c, cfg, dry); err != nil || dry {
		return err
	}
	n := newCreation(c, cfg)
	id, err := n.run(ctx)
	if err != nil {
		return err
	}
	return tell(c, Created{Name: cfg.CInfo.Name, ID: uint32(id), UUID: cfg.CInfo.UUID.String()})
}

// newCreation makes one with what the options say that create and restore share.
func newCreation(c *xl.Call, cfg *idl.DomainConfig) *creation {
	return &creation{
		Call: c, cfg: cfg, paused: c.Has("p"), console: c.Has("c"),
		monitor: !c.Has("e"), foreground: c.Has("F"),
		viewer: c.Has("vncviewer") || c.Has("vncviewer-autopass"), password: c.Has("vncviewer-autopass"),
	}
}

// parse reads a domain file, and says which.
func parse(ctx context.Context, c *xl.Call, s xl.Source) (*idl.DomainConfig, error) {
	s.Quiet = c.Has("quiet")
	if !s.Quiet {
		say(c, "Parsing config from %s", s.Name)
	}
	if c.Has("ignore-global-affinity-masks") {
		s.Change = func(h *xlcfg.Host) { h.CPUMask, h.HVMCPUMask, h.PVCPUMask = "", "", "" }
	}
	d, err := c.ParseConfig(ctx, s)
	if err != nil {
		return nil, err
	}
	return d.LibxlConfig()
}

// show prints the configuration as libxl gets it, before libxl fills in its defaults: where a
// program reads it in a dry run, else, with -d, beside the messages.
func show(c *xl.Call, cfg *idl.DomainConfig, dry bool) error {
	if !dry && !c.Has("d") {
		return nil
	}
	text, err := shown(c, cfg, cfg)
	if err != nil {
		return err
	}
	if !dry {
		_, err = io.WriteString(c.Stderr, text)
		return err
	}
	return c.Show(cfg, text)
}

// shown is a configuration, within v, in the format that xl.conf asks for.
func shown(c *xl.Call, v any, cfg *idl.DomainConfig) (string, error) {
	if c.Conf.SXP {
		return xl.SXP(-1, "", cfg)
	}
	text, err := xl.LibxlJSON(v)
	if err != nil {
		return "", xl.Failf(xl.StatusFailed, "Failed to convert domain configuration to JSON: %w", err)
	}
	return string(text), nil
}
