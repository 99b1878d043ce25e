package migrate

import (
	"encoding/json"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xenvoy/xenvoy/migrate/wan"
)

// TestPeersWordsAreBounded: whatever a peer says, the journal and the report that have it can be read again.
func TestPeersWordsAreBounded(t *testing.T) {
	long := strings.Repeat("<é\n", 1<<20)
	sent := message{Type: long, Why: long, Digest: long}
	for range 1000 {
		sent.Findings = append(sent.Findings, Finding{What: long[:5000], Do: long[:5000]})
		sent.Skipped = append(sent.Skipped, long[:5000])
	}
	sent.Findings[999].Fatal = true
	b, err := json.Marshal(sent)
	if err != nil {
		t.Fatal(err)
	}
	m, err := decode(b)
	if err != nil || len(m.Type) > maxType || len(m.Why) > maxWhy || len(m.Findings) != maxFindings+1 || len(m.Skipped) != maxFindings+1 {
		t.Fatalf("%d, %d, %d, %d, %v", len(m.Type), len(m.Why), len(m.Findings), len(m.Skipped), err)
	}
	if refusal("b", m.Findings) == nil {
		t.Error("a fatal finding is lost")
	}
	if strings.Contains(m.Why+m.Findings[0].What+m.Skipped[0]+m.Type, "\n") {
		t.Error("a peer's word has a line of its own")
	}
	w := newWorld(t)
	r := newTestReport()
	r.Findings = m.Findings
	for _, s := range m.Skipped {
		r.decide("not compared", "%s", s)
	}
	r.finish(OutcomeKept, errors.Join(refusal("b", m.Findings), errors.New(m.Why)))
	if err := saveReport(w.sender.StateDir, r); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadReport(w.sender.StateDir, r.ID); err != nil {
		t.Error(err)
	}
}

func newTestReport() *Report {
	return &Report{ID: testID, Side: SideSource, Start: time.Now(), clock: time.Now, Steps: []StepTime{}}
}

// TestJournalTakesAnyReason: one that is too long must not make the journal unreadable.
func TestJournalTakesAnyReason(t *testing.T) {
	dir := t.TempDir()
	j, err := CreateJournal(dir, SideSource, testID, Entry{Domain: "web"})
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Write(Entry{Mark: MarkKept, Why: strings.Repeat("why ", 1<<20)}); err != nil {
		t.Fatal(err)
	}
	j.Close()
	if j, err = OpenJournal(t.Context(), dir, SideSource, testID); err != nil {
		t.Fatal(err)
	}
	j.Close()
}

// TestUnreadableJournalSaysWhatToDo names the file, wherever it stands in the way.
func TestUnreadableJournalSaysWhatToDo(t *testing.T) {
	w := newWorld(t)
	w.stale(testID, MarkRelease)
	path := filepath.Join(w.sender.StateDir, testID+".source.jsonl")
	spoil(t, path)
	_, resolved := resolve(t.Context(), w.a, w.sender.StateDir, testID, over(w.peer, testID))
	for what, err := range map[string]error{
		"resolve": resolved,
		"migrate": aloneWith(w.sender.StateDir, "20261123-000000-00000002", Entry{UUID: guestConfig(t).CInfo.UUID.String(), DomID: uint32(w.guest)}),
	} {
		if err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "move that file away") {
			t.Errorf("%s: %v", what, err)
		}
	}
	all, err := Statuses(w.sender.StateDir)
	if err != nil || len(all) != 1 || all[0].State != StateDamaged || !strings.Contains(all[0].Why, path) {
		t.Errorf("%+v, %v", all, err)
	}
}

func TestMessageWithoutTypeIsNone(t *testing.T) {
	if _, err := decode([]byte(`{}`)); !errors.Is(err, wan.ErrFrame) {
		t.Errorf("got %v, want ErrFrame", err)
	}
}

// TestSSHsWordsAreOneLine that steers no terminal.
func TestSSHsWordsAreOneLine(t *testing.T) {
	l, err := SSH{Command: []string{"sh", "-c", `printf 'a\033[2Jb\rc' >&2; exit 255`}, Host: "b"}.Dial()
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Explain(io.EOF); strings.ContainsAny(err.Error(), "\x1b\r\n") {
		t.Errorf("%q", err)
	}
}
