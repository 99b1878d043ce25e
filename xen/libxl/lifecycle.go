//go:build cgo

package libxl

// #include "glue.h"
import "C"

import (
	"context"
	"unsafe"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// simple runs an operation that has no parameter besides the domain.
func (c *Context) simple(ctx context.Context, name string, id idl.DomID, start func(l *C.libxl_ctx, op *C.struct_xv_op) C.int) error {
	return c.run(ctx, simpleCall(name, id, start))
}

func simpleCall(name string, id idl.DomID, start func(l *C.libxl_ctx, op *C.struct_xv_op) C.int) *asyncCall {
	return &asyncCall{name: name, callSpec: callSpec{domain: id}, start: start}
}

// DomainPause stops the domain's vCPUs.
//
// Implements: int libxl_domain_pause(libxl_ctx *ctx, uint32_t domid, const libxl_asyncop_how *ao_how)
func (c *Context) DomainPause(ctx context.Context, id idl.DomID) error {
	return c.simple(ctx, "libxl_domain_pause", id, func(l *C.libxl_ctx, op *C.struct_xv_op) C.int {
		return C.libxl_domain_pause(l, C.uint32_t(id), &op.how)
	})
}

// DomainUnpause lets the domain's vCPUs and its device model run.
//
// Implements: int libxl_domain_unpause(libxl_ctx *ctx, uint32_t domid, const libxl_asyncop_how *ao_how)
func (c *Context) DomainUnpause(ctx context.Context, id idl.DomID) error {
	return c.simple(ctx, "libxl_domain_unpause", id, func(l *C.libxl_ctx, op *C.struct_xv_op) C.int {
		return C.libxl_domain_unpause(l, C.uint32_t(id), &op.how)
	})
}

// DomainDestroy ends the domain at once and removes its devices.
//
// Implements: int libxl_domain_destroy(libxl_ctx *ctx, uint32_t domid, const libxl_asyncop_how *ao_how)
func (c *Context) DomainDestroy(ctx context.Context, id idl.DomID) error {
	return c.run(ctx, destroyCall(id))
}

func destroyCall(id idl.DomID) *asyncCall {
	return simpleCall("libxl_domain_destroy", id, func(l *C.libxl_ctx, op *C.struct_xv_op) C.int {
		return C.libxl_domain_destroy(l, C.uint32_t(id), &op.how)
	})
}

// DomainShutdown asks the guest to shut down, and does not wait for it. ErrNoParavirt
// says that the guest has no PV drivers to ask; SendTrigger can press its power button.
//
// Implements: int libxl_domain_shutdown(libxl_ctx *ctx, uint32_t domid, const libxl_asyncop_how *ao_how)
func (c *Context) DomainShutdown(ctx context.Context, id idl.DomID) error {
	return c.simple(ctx, "libxl_domain_shutdown", id, func(l *C.libxl_ctx, op *C.struct_xv_op) C.int {
		return C.libxl_domain_shutdown(l, C.uint32_t(id), &op.how)
	})
}

// DomainReboot asks the guest to reboot; ErrNoParavirt as for DomainShutdown.
//
// Implements: int libxl_domain_reboot(libxl_ctx *ctx, uint32_t domid, const libxl_asyncop_how *ao_how)
func (c *Context) DomainReboot(ctx context.Context, id idl.DomID) error {
	return c.simple(ctx, "libxl_domain_reboot", id, func(l *C.libxl_ctx, op *C.struct_xv_op) C.int {
		return C.libxl_domain_reboot(l, C.uint32_t(id), &op.how)
	})
}

// DomainResume lets a suspended domain run on. With cooperative the guest learns that
// the suspension was cancelled, which it must support (xc_domain_resume's "fast");
// that is right after a DomainSuspend that the guest took part in.
//
// Implements: int libxl_domain_resume(libxl_ctx *ctx, uint32_t domid, int suspend_cancel, const libxl_asyncop_how *ao_how)
func (c *Context) DomainResume(ctx context.Context, id idl.DomID, cooperative bool) error {
	var cancel C.int
	if cooperative {
		cancel = 1
	}
	return c.simple(ctx, "libxl_domain_resume", id, func(l *C.libxl_ctx, op *C.struct_xv_op) C.int {
		return C.libxl_domain_resume(l, C.uint32_t(id), cancel, &op.how)
	})
}

// SendTrigger gives the domain a hardware event, such as idl.TriggerPower. vcpu
// matters for NMI, init and reset only.
//
// Implements: int libxl_send_trigger(libxl_ctx *ctx, uint32_t domid, libxl_trigger trigger, uint32_t vcpuid, const libxl_asyncop_how *ao_how)
func (c *Context) SendTrigger(ctx context.Context, id idl.DomID, t idl.Trigger, vcpu uint32) error {
	return c.simple(ctx, "libxl_send_trigger", id, func(l *C.libxl_ctx, op *C.struct_xv_op) C.int {
		return C.libxl_send_trigger(l, C.uint32_t(id), C.libxl_trigger(t), C.uint32_t(vcpu), &op.how)
	})
}

// DomainRename gives the domain a new name. When from is not empty the domain must
// have that name now.
//
// Implements: int libxl_domain_rename(libxl_ctx *ctx, uint32_t domid, const char *old_name, const char *new_name)
func (c *Context) DomainRename(ctx context.Context, id idl.DomID, from, to string) error {
	if err := checkText(from + to); err != nil {
		return &Error{Op: "libxl_domain_rename", Domain: id, Cause: err}
	}
	var old *C.char
	if from != "" {
		old = C.CString(from)
		defer C.free(unsafe.Pointer(old))
	}
	name := C.CString(to)
	defer C.free(unsafe.Pointer(name))
	return c.do(ctx, "libxl_domain_rename", id, func(l *C.libxl_ctx) C.int {
		return C.libxl_domain_rename(l, C.uint32_t(id), old, name)
	})
}
