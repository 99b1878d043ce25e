package life

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strconv"
	"sync"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// A terminal is the user's, that becomes the console of a domain while that is being built: a
// boot loader may ask there.
type terminal struct {
	available func(idl.DomID) // for libxl; nil when nobody wants the console
	ids       chan idl.DomID
	stop      func() // ends the console
	wait      func() error
}

// terminal makes the console ready to be opened. Nothing happens when the user wants none.
func (n *creation) terminal(ctx context.Context) *terminal {
	if !n.console {
		return &terminal{stop: func() {}, wait: func() error { return nil }}
	}
	ctx, cancel := context.WithCancel(ctx)
	t := &terminal{ids: make(chan idl.DomID, 1)}
	t.available = func(id idl.DomID) {
		select {
		case t.ids <- id:
		default: // it has been told before
		}
	}
	done := make(chan error, 1)
	go func() { done <- n.attach(ctx, t.ids) }()
	t.wait = sync.OnceValue(func() error {
		defer cancel()
		return <-done
	})
	t.stop = func() {
		cancel()
		if err := t.wait(); err != nil {
			n.Warnf("console: %v", err)
		}
	}
	return t
}

// attach runs the console client on the user's terminal as soon as there is a console.
func (n *creation) attach(ctx context.Context, ids <-chan idl.DomID) error {
	var id idl.DomID
	select {
	case id = <-ids:
	case <-ctx.Done():
		return nil
	}
	cmd, err := n.Self("console", strconv.FormatUint(uint64(id), 10))
	if err != nil {
		return err
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = n.Stdin, os.Stdout, os.Stderr
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := context.AfterFunc(ctx, func() { cmd.Process.Kill() })
	err = cmd.Wait()
	if !ended() { // the domain was not built, or the user has had enough
		return nil
	}
	return consoleEnd(err)
}

// consoleEnd is what the end of the console means: leaving it is none of the command's failures.
func consoleEnd(err error) error {
	var ended *exec.ExitError
	if errors.As(err, &ended) {
		return nil
	}
	return err
}
