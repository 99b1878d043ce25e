package life

import (
	"context"
	"errors"
	"os"

	"github.com/xenvoy/xenvoy/toolstack/domcfg/xlcfg"
	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

func restore() *xl.Command {
	return &xl.Command{
		Name: "restore", Operands: "[options] [<ConfigFile>] <CheckpointFile>", Summary: "Start a domain from a file with its state", MinArgs: 1, Changes: true,
		Options: []xl.Option{
			{Short: 'p', Help: "Leave the domain paused."},
			{Short: 'e', Help: "Leave no process behind that carries out the on_... actions."},
			{Short: 'F', Help: "Stay until the domain is gone, and carry out its on_... actions here."},
			{Short: 'c', Help: "Attach to the domain's console."},
			{Short: 'd', Help: "Print the configuration as libxl gets it, too."},
			{Short: 'V', Long: "vncviewer", Help: "Start a VNC viewer of the domain's screen."},
			{Short: 'A', Long: "vncviewer-autopass", Help: "The same, and give the viewer the password."},
		},
		Run: func(ctx context.Context, c *xl.Call) error { return always1(runRestore(ctx, c)) },
	}
}

// always1 gives a failure of create the status of restore and migrate-receive: one for all.
func always1(err error) error {
	var f *xl.Failure
	if errors.As(err, &f) && f.Status != xl.StatusFailed {
		one := *f
		one.Status = xl.StatusFailed
		return &one
	}
	return err
}

func runRestore(ctx context.Context, c *xl.Call) error {
	defer xl.OutlivePipes()()
	if len(c.Args) > 2 {
		return c.WrongWords(xl.StatusFailed, "want a file with a state and, at most, a configuration file before it")
	}
	override, path := "", c.Args[len(c.Args)-1]
	if len(c.Args) == 2 {
		override = c.Args[0]
	}
	f, err := openState(path)
	if err != nil {
		return xl.Failf(xl.StatusFailed, "Can't open restore file: %s", reason(err))
	}
	cfg, id, err := restoreFrom(ctx, c, f, path, override)
	if err := f.end(err); err != nil {
		return err
	}
	return tell(c, Created{Name: cfg.CInfo.Name, ID: uint32(id), UUID: cfg.CInfo.UUID.String()})
}

// restoreFrom builds a domain of a save file.
func restoreFrom(ctx context.Context, c *xl.Call, f *stateReader, path, override string) (*idl.DomainConfig, idl.DomID, error) {
	cfg, err := configOf(ctx, c, f.File, path, override)
	if err != nil {
		return nil, 0, err
	}
	if err := show(c, cfg, false); err != nil {
		return nil, 0, err
	}
	if err := notRunning(ctx, c, cfg, path); err != nil {
		return nil, 0, err
	}
	n := newCreation(c, cfg)
	n.stream = f.File
	var clear func()
	n.restore.Progress, clear = progress(c, "restore "+cfg.CInfo.Name)
	id, err := n.run(ctx)
	clear()
	return cfg, id, err
}

// notRunning refuses to start a guest a second time: both would write to the same disks. xl leaves
// that to libxl, which minds the name alone.
func notRunning(ctx context.Context, c *xl.Call, cfg *idl.DomainConfig, path string) error {
	if !c.Strict || cfg.CInfo.UUID == (idl.UUID{}) {
		return nil
	}
	all, err := c.Xen.ListDomains(ctx)
	if err != nil {
		return err
	}
	for _, d := range all {
		if d.UUID != cfg.CInfo.UUID || d.Dying {
			continue
		}
		name, err := c.Xen.DomIDToName(ctx, d.DomID)
		if err != nil {
			name = "?" // it is being built, or dies
		}
		return xl.Failf(xl.StatusFailed, "the guest of %s is here already: domain %d (%s) has its uuid %s; two of it would destroy their disks: end that one first, or restore with a configuration file that has another uuid",
			path, d.DomID, name, d.UUID)
	}
	return nil
}

// configOf is the configuration for a guest's state: what stands before it, or a file.
func configOf(ctx context.Context, c *xl.Call, state *os.File, source, override string) (*idl.DomainConfig, error) {
	cfg, err := readHeader(c, state, source)
	if err != nil {
		return nil, err
	}
	if override != "" {
		text, err := ReadSource(override, statusFail)
		if err != nil {
			return nil, err
		}
		return parse(ctx, c, xl.Source{Name: override, Text: text})
	}
	if cfg == nil {
		return nil, xl.Failf(statusInval, "Config file not specified and none in save file")
	}
	say(c, "Parsing config from <saved>")
	host, err := c.Machine(ctx)
	if err != nil {
		return nil, err
	}
	if err := xlcfg.Mask(cfg, host); err != nil {
		return nil, xl.Failf(statusFail, "%w", err)
	}
	return cfg, nil
}
