package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/xenvoy/xenvoy/toolstack"
	"github.com/xenvoy/xenvoy/toolstack/native"
	"github.com/xenvoy/xenvoy/toolstack/xl/device"
	"github.com/xenvoy/xenvoy/xen/libxl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// consoleEscape leaves the console: Ctrl-], as in xl.
const consoleEscape = 0x1d

type consoleOptions struct {
	kind   string
	number int32
}

func newConsoleCommand(a *app) *cobra.Command {
	var o consoleOptions
	c := &cobra.Command{
		Use:   "console DOMAIN",
		Short: "Attach to a domain's console; Ctrl-] leaves it",
		Args:  args(cobra.ExactArgs(1)),
		RunE:  func(c *cobra.Command, words []string) error { return a.console(c.Context(), words[0], o) },
	}
	c.Flags().StringVarP(&o.kind, "type", "t", "", "which console: pv, serial or vuart (default: serial if an HVM domain has one, else pv)")
	c.Flags().Int32VarP(&o.number, "number", "n", 0, "which one of the --type, from 0")
	return c
}

func (a *app) console(ctx context.Context, domain string, o consoleOptions) error {
	var kind idl.ConsoleType
	if o.kind != "" {
		var err error
		if kind, err = device.ConsoleType(o.kind); err != nil {
			return usageError{fmt.Errorf("--type %q: want pv, serial or vuart", o.kind)}
		}
	}
	switch {
	case o.number < 0:
		return usageError{fmt.Errorf("--number %d: want 0 or more", o.number)}
	case o.number > 0 && o.kind == "":
		return usageError{errors.New("--number wants a --type")}
	}
	if o.number > 0 || kind == idl.ConsoleTypeVuart {
		return a.otherConsole(ctx, domain, o.number, kind)
	}
	return a.withDomain(ctx, domain, func(h toolstack.Host, d toolstack.DomainInfo) error {
		if d.ID == 0 {
			return errors.New("console: domain 0 is the host itself")
		}
		return a.attach(ctx, h, d.ID, toolstack.ConsoleKind(o.kind))
	})
}

// otherConsole attaches to a console that a Host does not know.
func (a *app) otherConsole(ctx context.Context, domain string, number int32, kind idl.ConsoleType) error {
	log := a.logger()
	xen, closer, err := native.OpenXL(ctx, func(r libxl.Record) { native.Log(log, r) }, libxl.LevelInfo)
	if err != nil {
		return err
	}
	defer closer.Close()
	id, err := xen.FindDomain(ctx, domain)
	if err != nil {
		return err
	}
	path, err := xen.ConsoleTTY(ctx, id, number, kind)
	if err != nil {
		return err
	}
	return a.attachTTY(ctx, toolstack.DomID(id), path)
}

// attach is attachTTY for a console of the domain, which is waited for.
func (a *app) attach(ctx context.Context, h toolstack.Host, id toolstack.DomID, kind toolstack.ConsoleKind) error {
	path, err := h.Console(ctx, id, kind)
	if err != nil {
		return err
	}
	return a.attachTTY(ctx, id, path)
}

// attachTTY connects the user to the domain's console until the domain is gone,
// the user types the escape character, or ctx ends. When standard input is no
// terminal its end does not end the console: scripts read on.
func (a *app) attachTTY(ctx context.Context, id toolstack.DomID, path string) error {
	tty, err := os.OpenFile(path, os.O_RDWR|syscall.O_NOCTTY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return fmt.Errorf("console of domain %d: %w", id, err)
	}
	defer tty.Close()
	if term.IsTerminal(int(a.stdin.Fd())) {
		old, err := term.MakeRaw(int(a.stdin.Fd()))
		if err != nil {
			return err
		}
		defer term.Restore(int(a.stdin.Fd()), old)
		fmt.Fprintf(a.stderr, "console of domain %d; Ctrl-] leaves it\r\n", id)
	}
	ended := make(chan error, 2)
	go func() {
		_, err := io.Copy(a.stdout, tty)
		if errors.Is(err, syscall.EIO) {
			err = nil // the daemon closed its side: the domain is gone
		}
		ended <- err
	}()
	go func() {
		if left, err := typeInto(tty, a.stdin); left || err != nil {
			ended <- err
		}
	}()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
		return nil
	}
}

// typeInto copies what the user types until the escape character or the end.
func typeInto(tty io.Writer, in io.Reader) (left bool, err error) {
	buf := make([]byte, 1024)
	for {
		n, err := in.Read(buf)
		for i, c := range buf[:n] {
			if c == consoleEscape {
				n, left = i, true
				break
			}
		}
		if _, werr := tty.Write(buf[:n]); werr != nil {
			return left, werr
		}
		if left || err == io.EOF {
			return left, nil
		}
		if err != nil {
			return false, err
		}
	}
}
