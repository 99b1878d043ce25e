//go:build lab

package integration

import (
	"testing"
)

// midPreCopy is the line of the progress that says that the first pass is on.
const midPreCopy = `pre-copy  pass 1 .* [1-9][0-9]\.[0-9] MB sent`

// failures breaks a migration in mid pre-copy in every way there is, always of
// the same guest: it must count on at the source, nothing may be left at the
// destination, and at the end it must still move.
func (s *sites) failures(t *testing.T) {
	const name = "tiny-pvh"
	s.a.do(t, "xenvoy", "create", domainFile(name))
	count := s.a.counting(t, name)
	clean := s.b.state(t)
	for _, c := range []struct {
		name string
		do   func(*testing.T)
		says string
	}{
		{"ssh killed", func(t *testing.T) { s.a.do(t, "pkill", "-KILL", "-f", "[m]igrate-receive") }, "lost the destination|signal: killed"},
		{"receiver killed", func(t *testing.T) { s.b.do(t, "pkill", "-KILL", "^xenvoy") }, "lost the destination"},
		{"interrupted", func(t *testing.T) { s.a.do(t, "pkill", "-INT", "-f", "xenvoy [m]igrate tiny-pvh") }, "interrupted|canceled"},
		{"link cut", func(t *testing.T) {
			if err := s.b.Cut(t.Context()); err != nil {
				t.Fatal(err)
			}
		}, "fallen silent"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := s.a.background(t, "xenvoy", "migrate", name, "b")
			m.until(t, midPreCopy)
			c.do(t)
			m.fails(t, c.says)
			t.Log(lastLine(m.output()))
			if err := s.b.Heal(t.Context()); err != nil {
				t.Fatal(err)
			}
			now := s.a.counting(t, name)
			if now <= count {
				t.Fatalf("the guest counted to %d before and to %d after", count, now)
			}
			count = now
			s.b.unchanged(t, clean)
		})
	}
	// Last, it moves, though whoever reads what xenvoy says goes away at once.
	s.a.do(t, "bash", "-c", "xenvoy migrate "+name+" b > >(head -n 2 >/dev/null) 2>&1; true")
	if s.a.has(t, name) || !s.b.has(t, name) {
		t.Fatalf("with its output closed: on a %v, on b %v", s.a.has(t, name), s.b.has(t, name))
	}
	if after := s.b.counting(t, name); after <= count {
		t.Fatalf("the guest counted to %d before and to %d after", count, after)
	}
	s.b.do(t, "xenvoy", "destroy", name)
}
