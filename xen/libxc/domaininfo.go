package libxc

import (
	"time"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// MaxDomains bounds domain ids: those from here on have special meanings
// (DOMID_FIRST_RESERVED in xen.h).
const MaxDomains = 0x7ff0

// DomainInfo is what the hypervisor knows of a domain (struct xen_domctl_getdomaininfo).
// Pages have 4 KiB.
type DomainInfo struct {
	ID   idl.DomID
	UUID idl.UUID

	Dying    bool // is being destroyed
	HVM      bool // HVM or PVH, rather than PV
	PVH      bool // PVH: the hypervisor emulates no more of a PC than the local APIC
	Shutdown bool // has stopped by itself; ShutdownReason tells why
	Crashed  bool // has stopped, and the reason is a crash
	Paused   bool // by the toolstack
	Blocked  bool // all its vCPUs wait for an event
	Running  bool // at least one of its vCPUs has a CPU now
	Debugged bool // a debugger has hold of it
	Xenstore bool // runs xenstored
	HAP      bool // the hardware walks its page tables

	ShutdownReason idl.ShutdownReason // idl.ShutdownReasonUnknown unless Shutdown

	Pages            uint64 // that it has now
	MaxPages         uint64 // that it may have
	OutstandingPages uint64 // claimed, and not yet given
	SharedPages      uint64
	PagedPages       uint64 // paged out
	SharedInfoFrame  uint64 // gfn of the shared_info page
	CPUTime          time.Duration
	OnlineVCPUs      uint32
	MaxVCPUID        uint32 // the highest of its vCPUs' numbers; NoVCPU when it has none
	SSIDRef          uint32 // the number of its security label (FLASK)
	CPUPool          uint32 // the number of its CPU pool
	GPAddrBits       uint8  // width of a guest physical address
}

// NoVCPU is DomainInfo.MaxVCPUID of a domain without vCPUs (XEN_INVALID_MAX_VCPU_ID).
const NoVCPU = ^uint32(0)

// VCPUInfo is the state of a vCPU (struct xen_domctl_getvcpuinfo).
type VCPUInfo struct {
	Online  bool // plugged in
	Blocked bool // waits for an event
	Running bool // has a CPU now
	CPUTime time.Duration
	CPU     uint32 // where it runs, or ran last
}
