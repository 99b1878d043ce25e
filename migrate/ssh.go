package migrate

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Transport starts Xenvoy's receiving end on another host.
type Transport interface {
	// Dial starts "xenvoy migrate-receive ARGS" there. What is written goes to
	// its standard input; what is read is its standard output.
	Dial(args ...string) (Link, error)
	// String names the other host.
	String() string
}

// Link is a running receiving end.
type Link interface {
	io.ReadWriteCloser
	// Explain adds what the transport itself said about the end of the link
	// (a refused key, an unknown host) to err. It waits for the transport's end.
	Explain(err error) error
}

// SSH reaches another host by the system's ssh, with the user's own keys,
// configuration and known hosts.
type SSH struct {
	// Command is the program and its options, "ssh" when empty.
	Command []string
	// Host is the destination as ssh understands it: [user@]host.
	Host string
}

// What runs on the other host. The words of a receiving end hold no character that a
// shell would touch.
const (
	remoteXenvoy = "xenvoy"
	remoteXL     = "xl"
	receiving    = "migrate-receive"
	lookUp       = "sh -c 'command -v " + remoteXenvoy + " || echo " + nothingFound + "'"
	nothingFound = "none"
)

// lookUpLimit bounds the wait for the answer to lookUp.
const lookUpLimit = 30 * time.Second

// deafToTerminal starts a program that does not end when the user presses Ctrl-C or closes the
// terminal: who started it is told, too, and may need the link to end a migration well. A group
// of its own would keep ssh from asking for a password.
const deafToTerminal = `trap "" INT HUP; exec "$@"`

// String is the host as the user wrote it.
func (s SSH) String() string { return s.Host }

// Check refuses a host name that ssh would take for an option.
func (s SSH) Check() error {
	if s.Host == "" || strings.HasPrefix(s.Host, "-") || strings.ContainsAny(s.Host, " \t\n\x00") {
		return fmt.Errorf("%q is no host name: want [user@]host", s.Host)
	}
	return nil
}

// Dial starts the receiving end over ssh.
func (s SSH) Dial(args ...string) (Link, error) { return s.dial(remoteXenvoy, args) }

// DialXL starts xl's over ssh.
func (s SSH) DialXL() (Link, error) { return s.dial(remoteXL, nil) }

func (s SSH) dial(program string, args []string) (Link, error) {
	l, err := s.start(program, strings.Join(append([]string{program, receiving}, args...), " "))
	if err != nil {
		return nil, err
	}
	return l, nil
}

// start has the other host's shell run a line.
func (s SSH) start(program, line string) (*sshLink, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	command := s.Command
	if len(command) == 0 {
		command = []string{"ssh"}
	}
	path, err := exec.LookPath(command[0])
	if err != nil {
		return nil, fmt.Errorf("cannot start %s: %w", command[0], err)
	}
	argv := append([]string{"-c", deafToTerminal, "sh", path}, command[1:]...)
	argv = append(argv, "-T", "-o", "ConnectTimeout=20", "--", s.Host, line)
	cmd := exec.Command("sh", argv...)
	l := &sshLink{SSH: s, program: program, cmd: cmd, stderr: &tail{limit: 4096}, done: make(chan struct{})}
	cmd.Stderr = l.stderr
	cmd.WaitDelay = 5 * time.Second
	if l.stdin, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if l.stdout, err = cmd.StdoutPipe(); err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("cannot start %s: %w", command[0], err)
	}
	return l, nil
}

type sshLink struct {
	SSH
	program string // that runs there
	cmd     *exec.Cmd
	stdin   io.WriteCloser
	stdout  io.ReadCloser
	stderr  *tail
	once    sync.Once
	done    chan struct{}
	exit    error
	killed  atomic.Bool // by Close
}

func (l *sshLink) Read(p []byte) (int, error)  { return l.stdout.Read(p) }
func (l *sshLink) Write(p []byte) (int, error) { return l.stdin.Write(p) }

// Close ends ssh: the far end reads the end of its input. ssh gets a moment to
// leave by itself, so that it can still say why it could not connect.
func (l *sshLink) Close() error {
	l.once.Do(func() {
		l.stdin.Close()
		go func() {
			timer := time.AfterFunc(3*time.Second, func() {
				l.killed.Store(true)
				l.cmd.Process.Kill()
				l.stdout.Close() // what ssh has started may hold the other end
			})
			defer timer.Stop()
			// The rest of the output is nobody's; reading it lets ssh end.
			io.Copy(io.Discard, io.LimitReader(l.stdout, 1<<20))
			l.exit = l.cmd.Wait()
			close(l.done)
		}()
	})
	return nil
}

// Explain turns the end of the link into an error that names the cause.
func (l *sshLink) Explain(err error) error {
	if err == nil {
		return nil
	}
	l.Close()
	<-l.done
	said := l.stderr.lastLine()
	var exit *exec.ExitError
	if !errors.As(l.exit, &exit) {
		return err
	}
	switch {
	case exit.ExitCode() == 255 && said != "":
		return fmt.Errorf("ssh to %s: %s", l.Host, said)
	case !exit.Exited() && !l.killed.Load():
		return fmt.Errorf("%w (ssh to %s: %w)", err, l.Host, exit)
	case exit.ExitCode() == 127:
		return l.missing(said)
	case said != "":
		return fmt.Errorf("%w (%s: %s)", err, l.Host, said)
	}
	return err
}

// missing is the error of a host whose shell, or what it started, ended as for a program that is not
// there. A dynamic loader that misses a library does the same, and so may a wrapper of ssh
// on this host: xl is only spoken to where the other host says that it has no xenvoy.
func (l *sshLink) missing(said string) error {
	if l.program != remoteXenvoy {
		return fmt.Errorf("%s has no %s in its PATH (ssh said: %s)", l.Host, l.program, said)
	}
	switch path, err := l.lookUp(); {
	case err != nil:
		return fmt.Errorf("xenvoy did not start on %s (status 127, ssh said: %s), and it cannot be found out whether it is there: %w", l.Host, said, err)
	case path != nothingFound:
		return fmt.Errorf("xenvoy is there and does not start: on %s %s ends with status 127 (ssh said: %s)", l.Host, path, said)
	}
	return fmt.Errorf("%s has %w (ssh said: %s); install it there", l.Host, ErrNoXenvoy, said)
}

// lookUp asks the other host where its xenvoy is: nothingFound when it has none.
func (s SSH) lookUp() (string, error) {
	l, err := s.start("sh", lookUp)
	if err != nil {
		return "", err
	}
	defer l.Close()
	late := time.AfterFunc(lookUpLimit, func() { l.Close() })
	defer late.Stop()
	b, err := io.ReadAll(io.LimitReader(l, 4096))
	said := lastLine(b)
	if err == nil && said != nothingFound && !strings.Contains(said, remoteXenvoy) {
		err = fmt.Errorf("it answers %q", said)
	}
	if err != nil {
		return "", l.Explain(err)
	}
	return said, nil
}

// tail keeps the end of what is written to it.
type tail struct {
	mu    sync.Mutex
	buf   []byte
	limit int
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, p...)
	if over := len(t.buf) - t.limit; over > 0 {
		t.buf = append(t.buf[:0], t.buf[over:]...)
	}
	return len(p), nil
}

func (t *tail) lastLine() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return lastLine(t.buf)
}

func lastLine(text []byte) string {
	text = bytes.TrimSpace(text)
	return oneLine(string(text[bytes.LastIndexByte(text, '\n')+1:]), maxWhy)
}
