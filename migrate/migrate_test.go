package migrate

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/xenvoy/xenvoy/toolstack"
	"github.com/xenvoy/xenvoy/toolstack/fake"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

func TestMigrateMovesTheGuest(t *testing.T) {
	w := newWorld(t)
	r, err := w.sender.Migrate(t.Context(), w.guest)
	if err != nil {
		t.Fatal(err)
	}
	if side := w.where(); side != "b" {
		t.Fatalf("the guest runs on %s", side)
	}
	if r.Outcome != OutcomeMoved || len(r.Passes) != 2 || r.Passes[0].Pages != 64 || r.Down.Total <= 0 {
		t.Errorf("report: %+v", r)
	}
	want := []Step{StepConnect, StepPreflight, StepPrepare, StepPreCopy, StepSuspend, StepFinalPages, StepVerify, StepRelease, StepStart, StepConfirm, StepRetire}
	var got []Step
	for _, s := range r.Steps {
		if s.Step != StepDrain { // the word of the stop may come before the second pass is seen
			got = append(got, s.Step)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("steps %v, want %v", got, want)
	}
	if text := r.Text(); !strings.Contains(text, "web moved") || !strings.Contains(text, "pass 1") {
		t.Errorf("the text of the report:\n%s", text)
	}
}

func TestMigrateBackAgain(t *testing.T) {
	w := newWorld(t)
	if _, err := w.sender.Migrate(t.Context(), w.guest); err != nil {
		t.Fatal(err)
	}
	w.peer.worker.Wait()
	back := &peer{t: t, host: w.a, dir: w.sender.StateDir, cutToPeer: -1, cutToSource: -1}
	s := &Sender{Host: w.b, Transport: back, StateDir: w.peer.dir}
	if _, err := s.Migrate(t.Context(), copies(t, w.b)[0].ID); err != nil {
		t.Fatal(err)
	}
	back.worker.Wait()
	if side := w.where(); side != "a" {
		t.Fatalf("the guest runs on %s", side)
	}
}

// TestCutLink breaks the link after each of many numbers of bytes, in either
// direction: the guest must run in exactly one place, whatever step it hits.
func TestCutLink(t *testing.T) {
	whole := newWorld(t)
	r, err := whole.sender.Migrate(t.Context(), whole.guest)
	if err != nil {
		t.Fatal(err)
	}
	toPeer := points(r.Bytes+4096, 40)
	for _, n := range slices.Concat(points(700, 12), toPeer) {
		t.Run(fmt.Sprintf("to the destination after %d", n), func(t *testing.T) {
			w := newWorld(t)
			w.peer.cutToPeer = n
			w.cut()
		})
	}
	for n := int64(0); n < 420; n += 7 {
		t.Run(fmt.Sprintf("to the source after %d", n), func(t *testing.T) {
			w := newWorld(t)
			w.peer.cutToSource = n
			w.cut()
		})
	}
}

func points(end, n int64) []int64 {
	var all []int64
	for i := range n {
		all = append(all, end*i/n)
	}
	return all
}

// cut migrates over a link that breaks and checks that report and world agree.
func (w *world) cut() {
	w.t.Helper()
	r, err := w.sender.Migrate(w.t.Context(), w.guest)
	side := w.where()
	if moved := r.Outcome == OutcomeMoved; moved != (side == "b") || moved != (err == nil) {
		w.t.Fatalf("the report says %q with error %v, the guest runs on %s", r.Outcome, err, side)
	}
}

func TestPreflightRefuses(t *testing.T) {
	for name, tc := range map[string]struct {
		spoil func(*world)
		want  string
	}{
		"no memory":    {func(w *world) { w.b = fake.New(32); w.peer.host = w.b }, "not enough memory: the domain needs 65 MiB with overhead, 32 MiB are free"},
		"older Xen":    {func(w *world) { w.b.Change(func(i *toolstack.HostInfo) { i.XenMinor = 16 }) }, "Xen 4.16 there is older than Xen 4.17 here"},
		"no HVM":       {func(w *world) { w.b.Change(func(i *toolstack.HostInfo) { i.Caps = []string{"pv"} }) }, "cannot run pvh guests: the CPU offers neither"},
		"already here": {func(w *world) { mustCreate(w, guestConfig(w.t).CInfo.Name) }, `is taken by domain "web"`},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			tc.spoil(w)
			before := len(copies(t, w.b))
			r, err := w.sender.Migrate(t.Context(), w.guest)
			if !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), tc.want) {
				t.Fatalf("got %v, want ErrRefused with %q", err, tc.want)
			}
			if r.Outcome != OutcomeKept || r.Bytes != 0 || len(copies(t, w.b)) != before {
				t.Fatalf("something was done: %+v", r)
			}
		})
	}
}

func TestPVNeedsShadowPagingAtTheSource(t *testing.T) {
	w := newWorld(t)
	cfg := guestConfig(t)
	cfg.CInfo.Type, cfg.BInfo.TypePVH, cfg.BInfo.TypePV = idl.DomainTypePV, nil, &idl.DomainBuildInfoPV{}
	m := &sending{Sender: w.sender, cfg: cfg, there: cfg, report: &Report{}}
	if _, err := m.makeOffer(t.Context()); err != nil || len(m.report.Findings) != 1 || !m.report.Findings[0].Fatal {
		t.Fatalf("without shadow paging: %v, %v", m.report.Findings, err)
	}
	w.a.Change(func(i *toolstack.HostInfo) { i.Caps = append(i.Caps, "shadow") })
	m.report = &Report{}
	if _, err := m.makeOffer(t.Context()); err != nil || len(m.report.Findings) != 0 {
		t.Fatalf("with it: %v, %v", m.report.Findings, err)
	}
}

func TestOnlyARunningGuestMoves(t *testing.T) {
	for name, stop := range map[string]func(*world) error{
		"paused":  func(w *world) error { return w.a.Pause(t.Context(), w.guest) },
		"crashed": func(w *world) error { return w.a.Stop(w.guest, toolstack.ShutdownCrash) },
		"gone":    func(w *world) error { return w.a.Destroy(t.Context(), w.guest) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			if err := stop(w); err != nil {
				t.Fatal(err)
			}
			if r, err := w.sender.Migrate(t.Context(), w.guest); err == nil || r != nil || w.peer.dials != 0 {
				t.Fatalf("%+v, %v, %d connections", r, err, w.peer.dials)
			}
		})
	}
}

func TestDryRunChangesNothing(t *testing.T) {
	w := newWorld(t)
	r, err := w.sender.Check(t.Context(), w.guest)
	if err != nil || r.Outcome != OutcomeChecked {
		t.Fatalf("%+v, %v", r, err)
	}
	if side := w.where(); side != "a" {
		t.Fatalf("the guest runs on %s", side)
	}
	if ids, _ := Journals(w.peer.dir, SideDestination); len(ids) != 0 {
		t.Errorf("a dry run left journals: %v", ids)
	}
}

func TestDestinationFails(t *testing.T) {
	for _, op := range []string{"restore", "restored", "rename", "unpause"} {
		t.Run(op, func(t *testing.T) {
			w := newWorld(t)
			w.b.Fail = failing(op, errors.New("planted failure"))
			r, err := w.sender.Migrate(t.Context(), w.guest)
			if err == nil || !strings.Contains(err.Error(), "planted failure") || r.Outcome != OutcomeKept {
				t.Fatalf("%v, %+v", err, r)
			}
			if side := w.where(); side != "a" {
				t.Fatalf("the guest runs on %s", side)
			}
		})
	}
}

func failing(op string, err error) func(string, string) error {
	return func(o, _ string) error {
		if o == op {
			return err
		}
		return nil
	}
}

func TestSourceFailsToSave(t *testing.T) {
	w := newWorld(t)
	w.a.Fail = failing("suspend", errors.New("planted failure"))
	_, err := w.sender.Migrate(t.Context(), w.guest)
	if err == nil || !strings.Contains(err.Error(), "planted failure") {
		t.Fatal(err)
	}
	if side := w.where(); side != "a" {
		t.Fatalf("the guest runs on %s", side)
	}
}

// TestReceiverDies ends the destination's worker without a word, as a kill does,
// at a step: its goroutine ends there, its link closes and its lock is let go.
func TestReceiverDies(t *testing.T) {
	for op, want := range map[string]string{"rename": "a", "unpause": "a"} {
		t.Run("before "+op, func(t *testing.T) {
			w := newWorld(t)
			died := false
			w.b.Fail = func(o, _ string) error {
				if o == op && !died {
					died = true
					runtime.Goexit()
				}
				return nil
			}
			_, err := w.sender.Migrate(t.Context(), w.guest)
			if !died {
				t.Fatal("the worker was not killed")
			}
			if side := w.where(); side != want || err == nil {
				t.Fatalf("the guest runs on %s, error %v", side, err)
			}
		})
	}
	t.Run("after unpause", func(t *testing.T) {
		w := newWorld(t)
		died := false
		w.peer.host = &afterUnpause{Host: w.b, do: func() {
			if !died {
				died = true
				runtime.Goexit()
			}
		}}
		r, err := w.sender.Migrate(t.Context(), w.guest)
		if side := w.where(); side != "b" || err != nil || !died || len(r.Notes) != 1 {
			t.Fatalf("the guest runs on %s, error %v, notes %q", side, err, r.Notes)
		}
	})
}

type afterUnpause struct {
	toolstack.Host
	do func()
}

func (h *afterUnpause) Unpause(ctx context.Context, id toolstack.DomID) error {
	err := h.Host.Unpause(ctx, id)
	h.do()
	return err
}

// TestInDoubt loses the link right after the release and does not get it back:
// the guest must be suspended at the source, and Resolve must decide later.
func TestInDoubt(t *testing.T) {
	for _, tc := range []struct {
		name  string
		dies  bool // the destination's worker, before it starts the guest
		where string
	}{{"started", false, "b"}, {"never started", true, "a"}} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t)
			w.peer.unreachable = true
			w.b.Fail = func(o, _ string) error {
				if o == "rename" && tc.dies {
					runtime.Goexit()
				}
				return nil
			}
			if !tc.dies {
				w.peer.host = &afterUnpause{Host: w.b, do: runtime.Goexit}
			}
			r, err := w.sender.Migrate(t.Context(), w.guest)
			if !errors.Is(err, ErrInDoubt) || r.Outcome != OutcomeInDoubt || !strings.Contains(err.Error(), "xenvoy migrate resolve "+r.ID) {
				t.Fatalf("%v, %+v", err, r)
			}
			if a := copies(t, w.a); len(a) != 1 || !a[0].Suspended() {
				t.Fatalf("at the source: %+v; want it suspended", a)
			}
			w.peer.worker.Wait()
			w.peer.unreachable, w.peer.host, w.b.Fail = false, w.b, nil
			outcome, err := resolve(t.Context(), w.a, w.sender.StateDir, r.ID, over(w.peer, r.ID))
			if err != nil {
				t.Fatal(err)
			}
			if side := w.where(); side != tc.where || (outcome == OutcomeMoved) != (side == "b") {
				t.Fatalf("resolved as %s, the guest runs on %s", outcome, side)
			}
			again, err := resolve(t.Context(), w.a, w.sender.StateDir, r.ID, over(w.peer, r.ID))
			if err != nil || again != outcome {
				t.Fatalf("resolved again: %s, %v", again, err)
			}
		})
	}
}

// TestSourceDies ends the sender at a step, as a kill does; Resolve then decides.
func TestSourceDies(t *testing.T) {
	for op, want := range map[string]string{"destroy": "b"} {
		t.Run("before "+op, func(t *testing.T) {
			w := newWorld(t)
			w.a.Fail = func(o, _ string) error {
				if o == op {
					runtime.Goexit()
				}
				return nil
			}
			done := make(chan struct{})
			go func() {
				defer close(done)
				w.sender.Migrate(t.Context(), w.guest)
			}()
			<-done
			w.peer.worker.Wait()
			w.a.Fail = nil
			ids, err := Journals(w.sender.StateDir, SideSource)
			if err != nil || len(ids) != 1 {
				t.Fatalf("%v, %v", ids, err)
			}
			if _, err := resolve(t.Context(), w.a, w.sender.StateDir, ids[0], over(w.peer, ids[0])); err != nil {
				t.Fatal(err)
			}
			if side := w.where(); side != want {
				t.Fatalf("the guest runs on %s", side)
			}
		})
	}
}

func TestSweepLeavesOthersAlone(t *testing.T) {
	w := newWorld(t)
	j, err := CreateJournal(w.peer.dir, SideDestination, "20261123-000000-00000001", Entry{Domain: "web", UUID: guestConfig(t).CInfo.UUID.String()})
	if err != nil {
		t.Fatal(err)
	}
	mustCreate(w, "web") // the same guest, here by other means
	j.Close()
	if err := Sweep(t.Context(), w.b, w.peer.dir); err != nil {
		t.Fatal(err)
	}
	if b := copies(t, w.b); len(b) != 1 {
		t.Fatalf("swept away what was not its own: %+v", b)
	}
}

func TestSweepRemovesAnOrphan(t *testing.T) {
	w := newWorld(t)
	j, err := CreateJournal(w.peer.dir, SideDestination, "20261123-000000-00000001", Entry{Domain: "web", UUID: guestConfig(t).CInfo.UUID.String()})
	if err != nil {
		t.Fatal(err)
	}
	mustCreate(w, "web"+toolstack.IncomingSuffix)
	if err := Sweep(t.Context(), w.b, w.peer.dir); err != nil || len(copies(t, w.b)) != 1 {
		t.Fatalf("a migration whose worker lives: %v, %+v", err, copies(t, w.b))
	}
	j.Close()
	if err := Sweep(t.Context(), w.b, w.peer.dir); err != nil || len(copies(t, w.b)) != 0 {
		t.Fatalf("an orphan: %v, %+v", err, copies(t, w.b))
	}
}

func mustCreate(w *world, name string) {
	w.t.Helper()
	cfg := guestConfig(w.t)
	cfg.CInfo.Name = name
	if _, err := w.b.Create(w.t.Context(), cfg); err != nil {
		w.t.Fatal(err)
	}
}
