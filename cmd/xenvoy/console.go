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
)

// consoleEscape leaves the console: Ctrl-], as in xl.
const consoleEscape = 0x1d

func newConsoleCommand(a *app) *cobra.Command {
	var kind string
	c := &cobra.Command{
		Use:   "console DOMAIN",
		Short: "Attach to a domain's console; Ctrl-] leaves it",
		Args:  args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, words []string) error {
			k := toolstack.ConsoleKind(kind)
			if k != toolstack.ConsolePrimary && k != toolstack.ConsolePV && k != toolstack.ConsoleSerial {
				return usageError{fmt.Errorf("--type %q: want pv or serial", kind)}
			}
			return a.withDomain(c.Context(), words[0], func(h toolstack.Host, d toolstack.DomainInfo) error {
				if d.ID == 0 {
					return errors.New("console: domain 0 is the host itself")
				}
				return a.attach(c.Context(), h, d.ID, k)
			})
		},
	}
	c.Flags().StringVarP(&kind, "type", "t", "", "which console: pv or serial (default: serial if an HVM domain has one, else pv)")
	return c
}

// attach connects the user to the domain's console until the domain is gone,
// the user types the escape character, or ctx ends. When standard input is no
// terminal its end does not end the console: scripts read on.
func (a *app) attach(ctx context.Context, h toolstack.Host, id toolstack.DomID, kind toolstack.ConsoleKind) error {
	path, err := h.Console(ctx, id, kind)
	if err != nil {
		return err
	}
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
