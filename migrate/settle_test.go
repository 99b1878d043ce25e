package migrate

import (
	"context"
	"errors"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/xenvoy/xenvoy/migrate/wan"
	"github.com/xenvoy/xenvoy/toolstack"
	"github.com/xenvoy/xenvoy/toolstack/fake"
)

// rebuilt is a destination that has a paused guest and a journal with the marks.
func rebuilt(t *testing.T, marks ...Mark) (*fake.Host, *Journal, string, toolstack.DomID) {
	t.Helper()
	h, dir := fake.New(1024), t.TempDir()
	id, err := h.Create(t.Context(), guestConfig(t))
	if err != nil {
		t.Fatal(err)
	}
	j, err := CreateJournal(dir, SideDestination, testID, Entry{Domain: "web", UUID: guestConfig(t).CInfo.UUID.String()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	for _, m := range marks {
		if err := j.Write(Entry{Mark: m}); err != nil {
			t.Fatal(err)
		}
	}
	return h, j, dir, id
}

// TestSettleSparesAGuestThatHasRun: one that is paused after its start, whose journal
// does not say so, is not to be destroyed.
func TestSettleSparesAGuestThatHasRun(t *testing.T) {
	h, j, dir, id := rebuilt(t, MarkRelease, MarkStarting)
	j.Close()
	if err := errors.Join(h.Unpause(t.Context(), id), h.Pause(t.Context(), id)); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		fate, err := SettleHere(t.Context(), h, dir, testID)
		if err != nil || fate != FateStarted || len(copies(t, h)) != 1 {
			t.Fatalf("%s, %v; left: %+v", fate, err, copies(t, h))
		}
	}
}

func TestSettleDestroysAGuestThatNeverRan(t *testing.T) {
	h, j, dir, _ := rebuilt(t, MarkRelease, MarkStarting)
	j.Close()
	fate, err := SettleHere(t.Context(), h, dir, testID)
	if err != nil || fate != FateAborted || len(copies(t, h)) != 0 {
		t.Fatalf("%s, %v; left: %+v", fate, err, copies(t, h))
	}
}

// onWrite does something when a line is logged.
type onWrite func()

func (f onWrite) Write(b []byte) (int, error) {
	f()
	return len(b), nil
}

// TestStartedIsWrittenAgain on a disk that is full only for a moment.
func TestStartedIsWrittenAgain(t *testing.T) {
	h, j, dir, id := rebuilt(t, MarkRelease)
	full, err := os.OpenFile("/dev/full", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	own := j.file
	defer own.Close()
	r := &Receiver{StateDir: dir, Log: zerolog.New(onWrite(func() { j.file = own }))}
	r.Host = &afterUnpause{Host: h, do: func() { j.file = full }} // which takes no writes
	here, there := net.Pipe()
	there.Close() // there is no source to tell
	a := &arrival{Receiver: r, conn: wan.NewConn(here), journal: j, offer: &Offer{Config: guestConfig(t), ID: testID},
		report: &Report{clock: time.Now}}
	defer a.conn.Close()
	if err := a.start(t.Context(), id); err != nil {
		t.Error(err)
	}
	if !j.Has(MarkStarted) {
		t.Errorf("the journal holds %+v", j.entries)
	}
}

// resolve is Resolve with a way to ask the destination.
func resolve(ctx context.Context, h toolstack.Host, dir, id string, ask func(context.Context, Entry) (Fate, error)) (Outcome, error) {
	return (&resolution{host: h, dir: dir, id: id, ask: ask}).run(ctx)
}

// TestResolveUsesTheWordThatWasHeard: the source heard the verdict and died, or could not act on it.
// The destination need not be asked again, which with xl nobody can be, nor the operator be believed.
func TestResolveUsesTheWordThatWasHeard(t *testing.T) {
	for _, peer := range []string{"xenvoy", "xl"} {
		for _, tc := range []struct {
			atSource, atDest string // operations that fail
			wrong            Fate
			want             Outcome
		}{{"destroy", "", FateAborted, OutcomeMoved}, {"resume", "unpause", FateStarted, OutcomeKept}} {
			t.Run(peer+" "+string(tc.want), func(t *testing.T) {
				w := newWorld(t)
				if peer == "xl" {
					w, _ = newXLWorld(t)
				}
				planted := errors.New("planted failure")
				w.a.Fail = failing(tc.atSource, planted)
				if tc.atDest != "" {
					w.b.Fail = failing(tc.atDest, planted)
				}
				r, err := w.sender.Migrate(t.Context(), w.guest)
				if err == nil {
					t.Fatalf("%+v", r)
				}
				w.a.Fail, w.b.Fail = nil, nil
				all, err := StatusOf(w.sender.StateDir, r.ID)
				if err != nil || all[0].State != StateCutShort || all[0].Decide != "xenvoy migrate resolve "+r.ID {
					t.Errorf("%+v, %v", all, err)
				}
				if err := aloneWith(w.sender.StateDir, testID, Entry{UUID: all[0].UUID, DomID: all[0].DomID}); !errors.Is(err, ErrBusy) || strings.Contains(err.Error(), "assume") {
					t.Errorf("another migration: %v", err)
				}
				if _, err := Resolve(t.Context(), w.a, w.sender.StateDir, r.ID, tc.wrong); !errors.Is(err, ErrContradicted) {
					t.Errorf("assumed %s: %v, want ErrContradicted", tc.wrong, err)
				}
				// Resolve would ask over ssh, which has no such host.
				if o, err := Resolve(t.Context(), w.a, w.sender.StateDir, r.ID, ""); err != nil || o != tc.want {
					t.Errorf("%s, %v", o, err)
				}
				w.where()
			})
		}
	}
}

// TestRetireSaysWhatIsLeft: which of the two failed, and never to destroy a domain that is gone.
func TestRetireSaysWhatIsLeft(t *testing.T) {
	planted := errors.New("planted failure")
	t.Run("destroy", func(t *testing.T) {
		w := newWorld(t)
		w.a.Fail = failing("destroy", planted)
		r, err := w.sender.Migrate(t.Context(), w.guest)
		if !errors.Is(err, planted) || r.Outcome != OutcomeMoved || !strings.Contains(err.Error(), "domain 1, could not be removed") ||
			!strings.Contains(err.Error(), "xenvoy migrate resolve "+r.ID) {
			t.Errorf("%v", err)
		}
	})
	t.Run("journal", func(t *testing.T) {
		h, j, _, id := rebuilt(t, MarkRelease)
		j.Close() // takes no writes
		err := retire(t.Context(), h, j, id, testID)
		if err == nil || len(copies(t, h)) != 0 || strings.Contains(err.Error(), "domain") ||
			!strings.Contains(err.Error(), "no copy of it is left here") || !strings.Contains(err.Error(), "xenvoy migrate resolve "+testID) {
			t.Errorf("%v", err)
		}
	})
}

// TestGuestEndsDuringTheMove by itself: it is not kept, and each command says so.
func TestGuestEndsDuringTheMove(t *testing.T) {
	for name, op := range map[string]string{"before the stream": "config", "when it is rebuilt": "restored"} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			off := func() {
				if err := w.a.Stop(w.guest, toolstack.ShutdownPoweroff); err != nil {
					t.Error(err)
				}
			}
			if op == "restored" {
				w.b.Fail = func(o, _ string) error {
					if o == op {
						off()
						return errors.New("planted failure")
					}
					return nil
				}
			} else {
				w.sender.At = func(s Step) {
					if s == StepPrepare {
						off()
						w.sender.Brake.pull(ErrCancelled)
					}
				}
				w.sender.Brake = &Brake{}
			}
			r, err := w.sender.Migrate(t.Context(), w.guest)
			if err == nil || r.Outcome != OutcomeEnded {
				t.Fatalf("%v, %+v", err, r)
			}
			w.peer.worker.Wait()
			if o, err := resolve(t.Context(), w.a, w.sender.StateDir, r.ID, over(w.peer, r.ID)); err != nil || o != OutcomeEnded {
				t.Errorf("resolved as %s, %v", o, err)
			}
			all, err := StatusOf(w.sender.StateDir, r.ID)
			if err != nil || all[0].State != StateEnded || all[0].Decide != "" {
				t.Errorf("%+v, %v", all, err)
			}
		})
	}
}

// TestCancelOfAGuestThatEnded tells that it did.
func TestCancelOfAGuestThatEnded(t *testing.T) {
	w := newWorld(t)
	reached, goOn := w.holding("restore")
	done := w.start()
	<-reached
	if err := w.a.Destroy(t.Context(), w.guest); err != nil {
		t.Fatal(err)
	}
	go func() {
		time.Sleep(2 * cancelPoll)
		close(goOn)
	}()
	if _, o, err := Cancel(t.Context(), w.sender.StateDir, "web"); err != nil || o != OutcomeEnded {
		t.Errorf("%s, %v", o, err)
	}
	<-done
}

// TestResolveOfACopyThatIsGone ends the migration, so that status does not name it for ever.
func TestResolveOfACopyThatIsGone(t *testing.T) {
	for _, gone := range []bool{true, false} {
		w := newWorld(t)
		w.stale(testID, MarkRelease)
		end := w.a.Stop(w.guest, toolstack.ShutdownPoweroff)
		if gone {
			end = w.a.Destroy(t.Context(), w.guest)
		}
		if end != nil {
			t.Fatal(end)
		}
		for range 2 {
			o, err := resolve(t.Context(), w.a, w.sender.StateDir, testID, over(answers{FateAborted}, testID))
			if err != nil || o != OutcomeEnded {
				t.Errorf("%s, %v", o, err)
			}
		}
		if all, err := StatusOf(w.sender.StateDir, testID); err != nil || all[0].Decide != "" {
			t.Errorf("%+v, %v", all, err)
		}
	}
}

// TestResolveTellsOfAReportThatStaysAsItWas: the guest is decided all the same.
func TestResolveTellsOfAReportThatStaysAsItWas(t *testing.T) {
	w := newWorld(t)
	w.stale(testID, MarkRelease)
	path, err := reportPath(w.sender.StateDir, SideSource, testID)
	if err == nil {
		err = os.MkdirAll(path, 0o700) // no file can be there
	}
	if err != nil {
		t.Fatal(err)
	}
	o, err := Resolve(t.Context(), w.a, w.sender.StateDir, testID, FateAborted)
	if !errors.Is(err, ErrNoAccount) || o != OutcomeKept {
		t.Errorf("%s, %v", o, err)
	}
}

// TestStatusShowsWhatItCan read, with the error for the rest.
func TestStatusShowsWhatItCan(t *testing.T) {
	w := newWorld(t)
	w.stale(testID, MarkRelease)
	loop := "20261123-000000-00000009.source.jsonl"
	if err := os.Symlink(loop, w.sender.StateDir+"/"+loop); err != nil {
		t.Fatal(err)
	}
	if all, err := StatusOf(w.sender.StateDir, testID); err == nil || len(all) != 1 || all[0].ID != testID {
		t.Errorf("%+v, %v", all, err)
	}
}
