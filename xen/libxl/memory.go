//go:build cgo

package libxl

// #include "glue.h"
import "C"

import (
	"context"
	"unsafe"

	"github.com/xenvoy/xenvoy/xen/internal/interrupt"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// FreeMemory returns the memory in KiB that no domain holds.
//
// Implements: int libxl_get_free_memory(libxl_ctx *ctx, uint64_t *memkb)
func (c *Context) FreeMemory(ctx context.Context) (idl.MemKB, error) {
	var kb C.uint64_t
	err := c.do(ctx, "libxl_get_free_memory", idl.InvalidDomID, func(l *C.libxl_ctx) C.int {
		return C.libxl_get_free_memory(l, &kb)
	})
	return idl.MemKB(kb), err
}

// DomainNeedMemory returns the memory in KiB that must be free for the domain to be
// built, with what Xen and the device model need for it.
//
// Implements: int libxl_domain_need_memory(libxl_ctx *ctx, libxl_domain_config *config, uint32_t domid_for_logging, uint64_t *need_memkb)
func (c *Context) DomainNeedMemory(ctx context.Context, cfg *idl.DomainConfig) (idl.MemKB, error) {
	var kb C.uint64_t
	err := c.doWith(ctx, "libxl_domain_need_memory", idl.InvalidDomID, cfg, in, func(l *C.libxl_ctx, p unsafe.Pointer) C.int {
		return C.libxl_domain_need_memory(l, (*C.libxl_domain_config)(p), C.uint32_t(idl.InvalidDomID), &kb)
	})
	return idl.MemKB(kb), err
}

// GetMemoryTarget returns the memory in KiB that the domain is told to have.
//
// Implements: int libxl_get_memory_target(libxl_ctx *ctx, uint32_t domid, uint64_t *out_target)
func (c *Context) GetMemoryTarget(ctx context.Context, id idl.DomID) (idl.MemKB, error) {
	var kb C.uint64_t
	err := c.do(ctx, "libxl_get_memory_target", id, func(l *C.libxl_ctx) C.int {
		return C.libxl_get_memory_target(l, C.uint32_t(id), &kb)
	})
	return idl.MemKB(kb), err
}

// SetMemoryTarget tells the domain to have this much memory in KiB; with relative, so
// much more or, negative, less than its target is. With enforce the domain cannot take more.
//
// Implements: int libxl_set_memory_target(libxl_ctx *ctx, uint32_t domid, int64_t target_memkb, int relative, int enforce)
func (c *Context) SetMemoryTarget(ctx context.Context, id idl.DomID, kb int64, relative, enforce bool) error {
	var rel, enf C.int
	if relative {
		rel = 1
	}
	if enforce {
		enf = 1
	}
	return c.do(ctx, "libxl_set_memory_target", id, func(l *C.libxl_ctx) C.int {
		return C.libxl_set_memory_target(l, C.uint32_t(id), C.int64_t(kb), rel, enf)
	})
}

// WaitForFreeMemory waits until this much memory in KiB is free, or ctx ends. libxl
// looks once a second and cannot be interrupted in between.
//
// Implements: int libxl_wait_for_free_memory(libxl_ctx *ctx, uint32_t domid, uint64_t memory_kb, int wait_secs)
func (c *Context) WaitForFreeMemory(ctx context.Context, kb idl.MemKB) error {
	return c.slices(ctx, "libxl_wait_for_free_memory", idl.InvalidDomID, func(l *C.libxl_ctx) (rc C.int, again bool) {
		rc = C.libxl_wait_for_free_memory(l, C.uint32_t(idl.InvalidDomID), C.uint64_t(kb), 1)
		return rc, rc == C.ERROR_NOMEM
	})
}

// WaitForMemoryTarget waits until the domain has come down to its memory target, or
// ctx ends. libxl looks every two seconds, and notices the end of ctx only when
// the domain makes no progress in between. ErrDomainNotFound says that there is no such
// domain, or no more; ErrFail comes when xenstore does not have its target.
//
// Implements: int libxl_wait_for_memory_target(libxl_ctx *ctx, uint32_t domid, int wait_secs)
func (c *Context) WaitForMemoryTarget(ctx context.Context, id idl.DomID) error {
	return c.slices(ctx, "libxl_wait_for_memory_target", id, func(l *C.libxl_ctx) (rc C.int, again bool) {
		// Without a target libxl fails at once, with the code that it has for "not yet".
		var target C.uint64_t
		rc = onDomain(l, id, func() C.int { return C.libxl_get_memory_target(l, C.uint32_t(id), &target) })
		if rc != 0 {
			return rc, false
		}
		rc = C.libxl_wait_for_memory_target(l, C.uint32_t(id), 2)
		return rc, rc == C.ERROR_FAIL
	})
}

// slices repeats a call that waits for a short time, for as long as it says so. It holds
// no lock that would keep programs from starting meanwhile.
func (c *Context) slices(ctx context.Context, name string, id idl.DomID, f func(l *C.libxl_ctx) (rc C.int, again bool)) error {
	if err := c.enter(ctx, name, id); err != nil {
		return err
	}
	defer c.running.Done()
	for {
		rc, again := f(c.x.ctx)
		if rc == 0 {
			return nil
		}
		if !again {
			return &Error{Op: name, Domain: id, Code: Code(rc)}
		}
		if err := interrupt.Cause(ctx); err != nil {
			return &Error{Op: name, Domain: id, Code: Code(rc), Cause: err}
		}
	}
}
