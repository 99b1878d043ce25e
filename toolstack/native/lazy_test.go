//go:build cgo

package native

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"
)

type fakeHandle struct{ closed atomic.Int32 }

func (f *fakeHandle) Close() error { f.closed.Add(1); return nil }

func TestLazyOpensOnce(t *testing.T) {
	n := 0
	l := newLazy(func(context.Context) (*fakeHandle, error) { n++; return &fakeHandle{}, nil })
	one, err := l.get(t.Context())
	two, err2 := l.get(t.Context())
	if err != nil || err2 != nil || one != two || n != 1 {
		t.Errorf("%p, %v; %p, %v; opened %d times", one, err, two, err2, n)
	}
	if err := l.close(); err != nil || one.closed.Load() != 1 {
		t.Errorf("close: %v, %d times", err, one.closed.Load())
	}
	if _, err := l.get(t.Context()); !errors.Is(err, errClosed) {
		t.Errorf("after close: %v", err)
	}
}

// TestLazyWaitsNoLongerThanItsContext: while one opens, another's context ends; then the
// first one's does, and a third opens for himself.
func TestLazyWaitsNoLongerThanItsContext(t *testing.T) {
	hangs, hanging := atomic.Bool{}, make(chan struct{}, 1)
	hangs.Store(true)
	l := newLazy(func(ctx context.Context) (*fakeHandle, error) {
		if !hangs.Load() {
			return &fakeHandle{}, nil
		}
		hanging <- struct{}{}
		<-ctx.Done()
		return nil, ctx.Err()
	})
	first, cancel := context.WithCancel(t.Context())
	failed := make(chan error, 1)
	go func() { _, err := l.get(first); failed <- err }()
	<-hanging
	short, end := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer end()
	if _, err := l.get(short); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the second: %v", err)
	}
	third := make(chan error, 1)
	go func() { _, err := l.get(t.Context()); third <- err }()
	hangs.Store(false)
	cancel()
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Errorf("the first: %v", err)
	}
	if err := <-third; err != nil {
		t.Errorf("the third: %v", err)
	}
}

// TestLazyClosedWhileItOpens: close does not wait, and nothing stays open.
func TestLazyClosedWhileItOpens(t *testing.T) {
	h, opening, goOn := &fakeHandle{}, make(chan struct{}), make(chan struct{})
	l := newLazy(func(context.Context) (*fakeHandle, error) {
		close(opening)
		<-goOn
		return h, nil
	})
	got := make(chan error, 1)
	go func() { _, err := l.get(t.Context()); got <- err }()
	<-opening
	if err := l.close(); err != nil {
		t.Error(err)
	}
	close(goOn)
	if err := <-got; !errors.Is(err, errClosed) || h.closed.Load() != 1 {
		t.Errorf("%v, closed %d times", err, h.closed.Load())
	}
}
