//go:build lab

package integration

import (
	"encoding/json"
	"testing"
)

// report is what the tests read of a migration's report.
type report struct {
	Outcome string
	Bytes   int64  `json:"stream_bytes"`
	Digest  string `json:"stream_sha256"`
	Passes  []struct{ Pages uint64 }
	Total   float64 `json:"total_s"`
	Down    struct {
		Total float64 `json:"total_s"`
	} `json:"downtime"`
}

// moves creates a guest from its file, moves it to the other site and back while
// it counts, and destroys it.
func (s *sites) moves(t *testing.T, name string) {
	s.a.do(t, "xenvoy", "create", domainFile(name))
	before := s.a.counting(t, name)
	before = s.move(t, name, s.a, s.b, before)
	s.move(t, name, s.b, s.a, before)
	s.a.do(t, "xenvoy", "destroy", name)
}

// move moves a guest and checks that it counts on from where it was. It gives
// the last count seen.
func (s *sites) move(t *testing.T, name string, from, to *site, before int) int {
	t.Helper()
	var r report
	text := from.do(t, "xenvoy", "-o", "json", "migrate", name, to.name)
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	t.Logf("%s %s -> %s: %.1f MB, %d passes, %.1f s, downtime %.1f s",
		name, from.name, to.name, float64(r.Bytes)/1e6, len(r.Passes), r.Total, r.Down.Total)
	if r.Outcome != "moved" || len(r.Digest) != 64 || len(r.Passes) < 2 || r.Down.Total <= 0 {
		t.Errorf("the report: %s", text)
	}
	if from.has(t, name) || !to.has(t, name) {
		t.Fatalf("after the move: on %s %v, on %s %v", from.name, from.has(t, name), to.name, to.has(t, name))
	}
	after := to.counting(t, name)
	if after <= before || after > before+int(r.Total)+60 {
		t.Fatalf("%s counted to %d before the move and to %d after it", name, before, after)
	}
	return after
}
