package device

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"

	"github.com/xenvoy/xenvoy/toolstack/xl"
)

func devd() *xl.Command {
	return &xl.Command{
		Name: "devd", Operands: "[options]", Summary: "Serve the devices that this driver domain has the back ends of", Changes: true,
		Options: []xl.Option{
			{Short: 'F', Help: "Stay in the foreground."},
			{Short: 'p', Long: "pidfile", Value: "FILE", Help: "Write the daemon's pid to a file."},
		},
		Run: func(ctx context.Context, c *xl.Call) error {
			if c.Has("F") {
				return serveDevices(ctx, c)
			}
			return startDevd(ctx, c)
		},
	}
}

// serveDevices ends when it fails, or with a signal.
func serveDevices(ctx context.Context, c *xl.Call) error {
	err := c.Xen.DeviceEventsHandler(ctx)
	if err == nil || ctx.Err() != nil {
		return nil
	}
	return xl.Fail(xl.StatusFailed, err)
}

// startDevd leaves a daemon behind that logs as xl's does. The pid file is opened before
// there is one, which ends again when its pid cannot be written.
func startDevd(ctx context.Context, c *xl.Call) (err error) {
	log, err := c.Xen.CreateLogfile(ctx, "xldevd")
	if err != nil {
		return xl.Fail(xl.StatusFailed, err)
	}
	var pidfile *os.File
	if path, given := c.Value("pidfile"); given {
		if pidfile, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600); err != nil {
			return xl.Failf(xl.StatusFailed, "Unable to open pidfile: %w", err)
		}
		defer func() { err = errors.Join(err, pidfile.Close()) }()
	}
	pid, err := startDaemon(c, log)
	if err != nil || pidfile == nil {
		return err
	}
	if _, err := fmt.Fprintf(pidfile, "%d\n", pid); err != nil {
		return errors.Join(xl.Failf(xl.StatusFailed, "Writing pid: %w", err), syscall.Kill(pid, syscall.SIGTERM))
	}
	return nil
}

// startDaemon runs this program once more, in a session of its own, with nothing to read. What
// it prints is added to the file log.
func startDaemon(c *xl.Call, log string) (pid int, err error) {
	var words []string
	if n := min(c.Front.Verbose, 9); n > 0 {
		words = append(words, "-"+strings.Repeat("v", n))
	}
	cmd, err := c.Self(append(words, "devd", "-F")...)
	if err != nil {
		return 0, err
	}
	out, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return 0, err
	}
	defer out.Close()
	cmd.Dir = "/"
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return 0, fmt.Errorf("start the daemon: %w", err)
	}
	pid = cmd.Process.Pid
	return pid, cmd.Process.Release()
}
