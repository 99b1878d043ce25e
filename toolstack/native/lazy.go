//go:build cgo

package native

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// errClosed is what calls return that come after Close.
var errClosed = errors.New("the connection to this host is closed")

// openTime is how long a handle may take to open: xenstored has then hung for long.
const openTime = 10 * time.Second

// A lazy is a handle that is opened with its first use. Who needs it while another opens
// it waits for that as long as his own context lasts; should the other's end first, he
// opens it himself.
type lazy[T io.Closer] struct {
	open    func(ctx context.Context) (T, error) // ctx is for that alone
	opening chan struct{}                        // full while somebody opens

	mu     sync.Mutex // held for moments only
	handle T
	opened bool
	closed bool
}

func newLazy[T io.Closer](open func(ctx context.Context) (T, error)) *lazy[T] {
	return &lazy[T]{open: open, opening: make(chan struct{}, 1)}
}

// get returns the handle, which is not the caller's to close.
func (l *lazy[T]) get(ctx context.Context) (none T, _ error) {
	if h, ok, err := l.look(); ok || err != nil {
		return h, err
	}
	select {
	case l.opening <- struct{}{}:
	case <-ctx.Done():
		return none, fmt.Errorf("%w: %w", ctx.Err(), context.Cause(ctx))
	}
	defer func() { <-l.opening }()
	if h, ok, err := l.look(); ok || err != nil {
		return h, err
	}
	ctx, cancel := context.WithTimeout(ctx, openTime)
	defer cancel()
	h, err := l.open(ctx)
	if err != nil {
		return none, err
	}
	return l.keep(h)
}

// look says whether the handle is there already.
func (l *lazy[T]) look() (none T, _ bool, _ error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return none, false, errClosed
	}
	return l.handle, l.opened, nil
}

// keep takes a handle that has been opened, unless close has come before it.
func (l *lazy[T]) keep(h T) (none T, _ error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return none, errors.Join(errClosed, h.Close())
	}
	l.handle, l.opened = h, true
	return h, nil
}

// close closes the handle when it has been opened, and refuses all that comes later.
// Closing twice is fine when it is so for the handle.
func (l *lazy[T]) close() error {
	l.mu.Lock()
	l.closed = true
	h, opened := l.handle, l.opened
	l.mu.Unlock()
	if !opened {
		return nil
	}
	return h.Close()
}
