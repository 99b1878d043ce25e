//go:build cgo

package libxc

// #include "glue.h"
import "C"

import (
	"context"
	"time"
	"unsafe"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// listChunk is how many domains are asked for at a time: the hypervisor looks at all
// of them without a pause.
const listChunk = 256

// ListDomains returns up to limit domains, those with the lowest ids from first on, in
// ascending order. MaxDomains as limit is enough for all. Domains that come or go
// meanwhile may be missing or listed.
//
// Implements: int xc_domain_getinfolist(xc_interface *xch, uint32_t first_domain, unsigned int max_domains, xc_domaininfo_t *info)
func (x *Interface) ListDomains(ctx context.Context, first idl.DomID, limit int) ([]DomainInfo, error) {
	const op = "xc_domain_getinfolist"
	if limit <= 0 {
		return nil, invalid(op, idl.InvalidDomID, "a limit of %d domains", limit)
	}
	var domains []DomainInfo
	infos := make([]C.xc_domaininfo_t, min(limit, listChunk))
	for first < MaxDomains && len(domains) < limit {
		chunk := infos[:min(limit-len(domains), listChunk)]
		n, err := x.listChunk(ctx, op, first, chunk)
		if err != nil {
			return nil, err
		}
		for i := range chunk[:n] {
			domains = append(domains, domainInfo(&chunk[i]))
		}
		if n < len(chunk) {
			break
		}
		first = domains[len(domains)-1].ID + 1
	}
	return domains, nil
}

// listChunk fills infos with domains from first on and returns how many there are.
func (x *Interface) listChunk(ctx context.Context, op string, first idl.DomID, infos []C.xc_domaininfo_t) (int, error) {
	var n C.int
	err := x.do(ctx, op, func() (bool, error) {
		var err error
		n, err = C.xc_domain_getinfolist(x.xch, C.uint32_t(first), C.uint(len(infos)), &infos[0])
		return n >= 0, err
	})
	return min(int(n), len(infos)), err
}

// DomainInfo describes one domain; ErrDomainNotFound when there is none.
func (x *Interface) DomainInfo(ctx context.Context, id idl.DomID) (DomainInfo, error) {
	const op = "xc_domain_getinfolist"
	if id >= MaxDomains {
		return DomainInfo{}, &Error{Op: op, Domain: id, Cause: ErrDomainNotFound}
	}
	var info [1]C.xc_domaininfo_t
	n, err := x.listChunk(ctx, op, id, info[:])
	if err != nil {
		return DomainInfo{}, err
	}
	if n == 0 || idl.DomID(info[0].domain) != id { // the next domain is there
		return DomainInfo{}, &Error{Op: op, Domain: id, Cause: ErrDomainNotFound}
	}
	return domainInfo(&info[0]), nil
}

// emulatedPC is what an HVM domain has and a PVH one has not (xen.h of arch-x86).
const emulatedPC = C.XEN_X86_EMU_PM | C.XEN_X86_EMU_RTC | C.XEN_X86_EMU_PIC | C.XEN_X86_EMU_PIT

func domainInfo(c *C.xc_domaininfo_t) DomainInfo {
	flag := func(bit C.uint32_t) bool { return c.flags&bit != 0 }
	d := DomainInfo{
		ID:       idl.DomID(c.domain),
		Dying:    flag(C.XEN_DOMINF_dying),
		HVM:      flag(C.XEN_DOMINF_hvm_guest),
		Shutdown: flag(C.XEN_DOMINF_shutdown),
		Paused:   flag(C.XEN_DOMINF_paused),
		Blocked:  flag(C.XEN_DOMINF_blocked),
		Running:  flag(C.XEN_DOMINF_running),
		Debugged: flag(C.XEN_DOMINF_debugged),
		Xenstore: flag(C.XEN_DOMINF_xs_domain),
		HAP:      flag(C.XEN_DOMINF_hap),

		ShutdownReason:   idl.ShutdownReasonUnknown,
		Pages:            uint64(c.tot_pages),
		MaxPages:         uint64(c.max_pages),
		OutstandingPages: uint64(c.outstanding_pages),
		SharedPages:      uint64(c.shr_pages),
		PagedPages:       uint64(c.paged_pages),
		SharedInfoFrame:  uint64(c.shared_info_frame),
		CPUTime:          time.Duration(c.cpu_time),
		OnlineVCPUs:      uint32(c.nr_online_vcpus),
		MaxVCPUID:        uint32(c.max_vcpu_id),
		SSIDRef:          uint32(c.ssidref),
		CPUPool:          uint32(c.cpupool),
		GPAddrBits:       uint8(c.gpaddr_bits),
	}
	copy(d.UUID[:], unsafe.Slice((*byte)(unsafe.Pointer(&c.handle)), len(d.UUID)))
	d.PVH = d.HVM && c.arch_config.emulation_flags&emulatedPC == 0
	if d.Shutdown {
		d.ShutdownReason = idl.ShutdownReason(c.flags >> C.XEN_DOMINF_shutdownshift & C.XEN_DOMINF_shutdownmask)
		d.Crashed = d.ShutdownReason == idl.ShutdownReasonCrash
	}
	return d
}

// VCPUInfo describes a vCPU of a domain. EINVAL says that the domain has none with
// this number.
//
// Implements: int xc_vcpu_getinfo(xc_interface *xch, uint32_t domid, uint32_t vcpu, xc_vcpuinfo_t *info)
func (x *Interface) VCPUInfo(ctx context.Context, id idl.DomID, vcpu uint32) (VCPUInfo, error) {
	const op = "xc_vcpu_getinfo"
	if vcpu > 0xffff { // libxc would cut it to 16 bits
		return VCPUInfo{}, invalid(op, id, "vCPU %d", vcpu)
	}
	var c C.xc_vcpuinfo_t
	err := x.doDomain(ctx, op, id, func() (bool, error) {
		rc, err := C.xc_vcpu_getinfo(x.xch, C.uint32_t(id), C.uint32_t(vcpu), &c)
		return rc == 0, err
	})
	if err != nil {
		return VCPUInfo{}, err
	}
	return VCPUInfo{
		Online:  c.online != 0,
		Blocked: c.blocked != 0,
		Running: c.running != 0,
		CPUTime: time.Duration(c.cpu_time),
		CPU:     uint32(c.cpu),
	}, nil
}

// PauseDomain stops the domain's vCPUs, and waits until they have stopped. Pauses count:
// each needs an UnpauseDomain.
//
// Implements: int xc_domain_pause(xc_interface *xch, uint32_t domid)
func (x *Interface) PauseDomain(ctx context.Context, id idl.DomID) error {
	return x.doDomain(ctx, "xc_domain_pause", id, func() (bool, error) {
		rc, err := C.xc_domain_pause(x.xch, C.uint32_t(id))
		return rc == 0, err
	})
}

// UnpauseDomain takes back one PauseDomain. EINVAL says that the domain is not paused.
//
// Implements: int xc_domain_unpause(xc_interface *xch, uint32_t domid)
func (x *Interface) UnpauseDomain(ctx context.Context, id idl.DomID) error {
	return x.doDomain(ctx, "xc_domain_unpause", id, func() (bool, error) {
		rc, err := C.xc_domain_unpause(x.xch, C.uint32_t(id))
		return rc == 0, err
	})
}

// MaxVCPUs gives a new domain its vCPUs. Their number has been fixed when the domain
// was created; EINVAL says that it is another.
//
// Implements: int xc_domain_max_vcpus(xc_interface *xch, uint32_t domid, unsigned int max)
func (x *Interface) MaxVCPUs(ctx context.Context, id idl.DomID, n uint32) error {
	return x.doDomain(ctx, "xc_domain_max_vcpus", id, func() (bool, error) {
		rc, err := C.xc_domain_max_vcpus(x.xch, C.uint32_t(id), C.uint(n))
		return rc == 0, err
	})
}

// NrGPFNs returns how many pfns the domain's memory map spans, holes included: one more
// than the highest. A Bitmap for the domain needs that many.
//
// Implements: int xc_domain_nr_gpfns(xc_interface *xch, uint32_t domid, xen_pfn_t *gpfns)
func (x *Interface) NrGPFNs(ctx context.Context, id idl.DomID) (uint64, error) {
	var n C.xen_pfn_t
	err := x.doDomain(ctx, "xc_domain_nr_gpfns", id, func() (bool, error) {
		rc, err := C.xc_domain_nr_gpfns(x.xch, C.uint32_t(id), &n)
		return rc == 0, err
	})
	return uint64(n), err
}
