package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/xenvoy/xenvoy/toolstack"
)

// logDir is where Xen's own tools log about domains.
const logDir = "/var/log/xen"

func newMonitorCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:    "monitor DOMID",
		Short:  "Carry out a domain's on_… actions until it is gone",
		Hidden: true, // create and migrate-receive start it
		Args:   args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, words []string) error {
			n, err := strconv.ParseUint(words[0], 10, 16)
			if err != nil {
				return usageError{fmt.Errorf("%q is no domain id", words[0])}
			}
			h, err := a.host()
			if err != nil {
				return err
			}
			defer h.Close()
			err = toolstack.Monitor(c.Context(), h, toolstack.DomID(n), a.logger())
			if errors.Is(err, toolstack.ErrNoDomain) {
				return nil
			}
			return err
		},
	}
}

// startMonitor leaves a process of its own behind that watches over the domain:
// this program again, in its own session, logging to a file. The domain runs
// whether or not that succeeds.
func (a *app) startMonitor(id toolstack.DomID, name string) {
	if err := startMonitor(id, name); err != nil {
		fmt.Fprintf(a.stderr, "xenvoy: domain %d runs without a monitor: %v; its on_… actions will not be carried out\n", id, err)
	}
}

func startMonitor(id toolstack.DomID, name string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	path := filepath.Join(logDir, "xenvoy-"+filepath.Base(name)+".log")
	log, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o640)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command(self, "--log-format", "json", "monitor", strconv.Itoa(int(id)))
	cmd.Stdout, cmd.Stderr = log, log
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return err
	}
	return cmd.Process.Release()
}
