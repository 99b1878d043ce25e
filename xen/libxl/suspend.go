//go:build cgo

package libxl

// #include "glue.h"
import "C"

import (
	"context"
	"fmt"
	"os"
	"syscall"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// SuspendOptions are choices for DomainSuspend.
type SuspendOptions struct {
	Live  bool // copy memory while the guest runs (LIBXL_SUSPEND_LIVE)
	Debug bool // send all memory again at the end, to compare (LIBXL_SUSPEND_DEBUG)
	// Progress receives what the save helper reports, such as
	// {Doing: "Frames iteration 1", Done: 1024, Total: 32768}. It must not
	// block. With more than one stream at a time on one Context it is not called,
	// because the reports do not say whose they are.
	Progress func(Progress)
}

// DomainSuspend writes the domain's state to f and leaves the domain suspended: for
// DomainResume, or to be destroyed. f stays the caller's to close, so that a reader
// sees the end when it does; it must not be used otherwise until this returns.
//
// After an error, ErrAborted included, the guest may run or be suspended:
// DomainInfo tells. After ErrGuestTimedOut it must not be resumed as if suspended.
//
// Implements: int libxl_domain_suspend(libxl_ctx *ctx, uint32_t domid, int fd, int flags, const libxl_asyncop_how *ao_how)
func (c *Context) DomainSuspend(ctx context.Context, id idl.DomID, f *os.File, o SuspendOptions) error {
	var flags C.int
	if o.Live {
		flags |= C.LIBXL_SUSPEND_LIVE
	}
	if o.Debug {
		flags |= C.LIBXL_SUSPEND_DEBUG
	}
	return c.run(ctx, asyncCall{
		name:     "libxl_domain_suspend",
		callSpec: callSpec{domain: id, stream: true, progress: o.Progress},
		prepare:  func(op *C.struct_xv_op) error { return setFD(op, f) },
		start: func(l *C.libxl_ctx, op *C.struct_xv_op) C.int {
			return C.libxl_domain_suspend(l, C.uint32_t(id), op.fd, flags, &op.how)
		},
	})
}

// setFD gives the operation a descriptor of its own for f, closed when it ends. It
// is above 2, as libxl's helpers need, and close-on-exec; libxl itself makes it
// blocking for as long as it uses it.
func setFD(op *C.struct_xv_op, f *os.File) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var fd uintptr
	var errno syscall.Errno
	err = raw.Control(func(from uintptr) {
		fd, _, errno = syscall.Syscall(syscall.SYS_FCNTL, from, syscall.F_DUPFD_CLOEXEC, 3)
	})
	if err != nil { // f is closed
		return fmt.Errorf("%s: %w", f.Name(), err)
	}
	if errno != 0 {
		return os.NewSyscallError("fcntl", errno)
	}
	op.fd = C.int(fd)
	return nil
}
