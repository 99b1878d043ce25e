//go:build cgo

package libxl

// #include "glue.h"
import "C"

import (
	"context"
	"unsafe"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// SchedCreditParamsGet returns the parameters of a CPU pool's credit scheduler: see
// SchedCreditParamsSet. ErrFail says that the pool has another scheduler, ErrNotFound
// that there is no such pool.
//
// Implements: int libxl_sched_credit_params_get(libxl_ctx *ctx, uint32_t poolid, libxl_sched_credit_params *scinfo)
func (c *Context) SchedCreditParamsGet(ctx context.Context, pool uint32) (idl.SchedCreditParams, error) {
	var p idl.SchedCreditParams
	err := c.doPoolWith(ctx, "libxl_sched_credit_params_get", pool, &p, out, func(l *C.libxl_ctx, p unsafe.Pointer) C.int {
		return C.libxl_sched_credit_params_get(l, C.uint32_t(pool), (*C.libxl_sched_credit_params)(p))
	})
	return p, err
}

// SchedCreditParamsSet sets all parameters of a CPU pool's credit scheduler, and returns
// those that Xen took: TsliceMs 1 to 1000 milliseconds, RatelimitUs 100 to 500000
// microseconds, not above the time slice, or 0 for no limit, VCPUMigrDelayUs 0 to 100000
// microseconds. Others match ErrInval; ErrFail and ErrNotFound as with
// SchedCreditParamsGet.
//
// Implements: int libxl_sched_credit_params_set(libxl_ctx *ctx, uint32_t poolid, libxl_sched_credit_params *scinfo)
func (c *Context) SchedCreditParamsSet(ctx context.Context, pool uint32, p idl.SchedCreditParams) (idl.SchedCreditParams, error) {
	err := c.doPoolWith(ctx, "libxl_sched_credit_params_set", pool, &p, inOut, func(l *C.libxl_ctx, p unsafe.Pointer) C.int {
		return C.libxl_sched_credit_params_set(l, C.uint32_t(pool), (*C.libxl_sched_credit_params)(p))
	})
	return p, err
}

// SchedCredit2ParamsGet returns the parameters of a CPU pool's credit2 scheduler. Errors
// are as with SchedCreditParamsGet.
//
// Implements: int libxl_sched_credit2_params_get(libxl_ctx *ctx, uint32_t poolid, libxl_sched_credit2_params *scinfo)
func (c *Context) SchedCredit2ParamsGet(ctx context.Context, pool uint32) (idl.SchedCredit2Params, error) {
	var p idl.SchedCredit2Params
	err := c.doPoolWith(ctx, "libxl_sched_credit2_params_get", pool, &p, out, func(l *C.libxl_ctx, p unsafe.Pointer) C.int {
		return C.libxl_sched_credit2_params_get(l, C.uint32_t(pool), (*C.libxl_sched_credit2_params)(p))
	})
	return p, err
}

// SchedCredit2ParamsSet sets the parameters of a CPU pool's credit2 scheduler, and returns
// those that Xen took: RatelimitUs 100 to 500000 microseconds, or 0 for no limit. Errors
// are as with SchedCreditParamsSet.
//
// Implements: int libxl_sched_credit2_params_set(libxl_ctx *ctx, uint32_t poolid, libxl_sched_credit2_params *scinfo)
func (c *Context) SchedCredit2ParamsSet(ctx context.Context, pool uint32, p idl.SchedCredit2Params) (idl.SchedCredit2Params, error) {
	err := c.doPoolWith(ctx, "libxl_sched_credit2_params_set", pool, &p, inOut, func(l *C.libxl_ctx, p unsafe.Pointer) C.int {
		return C.libxl_sched_credit2_params_set(l, C.uint32_t(pool), (*C.libxl_sched_credit2_params)(p))
	})
	return p, err
}

// DomainSchedParamsGet returns the scheduler of the domain's CPU pool and the domain's
// parameters in it: see DomainSchedParamsSet. For RTDS they are those of a new vCPU;
// VCPUSchedParamsGet has each vCPU's. ErrInval comes for the ARINC653 scheduler,
// ErrDomainNotFound when there is no such domain.
//
// Implements: int libxl_domain_sched_params_get(libxl_ctx *ctx, uint32_t domid, libxl_domain_sched_params *params)
func (c *Context) DomainSchedParamsGet(ctx context.Context, id idl.DomID) (idl.DomainSchedParams, error) {
	var p idl.DomainSchedParams
	err := c.doDomainWith(ctx, "libxl_domain_sched_params_get", id, &p, out, func(l *C.libxl_ctx, p unsafe.Pointer) C.int {
		return C.libxl_domain_sched_params_get(l, C.uint32_t(id), (*C.libxl_domain_sched_params)(p))
	})
	return p, err
}

// DomainSchedParamsSet sets the domain's parameters in its scheduler; nil leaves one as it
// is. Sched may say which scheduler they are meant for; with another one it is ErrFail.
//
//   - credit, credit2: Weight 1 to 65535, a domain's share beside others' (256 by
//     default); Cap 0 to 100 times the number of vCPUs, percent of one physical CPU, 0 for
//     no limit.
//   - rtds: Period and Budget in microseconds, from 1, the budget not above the period, for
//     all vCPUs; Extratime nil counts as 1.
//
// What is out of range matches ErrInval. ErrDomainNotFound says that there is no such domain.
//
// Implements: int libxl_domain_sched_params_set(libxl_ctx *ctx, uint32_t domid, const libxl_domain_sched_params *params)
func (c *Context) DomainSchedParamsSet(ctx context.Context, id idl.DomID, p idl.DomainSchedParams) error {
	return c.doDomainWith(ctx, "libxl_domain_sched_params_set", id, &p, in, func(l *C.libxl_ctx, p unsafe.Pointer) C.int {
		return C.libxl_domain_sched_params_set(l, C.uint32_t(id), (*C.libxl_domain_sched_params)(p))
	})
}

// VCPUSchedParamsGet returns the parameters of some of the domain's vCPUs in the RTDS
// scheduler, the only one that has such: see VCPUSchedParamsSet. With another scheduler,
// for no vCPU, and for one that the domain does not have it is ErrInval.
// ErrDomainNotFound says that there is no such domain.
//
// Implements: int libxl_vcpu_sched_params_get(libxl_ctx *ctx, uint32_t domid, libxl_vcpu_sched_params *params)
func (c *Context) VCPUSchedParamsGet(ctx context.Context, id idl.DomID, vcpus idl.Bitmap) (idl.VCPUSchedParams, error) {
	var p idl.VCPUSchedParams
	for _, n := range vcpus {
		p.VCPUs = append(p.VCPUs, idl.SchedParams{VCPUID: new(int32(min(n, idl.MaxBit+1)))})
	}
	err := c.doDomainWith(ctx, "libxl_vcpu_sched_params_get", id, &p, inOut, func(l *C.libxl_ctx, p unsafe.Pointer) C.int {
		return C.libxl_vcpu_sched_params_get(l, C.uint32_t(id), (*C.libxl_vcpu_sched_params)(p))
	})
	if err != nil {
		return idl.VCPUSchedParams{}, err
	}
	return p, nil
}

// VCPUSchedParamsGetAll is VCPUSchedParamsGet for all vCPUs of the domain.
//
// Implements: int libxl_vcpu_sched_params_get_all(libxl_ctx *ctx, uint32_t domid, libxl_vcpu_sched_params *params)
func (c *Context) VCPUSchedParamsGetAll(ctx context.Context, id idl.DomID) (idl.VCPUSchedParams, error) {
	var p idl.VCPUSchedParams
	err := c.doDomainWith(ctx, "libxl_vcpu_sched_params_get_all", id, &p, out, func(l *C.libxl_ctx, p unsafe.Pointer) C.int {
		return C.libxl_vcpu_sched_params_get_all(l, C.uint32_t(id), (*C.libxl_vcpu_sched_params)(p))
	})
	for i := range p.VCPUs { // RTDS has neither, and libxl leaves 0 here
		p.VCPUs[i].Weight, p.VCPUs[i].Cap = nil, nil
	}
	return p, err
}

// VCPUSchedParamsSet sets the parameters of those of the domain's vCPUs that p.VCPUs lists
// in the RTDS scheduler: Period and Budget in microseconds, from 1, the budget not above
// the period, both needed; Extratime, whether the vCPU may have idle time beyond
// its budget, nil counts as 1. Errors are as with VCPUSchedParamsGet; what is out of
// range matches ErrInval, and then nothing is set.
//
// Implements: int libxl_vcpu_sched_params_set(libxl_ctx *ctx, uint32_t domid, const libxl_vcpu_sched_params *params)
func (c *Context) VCPUSchedParamsSet(ctx context.Context, id idl.DomID, p idl.VCPUSchedParams) error {
	return c.doDomainWith(ctx, "libxl_vcpu_sched_params_set", id, &p, in, func(l *C.libxl_ctx, p unsafe.Pointer) C.int {
		return C.libxl_vcpu_sched_params_set(l, C.uint32_t(id), (*C.libxl_vcpu_sched_params)(p))
	})
}

// VCPUSchedParamsSetAll gives all vCPUs of the domain the parameters of the one entry
// that p.VCPUs must have; otherwise it is as VCPUSchedParamsSet.
//
// Implements: int libxl_vcpu_sched_params_set_all(libxl_ctx *ctx, uint32_t domid, const libxl_vcpu_sched_params *params)
func (c *Context) VCPUSchedParamsSetAll(ctx context.Context, id idl.DomID, p idl.VCPUSchedParams) error {
	return c.doDomainWith(ctx, "libxl_vcpu_sched_params_set_all", id, &p, in, func(l *C.libxl_ctx, p unsafe.Pointer) C.int {
		return C.libxl_vcpu_sched_params_set_all(l, C.uint32_t(id), (*C.libxl_vcpu_sched_params)(p))
	})
}

// doDomainWith is doWith for a call about a domain whose lack the call itself does not tell.
func (c *Context) doDomainWith(ctx context.Context, name string, id idl.DomID, v any, d direction, f func(l *C.libxl_ctx, p unsafe.Pointer) C.int) error {
	return c.doWith(ctx, name, id, v, d, func(l *C.libxl_ctx, p unsafe.Pointer) C.int {
		return onDomain(l, id, func() C.int { return f(l, p) })
	})
}

// doPoolWith is doWith for a call about a CPU pool.
func (c *Context) doPoolWith(ctx context.Context, name string, pool uint32, v any, d direction, f func(l *C.libxl_ctx, p unsafe.Pointer) C.int) error {
	return inPool(pool, c.doWith(ctx, name, idl.InvalidDomID, v, d, func(l *C.libxl_ctx, p unsafe.Pointer) C.int {
		return onPool(l, pool, f(l, p))
	}))
}
