package life

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/xenvoy/xenvoy/toolstack/room"
	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/xen/libxl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// A creation makes a running domain of a configuration, for create, restore and
// migrate-receive. What fails leaves nothing.
type creation struct {
	*xl.Call
	cfg    *idl.DomainConfig
	stream *os.File // what it is restored from; nil: it is new

	restore    libxl.RestoreOptions
	paused     bool
	monitor    bool // somebody is to carry out its on_… actions:
	foreground bool // this process, until the domain is gone
	console    bool // the user's terminal becomes its console
	viewer     bool // a VNC viewer shows its screen
	password   bool // and is given the password
}

// build builds the domain and leaves it paused, with a monitor unless that is to be this process.
// The error is a *Failure whose status is libxl's code with the other sign.
func (n *creation) build(ctx context.Context) (idl.DomID, *terminal, error) {
	release, err := room.Make(ctx, n.Xen, n.Conf, n.cfg, n.stream != nil)
	if err != nil {
		return 0, nil, xl.Failf(statusFail, "%w", err)
	}
	defer release()
	cfg := *n.cfg
	if n.Conf.RandomDomIDs && cfg.CInfo.DomID == 0 {
		cfg.CInfo.DomID = idl.RandomDomID
	}
	t := n.terminal(ctx)
	id, err := n.make(ctx, &cfg, t.available)
	if err != nil {
		t.stop()
		return 0, nil, libxlFailure(err)
	}
	if t.available != nil {
		t.available(id) // should libxl have found nothing to tell
	}
	if err := n.leaveMonitor(ctx, id); err != nil {
		return 0, nil, n.undo(ctx, id, t, xl.Failf(statusFail, "domain %d cannot be watched over: %w", id, err))
	}
	return id, t, nil
}

// libxlFailure ends create with libxl's code.
func libxlFailure(err error) error { return xl.Fail(-xl.CodeOf(err), err) }

// make calls libxl.
func (n *creation) make(ctx context.Context, cfg *idl.DomainConfig, console func(idl.DomID)) (idl.DomID, error) {
	if n.stream == nil {
		return n.Xen.DomainCreateNew(ctx, cfg, libxl.CreateOptions{ConsoleAvailable: console})
	}
	o := n.restore
	o.ConsoleAvailable = console
	return n.Xen.DomainCreateRestore(ctx, cfg, n.stream, o)
}

// leaveMonitor starts the process that watches over the domain.
func (n *creation) leaveMonitor(ctx context.Context, id idl.DomID) error {
	if !n.monitor || n.foreground {
		return nil
	}
	log, err := n.Xen.CreateLogfile(ctx, "xl-"+n.cfg.CInfo.Name)
	if err != nil {
		return err
	}
	return n.Monitor(ctx, id, log)
}

// undo destroys what was built, and gives back the error.
func (n *creation) undo(ctx context.Context, id idl.DomID, t *terminal, err error) error {
	t.stop()
	gone := n.Xen.DomainDestroy(context.WithoutCancel(ctx), id)
	if gone == nil || errors.Is(gone, libxl.ErrDomainNotFound) {
		return err
	}
	var f *xl.Failure
	if errors.As(err, &f) {
		return &xl.Failure{Status: f.Status, Err: f.Err, Text: fmt.Sprintf("%v\ndomain %d could not be removed: %v", f, id, gone)}
	}
	return errors.Join(err, gone)
}

// run builds the domain, lets it run, and stays as long as the user wants.
func (n *creation) run(ctx context.Context) (idl.DomID, error) {
	id, t, err := n.build(ctx)
	if err != nil {
		return 0, err
	}
	if !n.paused {
		if err := n.Xen.DomainUnpause(ctx, id); err != nil {
			return 0, n.undo(ctx, id, t, libxlFailure(err))
		}
	}
	if n.viewer && n.monitor {
		n.startViewer(id)
	}
	if n.monitor && n.foreground {
		err = n.Monitor(ctx, id, "")
	}
	return id, errors.Join(err, t.wait())
}

// startViewer leaves a VNC viewer behind. The domain runs without one, too.
func (n *creation) startViewer(id idl.DomID) {
	words := []string{"vncviewer", fmt.Sprint(id)}
	if n.password {
		words = append(words, "--autopass")
	}
	cmd, err := n.Self(words...)
	if err == nil {
		cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
		if !n.Strict { // as xl's; else there may be JSON on standard output
			cmd.Stdout = os.Stdout
		}
		err = cmd.Start()
	}
	if err != nil {
		n.Warnf("Unable to execute vncviewer: %v", err)
		return
	}
	if err := cmd.Process.Release(); err != nil {
		n.Warnf("vncviewer: %v", err)
	}
}
