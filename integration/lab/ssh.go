package lab

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/xenvoy/xenvoy/integration/lab/image"
)

// shell is a way into one host: the system's ssh, which a first connection has opened for all later ones, because
// under emulation each new one takes seconds.
type shell struct {
	img     *image.Image
	port    int
	control string // socket of the first connection
	log     string // what the first connection says
}

// sshFailed is the exit status of ssh itself (ssh(1)).
const sshFailed = 255

// args is ssh with the lab's own key, host key and nothing of the user's configuration.
func (s *shell) args(more ...string) []string {
	args := []string{"-F", "none", "-i", s.img.SSHKey}
	for _, o := range []string{
		"IdentitiesOnly=yes", "BatchMode=yes", "LogLevel=ERROR", "ConnectTimeout=60",
		"UserKnownHostsFile=" + s.img.Known, "GlobalKnownHostsFile=/dev/null",
		"HostKeyAlias=xenvoy-lab", "StrictHostKeyChecking=yes", "ControlPath=" + s.control,
		// A Xen that has panicked may never reset its machine, whose QEMU then keeps the connection.
		"ServerAliveInterval=20", "ServerAliveCountMax=9",
	} {
		args = append(args, "-o", o)
	}
	args = append(args, "-p", strconv.Itoa(s.port))
	return append(append(args, more...), "root@127.0.0.1")
}

// open makes the first connection, in the background, until close or the host's end.
func (s *shell) open(ctx context.Context) error {
	s.close(ctx)
	// Not a pipe: the connection keeps its stderr open for as long as it lives.
	out, err := os.Create(s.log)
	if err != nil {
		return err
	}
	defer out.Close()
	cmd := exec.CommandContext(ctx, "ssh", s.args("-M", "-N", "-f")...)
	cmd.Stderr = out
	if err := cmd.Run(); err != nil {
		text, _ := os.ReadFile(s.log)
		return fmt.Errorf("%w: %w: %s", ErrUnreachable, orCause(ctx, err), bytes.TrimSpace(text))
	}
	return nil
}

// close ends the first connection, if there is one.
func (s *shell) close(ctx context.Context) {
	if _, err := os.Stat(s.control); err != nil {
		return
	}
	// It fails when the connection is dead, and then there is nothing to end.
	exec.CommandContext(ctx, "ssh", s.args("-O", "exit")...).Run() //nolint:errcheck // see above
	os.Remove(s.control)
}

// command is one program in the host, or with no argv a login shell on a terminal. Cancelling ctx ends ssh, with
// SIGTERM first; the remote program then loses its streams.
func (s *shell) command(ctx context.Context, argv []string) *exec.Cmd {
	args := s.args("-o", "ControlMaster=no")
	if len(argv) == 0 {
		args = s.args("-o", "ControlMaster=no", "-t")
	} else {
		args = append(args, "--", quote(argv))
	}
	cmd := exec.CommandContext(ctx, "ssh", args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 5 * time.Second
	return cmd
}

// Result is what a program in a host left.
type Result struct {
	Stdout, Stderr string
	Code           int // exit status
}

func (s *shell) run(ctx context.Context, argv []string) (Result, error) {
	var stdout, stderr bytes.Buffer
	cmd := s.command(ctx, argv)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	res := Result{Stdout: stdout.String(), Stderr: stderr.String(), Code: cmd.ProcessState.ExitCode()}
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return res, fmt.Errorf("%s: %w", quote(argv), context.Cause(ctx))
	case errors.As(err, &exit) && res.Code == sshFailed:
		return res, fmt.Errorf("%s: %w: %s", quote(argv), ErrUnreachable, strings.TrimSpace(res.Stderr))
	case errors.As(err, &exit) && exit.Exited():
		return res, nil
	}
	return res, err
}

// plainWord is what no shell reads anything into.
var plainWord = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_@%+:,./-][A-Za-z0-9_@%+=:,./-]*$`) })

// quote makes of argv one line that the remote shell takes apart into the same words again.
func quote(argv []string) string {
	words := make([]string, len(argv))
	for i, a := range argv {
		if plainWord().MatchString(a) {
			words[i] = a
			continue
		}
		words[i] = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
	}
	return strings.Join(words, " ")
}

func orCause(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}
