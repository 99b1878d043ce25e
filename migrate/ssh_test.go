package migrate

import (
	"errors"
	"io"
	"strings"
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

// TestXLOnlyWhereNoXenvoyIs: status 127 also comes from a xenvoy that misses a library, and from a wrapper of ssh.
func TestXLOnlyWhereNoXenvoyIs(t *testing.T) {
	for _, tc := range []struct {
		name, script, says string
		none               bool
	}{
		{"a library is missing", `case $last in *migrate-receive) echo no libxenlight >&2; exit 127;; esac; echo /usr/bin/xenvoy`, "xenvoy is there and does not start: on b /usr/bin/xenvoy", false},
		{"a wrapper fails", `echo no tunnel >&2; exit 127`, "cannot be found out", false},
		{"none is there", `export PATH=/usr/bin:/bin; exec sh -c "$last"`, "no xenvoy in its PATH", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := SSH{Command: []string{"sh", "-c", `for last; do :; done; ` + tc.script, "ssh"}, Host: "b"}
			l, err := s.Dial()
			if err != nil {
				t.Fatal(err)
			}
			if err := l.Explain(io.EOF); errors.Is(err, ErrNoXenvoy) != tc.none || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("%v; want %q", err, tc.says)
			}
		})
	}
}
