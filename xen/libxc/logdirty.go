//go:build cgo

package libxc

// #include "glue.h"
import "C"

import (
	"context"
	"fmt"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// LogDirtyEnable lets the hypervisor note which pages the domain writes to. That slows
// the domain down, until LogDirtyOff. EINVAL says that it does so already, perhaps for a
// save, or that the domain has a device passed through.
//
// Implements: int xc_shadow_control(xc_interface *xch, uint32_t domid, unsigned int sop, unsigned int *mb, unsigned int mode)
func (x *Interface) LogDirtyEnable(ctx context.Context, id idl.DomID) error {
	return x.shadowControl(ctx, id, C.XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY)
}

// LogDirtyOff ends LogDirtyEnable. It does not fail when that was not in force.
func (x *Interface) LogDirtyOff(ctx context.Context, id idl.DomID) error {
	return x.shadowControl(ctx, id, C.XEN_DOMCTL_SHADOW_OP_OFF)
}

// shadowControl makes a paging operation without data.
func (x *Interface) shadowControl(ctx context.Context, id idl.DomID, op C.uint) error {
	return x.doDomain(ctx, "xc_shadow_control", id, func() (bool, error) {
		rc, err := C.xc_shadow_control(x.xch, C.uint32_t(id), op, nil, 0)
		return rc >= 0, err
	})
}

// LogDirtyPeek returns how much the domain has written to, and when b is not nil fills
// it with the pages. It changes nothing, and without b it is quick. A bitmap shorter than the
// domain's memory gets the beginning only.
func (x *Interface) LogDirtyPeek(ctx context.Context, id idl.DomID, b *Bitmap) (DirtyStats, error) {
	return x.logDirty(ctx, id, C.XEN_DOMCTL_SHADOW_OP_PEEK, b, 0)
}

// LogDirtyClean does what LogDirtyPeek does, and starts anew: what it has reported counts
// as clean until the next write. With final, pages that Xen itself may write to at any time
// are reported too; that is for a domain that is suspended. b must be as long as the domain's
// memory (NrGPFNs), or later numbers are wrong.
//
// Implements: long long xc_logdirty_control(xc_interface *xch, uint32_t domid, unsigned int sop, xc_hypercall_buffer_t *dirty_bitmap, unsigned long pages, unsigned int mode, xc_shadow_op_stats_t *stats)
func (x *Interface) LogDirtyClean(ctx context.Context, id idl.DomID, b *Bitmap, final bool) (DirtyStats, error) {
	var mode C.uint
	if final {
		mode = C.XEN_DOMCTL_SHADOW_LOGDIRTY_FINAL
	}
	if b == nil {
		return DirtyStats{}, invalid("xc_logdirty_control", id, "no bitmap to clean into")
	}
	return x.logDirty(ctx, id, C.XEN_DOMCTL_SHADOW_OP_CLEAN, b, mode)
}

// logDirty reads what has been logged.
func (x *Interface) logDirty(ctx context.Context, id idl.DomID, what C.uint, b *Bitmap, mode C.uint) (DirtyStats, error) {
	const op = "xc_logdirty_control"
	var buffer *C.xc_hypercall_buffer_t
	var pages, got uint64
	if b != nil {
		if err := b.open(x, op, id); err != nil {
			return DirtyStats{}, err
		}
		clear(b.words) // the hypervisor leaves it as it is when the domain is dying
		buffer, pages = &b.c.buffer, b.pfns
	}
	var stats C.xc_shadow_op_stats_t
	err := x.doDomain(ctx, op, id, func() (bool, error) {
		n, err := C.xc_logdirty_control(x.xch, C.uint32_t(id), what, buffer, C.ulong(pages), mode, &stats)
		got = uint64(n)
		return n >= 0, err
	})
	if err != nil {
		return DirtyStats{}, err
	}
	if got != pages {
		return DirtyStats{}, &Error{Op: op, Domain: id, Cause: fmt.Errorf("%d pfns came back, not %d", got, pages)}
	}
	return DirtyStats{Faults: uint32(stats.fault_count), Dirty: uint32(stats.dirty_count)}, nil
}
