package migrate

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// holding is a destination that stops at the operation until it is told to go on.
func (w *world) holding(op string) (reached, goOn chan struct{}) {
	reached, goOn = make(chan struct{}), make(chan struct{})
	var once sync.Once
	w.b.Fail = func(o, _ string) error {
		if o == op {
			once.Do(func() {
				close(reached)
				<-goOn
			})
		}
		return nil
	}
	return reached, goOn
}

type migration struct {
	report *Report
	err    error
}

func (w *world) start() <-chan migration {
	done := make(chan migration, 1)
	go func() {
		r, err := w.sender.Migrate(w.t.Context(), w.guest)
		done <- migration{r, err}
	}()
	return done
}

// TestCancelBeforeTheRelease asks by each of the domain's names.
func TestCancelBeforeTheRelease(t *testing.T) {
	for _, word := range []string{"web", "1", guestConfig(t).CInfo.UUID.String()} {
		t.Run(word, func(t *testing.T) {
			w := newWorld(t)
			reached, goOn := w.holding("restore")
			defer close(goOn)
			done := w.start()
			<-reached
			all, err := Statuses(w.sender.StateDir)
			if err != nil || len(all) != 1 || all[0].State != StateAtWork || all[0].PID == 0 || all[0].Step == nil || *all[0].Step < StepPrepare {
				t.Fatalf("%+v, %v", all, err)
			}
			go func() {
				time.Sleep(2 * cancelPoll)
				goOn <- struct{}{}
			}()
			id, outcome, err := Cancel(t.Context(), w.sender.StateDir, word)
			if err != nil || outcome != OutcomeKept || id != all[0].ID {
				t.Fatalf("%s is %s, %v", id, outcome, err)
			}
			m := <-done
			if !errors.Is(m.err, ErrCancelled) || m.report.Outcome != OutcomeKept {
				t.Errorf("%v, %+v", m.err, m.report)
			}
			if side := w.where(); side != "a" {
				t.Errorf("the guest runs on %s", side)
			}
			if _, _, err := Cancel(t.Context(), w.sender.StateDir, id); !errors.Is(err, ErrTooLate) {
				t.Errorf("again: %v", err)
			}
		})
	}
}

// TestCancelAfterTheRelease is refused, by cancel and by the brake: the guest runs there alone.
func TestCancelAfterTheRelease(t *testing.T) {
	w := newWorld(t)
	w.sender.Brake = &Brake{}
	reached, goOn := w.holding("unpause")
	done := w.start()
	<-reached
	_, _, err := Cancel(t.Context(), w.sender.StateDir, "web")
	if !errors.Is(err, ErrTooLate) || !strings.Contains(err.Error(), "must not run here as well") {
		t.Errorf("got %v, want ErrTooLate", err)
	}
	for range 2 {
		if says := w.sender.Brake.Pull(context.Canceled); !strings.Contains(says, "is given to site-b: waiting") {
			t.Errorf("the brake says %q", says)
		}
	}
	close(goOn)
	if m := <-done; m.err != nil || m.report.Outcome != OutcomeMoved {
		t.Errorf("%v, %+v", m.err, m.report)
	}
	if side := w.where(); side != "b" {
		t.Errorf("the guest runs on %s", side)
	}
	for dir, want := range map[string]State{w.sender.StateDir: StateMoved, w.peer.dir: StateStarted} {
		if all, err := Statuses(dir); err != nil || len(all) != 1 || all[0].State != want || all[0].AtWork || all[0].Decide != "" {
			t.Errorf("%+v, %v; want %s", all, err, want)
		}
	}
}

// TestBrakeAtEachStep pulls it when a step begins: before the release the guest is kept, after it
// the guest moves, and what the brake said is what happens.
func TestBrakeAtEachStep(t *testing.T) {
	for step := StepConnect; step <= StepRetire; step++ {
		t.Run(step.String(), func(t *testing.T) {
			w := newWorld(t)
			brake := &Brake{}
			w.sender.Brake = brake
			says := ""
			w.sender.Progress = func(p Progress) {
				if p.Step == step && says == "" {
					says = brake.Pull(context.Canceled)
				}
			}
			r, err := w.sender.Migrate(t.Context(), w.guest)
			side := w.where()
			if kept := side == "a"; says != "" && kept != strings.Contains(says, "calling the migration off") || kept != (r.Outcome == OutcomeKept) {
				t.Errorf("it said %q; the guest runs on %s, %+v, %v", says, side, r, err)
			}
			if says == "" && step != StepDrain && step != StepFinalPages {
				t.Error("it was not pulled")
			}
		})
	}
}

// TestBrakePulledBefore keeps a migration from beginning.
func TestBrakePulledBefore(t *testing.T) {
	w := newWorld(t)
	w.sender.Brake = &Brake{}
	if says := w.sender.Brake.Pull(context.Canceled); says != "" {
		t.Errorf("it says %q", says)
	}
	if _, err := w.sender.Migrate(t.Context(), w.guest); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if side := w.where(); side != "a" {
		t.Errorf("the guest runs on %s", side)
	}
}

func TestStatusOfWhatNobodyWorksOn(t *testing.T) {
	for name, tc := range map[string]struct {
		side   Side
		marks  []Mark
		state  State
		decide bool
	}{
		"source died early":         {SideSource, nil, StateCutShort, true},
		"source in doubt":           {SideSource, []Mark{MarkRelease}, StateInDoubt, true},
		"source resolved":           {SideSource, []Mark{MarkRelease, MarkKept}, StateKept, false},
		"source retired":            {SideSource, []Mark{MarkRelease, MarkRetired}, StateMoved, false},
		"destination died early":    {SideDestination, nil, StateCutShort, true},
		"destination died starting": {SideDestination, []Mark{MarkRelease, MarkStarting}, StateInDoubt, true},
		"destination gave up":       {SideDestination, []Mark{MarkAborted}, StateGivenUp, false},
		"destination started":       {SideDestination, []Mark{MarkRelease, MarkStarting, MarkStarted}, StateStarted, false},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			j, err := CreateJournal(dir, tc.side, testID, Entry{Domain: "web", UUID: "u", Host: "other"})
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range tc.marks {
				if err := j.Write(Entry{Mark: m}); err != nil {
					t.Fatal(err)
				}
			}
			j.Close()
			all, err := StatusOf(dir, testID)
			if err != nil || len(all) != 1 {
				t.Fatalf("%+v, %v", all, err)
			}
			s := all[0]
			if s.State != tc.state || s.AtWork || (s.Decide == "xenvoy migrate resolve "+testID) != tc.decide || s.Host != "other" {
				t.Errorf("%+v", s)
			}
			if _, err := Cancellable(dir, testID); err == nil {
				t.Error("it can be cancelled")
			}
		})
	}
}

func TestStatusOfADamagedJournal(t *testing.T) {
	w := newWorld(t)
	w.stale(testID, Mark("later version"))
	all, err := StatusOf(w.sender.StateDir, testID)
	if err != nil || all[0].State != StateDamaged || !strings.Contains(all[0].Why, "line 2: unknown mark") || all[0].Domain != "web" {
		t.Errorf("%+v, %v", all, err)
	}
}

// TestBrakeAfterAFailedRelease: the release could not be written down, so the guest was not given away.
func TestBrakeAfterAFailedRelease(t *testing.T) {
	w := newWorld(t)
	brake := &Brake{}
	w.sender.Brake = brake
	says := ""
	w.a.Fail = func(op, _ string) error {
		if op == "resume" {
			says = brake.Pull(context.Canceled)
		}
		return nil
	}
	w.sender.At = func(s Step) {
		if s == StepRelease { // the journal's disk is full
			spoilWrites(t, w.sender.StateDir)
		}
	}
	r, err := w.sender.Migrate(t.Context(), w.guest)
	if err == nil || r.Outcome != OutcomeKept || says != "the migration has failed already; the guest runs on here" {
		t.Errorf("the brake says %q; %v, %+v", says, err, r)
	}
	if side := w.where(); side != "a" {
		t.Errorf("the guest runs on %s", side)
	}
}

// spoilWrites has the writes into the journal in dir fail from here on, by its descriptor.
func spoilWrites(t *testing.T, dir string) {
	t.Helper()
	names, err := filepath.Glob("/proc/self/fd/*")
	if err != nil {
		t.Fatal(err)
	}
	full, err := os.OpenFile("/dev/full", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { full.Close() })
	for _, n := range names {
		to, err := os.Readlink(n)
		if err != nil || !strings.HasPrefix(to, dir) {
			continue
		}
		fd, err := strconv.Atoi(filepath.Base(n))
		if err == nil {
			err = syscall.Dup2(int(full.Fd()), fd)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestInterruptAfterTheRelease changes nothing, and the error does not say that it has.
func TestInterruptAfterTheRelease(t *testing.T) {
	w := newWorld(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	w.sender.At = func(s Step) {
		if s == StepRetire {
			cancel()
		}
	}
	w.a.Fail = failing("destroy", errors.New("planted failure"))
	if _, err := w.sender.Migrate(ctx, w.guest); err == nil || errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
