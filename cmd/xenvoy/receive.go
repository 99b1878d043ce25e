package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"github.com/xenvoy/xenvoy/migrate"
	"github.com/xenvoy/xenvoy/toolstack"
	"github.com/xenvoy/xenvoy/toolstack/xl"
)

func newMigrateReceiveCommand(a *app) *cobra.Command {
	var settle string
	c := &cobra.Command{
		Use:   "migrate-receive",
		Short: "Take a domain that another host sends (run by migrate over ssh)",
		Args:  noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			defer xl.OutlivePipes()()
			if settle != "" {
				return a.settle(c.Context(), settle)
			}
			return a.receive(c.Context())
		},
	}
	c.Flags().StringVar(&settle, "settle", "", "decide what became of the migration with this id, and tell")
	return c
}

func (a *app) receive(ctx context.Context) error {
	h, err := a.host()
	if err != nil {
		return err
	}
	defer h.Close()
	link, err := stdio()
	if err != nil {
		return err
	}
	r := &migrate.Receiver{Host: h, StateDir: stateDir(), Log: a.logger(), At: stopAt(), Started: func(id toolstack.DomID) {
		if d, err := h.Domain(ctx, id); err == nil {
			a.startMonitor(id, d.Name)
		}
	}}
	return r.Receive(ctx, link)
}

func (a *app) settle(ctx context.Context, id string) error {
	h, err := a.host()
	if err != nil {
		return err
	}
	defer h.Close()
	fate, err := migrate.SettleHere(ctx, h, stateDir(), id)
	if err != nil {
		return err
	}
	return json.NewEncoder(a.stdout).Encode(migrate.Answer{Fate: fate})
}

// pipePair is a link made of two files.
type pipePair struct {
	io.Reader
	io.Writer
	close func() error
}

func (p pipePair) Close() error { return p.close() }

// stdio is this process's standard input and output as a link whose Close ends
// a Read or Write in progress, which takes descriptors in non-blocking mode. It
// works on duplicates: libxl's children need 0, 1 and 2 to stay open.
func stdio() (io.ReadWriteCloser, error) {
	var files [2]*os.File
	for fd := range files {
		dup, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 3)
		if err == nil {
			err = unix.SetNonblock(dup, true)
		}
		if err != nil {
			return nil, fmt.Errorf("descriptor %d: %w", fd, err)
		}
		files[fd] = os.NewFile(uintptr(dup), [...]string{"stdin", "stdout"}[fd])
	}
	in, out := files[0], files[1]
	return pipePair{in, out, func() error { return errors.Join(in.Close(), out.Close()) }}, nil
}
