//go:build cgo

package xenstore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/xenvoy/xenvoy/xen/internal/xenstored/xenstoredtest"
)

// A sleeper is a server whose answer to one kind of request waits for release.
type sleeper struct {
	*server
	asked   chan message // receives each request
	release chan struct{}
}

func startSleeper(t *testing.T, kind uint32) *sleeper {
	t.Helper()
	s := &sleeper{asked: make(chan message, 100), release: make(chan struct{})}
	s.server = startServer(t, func(p *peer, m message) {
		s.asked <- m
		if m.kind == kind {
			<-s.release
		}
		body := "OK\x00"
		if m.kind == xsTransactionStart {
			body = "77\x00"
		}
		p.answer(m, m.kind, body)
	})
	return s
}

// next is the next request that the server gets.
func (s *sleeper) next(t *testing.T) message {
	t.Helper()
	select {
	case m := <-s.asked:
		return m
	case <-time.After(10 * time.Second):
		t.Fatal("no request in 10 s")
	}
	return message{}
}

func open(t *testing.T) *Client {
	t.Helper()
	c, err := Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// every is each call that waits for xenstored.
var every = map[string]func(ctx context.Context, c *Client) error{
	"read":   func(ctx context.Context, c *Client) error { _, err := c.Read(ctx, "/a"); return err },
	"exists": func(ctx context.Context, c *Client) error { _, err := c.Exists(ctx, "/a"); return err },
	"write":  func(ctx context.Context, c *Client) error { return c.Write(ctx, "/a", "v") },
	"list":   func(ctx context.Context, c *Client) error { _, err := c.List(ctx, "/a"); return err },
	"mkdir":  func(ctx context.Context, c *Client) error { return c.Mkdir(ctx, "/a") },
	"remove": func(ctx context.Context, c *Client) error { return c.Remove(ctx, "/a") },
	"get":    func(ctx context.Context, c *Client) error { _, err := c.GetPermissions(ctx, "/a"); return err },
	"set":    func(ctx context.Context, c *Client) error { return c.SetPermissions(ctx, "/a", Permissions{}) },
	"path":   func(ctx context.Context, c *Client) error { _, err := c.GetDomainPath(ctx, 1); return err },
	"known":  func(ctx context.Context, c *Client) error { _, err := c.IsDomainIntroduced(ctx, 1); return err },
	"watch":  func(ctx context.Context, c *Client) error { _, err := c.Watch(ctx, "/a"); return err },
	"tx":     func(ctx context.Context, c *Client) error { return c.Transact(ctx, func(*Tx) error { return nil }) },
}

// TestSilentServer: a server that never answers holds nobody beyond his context, and
// one thread. When it ends all is released.
func TestSilentServer(t *testing.T) {
	for name, call := range every {
		t.Run(name, func(t *testing.T) {
			settled := leakCheck(t)
			asked := make(chan bool, 1)
			s := startServer(t, func(*peer, message) { asked <- true })
			c := open(t)
			c.closeWait = time.Millisecond
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			errs := make(chan error)
			go func() { errs <- call(ctx, c) }()
			<-asked
			cancel()
			var e *Error
			if err := <-errs; !errors.Is(err, ErrUnanswered) || !errors.Is(err, context.Canceled) || !errors.As(err, &e) {
				t.Errorf("err = %v", err)
			}
			ctx, cancel = context.WithTimeoutCause(t.Context(), 10*time.Millisecond, errors.New("my cause"))
			defer cancel()
			err := call(ctx, c)
			if errors.Is(err, ErrUnanswered) || !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "my cause") {
				t.Errorf("behind it: %v", err)
			}
			for range 2 {
				if err := c.Close(); !errors.Is(err, ErrUnanswered) {
					t.Errorf("close: %v", err)
				}
			}
			if err := call(t.Context(), c); !errors.Is(err, ErrClosed) {
				t.Errorf("after close: %v", err)
			}
			s.stop()
			<-c.ended
			settled()
		})
	}
}

// TestCloseReleasesCallers: who waits without a deadline is told when Close gives up.
func TestCloseReleasesCallers(t *testing.T) {
	s := startSleeper(t, xsRead)
	c := open(t)
	c.closeWait = 10 * time.Millisecond
	errs := make(chan error)
	go func() {
		_, err := c.Read(t.Context(), "/a")
		errs <- err
	}()
	s.next(t)
	if err := c.Close(); !errors.Is(err, ErrUnanswered) {
		t.Errorf("close: %v", err)
	}
	if err := <-errs; !errors.Is(err, ErrUnanswered) || !errors.Is(err, ErrClosed) {
		t.Errorf("read: %v", err)
	}
	close(s.release)
	<-c.ended
}

// TestCloseWaitsForTheAnswer: a request that is being made succeeds.
func TestCloseWaitsForTheAnswer(t *testing.T) {
	s := startSleeper(t, xsRead)
	c := open(t)
	errs := make(chan error)
	go func() {
		v, err := c.Read(t.Context(), "/a")
		if err == nil && v != "OK\x00" {
			err = fmt.Errorf("read %q", v)
		}
		errs <- err
	}()
	s.next(t)
	closed := make(chan error)
	go func() { closed <- c.Close() }()
	<-c.closing
	close(s.release)
	if err := <-errs; err != nil {
		t.Error(err)
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
}

// interrupted makes a call that the sleeping server does not answer, and then has it answer.
func (s *sleeper) interrupted(t *testing.T, kind uint32, call func(ctx context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	errs := make(chan error)
	go func() { errs <- call(ctx) }()
	for s.next(t).kind != kind {
	}
	cancel()
	if err := <-errs; !errors.Is(err, ErrUnanswered) || !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v", err)
	}
	close(s.release)
}

func TestLateTransactionIsAborted(t *testing.T) {
	s := startSleeper(t, xsTransactionStart)
	c := open(t)
	s.interrupted(t, xsTransactionStart, func(ctx context.Context) error {
		return c.Transact(ctx, func(*Tx) error { t.Error("f is called"); return nil })
	})
	if m := s.next(t); m.kind != xsTransactionEnd || m.tx != 77 || m.body != "F\x00" {
		t.Errorf("%+v follows", m)
	}
}

func TestLateWatchIsRemoved(t *testing.T) {
	s := startSleeper(t, xsWatch)
	c := open(t)
	s.interrupted(t, xsWatch, func(ctx context.Context) error { _, err := c.Watch(ctx, "/a", "/b"); return err })
	if m := s.next(t); m.kind != xsUnwatch || !strings.HasPrefix(m.body, "/a\x00xenvoy") {
		t.Errorf("%+v follows", m)
	}
}

// TestLateCommit: a commit whose answer nobody has waited for is not taken back.
func TestLateCommit(t *testing.T) {
	s := startSleeper(t, xsTransactionEnd)
	c := open(t)
	s.interrupted(t, xsTransactionEnd, func(ctx context.Context) error {
		return c.Transact(ctx, func(tx *Tx) error { return tx.Write(ctx, "/a", "v") })
	})
	for range 50 { // time enough for what might be done in the background
		if err := c.Mkdir(t.Context(), "/b"); err != nil {
			t.Fatal(err)
		}
		if m := s.next(t); m.kind != xsMkdir {
			t.Fatalf("%+v follows", m)
		}
	}
}

// TestInterruptedInTransaction: f fails because of ctx; the transaction is aborted all the same.
func TestInterruptedInTransaction(t *testing.T) {
	s := startSleeper(t, xsWrite)
	c := open(t)
	s.interrupted(t, xsWrite, func(ctx context.Context) error {
		var kept *Tx
		err := c.Transact(ctx, func(tx *Tx) error { kept = tx; return tx.Write(ctx, "/a", "v") })
		if err := kept.Mkdir(t.Context(), "/b"); !errors.Is(err, ErrTransactionEnded) { // at once: xenstored still hangs
			t.Errorf("the Tx lives on: %v", err)
		}
		return err
	})
	if m := s.next(t); m.kind != xsTransactionEnd || m.tx != 77 || m.body != "F\x00" {
		t.Errorf("%+v follows", m)
	}
}

func TestEndedContextSendsNothing(t *testing.T) {
	s := startSleeper(t, 0)
	c := open(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, call := range every {
		if err := call(ctx, c); !errors.Is(err, context.Canceled) || errors.Is(err, ErrUnanswered) {
			t.Errorf("%s: %v", name, err)
		}
	}
	c.Close()
	if len(s.asked) > 0 {
		t.Errorf("%+v was sent", <-s.asked)
	}
}

// TestOpenWithFullQueue: a server that takes no connections blocks connect.
func TestOpenWithFullQueue(t *testing.T) {
	settled := leakCheck(t)
	end := xenstoredtest.Full(t)
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	if _, err := OpenContext(ctx); !errors.Is(err, ErrUnanswered) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("err = %v", err)
	}
	end()
	settled()
}

// TestReadEachOfHanging: it ends with its context, and leaves no thread that waits.
func TestReadEachOfHanging(t *testing.T) {
	for name, hang := range map[string]func(*testing.T){
		"full queue": func(t *testing.T) { xenstoredtest.Full(t) },
		"deaf":       xenstoredtest.Deaf,
	} {
		t.Run(name, func(t *testing.T) {
			hang(t)
			settled := leakCheck(t)
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			defer cancel()
			if _, err := ReadEach(ctx, []string{"/a", "/b"}); !errors.Is(err, ErrUnanswered) || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("err = %v", err)
			}
			settled()
			if _, err := ReadEach(ctx, []string{"/a"}); errors.Is(err, ErrUnanswered) || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("after the context's end: %v", err)
			}
		})
	}
}

// TestReadEachByLibraryOfDeaf: it does not stay for an answer that nobody wants any more.
func TestReadEachByLibraryOfDeaf(t *testing.T) {
	xenstoredtest.Deaf(t)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	begin := time.Now()
	if _, err := readByLibrary(ctx, []string{"/a"}); !errors.Is(err, ErrUnanswered) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("err = %v", err)
	}
	if took := time.Since(begin); took >= closeWait {
		t.Errorf("it took %v", took)
	}
}
