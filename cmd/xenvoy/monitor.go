package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"github.com/xenvoy/xenvoy/toolstack"
	"github.com/xenvoy/xenvoy/toolstack/domcfg/xlcfg"
	"github.com/xenvoy/xenvoy/toolstack/native"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// logDir is where Xen's own tools log about domains.
const logDir = "/var/log/xen"

// readyFD is the descriptor on which a monitor tells who has started it that it watches.
const readyFD = 3

func newMonitorCommand(a *app) *cobra.Command {
	var plain, tell bool
	c := &cobra.Command{
		Use:    "monitor DOMID",
		Short:  "Carry out a domain's on_… actions until it is gone",
		Hidden: true, // create and migrate-receive start it
		Args:   args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, words []string) error {
			n, err := strconv.ParseUint(words[0], 10, 16)
			if err != nil {
				return usageError{fmt.Errorf("%q is no domain id", words[0])}
			}
			watching := func() {}
			if tell {
				ready := os.NewFile(readyFD, "ready")
				defer ready.Close()
				watching = func() { ready.Write([]byte{0}); ready.Close() }
			}
			log := a.logger()
			if plain {
				log = plainLog(a.stderr)
			}
			return a.monitor(c.Context(), toolstack.DomID(n), log, watching)
		},
	}
	c.Flags().BoolVar(&plain, "plain", false, "log as xl does: a line for each message, without a time")
	c.Flags().BoolVar(&tell, "tell", false, "write a byte to descriptor 3 when nothing is missed any more")
	return c
}

// plainLog writes messages as lines of their own.
func plainLog(w io.Writer) zerolog.Logger {
	return zerolog.New(zerolog.ConsoleWriter{
		Out: w, NoColor: true, PartsOrder: []string{zerolog.MessageFieldName}, FieldsExclude: []string{"domid", "reason", "action"},
	}).Level(zerolog.InfoLevel)
}

// monitor stays with the domain until it is gone.
func (a *app) monitor(ctx context.Context, id toolstack.DomID, log zerolog.Logger, watching func()) error {
	h, err := native.Open(log)
	if err != nil {
		return err
	}
	defer h.Close()
	m := &toolstack.Monitor{Host: h, Log: log, Watching: watching, Successor: func(ctx context.Context, id toolstack.DomID) (*idl.DomainConfig, error) {
		return a.successor(ctx, h, id)
	}}
	err = m.Run(ctx, id)
	if errors.Is(err, toolstack.ErrNoDomain) {
		return nil
	}
	return err
}

// xlNote is where config-update leaves the text of the configuration for a domain's next start.
const xlNote = "xl"

// successor is what that text means now, once; nil when there is none.
func (a *app) successor(ctx context.Context, h toolstack.Host, id toolstack.DomID) (*idl.DomainConfig, error) {
	text, err := h.Note(ctx, id, xlNote)
	if err != nil || len(text) == 0 {
		return nil, err
	}
	f, err := xlcfg.ParseBytes(text, "<updated>")
	if err != nil {
		return nil, err
	}
	d, err := a.xlDomain(ctx, f, h, xlReading{})
	if err != nil {
		return nil, err
	}
	cfg, err := d.LibxlConfig()
	if err != nil {
		return nil, err
	}
	return cfg, h.DropNote(ctx, id, xlNote)
}

// startMonitor leaves a process of its own behind that watches over the domain:
// this program again, in its own session, logging to a file. The domain runs
// whether or not that succeeds, and nobody waits for it.
func (a *app) startMonitor(id toolstack.DomID, name string) {
	log := filepath.Join(logDir, "xenvoy-"+filepath.Base(name)+".log")
	cmd, err := launchMonitor(id, log, nil, "--log-format", "json", "monitor")
	if err == nil {
		err = cmd.Process.Release()
	}
	if err != nil {
		fmt.Fprintf(a.stderr, "xenvoy: domain %d runs without a monitor: %v; its on_… actions will not be carried out\n", id, err)
	}
}

// leaveMonitor starts the process as xl does, and returns when it misses nothing any more.
// One that does not come that far, or for which ctx is too short, is ended.
func leaveMonitor(ctx context.Context, id toolstack.DomID, logPath string) error {
	ready, theirs, err := os.Pipe()
	if err != nil {
		return err
	}
	defer ready.Close()
	cmd, err := launchMonitor(id, logPath, theirs, "monitor", "--plain", "--tell")
	theirs.Close()
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { cmd.Process.Kill() })
	defer stop()
	if _, err := ready.Read(make([]byte, 1)); err == nil {
		return cmd.Process.Release()
	}
	err = cmd.Wait() // it has closed its end, and says why it ends
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return fmt.Errorf("the monitor ended at once (%w); %s says why", err, logPath)
}

// launchMonitor starts the process. The words are those before the domain's number; ready
// becomes its descriptor 3, and may be nil.
func launchMonitor(id toolstack.DomID, logPath string, ready *os.File, words ...string) (*exec.Cmd, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	log, err := os.OpenFile(logPath, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd := exec.Command(self, append(words, strconv.Itoa(int(id)))...)
	cmd.Args[0] = "xenvoy" // by its other name, xl, it does not know this command
	cmd.Stdout, cmd.Stderr = log, log
	if ready != nil {
		cmd.ExtraFiles = []*os.File{ready}
	}
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	return cmd, cmd.Start()
}
