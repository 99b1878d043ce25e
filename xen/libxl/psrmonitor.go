//go:build cgo && (386 || amd64)

package libxl

// #include "glue.h"
import "C"

import (
	"context"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// Platform shared resources (Intel RDT): cache monitoring (CMT, with MBM for memory
// bandwidth) and allocation (CAT, MBA). libxl has them on x86 only. Whatever the reason,
// that the machine cannot do it included, failure is ErrFail, and the log records in the
// error say what Xen said; ErrDomainNotFound comes for a domain that does not exist.

// PSRCMTEnabled says whether cache monitoring is possible and switched on (Xen's option
// "psr=cmt"). A failure to ask counts as no.
//
// Implements: int libxl_psr_cmt_enabled(libxl_ctx *ctx)
func (c *Context) PSRCMTEnabled(ctx context.Context) (bool, error) {
	n, err := c.count(ctx, "libxl_psr_cmt_enabled", func(l *C.libxl_ctx) C.int { return C.libxl_psr_cmt_enabled(l) })
	return n != 0, err
}

// PSRCMTTypeSupported says whether the machine can monitor this. A failure to ask counts
// as no.
//
// Implements: int libxl_psr_cmt_type_supported(libxl_ctx *ctx, libxl_psr_cmt_type type)
func (c *Context) PSRCMTTypeSupported(ctx context.Context, t idl.PSRCMTType) (bool, error) {
	n, err := c.count(ctx, "libxl_psr_cmt_type_supported", func(l *C.libxl_ctx) C.int {
		if !monitored(t) {
			return C.ERROR_INVAL
		}
		return C.libxl_psr_cmt_type_supported(l, C.libxl_psr_cmt_type(t))
	})
	return n != 0, err
}

// monitored says whether there is such a type: libxl shifts by its number.
func monitored(t idl.PSRCMTType) bool {
	return t >= idl.PSRCMTTypeCacheOccupancy && t <= idl.PSRCMTTypeLocalMemCount
}

// PSRCMTAttach begins to monitor the domain.
//
// Implements: int libxl_psr_cmt_attach(libxl_ctx *ctx, uint32_t domid)
func (c *Context) PSRCMTAttach(ctx context.Context, id idl.DomID) error {
	return c.doDomain(ctx, "libxl_psr_cmt_attach", id, func(l *C.libxl_ctx) C.int {
		return C.libxl_psr_cmt_attach(l, C.uint32_t(id))
	})
}

// PSRCMTDetach ends the monitoring that PSRCMTAttach began.
//
// Implements: int libxl_psr_cmt_detach(libxl_ctx *ctx, uint32_t domid)
func (c *Context) PSRCMTDetach(ctx context.Context, id idl.DomID) error {
	return c.doDomain(ctx, "libxl_psr_cmt_detach", id, func(l *C.libxl_ctx) C.int {
		return C.libxl_psr_cmt_detach(l, C.uint32_t(id))
	})
}

// PSRCMTDomainAttached says whether the domain is being monitored. A failure to ask counts
// as no.
//
// Implements: int libxl_psr_cmt_domain_attached(libxl_ctx *ctx, uint32_t domid)
func (c *Context) PSRCMTDomainAttached(ctx context.Context, id idl.DomID) (bool, error) {
	attached := false
	err := c.doDomain(ctx, "libxl_psr_cmt_domain_attached", id, func(l *C.libxl_ctx) C.int {
		rc := C.libxl_psr_cmt_domain_attached(l, C.uint32_t(id))
		attached = rc > 0
		if rc == 0 { // also when the domain does not exist
			rc = C.libxl_domain_info(l, nil, C.uint32_t(id))
		}
		return rc
	})
	return attached, err
}

// PSRCMTTotalRMID returns how many domains can be monitored at a time.
//
// Implements: int libxl_psr_cmt_get_total_rmid(libxl_ctx *ctx, uint32_t *total_rmid)
func (c *Context) PSRCMTTotalRMID(ctx context.Context) (uint32, error) {
	var n C.uint32_t
	err := c.do(ctx, "libxl_psr_cmt_get_total_rmid", idl.InvalidDomID, func(l *C.libxl_ctx) C.int {
		return C.libxl_psr_cmt_get_total_rmid(l, &n)
	})
	return uint32(n), err
}

// PSRCMTL3CacheSize returns the size in KiB of a socket's third-level cache. The C library
// asks once in the life of the process, and takes all sockets to be alike.
//
// Implements: int libxl_psr_cmt_get_l3_cache_size(libxl_ctx *ctx, uint32_t socketid, uint32_t *l3_cache_size)
func (c *Context) PSRCMTL3CacheSize(ctx context.Context, socket uint32) (uint32, error) {
	var kib C.uint32_t
	err := c.do(ctx, "libxl_psr_cmt_get_l3_cache_size", idl.InvalidDomID, func(l *C.libxl_ctx) C.int {
		return C.libxl_psr_cmt_get_l3_cache_size(l, C.uint32_t(socket), &kib)
	})
	return uint32(kib), err
}

// PSRCMTCacheOccupancy returns how many KiB of a socket's third-level cache the domain,
// which is being monitored, holds.
//
// Implements: int libxl_psr_cmt_get_cache_occupancy(libxl_ctx *ctx, uint32_t domid, uint32_t socketid, uint32_t *l3_cache_occupancy)
func (c *Context) PSRCMTCacheOccupancy(ctx context.Context, id idl.DomID, socket uint32) (uint32, error) {
	var kib C.uint32_t
	err := c.doDomain(ctx, "libxl_psr_cmt_get_cache_occupancy", id, func(l *C.libxl_ctx) C.int {
		return C.libxl_psr_cmt_get_cache_occupancy(l, C.uint32_t(id), C.uint32_t(socket), &kib)
	})
	return uint32(kib), err
}

// PSRCMTSample reads a monitor of a socket for the domain, which is being monitored.
//
// Implements: int libxl_psr_cmt_get_sample(libxl_ctx *ctx, uint32_t domid, libxl_psr_cmt_type type, uint64_t scope, uint64_t *sample_r, uint64_t *tsc_r)
func (c *Context) PSRCMTSample(ctx context.Context, id idl.DomID, t idl.PSRCMTType, socket uint32) (PSRSample, error) {
	var bytes, tsc C.uint64_t
	err := c.doDomain(ctx, "libxl_psr_cmt_get_sample", id, func(l *C.libxl_ctx) C.int {
		if !monitored(t) {
			return C.ERROR_INVAL
		}
		return C.libxl_psr_cmt_get_sample(l, C.uint32_t(id), C.libxl_psr_cmt_type(t), C.uint64_t(socket), &bytes, &tsc)
	})
	return PSRSample{Bytes: uint64(bytes), TSC: uint64(tsc)}, err
}
