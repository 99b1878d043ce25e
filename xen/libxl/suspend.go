//go:build cgo

package libxl

// #include "glue.h"
import "C"

import (
	"context"
	"errors"
	"os"

	"github.com/xenvoy/xenvoy/xen/internal/interrupt"
	"github.com/xenvoy/xenvoy/xen/internal/interruptible"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// DomainSuspend writes the domain's state to f and leaves the domain suspended: for
// DomainResume, or to be destroyed. f stays the caller's to close, so that a reader
// sees the end when it does; it must not be used otherwise until this returns.
//
// After an error, ErrAborted included, the guest may run or be suspended:
// DomainInfo tells. After ErrGuestTimedOut it must not be resumed as if suspended.
//
// Implements: int libxl_domain_suspend(libxl_ctx *ctx, uint32_t domid, int fd, int flags, const libxl_asyncop_how *ao_how)
func (c *Context) DomainSuspend(ctx context.Context, id idl.DomID, f *os.File, o SuspendOptions) error {
	const name = "libxl_domain_suspend"
	var flags C.int
	if o.Live {
		flags |= C.LIBXL_SUSPEND_LIVE
	}
	if o.Debug {
		flags |= C.LIBXL_SUSPEND_DEBUG
	}
	return c.runStream(ctx, f, asyncCall{
		name:     name,
		callSpec: callSpec{domain: id, stream: true, progress: o.Progress},
		start: func(l *C.libxl_ctx, op *C.struct_xv_op) C.int {
			return C.libxl_domain_suspend(l, C.uint32_t(id), op.fds[0], flags, &op.how)
		},
	}, true)
}

// runStream runs an operation whose stream goes through a relay; a.prepare is called
// with op.fds[0] set.
func (c *Context) runStream(ctx context.Context, f *os.File, a asyncCall, outgoing bool) error {
	var r *relay
	started := false
	prepare := a.prepare
	a.prepare = func(op *C.struct_xv_op) error {
		relay, fd, err := newRelay(f, outgoing)
		if err != nil {
			return err
		}
		r, a.abortable, op.fds[0] = relay, relay.ready, C.int(fd)
		if prepare != nil {
			if err := prepare(op); err != nil {
				return err
			}
		}
		if !outgoing {
			if err := r.receive(ctx); err != nil {
				return err
			}
		}
		started = true
		if outgoing {
			go r.drain()
		} else {
			go r.feed()
		}
		return nil
	}
	err := c.run(ctx, &a)
	if r == nil {
		return err
	}
	return withFileError(a, err, r.finish(ctx, started, outgoing, err))
}

// finish ends the relay after the operation. Of an outgoing stream the end may still be
// on its way to the file; ctx can cut that short.
func (r *relay) finish(ctx context.Context, started, outgoing bool, opErr error) error {
	if opErr != nil {
		return r.close(started, true)
	}
	if !outgoing { // what came after the stream does not matter
		r.close(started, true)
		return nil
	}
	stop := context.AfterFunc(ctx, func() { r.file.SetWriteDeadline(interruptible.Past()) })
	err := r.close(started, false)
	if !stop() && r.cut {
		return interrupt.Cause(ctx)
	}
	return err
}

// withFileError adds what went wrong with the caller's file to the operation's error.
func withFileError(a asyncCall, opErr, fileErr error) error {
	if fileErr == nil {
		return opErr
	}
	var e *Error
	if errors.As(opErr, &e) && e.Cause == nil {
		e.Cause = fileErr
		return opErr
	}
	if opErr != nil {
		return opErr
	}
	return &Error{Op: a.name, Domain: a.domain, Cause: fileErr}
}
