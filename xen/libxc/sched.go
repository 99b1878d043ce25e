//go:build cgo

package libxc

// #include "glue.h"
import "C"

import (
	"context"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// SchedCredit returns how the credit scheduler treats the domain. EINVAL says that the
// domain's CPU pool has another scheduler.
//
// Implements: int xc_sched_credit_domain_get(xc_interface *xch, uint32_t domid, struct xen_domctl_sched_credit *sdom)
func (x *Interface) SchedCredit(ctx context.Context, id idl.DomID) (SchedParams, error) {
	var c C.struct_xen_domctl_sched_credit
	err := x.doDomain(ctx, "xc_sched_credit_domain_get", id, func() (bool, error) {
		rc, err := C.xc_sched_credit_domain_get(x.xch, C.uint32_t(id), &c)
		return rc == 0, err
	})
	return SchedParams{Weight: uint16(c.weight), Cap: uint16(c.cap)}, err
}

// SetSchedCredit sets how the credit scheduler treats the domain: see SchedParams for
// what stays as it is. Errors as for SchedCredit.
//
// Implements: int xc_sched_credit_domain_set(xc_interface *xch, uint32_t domid, struct xen_domctl_sched_credit *sdom)
func (x *Interface) SetSchedCredit(ctx context.Context, id idl.DomID, p SchedParams) error {
	c := C.struct_xen_domctl_sched_credit{weight: C.uint16_t(p.Weight), cap: C.uint16_t(p.Cap)}
	return x.doDomain(ctx, "xc_sched_credit_domain_set", id, func() (bool, error) {
		rc, err := C.xc_sched_credit_domain_set(x.xch, C.uint32_t(id), &c)
		return rc == 0, err
	})
}

// SchedCredit2 returns how the credit2 scheduler treats the domain. EINVAL says that
// the domain's CPU pool has another scheduler.
//
// Implements: int xc_sched_credit2_domain_get(xc_interface *xch, uint32_t domid, struct xen_domctl_sched_credit2 *sdom)
func (x *Interface) SchedCredit2(ctx context.Context, id idl.DomID) (SchedParams, error) {
	var c C.struct_xen_domctl_sched_credit2
	err := x.doDomain(ctx, "xc_sched_credit2_domain_get", id, func() (bool, error) {
		rc, err := C.xc_sched_credit2_domain_get(x.xch, C.uint32_t(id), &c)
		return rc == 0, err
	})
	return SchedParams{Weight: uint16(c.weight), Cap: uint16(c.cap)}, err
}

// SetSchedCredit2 sets how the credit2 scheduler treats the domain: see SchedParams for
// what stays as it is. Errors as for SchedCredit2.
//
// Implements: int xc_sched_credit2_domain_set(xc_interface *xch, uint32_t domid, struct xen_domctl_sched_credit2 *sdom)
func (x *Interface) SetSchedCredit2(ctx context.Context, id idl.DomID, p SchedParams) error {
	c := C.struct_xen_domctl_sched_credit2{weight: C.uint16_t(p.Weight), cap: C.uint16_t(p.Cap)}
	return x.doDomain(ctx, "xc_sched_credit2_domain_set", id, func() (bool, error) {
		rc, err := C.xc_sched_credit2_domain_set(x.xch, C.uint32_t(id), &c)
		return rc == 0, err
	})
}
