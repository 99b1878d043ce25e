//go:build cgo

package libxl

// #include "glue.h"
import "C"

import (
	"context"
	"errors"
	"fmt"
	"unsafe"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// FLASK is Xen's mandatory access control (the option "flask"). Where it is off, the
// methods about it return an error that matches syscall.ENOSYS and so
// errors.ErrUnsupported; what its policy forbids matches syscall.EACCES, and libxl writes
// "XSM operation failed!" to stderr then.

// flask runs a call whose result is that of the hypercall: -1, which libxl's codes call
// nonspecific, with errno set and nothing logged.
func (c *Context) flask(ctx context.Context, name string, f func(l *C.libxl_ctx) (C.int, error)) error {
	var errno error
	err := c.do(ctx, name, idl.InvalidDomID, func(l *C.libxl_ctx) C.int {
		rc, e := f(l)
		if rc < 0 {
			errno = e
		}
		return rc
	})
	var e *Error
	if errno != nil && errors.As(err, &e) {
		e.Cause = errno
	}
	return err
}

// Xen's limits: a context fits a page, a policy has 64 MiB (xen/xsm/flask/flask_op.c).
const (
	maxContext = 4096
	maxPolicy  = 64 << 20
)

// FlaskContextToSID returns the number that the hypervisor uses for a security context
// such as "system_u:system_r:domU_t". What is longer than 4096 bytes or has a NUL matches
// ErrInval, one that the policy does not know syscall.EINVAL.
//
// Implements: int libxl_flask_context_to_sid(libxl_ctx *ctx, char *buf, size_t len, uint32_t *ssidref)
func (c *Context) FlaskContextToSID(ctx context.Context, text string) (uint32, error) {
	const name = "libxl_flask_context_to_sid"
	err := checkText(text)
	if err == nil && len(text) > maxContext {
		err = fmt.Errorf("a security context of %d bytes: %w", len(text), ErrInval)
	}
	if err != nil {
		return 0, &Error{Op: name, Domain: idl.InvalidDomID, Cause: err}
	}
	s := C.CString(text)
	defer C.free(unsafe.Pointer(s))
	var sid C.uint32_t
	err = c.flask(ctx, name, func(l *C.libxl_ctx) (C.int, error) {
		rc, errno := C.libxl_flask_context_to_sid(l, s, C.size_t(len(text)), &sid)
		return rc, errno
	})
	return uint32(sid), err
}

// FlaskSIDToContext returns the security context that has the number; syscall.EINVAL when
// there is none.
//
// Implements: int libxl_flask_sid_to_context(libxl_ctx *ctx, uint32_t ssidref, char **buf, size_t *len)
func (c *Context) FlaskSIDToContext(ctx context.Context, sid uint32) (string, error) {
	var text string
	err := c.flask(ctx, "libxl_flask_sid_to_context", func(l *C.libxl_ctx) (C.int, error) {
		var s *C.char
		var n C.size_t
		rc, errno := C.libxl_flask_sid_to_context(l, C.uint32_t(sid), &s, &n)
		if rc == 0 && s != nil {
			text = C.GoString(s)
			C.free(unsafe.Pointer(s))
		}
		return rc, errno
	})
	return text, err
}

// FlaskGetEnforce says whether the policy is enforced: otherwise what it forbids is only
// logged.
//
// Implements: int libxl_flask_getenforce(libxl_ctx *ctx)
func (c *Context) FlaskGetEnforce(ctx context.Context) (bool, error) {
	enforced := false
	err := c.flask(ctx, "libxl_flask_getenforce", func(l *C.libxl_ctx) (C.int, error) {
		rc, errno := C.libxl_flask_getenforce(l)
		enforced = rc > 0
		return rc, errno
	})
	return enforced, err
}

// FlaskSetEnforce says whether the policy shall be enforced.
//
// Implements: int libxl_flask_setenforce(libxl_ctx *ctx, int mode)
func (c *Context) FlaskSetEnforce(ctx context.Context, enforce bool) error {
	var mode C.int
	if enforce {
		mode = 1
	}
	return c.flask(ctx, "libxl_flask_setenforce", func(l *C.libxl_ctx) (C.int, error) {
		rc, errno := C.libxl_flask_setenforce(l, mode)
		return rc, errno
	})
}

// FlaskLoadPolicy replaces the policy by a compiled one. No bytes, or more than 64 MiB of
// them, match ErrInval; what Xen does not take as a policy matches syscall.EINVAL.
//
// Implements: int libxl_flask_loadpolicy(libxl_ctx *ctx, void *policy, uint32_t size)
func (c *Context) FlaskLoadPolicy(ctx context.Context, policy []byte) error {
	const name = "libxl_flask_loadpolicy"
	if len(policy) == 0 || len(policy) > maxPolicy {
		return &Error{Op: name, Domain: idl.InvalidDomID, Cause: fmt.Errorf("a policy of %d bytes: %w", len(policy), ErrInval)}
	}
	return c.flask(ctx, name, func(l *C.libxl_ctx) (C.int, error) {
		rc, errno := C.libxl_flask_loadpolicy(l, unsafe.Pointer(unsafe.SliceData(policy)), C.uint32_t(len(policy)))
		return rc, errno
	})
}
