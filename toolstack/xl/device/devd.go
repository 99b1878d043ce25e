package device

import (
	"context"
	"errors"
	"fmt"
	"os"
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
	pid, err := xl.StartDaemon(log, "devd", "-F")
	if err != nil || pidfile == nil {
		return err
	}
	if _, err := fmt.Fprintf(pidfile, "%d\n", pid); err != nil {
		return errors.Join(xl.Failf(xl.StatusFailed, "Writing pid: %w", err), syscall.Kill(pid, syscall.SIGTERM))
	}
	return nil
}
