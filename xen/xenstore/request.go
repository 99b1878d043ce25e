package xenstore

import (
	"context"
	"errors"
	"fmt"
	"syscall"

	"github.com/xenvoy/xenvoy/xen/internal/interrupt"
)

// A request is one call of libxenstore. Its functions run on the client's worker, and
// own what C uses until they return.
type request[T any] struct {
	op, path string
	run      func(l library) (T, error)
	undo     func(l library, v T) // when nobody has waited for a success; may be nil
}

type answer[T any] struct {
	value T
	err   error
}

// call has the worker make a request, and waits for the answer until ctx ends. The
// request itself cannot be interrupted: it goes on, and the caller learns nothing of it.
func call[T any](ctx context.Context, c *Client, r request[T]) (T, error) {
	a, err := submit(ctx, c, r)
	if err == nil {
		err = a.err
	}
	if err != nil {
		var none T
		return none, &Error{Op: r.op, Path: r.path, Err: err}
	}
	return a.value, nil
}

func submit[T any](ctx context.Context, c *Client, r request[T]) (none answer[T], _ error) {
	if err := c.refusal(ctx); err != nil {
		return none, err
	}
	answers, left := make(chan answer[T]), make(chan struct{})
	run := func() {
		v, err := r.run(c.lib)
		if err != nil {
			err = c.diagnose(err)
		}
		select {
		case answers <- answer[T]{v, err}:
		case <-left:
			if err == nil && r.undo != nil {
				r.undo(c.lib, v)
			}
		}
	}
	select {
	case c.work <- run:
	case <-ctx.Done():
		return none, interrupt.Cause(ctx)
	case <-c.closing:
		return none, ErrClosed
	}
	defer close(left)
	select {
	case a := <-answers:
		return a, nil
	case <-ctx.Done():
		return none, fmt.Errorf("%w: %w", ErrUnanswered, interrupt.Cause(ctx))
	case <-c.forsaken:
		return none, fmt.Errorf("%w: %w", ErrUnanswered, ErrClosed)
	}
}

// refusal says why a request cannot even be tried, nil when it can.
func (c *Client) refusal(ctx context.Context) error {
	select {
	case <-c.closing:
		return ErrClosed
	default:
		return interrupt.Cause(ctx)
	}
}

// diagnose adds to a request's error that the connection is lost, when it is:
// libxenstore's errno does not tell. On the worker.
func (c *Client) diagnose(err error) error {
	if c.lib == nil { // there has never been a connection
		return err
	}
	for {
		path, token, e := c.lib.event()
		switch {
		case e == nil:
			c.events.deliver(path, token)
		case errors.Is(e, syscall.EAGAIN):
			return err
		default:
			c.events.wake()
			return fmt.Errorf("%w: %w", ErrConnectionLost, err)
		}
	}
}

// later has the worker run f, although ctx may have ended, unless the client is closed
// first. It waits for it as long as ctx lasts.
func (c *Client) later(ctx context.Context, f func(l library)) {
	done := make(chan struct{})
	run := func() {
		defer close(done)
		f(c.lib)
	}
	ok := c.start(func() {
		select {
		case c.work <- run:
		case <-c.closing:
		}
	})
	if !ok {
		return
	}
	select {
	case <-done:
	case <-ctx.Done():
	case <-c.closing:
	}
}
