package migrate

import (
	"errors"
	"net"
	"os"
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
