package migrate

import (
	"errors"
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
