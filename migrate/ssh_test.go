package migrate

import (
	"errors"
	"io"
	"testing"
	"time"
)

// TestExplainDoesNotWaitForStrangers ends an ssh that has left a process behind
// which holds its output open, as a ProxyCommand can.
func TestExplainDoesNotWaitForStrangers(t *testing.T) {
	s := SSH{Command: []string{"sh", "-c", "sleep 30 2>/dev/null & exec sleep 30"}, Host: "b"}
	l, err := s.Dial()
	if err != nil {
		t.Fatal(err)
	}
	lost := errors.New("lost")
	begin := time.Now()
	if err := l.Explain(lost); !errors.Is(err, lost) {
		t.Errorf("got %v", err)
	}
	if took := time.Since(begin); took > 20*time.Second {
		t.Errorf("took %s", took)
	}
}

// TestSSHDoesNotHearTheTerminal: what Ctrl-C sends to the whole group of processes does not end the link.
func TestSSHDoesNotHearTheTerminal(t *testing.T) {
	for _, signal := range []string{"INT", "HUP"} {
		s := SSH{Command: []string{"sh", "-c", "kill -" + signal + " $$; echo alive"}, Host: "b"}
		l, err := s.Dial()
		if err != nil {
			t.Fatal(err)
		}
		if b, err := io.ReadAll(l); string(b) != "alive\n" {
			t.Errorf("after %s: %q, %v", signal, b, err)
		}
		l.Close()
	}
}
