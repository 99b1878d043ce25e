//go:build cgo

package libxl

// #include "glue.h"
import "C"

import (
	"context"
	"unsafe"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// firstReservedID is Xen's DOMID_FIRST_RESERVED: ids of domains are below it.
const firstReservedID idl.DomID = 0x7ff0

// onDomain runs f, which is about a domain, and gives its failure a reason when that is that
// the domain does not exist: many functions say no more than ERROR_FAIL or
// ERROR_INVAL then. Hypercalls carry 16 bits of the id, so a larger one would mean
// another domain.
func onDomain(l *C.libxl_ctx, id idl.DomID, f func() C.int) C.int {
	if id >= firstReservedID {
		return C.ERROR_DOMAIN_NOTFOUND
	}
	rc := f()
	if rc < 0 && C.libxl_domain_info(l, nil, C.uint32_t(id)) == C.ERROR_DOMAIN_NOTFOUND {
		return C.ERROR_DOMAIN_NOTFOUND
	}
	return rc
}

// doDomain is do for a call about a domain whose lack the call itself does not tell.
func (c *Context) doDomain(ctx context.Context, name string, id idl.DomID, f func(l *C.libxl_ctx) C.int) error {
	return c.do(ctx, name, id, func(l *C.libxl_ctx) C.int {
		return onDomain(l, id, func() C.int { return f(l) })
	})
}

// ListVCPUs describes the domain's vCPUs, by their numbers. VCPUTime is in nanoseconds.
// ErrDomainNotFound says that there is no such domain; ErrFail comes for a domain that has
// no vCPU yet.
//
// Implements: libxl_vcpuinfo *libxl_list_vcpu(libxl_ctx *ctx, uint32_t domid, int *nb_vcpu, int *nr_cpus_out)
// Implements: void libxl_vcpuinfo_list_free(libxl_vcpuinfo *, int nr_vcpus)
func (c *Context) ListVCPUs(ctx context.Context, id idl.DomID) ([]idl.VCPUInfo, error) {
	var vcpus []idl.VCPUInfo
	err := c.doDomain(ctx, "libxl_list_vcpu", id, func(l *C.libxl_ctx) C.int {
		var n, cpus C.int
		list := C.libxl_list_vcpu(l, C.uint32_t(id), &n, &cpus)
		if list == nil {
			return C.ERROR_FAIL
		}
		defer C.libxl_vcpuinfo_list_free(list, n)
		vcpus = make([]idl.VCPUInfo, n)
		for i, v := range unsafe.Slice(list, n) {
			vcpus[i] = vcpuInfo(&v)
		}
		return 0
	})
	return vcpus, err
}

func vcpuInfo(v *C.libxl_vcpuinfo) idl.VCPUInfo {
	return idl.VCPUInfo{
		VCPUID:     uint32(v.vcpuid),
		CPU:        uint32(v.cpu),
		Online:     bool(v.online),
		Blocked:    bool(v.blocked),
		Running:    bool(v.running),
		VCPUTime:   uint64(v.vcpu_time),
		CPUMap:     bits(&v.cpumap),
		CPUMapSoft: bits(&v.cpumap_soft),
	}
}

// SetVCPUAffinity says on which physical CPUs the vCPU may run (hard), and on which of
// those it should (soft). Nil leaves one of them as it is; both nil match ErrInval. CPUs that
// the machine does not have are passed over; when none is left of hard, it is ErrFail.
// ErrFail comes for a vCPU that the domain does not have, ErrDomainNotFound when there
// is no such domain.
//
// Implements: int libxl_set_vcpuaffinity(libxl_ctx *ctx, uint32_t domid, uint32_t vcpuid, const libxl_bitmap *cpumap_hard, const libxl_bitmap *cpumap_soft)
func (c *Context) SetVCPUAffinity(ctx context.Context, id idl.DomID, vcpu uint32, hard, soft idl.Bitmap) error {
	return c.setAffinity(ctx, "libxl_set_vcpuaffinity", id, hard, soft, func(l *C.libxl_ctx, hard, soft *C.libxl_bitmap) C.int {
		return C.libxl_set_vcpuaffinity(l, C.uint32_t(id), C.uint32_t(vcpu), hard, soft)
	})
}

// SetVCPUAffinityForce is SetVCPUAffinity also where dom0's own kernel has pinned its vCPU
// for a while: it ends that, and does no more when both sets are nil.
//
// Implements: int libxl_set_vcpuaffinity_force(libxl_ctx *ctx, uint32_t domid, uint32_t vcpuid, const libxl_bitmap *cpumap_hard, const libxl_bitmap *cpumap_soft)
func (c *Context) SetVCPUAffinityForce(ctx context.Context, id idl.DomID, vcpu uint32, hard, soft idl.Bitmap) error {
	return c.setAffinity(ctx, "libxl_set_vcpuaffinity_force", id, hard, soft, func(l *C.libxl_ctx, hard, soft *C.libxl_bitmap) C.int {
		return C.libxl_set_vcpuaffinity_force(l, C.uint32_t(id), C.uint32_t(vcpu), hard, soft)
	})
}

// maxVCPUs bounds how often SetVCPUAffinityAll asks Xen. Xen's own limit is 8192 (xen.h,
// MAX_VIRT_CPUS).
const maxVCPUs = 1 << 16

// SetVCPUAffinityAll is SetVCPUAffinity for the vCPUs 0 to vcpus-1. It goes on after a
// failure, and is ErrFail then.
//
// Implements: int libxl_set_vcpuaffinity_all(libxl_ctx *ctx, uint32_t domid, unsigned int max_vcpus, const libxl_bitmap *cpumap_hard, const libxl_bitmap *cpumap_soft)
func (c *Context) SetVCPUAffinityAll(ctx context.Context, id idl.DomID, vcpus int, hard, soft idl.Bitmap) error {
	return c.setAffinity(ctx, "libxl_set_vcpuaffinity_all", id, hard, soft, func(l *C.libxl_ctx, hard, soft *C.libxl_bitmap) C.int {
		if vcpus < 0 || vcpus > maxVCPUs {
			return C.ERROR_INVAL
		}
		return C.libxl_set_vcpuaffinity_all(l, C.uint32_t(id), C.uint(vcpus), hard, soft)
	})
}

func (c *Context) setAffinity(ctx context.Context, name string, id idl.DomID, hard, soft idl.Bitmap, f func(l *C.libxl_ctx, hard, soft *C.libxl_bitmap) C.int) error {
	return c.doDomain(ctx, name, id, func(l *C.libxl_ctx) C.int {
		sets := make([]C.libxl_bitmap, 2)
		var given [2]*C.libxl_bitmap // nil for what stays as it is
		for i, set := range [...]idl.Bitmap{hard, soft} {
			C.libxl_bitmap_init(&sets[i])
			defer C.libxl_bitmap_dispose(&sets[i])
			if set == nil {
				continue
			}
			if rc := c.bitmap(&sets[i], set); rc != 0 {
				return rc
			}
			given[i] = &sets[i]
		}
		return f(l, given[0], given[1])
	})
}

// DomainSetNodeAffinity says from which NUMA nodes the domain's memory should come. It does
// not move memory that the domain has. All nodes that MaxNodes allows mean that Xen
// goes by the vCPUs' affinity again. A number that is not below MaxNodes matches ErrInval;
// ErrFail comes when no node is online, ErrDomainNotFound when there is no such domain.
//
// Implements: int libxl_domain_set_nodeaffinity(libxl_ctx *ctx, uint32_t domid, libxl_bitmap *nodemap)
func (c *Context) DomainSetNodeAffinity(ctx context.Context, id idl.DomID, nodes idl.Bitmap) error {
	return c.doDomain(ctx, "libxl_domain_set_nodeaffinity", id, func(l *C.libxl_ctx) C.int {
		var m C.libxl_bitmap
		C.libxl_bitmap_init(&m)
		defer C.libxl_bitmap_dispose(&m)
		if rc := roomForNodes(l, &m); rc != 0 { // libxl reads so much, whatever the size
			return rc
		}
		for _, node := range nodes {
			if node >= uint32(m.size)*8 {
				return C.ERROR_INVAL
			}
			C.libxl_bitmap_set(&m, C.int(node))
		}
		return C.libxl_domain_set_nodeaffinity(l, C.uint32_t(id), &m)
	})
}

// DomainGetNodeAffinity returns the NUMA nodes from which the domain's memory should come.
// ErrDomainNotFound says that there is no such domain.
//
// Implements: int libxl_domain_get_nodeaffinity(libxl_ctx *ctx, uint32_t domid, libxl_bitmap *nodemap)
func (c *Context) DomainGetNodeAffinity(ctx context.Context, id idl.DomID) (idl.Bitmap, error) {
	return c.askBitmap(ctx, "libxl_domain_get_nodeaffinity", id, roomForNodes, func(l *C.libxl_ctx, m *C.libxl_bitmap) C.int {
		return onDomain(l, id, func() C.int { return C.libxl_domain_get_nodeaffinity(l, C.uint32_t(id), m) })
	})
}

// SetVCPUOnline asks the guest to use these vCPUs and no others, and does not wait for it.
// For an HVM guest it first adds vCPUs to the device model, for which cancelling ends
// the wait. ErrFail comes for no vCPU at all and for more than the domain has,
// ErrDomainNotFound when there is no such domain.
//
// Implements: int libxl_set_vcpuonline(libxl_ctx *ctx, uint32_t domid, libxl_bitmap *cpumap, const libxl_asyncop_how *ao_how)
func (c *Context) SetVCPUOnline(ctx context.Context, id idl.DomID, vcpus idl.Bitmap) error {
	return c.run(ctx, &asyncCall{
		name:     "libxl_set_vcpuonline",
		callSpec: callSpec{domain: id},
		prepare: func(op *C.struct_xv_op) error {
			if rc := c.bitmap(&op.bitmap, vcpus); rc != 0 {
				return Code(rc)
			}
			return nil
		},
		start: func(l *C.libxl_ctx, op *C.struct_xv_op) C.int {
			return C.libxl_set_vcpuonline(l, C.uint32_t(id), &op.bitmap, &op.how)
		},
	})
}
