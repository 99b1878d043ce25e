package life

import (
	"context"
	"errors"
	"time"

	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/xen/libxl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

func save() *xl.Command {
	return &xl.Command{
		Name: "save", Operands: "[options] <Domain> <CheckpointFile> [<ConfigFile>]", Summary: "Save a domain's state to a file", MinArgs: 2, Changes: true,
		Options: []xl.Option{
			{Short: 'c', Help: "Let the domain run on afterwards."},
			{Short: 'p', Help: "Leave the domain paused afterwards."},
			{Short: 'D', Help: "Have restore give the domain the same number."},
		},
		Own: []xl.Option{{Long: compressOption, Help: "Compress the file (zstd). xl reads it after \"xenvoy stream unpack\"."}},
		Run: onDomain(runSave),
	}
}

// compressOption is an option of save that xl does not have.
const compressOption = "compress"

func runSave(ctx context.Context, c *xl.Call, id idl.DomID) error {
	defer xl.OutlivePipes()()
	if len(c.Args) > 3 {
		return c.WrongWords(xl.StatusFailed, "want a domain, a file and, at most, a configuration file")
	}
	override := ""
	if len(c.Args) == 3 {
		override = c.Args[2]
	}
	cfg, err := configToSend(ctx, c, id, override)
	if err != nil {
		return err
	}
	began := time.Now()
	out, err := newStateWriter(c.Args[1], c.Has(compressOption))
	if err != nil {
		return xl.Failf(xl.StatusFailed, "Failed to open temp file %s for writing: %s", c.Args[1], reason(err))
	}
	defer out.discard()
	if err := writeHeader(c, out.header(), cfg, c.Args[1]); err != nil {
		return err
	}
	if err := writeState(ctx, c, id, out, "save "+cfg.CInfo.Name); err != nil {
		say(c, "Failed to save domain, resuming domain")
		takeBack(ctx, c, id, err)
		return xl.Fail(xl.StatusFailed, err)
	}
	report := savedIn(out, time.Since(began))
	report.Name, report.ID, report.File = cfg.CInfo.Name, uint32(id), c.Args[1]
	if report.State, err = afterSave(context.WithoutCancel(ctx), c, id); err != nil {
		return err
	}
	return tell(c, report)
}

// writeState has libxl write the guest's state, and returns when it is safe on disk.
func writeState(ctx context.Context, c *xl.Call, id idl.DomID, out *stateWriter, what string) error {
	to, err := out.begin()
	if err != nil {
		return err
	}
	show, clear := progress(c, what)
	err = out.end(c.Xen.DomainSuspend(ctx, id, to, libxl.SuspendOptions{Progress: show}))
	if clear(); err != nil {
		return err
	}
	return out.commit()
}

// afterSave is for the guest whose state is safe on disk: it runs on, or is given up.
func afterSave(ctx context.Context, c *xl.Call, id idl.DomID) (state string, err error) {
	switch {
	case c.Has("p"):
		err = errors.Join(c.Xen.DomainPause(ctx, id), c.Xen.DomainResume(ctx, id, true))
		return "paused", c.Lenient(err)
	case c.Has("c"):
		return "running", c.Lenient(c.Xen.DomainResume(ctx, id, true))
	}
	return "destroyed", c.Lenient(c.Xen.DomainDestroy(ctx, id))
}

// takeBack lets a guest run on that could not be saved or sent. One that did not answer runs
// still, and must not be resumed as if it had stopped. It says so when that fails, and false.
func takeBack(ctx context.Context, c *xl.Call, id idl.DomID, why error) bool {
	if errors.Is(why, libxl.ErrGuestTimedOut) {
		return true
	}
	ctx = context.WithoutCancel(ctx)
	d, err := c.Xen.DomainInfo(ctx, id)
	if err == nil && d.Shutdown && d.ShutdownReason == idl.ShutdownReasonSuspend {
		err = c.Xen.DomainResume(ctx, id, true)
	}
	if err != nil {
		c.Warnf("domain %d could not be resumed: %v", id, err)
	}
	return err == nil
}

// configToSend is the configuration that goes with a guest's state: the domain's own, or
// that of a file.
func configToSend(ctx context.Context, c *xl.Call, id idl.DomID, override string) (*idl.DomainConfig, error) {
	if override != "" {
		text, err := ReadSource(override, xl.StatusFailed)
		if err != nil {
			return nil, err
		}
		d, err := c.ParseConfig(ctx, xl.Source{Name: override, Text: text})
		if err != nil {
			return nil, err
		}
		return d.LibxlConfig()
	}
	cfg, err := c.Xen.RetrieveDomainConfiguration(ctx, id)
	if err != nil {
		f := xl.Failf(xl.StatusFailed, "unable to retrieve domain configuration")
		f.Err = err
		return nil, f
	}
	cfg.CInfo.DomID = 0
	if c.Has("D") {
		cfg.CInfo.DomID = id
	}
	return cfg, nil
}
