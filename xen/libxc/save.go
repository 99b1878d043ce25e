//go:build cgo

package libxc

// #include "glue.h"
import "C"

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/cgo"

	"github.com/xenvoy/xenvoy/xen/internal/interrupt"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// SaveDomain writes a domain's memory and the hypervisor's state of it to f, as a stream of
// libxc's (docs/specs/libxc-migration-stream.pandoc), and leaves the domain suspended.
// f stays the caller's to close; it must not be used otherwise until this returns. What
// comes before and after that stream, QEMU's state for instance, is the caller's.
//
// When ctx ends the save is given up: at once, whatever it waits for, except within a
// function of o, which has ctx itself. The error then matches ctx.Err(); a policy's
// PrecopyAbort matches ErrAborted; an error of o's functions, or of f, matches itself.
// After an error the domain may run or be suspended: DomainInfo tells. Log-dirty mode is
// switched off in any case.
//
// Implements: int xc_domain_save(xc_interface *xch, int io_fd, uint32_t dom, uint32_t flags, struct save_callbacks *callbacks, xc_stream_type_t stream_type, int recv_fd)
func (x *Interface) SaveDomain(ctx context.Context, id idl.DomID, f *os.File, o SaveOptions) error {
	const op = "xc_domain_save"
	if o.Suspend == nil {
		return invalid(op, id, "no function to suspend the domain")
	}
	if o.Policy == nil {
		o.Policy = DefaultPolicy
	}
	if _, err := x.DomainInfo(ctx, id); errors.Is(err, ErrDomainNotFound) { // of which xc_domain_save has no errno
		return &Error{Op: op, Domain: id, Cause: ErrDomainNotFound}
	}
	if err := x.enter(ctx, op, id); err != nil {
		return err
	}
	defer x.running.Done()
	r, fd, err := newRelay(f)
	if err != nil {
		return &Error{Op: op, Domain: id, Cause: err}
	}
	s := &saving{call: &call{sink: x.options.Log, progress: o.Progress}, ctx: ctx, o: o}
	defer context.AfterFunc(ctx, r.cut)()
	e := x.save(s, id, fd, r)
	if e == nil {
		return nil
	}
	e.Op, e.Domain, e.Log = op, id, s.records
	return e
}

// A saving is one SaveDomain, as its callbacks see it.
type saving struct {
	*call
	ctx   context.Context
	o     SaveOptions
	cause error // why a callback let the save fail
}

// save runs the save and the relay to their ends. The handle is one of its own: libxc
// keeps the state of its progress reports in it, so two saves must not share one.
func (x *Interface) save(s *saving, id idl.DomID, fd int, r *relay) *Error {
	defer r.undo()
	defer func() { // what a panic leaves, of the log's receiver while it connects, too, nobody wants to read
		r.cut()
		r.close(fd)
	}()
	xch, err := x.connect(s.call)
	if err != nil {
		e := &Error{}
		errors.As(err, &e)
		return e
	}
	defer C.xc_interface_close(xch)
	handle := cgo.NewHandle(s)
	defer handle.Delete()
	ok, errno := s.run(func() (bool, error) {
		rc, err := C.xvc_save(xch, C.int(fd), C.uint32_t(id), s.flags(), C.uintptr_t(handle))
		return rc == 0, err
	})
	if !ok { // what a failure leaves nobody wants to read
		r.cut()
	}
	fileErr := s.fileError(r.close(fd))
	switch {
	case ok && fileErr == nil:
		return nil
	case ok || s.cause == nil && fileErr != nil: // errno says just that our pipe is closed
		return &Error{Cause: fileErr}
	case s.cause != nil: // errno is from some earlier call
		return &Error{Cause: s.cause}
	}
	return &Error{Errno: errno}
}

// fileError returns what went wrong with the file, or the end of the context, that
// has cut the relay. That a failure of the save has cut it is no error of its own.
func (s *saving) fileError(err error) error {
	end := interrupt.Cause(s.ctx)
	switch {
	case err == nil:
		return nil
	case end != nil:
		return end
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil
	}
	return err
}

func (s *saving) flags() C.uint32_t {
	var flags C.uint32_t
	if s.o.Live {
		flags |= C.XCFLAGS_LIVE
	}
	if s.o.Debug {
		flags |= C.XCFLAGS_DEBUG
	}
	return flags
}

// ask runs a function of the caller, unless ctx has ended. What it fails with is why the
// save fails.
func (s *saving) ask(f func() error) bool {
	if s.cause != nil {
		return false
	}
	ended := s.guard(func() {
		if s.cause = interrupt.Cause(s.ctx); s.cause == nil {
			s.cause = f()
		}
	})
	return ended && s.cause == nil
}

// xenvoyXCSuspend is called by libxc when the guest is to be suspended. 1 is success.
//
//export xenvoyXCSuspend
func xenvoyXCSuspend(handle C.uintptr_t) C.int {
	s := cgo.Handle(handle).Value().(*saving)
	if s.ask(func() error { return s.o.Suspend(s.ctx) }) {
		return 1
	}
	return 0
}

// xenvoyXCPolicy is called by libxc before and after each pass of a live save.
//
//export xenvoyXCPolicy
func xenvoyXCPolicy(handle C.uintptr_t, iteration C.uint, written C.ulong, dirty C.long) C.int {
	s := cgo.Handle(handle).Value().(*saving)
	decision := PrecopyAbort
	s.ask(func() error {
		d := s.o.Policy(PrecopyStats{Iteration: uint(iteration), Written: uint64(written), DirtyPages: int64(dirty)})
		switch d {
		case PrecopyContinue, PrecopyStop:
			decision = d
			return nil
		case PrecopyAbort:
			return ErrAborted
		}
		return fmt.Errorf("%w: it decided %d", ErrAborted, d)
	})
	return C.int(decision)
}

// xenvoyXCSwitchLogDirty is called by libxc at the beginning and the end of the save of
// an HVM or PVH domain. 0 is success.
//
//export xenvoyXCSwitchLogDirty
func xenvoyXCSwitchLogDirty(handle C.uintptr_t, enable C.uint) C.int {
	s := cgo.Handle(handle).Value().(*saving)
	ok := true
	switch {
	case s.o.SwitchLogDirty == nil:
	case enable != 0:
		ok = s.ask(func() error { return s.o.SwitchLogDirty(s.ctx, true) })
	default: // whatever has happened; that it fails is no reason to fail the save
		var err error
		ok = s.guard(func() { err = s.o.SwitchLogDirty(context.WithoutCancel(s.ctx), false) }) && err == nil
	}
	if ok {
		return 0
	}
	return 1
}
