package life

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/xenvoy/xenvoy/toolstack/xl"
)

// A route is the command that leads to the receiving xl: words of the user's for a shell, as
// with xl. The name of a host is not among them; it is the script's first parameter.
type route struct {
	script, host string
}

// routeTo is the way to "xl ARGS" on a host by the command ssh, or the command that host is
// when ssh is empty.
func routeTo(ssh, host, args string) (route, error) {
	if ssh == "" {
		return route{script: host}, nil
	}
	if host == "" || strings.HasPrefix(host, "-") {
		return route{}, xl.Failf(xl.StatusUsage, "%q is no host name: want [user@]host", host)
	}
	return route{script: "exec " + ssh + ` "$1" xl` + args, host: host}, nil
}

// String is the command for people.
func (r route) String() string { return strings.Replace(r.script, `"$1"`, r.host, 1) }

// frontOptions are those before the command that the other xl gets, too.
func frontOptions(c *xl.Call) string {
	words := ""
	f, isFile := c.Stderr.(*os.File)
	if c.Front.Progress || isFile && term.IsTerminal(int(f.Fd())) {
		words += " -t"
	}
	if c.Front.Times {
		words += " -T"
	}
	if c.Front.Verbose > 0 {
		words += " -" + strings.Repeat("v", min(c.Front.Verbose, 9))
	}
	return words
}

// A transport is the running command. What goes to send arrives there, and what the other xl
// says comes from recv.
type transport struct {
	route      route
	send, recv *os.File
	cmd        *exec.Cmd
	ended      chan error
}

// dial starts the command. The error is a *Failure.
func dial(c *xl.Call, r route) (*transport, error) {
	theirIn, send, err := os.Pipe()
	if err != nil {
		return nil, xl.Failf(xl.StatusFailed, "migration transport: %w", err)
	}
	recv, theirOut, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(xl.Failf(xl.StatusFailed, "migration transport: %w", err), theirIn.Close(), send.Close())
	}
	t := &transport{route: r, send: send, recv: recv, ended: make(chan error, 1)}
	t.cmd = exec.Command("sh", "-c", r.script, "sh", r.host)
	t.cmd.Stdin, t.cmd.Stdout, t.cmd.Stderr = theirIn, theirOut, c.Stderr
	err = t.cmd.Start()
	theirIn.Close()
	theirOut.Close()
	if err != nil {
		t.close()
		return nil, xl.Failf(xl.StatusFailed, "migration transport: %w", err)
	}
	go func() { t.ended <- t.cmd.Wait() }()
	return t, nil
}

func (t *transport) close() {
	t.send.Close()
	t.recv.Close()
}

// receiverStream is xl's name for what the other xl says.
const receiverStream = "migration receiver stream"

// expect reads a message of the other xl.
func (t *transport) expect(ctx context.Context, message, what string) error {
	return expect(ctx, t.recv, message, receiverStream, what)
}

// patience is how long a transport may take to end by itself.
const patience = 2 * time.Second

// end closes the way there, and tells how the command has ended.
func (t *transport) end(c *xl.Call) {
	t.send.Close()
	defer t.recv.Close()
	select {
	case err := <-t.ended:
		if err != nil {
			c.Warnf("migration transport process [%d]: %v", t.cmd.Process.Pid, err)
		}
	case <-time.After(patience):
		c.Warnf("migration child [%d] not exiting, no longer waiting (exit status will be unreported)", t.cmd.Process.Pid)
	}
}
