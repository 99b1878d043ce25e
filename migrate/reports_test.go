package migrate

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/xenvoy/xenvoy/migrate/stream"
)

// TestBothSidesKeepAReport of a migration, and give it back as it was.
func TestBothSidesKeepAReport(t *testing.T) {
	w := newWorld(t)
	r, err := w.sender.Migrate(t.Context(), w.guest)
	if err != nil {
		t.Fatal(err)
	}
	w.where()
	kept, err := LoadReport(w.sender.StateDir, r.ID)
	if err != nil {
		t.Fatal(err)
	}
	if want, got := asJSON(t, r), asJSON(t, kept); got != want || kept.Side != SideSource {
		t.Errorf("the source's report\n%s\nwas kept as\n%s", want, got)
	}
	if text := kept.Text(); !strings.Contains(text, "decided     pre-copy ended: fewer than 50 pages") {
		t.Errorf("text:\n%s", text)
	}
	d := r.Down
	if d.Final != d.Suspend+d.LastPass+d.Device || d.Total != d.Final+d.Restore+d.Start || d.Total <= 0 {
		t.Errorf("the downtime's parts are not its sum: %+v", d)
	}
	if p := r.Passes[0]; p.LinkRate <= 0 || r.Passes[1].DirtyRate <= 0 {
		t.Errorf("passes %+v", r.Passes)
	}
	there, err := LoadReport(w.peer.dir, r.ID)
	if err != nil || there.Outcome != OutcomeMoved || there.Side != SideDestination || there.Digest != r.Digest || there.NewDomID != r.NewDomID {
		t.Errorf("at the destination: %+v, %v", there, err)
	}
}

func TestFailuresAreKeptWithTheirReason(t *testing.T) {
	w := newWorld(t)
	w.b.Fail = failing("restored", errors.New("planted failure"))
	r, err := w.sender.Migrate(t.Context(), w.guest)
	if err == nil {
		t.Fatal("moved")
	}
	w.where()
	for dir, want := range map[string]Outcome{w.sender.StateDir: OutcomeKept, w.peer.dir: OutcomeGivenUp} {
		kept, err := LoadReport(dir, r.ID)
		if err != nil || kept.Outcome != want {
			t.Fatalf("%+v, %v; want %s", kept, err, want)
		}
		last := kept.Decisions[len(kept.Decisions)-1]
		if !strings.Contains(last.Why, "planted failure") {
			t.Errorf("the reason is %+v", last)
		}
	}
}

func TestResolveBringsTheReportUpToDate(t *testing.T) {
	w := newWorld(t)
	r := &Report{ID: testID, Side: SideSource, Outcome: OutcomeInDoubt, clock: time.Now}
	if err := saveReport(w.sender.StateDir, r); err != nil {
		t.Fatal(err)
	}
	w.stale(testID, MarkRelease)
	if _, err := Resolve(t.Context(), w.a, w.sender.StateDir, testID, FateAborted); err != nil {
		t.Fatal(err)
	}
	kept, err := LoadReport(w.sender.StateDir, testID)
	if err != nil || kept.Outcome != OutcomeKept || len(kept.Decisions) != 1 {
		t.Errorf("%+v, %v", kept, err)
	}
}

// TestReportsAreBounded in number and age, and a damaged one hides no other.
func TestReportsAreBounded(t *testing.T) {
	dir := t.TempDir()
	for i := range 5 {
		r := &Report{ID: fmt.Sprintf("20261123-000000-%08d", i), Side: SideSource, Start: time.Unix(int64(i), 0)}
		if err := saveReport(dir, r); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(reportsDir(dir), "20261123-000000-x.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if all, err := LoadReports(dir); len(all) != 5 || err == nil || !strings.Contains(err.Error(), "-x.json") {
		t.Errorf("%d reports, %v", len(all), err)
	}
	if err := thinReports(reportsDir(dir), time.Now().Add(maxReportAge+time.Hour)); err != nil {
		t.Fatal(err)
	}
	if all, err := LoadReports(dir); len(all) != 0 || err != nil {
		t.Errorf("after the longest time: %d reports, %v", len(all), err)
	}
	for i := range maxReports + 3 {
		path := filepath.Join(reportsDir(dir), fmt.Sprintf("20261123-000000-%08d.json", i))
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := thinReports(reportsDir(dir), time.Now()); err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(reportsDir(dir)); len(left) != maxReports {
		t.Errorf("%d are left", len(left))
	}
}

func TestNoReport(t *testing.T) {
	if _, err := LoadReport(t.TempDir(), testID); !errors.Is(err, ErrNoReport) {
		t.Errorf("got %v", err)
	}
	if _, err := LoadReport(t.TempDir(), "../../etc/passwd"); err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a path for an id: %v", err)
	}
}

// TestSplitFinal divides the downtime whatever the order in which its events came.
func TestSplitFinal(t *testing.T) {
	start := time.Unix(1000, 0)
	at := func(s float64) time.Time { return start.Add(time.Duration(s * float64(time.Second))) }
	for name, tc := range map[string]struct {
		m                     milestones
		suspend, last, device float64
	}{
		"in order":             {milestones{[]time.Time{at(1), at(11)}, at(13), at(16)}, 1, 2, 3},
		"late word":            {milestones{[]time.Time{at(1), at(9)}, at(13), at(16)}, 0, 3, 3},
		"no last pass":         {milestones{[]time.Time{at(1)}, at(13), at(16)}, 3, 0, 3},
		"word after the state": {milestones{[]time.Time{at(1), at(8)}, at(9), at(16)}, 0, 0, 6},
		"no state":             {milestones{[]time.Time{at(1), at(11)}, time.Time{}, at(16)}, 1, 5, 0},
	} {
		r := &Report{Start: start, Steps: []StepTime{{StepSuspend, Duration(10 * time.Second)}}}
		r.splitFinal(tc.m)
		got := []float64{time.Duration(r.Down.Suspend).Seconds(), time.Duration(r.Down.LastPass).Seconds(), time.Duration(r.Down.Device).Seconds()}
		if want := []float64{tc.suspend, tc.last, tc.device}; !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

func TestLiveEnd(t *testing.T) {
	for phase, want := range map[string]int{"Frames iteration 0": 1, "Frames iteration 4": 5, "Frames": 0, "Frames verify": 0, "Frames iteration -1": 0} {
		if got := livePass(phase); got != want {
			t.Errorf("%q is live pass %d, want %d", phase, got, want)
		}
	}
	for passes, want := range map[int]string{5: "5 passes were made", 1: "after 1 pass,", 3: "after 3 passes,", 0: "did not tell"} {
		r := &Report{}
		if r.liveEnd(passes); !strings.Contains(r.Decisions[0].Why, want) {
			t.Errorf("%d: %+v", passes, r.Decisions)
		}
	}
}

func TestAddPassesWithoutAStream(t *testing.T) {
	r := &Report{Start: time.Now()}
	r.addPasses(stream.Stats{}, milestones{})
	if len(r.Passes) != 0 || r.Down != (DownTime{}) {
		t.Errorf("%+v", r)
	}
}

func asJSON(t *testing.T, v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// FuzzReport reads what a disk may hold. What is read is written and read again as the same.
func FuzzReport(f *testing.F) {
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := decodeReport(b)
		if err != nil {
			return
		}
		once := asJSON(t, r)
		again, err := decodeReport([]byte(once))
		if err != nil || asJSON(t, again) != once {
			t.Errorf("%s is read again as %+v, %v", once, again, err)
		}
		r.Text()
	})
}
