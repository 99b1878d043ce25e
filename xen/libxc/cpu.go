//go:build cgo

package libxc

// #include "glue.h"
import "C"

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"unsafe"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// Bounds on what the hypervisor may say that it has. Xen 4.17 has some 20 words of
// features, 120 leaves and 2 MSRs.
const (
	maxFeatures = 1 << 10
	maxLeaves   = 1 << 12
	maxMSRs     = 1 << 12
)

// CPUFeatureset returns a set of CPU features, 32 in a word, numbered as in
// xen/arch-x86/cpufeatureset.h. EOPNOTSUPP says that Xen was built without that kind of
// guest.
//
// Implements: int xc_get_cpu_featureset(xc_interface *xch, uint32_t index, uint32_t *nr_features, uint32_t *featureset)
func (x *Interface) CPUFeatureset(ctx context.Context, s Featureset) ([]uint32, error) {
	const op = "xc_get_cpu_featureset"
	n, err := x.featureset(ctx, op, s, nil)
	if err != nil {
		return nil, err
	}
	if n == 0 || n > maxFeatures {
		return nil, &Error{Op: op, Domain: idl.InvalidDomID, Cause: fmt.Errorf("%d words, not 1 to %d", n, maxFeatures)}
	}
	words := make([]uint32, n)
	n, err = x.featureset(ctx, op, s, words)
	if err != nil {
		return nil, err
	}
	return words[:min(n, len(words))], nil
}

// featureset fills words and returns how many, or without words how many there are.
func (x *Interface) featureset(ctx context.Context, op string, s Featureset, words []uint32) (int, error) {
	n := C.uint32_t(len(words))
	err := x.do(ctx, op, func() (bool, error) {
		rc, err := C.xc_get_cpu_featureset(x.xch, C.uint32_t(s), &n, (*C.uint32_t)(unsafe.SliceData(words)))
		return rc == 0, err
	})
	return int(n), err
}

// SystemCPUPolicy returns one of the hypervisor's own CPU policies. EOPNOTSUPP as for
// CPUFeatureset.
//
// Implements: int xc_cpu_policy_get_system(xc_interface *xch, unsigned int policy_idx, xc_cpu_policy_t *policy)
// Implements: int xc_cpu_policy_serialise(xc_interface *xch, const xc_cpu_policy_t *policy, xen_cpuid_leaf_t *leaves, uint32_t *nr_leaves, xen_msr_entry_t *msrs, uint32_t *nr_msrs)
func (x *Interface) SystemCPUPolicy(ctx context.Context, s SystemPolicy) (CPUPolicy, error) {
	p, err := newPolicy()
	if err != nil {
		return CPUPolicy{}, err
	}
	defer p.destroy()
	err = x.do(ctx, "xc_cpu_policy_get_system", func() (bool, error) {
		rc, err := C.xc_cpu_policy_get_system(x.xch, C.uint(s), p.c)
		return rc == 0, err
	})
	if err != nil {
		return CPUPolicy{}, err
	}
	return x.serialise(ctx, p)
}

// DomainCPUPolicy returns the CPU policy of a domain.
//
// Implements: int xc_cpu_policy_get_domain(xc_interface *xch, uint32_t domid, xc_cpu_policy_t *policy)
func (x *Interface) DomainCPUPolicy(ctx context.Context, id idl.DomID) (CPUPolicy, error) {
	p, err := newPolicy()
	if err != nil {
		return CPUPolicy{}, err
	}
	defer p.destroy()
	err = x.doDomain(ctx, "xc_cpu_policy_get_domain", id, func() (bool, error) {
		rc, err := C.xc_cpu_policy_get_domain(x.xch, C.uint32_t(id), p.c)
		return rc == 0, err
	})
	if err != nil {
		return CPUPolicy{}, err
	}
	return x.serialise(ctx, p)
}

// CPUPoliciesCompatible returns nil when a guest with one policy can run where the other
// is the most that a guest can have: PolicyPVMax or PolicyHVMMax of the host that it is to
// run on. Else the error matches ErrIncompatible, and its Log names the leaf or MSR. The
// policies may come from other hosts; one that makes no sense is an error that does not
// match ErrIncompatible.
//
// Xen, at least up to 4.20, compares how many leaves there are, and CPUID faulting, but no
// features: a guest can be compatible that uses an instruction which the host lacks.
//
// Implements: bool xc_cpu_policy_is_compatible(xc_interface *xch, xc_cpu_policy_t *host, xc_cpu_policy_t *guest)
// Implements: int xc_cpu_policy_update_cpuid(xc_interface *xch, xc_cpu_policy_t *policy, const xen_cpuid_leaf_t *leaves, uint32_t nr)
// Implements: int xc_cpu_policy_update_msrs(xc_interface *xch, xc_cpu_policy_t *policy, const xen_msr_entry_t *msrs, uint32_t nr)
func (x *Interface) CPUPoliciesCompatible(ctx context.Context, host, guest CPUPolicy) error {
	h, err := x.rebuild(ctx, host)
	if err != nil {
		return fmt.Errorf("policy of the host: %w", err)
	}
	defer h.destroy()
	g, err := x.rebuild(ctx, guest)
	if err != nil {
		return fmt.Errorf("policy of the guest: %w", err)
	}
	defer g.destroy()
	err = x.do(ctx, "xc_cpu_policy_is_compatible", func() (bool, error) {
		return bool(C.xc_cpu_policy_is_compatible(x.xch, h.c, g.c)), nil
	})
	var e *Error
	if errors.As(err, &e) && e.Cause == nil { // else it was not called
		e.Cause = ErrIncompatible
	}
	return err
}

// A policy is libxc's form of a CPUPolicy.
type policy struct{ c *C.xc_cpu_policy_t }

// newPolicy makes an empty one.
//
// Implements: xc_cpu_policy_t *xc_cpu_policy_init(void)
func newPolicy() (policy, error) {
	p := policy{C.xc_cpu_policy_init()}
	if p.c == nil {
		return p, &Error{Op: "xc_cpu_policy_init", Domain: idl.InvalidDomID, Errno: syscall.ENOMEM}
	}
	return p, nil
}

// destroy frees it.
//
// Implements: void xc_cpu_policy_destroy(xc_cpu_policy_t *policy)
func (p policy) destroy() { C.xc_cpu_policy_destroy(p.c) }

// policySize returns how many leaves and MSRs a policy has at most.
//
// Implements: int xc_cpu_policy_get_size(xc_interface *xch, uint32_t *nr_leaves, uint32_t *nr_msrs)
func (x *Interface) policySize(ctx context.Context) (leaves, msrs int, err error) {
	const op = "xc_cpu_policy_get_size"
	var l, m C.uint32_t
	err = x.do(ctx, op, func() (bool, error) {
		rc, err := C.xc_cpu_policy_get_size(x.xch, &l, &m)
		return rc == 0, err
	})
	if err == nil && (l == 0 || m == 0 || l > maxLeaves || m > maxMSRs) {
		err = &Error{Op: op, Domain: idl.InvalidDomID, Cause: fmt.Errorf("%d leaves and %d MSRs, not 1 to %d and %d", l, m, maxLeaves, maxMSRs)}
	}
	return int(l), int(m), err
}

// serialise reads a policy.
func (x *Interface) serialise(ctx context.Context, p policy) (CPUPolicy, error) {
	l, m, err := x.policySize(ctx)
	if err != nil {
		return CPUPolicy{}, err
	}
	leaves, msrs := make([]C.xen_cpuid_leaf_t, l), make([]C.xen_msr_entry_t, m)
	nl, nm := C.uint32_t(l), C.uint32_t(m)
	err = x.do(ctx, "xc_cpu_policy_serialise", func() (bool, error) {
		rc, err := C.xc_cpu_policy_serialise(x.xch, p.c, &leaves[0], &nl, &msrs[0], &nm)
		return rc == 0, err
	})
	if err != nil {
		return CPUPolicy{}, err
	}
	var out CPUPolicy
	for _, c := range leaves[:min(int(nl), l)] {
		out.Leaves = append(out.Leaves, CPUIDLeaf{
			Leaf: uint32(c.leaf), Subleaf: uint32(c.subleaf),
			A: uint32(c.a), B: uint32(c.b), C: uint32(c.c), D: uint32(c.d),
		})
	}
	for _, c := range msrs[:min(int(nm), m)] {
		out.MSRs = append(out.MSRs, MSREntry{Index: uint32(c.idx), Flags: uint32(c.flags), Value: uint64(c.val)})
	}
	return out, nil
}

// rebuild makes libxc's form of a policy, which the caller destroys.
func (x *Interface) rebuild(ctx context.Context, in CPUPolicy) (policy, error) {
	const op = "xc_cpu_policy_update_cpuid"
	if len(in.Leaves) > maxLeaves || len(in.MSRs) > maxMSRs {
		return policy{}, invalid(op, idl.InvalidDomID, "%d leaves and %d MSRs, more than %d and %d", len(in.Leaves), len(in.MSRs), maxLeaves, maxMSRs)
	}
	var leaves []C.xen_cpuid_leaf_t
	for _, l := range in.Leaves {
		leaves = append(leaves, C.xen_cpuid_leaf_t{
			leaf: C.uint32_t(l.Leaf), subleaf: C.uint32_t(l.Subleaf),
			a: C.uint32_t(l.A), b: C.uint32_t(l.B), c: C.uint32_t(l.C), d: C.uint32_t(l.D),
		})
	}
	var msrs []C.xen_msr_entry_t
	for _, m := range in.MSRs {
		msrs = append(msrs, C.xen_msr_entry_t{idx: C.uint32_t(m.Index), flags: C.uint32_t(m.Flags), val: C.uint64_t(m.Value)})
	}
	p, err := newPolicy()
	if err != nil {
		return p, err
	}
	err = x.do(ctx, op, func() (bool, error) {
		rc, err := C.xc_cpu_policy_update_cpuid(x.xch, p.c, unsafe.SliceData(leaves), C.uint32_t(len(leaves)))
		return rc == 0, err
	})
	if err == nil {
		err = x.do(ctx, "xc_cpu_policy_update_msrs", func() (bool, error) {
			rc, err := C.xc_cpu_policy_update_msrs(x.xch, p.c, unsafe.SliceData(msrs), C.uint32_t(len(msrs)))
			return rc == 0, err
		})
	}
	if err != nil {
		p.destroy()
		return policy{}, err
	}
	return p, nil
}
