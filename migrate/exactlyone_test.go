package migrate

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/xenvoy/xenvoy/migrate/wan"
	"github.com/xenvoy/xenvoy/toolstack"
	"github.com/xenvoy/xenvoy/toolstack/fake"
)

// hookHost runs a function before an operation.
type hookHost struct {
	toolstack.Host
	unpause func()
}

func (h *hookHost) Unpause(ctx context.Context, id toolstack.DomID) error {
	if h.unpause != nil {
		h.unpause()
	}
	return h.Host.Unpause(ctx, id)
}

// dialHook runs a function before each Dial.
type dialHook struct {
	Transport
	before func()
}

func (d dialHook) Dial(args ...string) (Link, error) {
	d.before()
	return d.Transport.Dial(args...)
}

// TestTwoMigrationsOfOneDomain has a second migration to a third host begin while
// the guest runs, and go on once the first has given the guest away.
func TestTwoMigrationsOfOneDomain(t *testing.T) {
	w := newWorld(t)
	released, goOn := make(chan struct{}), make(chan struct{})
	w.peer.host = &hookHost{Host: w.b, unpause: func() {
		close(released)
		<-goOn
	}}
	c := fake.New(1024)
	toC := &peer{t: t, host: c, dir: t.TempDir(), cutToPeer: -1, cutToSource: -1}
	dialled := make(chan struct{})
	second := &Sender{Host: w.a, StateDir: w.sender.StateDir, Log: zerolog.Nop(),
		Transport: dialHook{toC, func() {
			select {
			case <-dialled:
			default:
				close(dialled)
			}
			<-released
		}}}
	result := make(chan error, 1)
	go func() {
		_, err := second.Migrate(t.Context(), w.guest)
		result <- err
	}()
	<-dialled
	first := make(chan error, 1)
	go func() {
		_, err := w.sender.Migrate(t.Context(), w.guest)
		first <- err
	}()
	if err := <-result; !errors.Is(err, ErrBusy) {
		t.Errorf("the second migration: %v, want ErrBusy", err)
	}
	if a := copies(t, w.a); len(a) != 1 || !a[0].Suspended() {
		t.Errorf("the guest that the first has given away is %+v at the source", a)
	}
	close(goOn)
	if err := <-first; err != nil {
		t.Error(err)
	}
	toC.worker.Wait()
	if side := w.where(); side != "b" || len(copies(t, c)) != 0 {
		t.Fatalf("the guest runs on %s, and at the third host: %+v", side, copies(t, c))
	}
}

// stale writes a journal of a migration that ended without a word.
func (w *world) stale(id string, marks ...Mark) {
	w.t.Helper()
	j, err := CreateJournal(w.sender.StateDir, SideSource, id, Entry{Domain: "web",
		UUID: guestConfig(w.t).CInfo.UUID.String(), DomID: uint32(w.guest), Host: "site-b"})
	if err != nil {
		w.t.Fatal(err)
	}
	defer j.Close()
	for _, m := range marks {
		if err := j.Write(Entry{Mark: m}); err != nil {
			w.t.Fatal(err)
		}
	}
}

// TestResolveLeavesAnotherMigrationAlone resolves one that was never released
// while a later one of the same guest is in doubt.
func TestResolveLeavesAnotherMigrationAlone(t *testing.T) {
	w := newWorld(t)
	w.stale(testID)
	w.stale("20261123-000000-00000002", MarkRelease)
	if err := w.a.Stop(w.guest, toolstack.ShutdownSuspend); err != nil {
		t.Fatal(err)
	}
	if _, err := resolve(t.Context(), w.a, w.sender.StateDir, testID, over(w.peer, testID)); !errors.Is(err, ErrBusy) {
		t.Errorf("got %v, want ErrBusy", err)
	}
	if a := copies(t, w.a); len(a) != 1 || !a[0].Suspended() {
		t.Errorf("the guest in doubt is %+v", a)
	}
}

// over asks by Settle over a transport.
func over(t Transport, id string) func(context.Context, Entry) (Fate, error) {
	return func(ctx context.Context, _ Entry) (Fate, error) { return Settle(ctx, t, id) }
}

// answers is a destination that gives one answer to --settle.
type answers struct{ fate Fate }

func (answers) String() string { return "site-b" }

func (a answers) Dial(...string) (Link, error) {
	here, there := net.Pipe()
	go func() {
		json.NewEncoder(there).Encode(Answer{Fate: a.fate})
		there.Close()
	}()
	return &testLink{Conn: here, toPeer: -1, toSource: -1}, nil
}

func TestResolveDestroysOnlyItsSuspendedCopy(t *testing.T) {
	t.Run("a guest that was not released", func(t *testing.T) {
		w := newWorld(t)
		w.stale(testID)
		if _, err := resolve(t.Context(), w.a, w.sender.StateDir, testID, over(answers{FateStarted}, testID)); !errors.Is(err, ErrInDoubt) {
			t.Errorf("got %v, want ErrInDoubt", err)
		}
		if a := copies(t, w.a); len(a) != 1 || !runs(a[0]) {
			t.Errorf("at the source: %+v", a)
		}
	})
	t.Run("a guest that has come back", func(t *testing.T) {
		w := newWorld(t)
		w.stale(testID, MarkRelease)
		outcome, err := resolve(t.Context(), w.a, w.sender.StateDir, testID, over(answers{FateStarted}, testID))
		if a := copies(t, w.a); err != nil || outcome != OutcomeMoved || len(a) != 1 || !runs(a[0]) {
			t.Errorf("%s, %v; at the source: %+v", outcome, err, a)
		}
	})
	t.Run("a copy that is gone", func(t *testing.T) {
		w := newWorld(t)
		w.stale(testID, MarkRelease)
		if err := w.a.Destroy(t.Context(), w.guest); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			outcome, err := resolve(t.Context(), w.a, w.sender.StateDir, testID, over(answers{FateStarted}, testID))
			if err != nil || outcome != OutcomeMoved {
				t.Errorf("%s, %v", outcome, err)
			}
		}
	})
}

// TestResumeFails at the source after the destination has failed: the migration
// must not end as if the guest ran.
func TestResumeFails(t *testing.T) {
	w := newWorld(t)
	w.b.Fail = failing("restored", errors.New("planted failure"))
	w.a.Fail = failing("resume", errors.New("no memory to resume"))
	r, err := w.sender.Migrate(t.Context(), w.guest)
	if !errors.Is(err, ErrInDoubt) || r.Outcome != OutcomeInDoubt || !strings.Contains(err.Error(), "resolve "+r.ID) {
		t.Fatalf("%v, %+v", err, r)
	}
	w.a.Fail = nil
	if outcome, err := resolve(t.Context(), w.a, w.sender.StateDir, r.ID, over(w.peer, r.ID)); err != nil || outcome != OutcomeKept {
		t.Fatalf("resolved as %s, %v", outcome, err)
	}
	if side := w.where(); side != "a" {
		t.Fatalf("the guest runs on %s", side)
	}
}

// mute is a destination that answers up to a message of the source, then is there
// and says nothing more; or, with hangUp, closes the link.
type mute struct {
	t      *testing.T
	after  string
	hangUp bool
	// deaf: it does not get ready.
	deaf bool
	// explain is called by the link's Explain.
	explain func()
	reached chan struct{}
	dials   int
}

func (*mute) String() string { return "site-b" }

type muteLink struct {
	net.Conn
	m *mute
}

func (l muteLink) Explain(err error) error {
	l.Close()
	if l.m.explain != nil {
		l.m.explain()
	}
	return err
}

func (m *mute) Dial(...string) (Link, error) {
	if m.dials++; m.dials > 1 {
		return nil, errors.New("no route to host")
	}
	here, there := net.Pipe()
	go m.serve(there)
	return muteLink{here, m}, nil
}

func (m *mute) serve(there net.Conn) {
	c := wan.NewConn(there)
	m.t.Cleanup(func() { c.Close() })
	if c.Greet() != nil {
		return
	}
	c.Heartbeat(50*time.Millisecond, time.Minute)
	for {
		kind, b, err := c.Receive()
		if err != nil {
			return
		}
		if kind != wan.KindControl {
			continue
		}
		msg, err := decode(b)
		if err != nil {
			return
		}
		if answer, ok := map[string]message{
			msgOffer: {Type: msgFindings}, msgPrepare: {Type: msgReady},
			msgEnd: {Type: msgRestored, Digest: msg.Digest, Bytes: msg.Bytes},
		}[msg.Type]; ok && (msg.Type != m.after || m.after == msgPrepare && !m.deaf) {
			send(c, answer)
		}
		if msg.Type == m.after {
			close(m.reached)
			if m.hangUp {
				c.Close()
			}
			return // reads no more
		}
	}
}

// TestMuteDestination has a destination stop at a message while its pings go on:
// the guest must not stand still for ever.
func TestMuteDestination(t *testing.T) {
	for _, tc := range []struct {
		after, says string
		cancel      bool // the user calls it off
		outcome     Outcome
	}{
		{msgPrepare, "it has taken nothing for", false, OutcomeKept},
		{msgPrepare, "context canceled", true, OutcomeKept},
		{msgEnd, "has not rebuilt the guest within", false, OutcomeKept},
		{msgRelease, "has not started the guest within", false, OutcomeInDoubt},
	} {
		t.Run(tc.after+" "+tc.says, func(t *testing.T) {
			w := newWorld(t)
			m := &mute{t: t, after: tc.after, reached: make(chan struct{})}
			long := time.Minute
			w.sender.Transport = m
			w.sender.bounds = &limits{grace: 50 * time.Millisecond, stall: 500 * time.Millisecond, restore: 500 * time.Millisecond, settle: 500 * time.Millisecond}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if tc.cancel {
				w.sender.bounds.stall = long
				go func() { <-m.reached; cancel() }()
			}
			r, err := w.sender.Migrate(ctx, w.guest)
			if err == nil || r.Outcome != tc.outcome || !strings.Contains(err.Error(), tc.says) {
				t.Fatalf("%v, %+v; want %q", err, r, tc.says)
			}
			a := copies(t, w.a)
			if len(a) != 1 || runs(a[0]) != (tc.outcome == OutcomeKept) {
				t.Errorf("at the source: %+v", a)
			}
		})
	}
}

// TestDestinationDoesNotGetReady: the wait for it is bounded, and can be called off.
func TestDestinationDoesNotGetReady(t *testing.T) {
	for _, cancel := range []bool{false, true} {
		w := newWorld(t)
		m := &mute{t: t, after: msgPrepare, deaf: true, reached: make(chan struct{})}
		w.sender.Transport = m
		w.sender.bounds = &limits{grace: 50 * time.Millisecond, stall: 500 * time.Millisecond, restore: time.Second, settle: 500 * time.Millisecond}
		if cancel {
			w.sender.bounds.stall = time.Minute
		}
		done := w.start()
		<-m.reached
		if cancel {
			if _, o, err := Cancel(t.Context(), w.sender.StateDir, "web"); err != nil || o != OutcomeKept {
				t.Errorf("cancel: %s, %v", o, err)
			}
		}
		if r := <-done; r.report.Outcome != OutcomeKept || errors.Is(r.err, ErrCancelled) != cancel ||
			!cancel && !strings.Contains(r.err.Error(), "has not got ready within") {
			t.Errorf("%v, %+v", r.err, r.report)
		}
	}
}

// TestGuestRunsBeforeTheLinkIsExplained: what the transport says about its end can
// take seconds, for which the guest shall not stand still.
func TestGuestRunsBeforeTheLinkIsExplained(t *testing.T) {
	w := newWorld(t)
	explained := false
	w.sender.Transport = &mute{t: t, after: msgEnd, hangUp: true, reached: make(chan struct{}), explain: func() {
		explained = true
		if a := copies(t, w.a); len(a) != 1 || !runs(a[0]) {
			t.Errorf("while the end of the link is looked into: %+v", a)
		}
	}}
	if _, err := w.sender.Migrate(t.Context(), w.guest); err == nil || !explained {
		t.Fatalf("%v, explained: %v", err, explained)
	}
}

// TestHostDiesAtTheStart takes the destination's power away right after the guest
// began to run: nobody may let it run on by itself at the source, since it may
// have written to its disks; the operator decides.
func TestHostDiesAtTheStart(t *testing.T) {
	for assume, want := range map[Fate]Outcome{FateStarted: OutcomeMoved, FateAborted: OutcomeKept} {
		t.Run(string(assume), func(t *testing.T) {
			w := newWorld(t)
			w.peer.host = &afterUnpause{Host: w.b, do: func() {
				for _, d := range copies(t, w.b) {
					w.b.Destroy(t.Context(), d.ID)
				}
				runtime.Goexit()
			}}
			r, err := w.sender.Migrate(t.Context(), w.guest)
			if !errors.Is(err, ErrInDoubt) || r.Outcome != OutcomeInDoubt {
				t.Fatalf("%v, %+v", err, r)
			}
			if a := copies(t, w.a); len(a) != 1 || !a[0].Suspended() {
				t.Fatalf("at the source: %+v", a)
			}
			w.peer.worker.Wait()
			if _, err := SettleHere(t.Context(), w.b, w.peer.dir, r.ID); !errors.Is(err, ErrUndecided) {
				t.Errorf("the destination says %v, want ErrUndecided", err)
			}
			outcome, err := Resolve(t.Context(), w.a, w.sender.StateDir, r.ID, assume)
			if err != nil || outcome != want {
				t.Fatalf("resolved as %s, %v", outcome, err)
			}
			a := copies(t, w.a)
			if kept := len(a) == 1 && runs(a[0]); kept != (want == OutcomeKept) {
				t.Errorf("at the source: %+v", a)
			}
		})
	}
}

// TestStartedInSpiteOfAnError has the hypervisor's library fail after it has
// unpaused the guest: it runs, so it has moved, and must be looked after.
func TestStartedInSpiteOfAnError(t *testing.T) {
	w := newWorld(t)
	w.peer.host = &failsAfterUnpause{w.b}
	if r, err := w.sender.Migrate(t.Context(), w.guest); err != nil || r.NewDomID == 0 {
		t.Fatalf("%v, %+v", err, r)
	}
	if side := w.where(); side != "b" || w.peer.started != 1 {
		t.Fatalf("the guest runs on %s, its start was told %d times", side, w.peer.started)
	}
}

type failsAfterUnpause struct{ toolstack.Host }

func (h *failsAfterUnpause) Unpause(ctx context.Context, id toolstack.DomID) error {
	return errors.Join(errors.New("planted failure"), h.Host.Unpause(ctx, id))
}

func TestPeersTextCannotSteerTheTerminal(t *testing.T) {
	m, err := decode([]byte(`{"type":"findings","why":"a\u001b[2Jb","findings":[{"what":"c\u009bd","do":"e\rf"}]}`))
	if err != nil || m.Why != "a\uFFFD[2Jb" || m.Findings[0].What != "c\uFFFDd" || m.Findings[0].Do != "e\uFFFDf" {
		t.Errorf("%+v, %v", m, err)
	}
}

func TestLookDoesNotWaitAtAFIFO(t *testing.T) {
	f := FileFact{What: "kernel", Path: filepath.Join(t.TempDir(), "fifo")}
	if err := syscall.Mkfifo(f.Path, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := f.look(t.Context()); !errors.Is(err, errNoFile) || f.Hash != "" {
		t.Errorf("%+v, %v", f, err)
	}
}

func TestInboxIsQuiet(t *testing.T) {
	in := &inbox{messages: make(chan message, 1)}
	if err := in.quiet(); err != nil {
		t.Errorf("nothing said: %v", err)
	}
	in.messages <- message{Type: "nothing"}
	if err := in.quiet(); !errors.Is(err, wan.ErrFrame) {
		t.Errorf("a word for silence: %v, want ErrFrame", err)
	}
	in.messages <- message{Type: msgStarted}
	if err := in.quiet(); !errors.Is(err, wan.ErrFrame) {
		t.Errorf("started, before the release: %v, want ErrFrame", err)
	}
	in.messages <- message{Type: msgAborted}
	if err := in.quiet(); !isAborted(err) {
		t.Errorf("aborted: %v", err)
	}
	in.err = wan.ErrSilent
	close(in.messages)
	if err := in.quiet(); !errors.Is(err, wan.ErrSilent) {
		t.Errorf("gone: %v, want ErrSilent", err)
	}
}

// TestInterruptedBeforeTheRelease calls a migration off when the destination has
// rebuilt the guest: it is not released any more.
func TestInterruptedBeforeTheRelease(t *testing.T) {
	w := newWorld(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	w.b.Fail = func(op, _ string) error {
		if op == "restored" {
			cancel()
		}
		return nil
	}
	if r, err := w.sender.Migrate(ctx, w.guest); !errors.Is(err, context.Canceled) || r.Outcome != OutcomeKept {
		t.Fatalf("%v, %+v", err, r)
	}
	if side := w.where(); side != "a" {
		t.Fatalf("the guest runs on %s", side)
	}
}
