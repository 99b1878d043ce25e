//go:build cgo

package libxl

// #include "glue.h"
import "C"

import (
	"context"
	"fmt"
	"runtime/cgo"
	"syscall"

	"github.com/xenvoy/xenvoy/xen/internal/interrupt"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// An operation is the Go half of a struct xv_op.
type operation struct {
	done    chan struct{}
	rc      C.int           // valid when done is closed
	console func(idl.DomID) // called when the domain's console can be opened; may be nil
}

// xenvoyOpDone is called by libxl when an operation has completed, on any thread
// inside libxl, perhaps before the call that started it has returned.
//
//export xenvoyOpDone
func xenvoyOpDone(handle C.uintptr_t, rc C.int) {
	o := cgo.Handle(handle).Value().(*operation)
	o.rc = rc
	close(o.done)
}

// xenvoyConsoleAvailable is called by libxl while an operation that creates a domain is
// running, on any thread inside libxl.
//
//export xenvoyConsoleAvailable
func xenvoyConsoleAvailable(handle C.uintptr_t, id C.uint32_t) {
	cgo.Handle(handle).Value().(*operation).console(idl.DomID(id))
}

// asyncCall is a call that libxl runs asynchronously.
type asyncCall struct {
	name string // the C function
	callSpec
	prepare func(op *C.struct_xv_op) error                 // fills op; may be nil
	start   func(l *C.libxl_ctx, op *C.struct_xv_op) C.int // makes the call, with op's members only
	long    bool                                           // libxl does the work before start returns
	// abortable is closed when libxl may be asked to abort; nil means at any time.
	// prepare may set it.
	abortable <-chan struct{}
	finish    func(op *C.struct_xv_op, rc Code) error // reads results, after failure too; may be nil
	console   func(idl.DomID)                         // see operation
}

// run starts an operation and waits for its end. When ctx ends first it asks libxl
// to abort, and goes on waiting: libxl may use op until the operation completes. An
// operation that completes in spite of that counts as done.
//
// Implements: int libxl_ao_abort(libxl_ctx *ctx, const libxl_asyncop_how *how)
func (c *Context) run(ctx context.Context, a *asyncCall) error {
	if err := c.enter(ctx, a.name, a.domain); err != nil {
		return err
	}
	defer c.running.Done()
	return c.operate(ctx, a)
}

// operate is run within a call that has entered already.
func (c *Context) operate(ctx context.Context, a *asyncCall) error {
	o := &operation{done: make(chan struct{}), console: a.console}
	handle := cgo.NewHandle(o)
	op := C.xv_op_new(C.uintptr_t(handle))
	if op == nil {
		handle.Delete()
		return &Error{Op: a.name, Domain: a.domain, Code: ErrNoMem}
	}
	c.operations.Add(1)
	if a.console != nil {
		C.xv_op_want_console(op)
	}
	a.async = true
	call := c.log.begin(a.callSpec)
	rc, cause, ended := c.startAndWait(ctx, a, call, o, op)
	records := c.log.end(call, rc != 0 || cause != nil || a.progress != nil)
	if !ended {
		// Neither op nor the handle can ever be freed: libxl may still use them.
		return &Error{Op: a.name, Domain: a.domain, Log: records, Cause: cause}
	}
	var err error
	if a.finish != nil {
		err = a.finish(op, rc)
	}
	C.xv_op_free(op)
	handle.Delete()
	c.operations.Add(-1)
	if rc != 0 || cause != nil || err != nil {
		err = &Error{Op: a.name, Domain: a.domain, Code: rc, Log: records, Cause: both(cause, err)}
	}
	c.observed(a.name, err)
	return err
}

// both joins two errors of which either may be nil.
func both(a, b error) error {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	return fmt.Errorf("%w; %w", a, b)
}

// startAndWait returns libxl's code, why the operation was interrupted, and whether
// libxl has let go of op.
func (c *Context) startAndWait(ctx context.Context, a *asyncCall, call *call, o *operation, op *C.struct_xv_op) (rc Code, cause error, ended bool) {
	if a.prepare != nil {
		if err := a.prepare(op); err != nil {
			return 0, err, true
		}
	}
	enter := tagged
	if a.long {
		enter = taggedLong
	}
	if rc := enter(call, func() C.int { return a.start(c.x.ctx, op) }); rc != 0 {
		return Code(rc), nil, true
	}
	select {
	case <-o.done:
	case <-c.broken:
		return c.brokenOff(o)
	case <-ctx.Done():
		c.abort(a, o, op)
		select {
		case <-o.done:
		case <-c.broken:
			return c.brokenOff(o)
		}
		if o.rc != 0 {
			cause = interrupt.Cause(ctx)
		}
	}
	return Code(o.rc), cause, true
}

// brokenOff is what startAndWait returns after a disaster. The operation may have completed
// all the same.
func (c *Context) brokenOff(o *operation) (rc Code, cause error, ended bool) {
	if isDone(o) {
		return Code(o.rc), nil, true
	}
	return 0, c.disaster, false
}

// abort asks libxl to abort the operation, as soon as that may be done.
func (c *Context) abort(a *asyncCall, o *operation, op *C.struct_xv_op) {
	if a.abortable != nil {
		select {
		case <-a.abortable:
		case <-o.done:
			return
		case <-c.broken:
			return
		}
	}
	syscall.ForkLock.RLock() // what libxl does next is part of this call
	defer syscall.ForkLock.RUnlock()
	// Its code does not matter: an operation that it does not find has completed.
	C.libxl_ao_abort(c.x.ctx, &op.how)
}

func isDone(o *operation) bool {
	select {
	case <-o.done:
		return true
	default:
		return false
	}
}
