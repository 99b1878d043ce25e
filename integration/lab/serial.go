package lab

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"regexp"
	"strings"
	"sync"

	"github.com/xenvoy/xenvoy/integration/lab/image"
)

// logTail is how many lines of a log an error shows.
const logTail = 25

// readyLine is what dom0's setup prints last.
const readyLine = "xenvoy-lab: ready"

// deadBoot matches the lines after which no host comes up any more.
var deadBoot = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`Panic on CPU|Kernel panic|FATAL TRAP|Unhandled.*fault|xenvoy-lab: fatal`)
})

// errTooSlow is the end of a boot that took longer than bootTime.
var errTooSlow = fmt.Errorf("%w within %v", ErrBoot, bootTime)

// waitReady reads the host's serial console until dom0 says that it is ready. Any other end is an ErrBoot with the
// last lines of the log, but for ctx's own.
func (r *running) waitReady(ctx context.Context) error {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", r.machine.socket(".console"))
	if err != nil {
		return fmt.Errorf("console: %w", err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	why := followBoot(conn)
	if why == "" {
		return nil
	}
	cause := context.Cause(ctx)
	switch {
	case ctx.Err() == nil:
		return fmt.Errorf("%w: %s\n%s%s", ErrBoot, why, r.output(), r.log())
	case errors.Is(cause, errTooSlow):
		return fmt.Errorf("%w\n%s%s", cause, r.output(), r.log())
	}
	return cause // the end of QEMU, which has the logs already, or the user's wish
}

// followBoot returns "" once dom0 is ready, or why it never will be.
func followBoot(console io.Reader) string {
	in := bufio.NewReader(console)
	for {
		line, err := in.ReadString('\n')
		switch {
		case strings.Contains(line, readyLine):
			return ""
		case deadBoot().MatchString(line):
			return strings.TrimSpace(line)
		case err != nil:
			return "QEMU ended before dom0 was ready"
		}
	}
}

// log is the end of the serial log.
func (r *running) log() string {
	data, err := os.ReadFile(r.machine.path(".serial.log"))
	if err != nil {
		return err.Error()
	}
	return image.Tail(string(data), logTail)
}
