//go:build lab

package integration

import (
	"bufio"
	"io"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// running is a command in a host whose output is followed.
type running struct {
	cmd   *exec.Cmd
	argv  []string
	lines chan string
	done  chan struct{}
	err   error

	mu   sync.Mutex
	text strings.Builder
}

func (r *running) start(t *testing.T) {
	t.Helper()
	out, w := io.Pipe()
	r.cmd.Stdout, r.cmd.Stderr = w, w
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		in := bufio.NewScanner(out)
		for in.Scan() {
			r.mu.Lock()
			r.text.WriteString(in.Text() + "\n")
			r.mu.Unlock()
			select {
			case r.lines <- in.Text():
			default: // nobody waits for lines any more
			}
		}
		close(r.lines)
	}()
	go func() {
		r.err = r.cmd.Wait()
		w.Close()
		close(r.done)
	}()
}

// until waits for a line of the output.
func (r *running) until(t *testing.T, pattern string) {
	t.Helper()
	want := regexp.MustCompile(pattern)
	late := time.After(2 * time.Minute)
	for {
		select {
		case line, ok := <-r.lines:
			if !ok {
				t.Fatalf("%v ended without %q:\n%s", r.argv, pattern, r.output())
			}
			if want.MatchString(line) {
				return
			}
		case <-late:
			t.Fatalf("%v has not said %q:\n%s", r.argv, pattern, r.output())
		}
	}
}

// fails waits for the end and demands exit status 1 and a word of the output.
func (r *running) fails(t *testing.T, pattern string) {
	t.Helper()
	select {
	case <-r.done:
	case <-time.After(3 * time.Minute):
		t.Fatalf("%v does not end:\n%s", r.argv, r.output())
	}
	if r.cmd.ProcessState.ExitCode() != 1 || !regexp.MustCompile(pattern).MatchString(r.output()) {
		t.Fatalf("%v ended with %v; want exit status 1 and %q in:\n%s", r.argv, r.err, pattern, r.output())
	}
}

func (r *running) output() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}
