package libxc

import (
	"fmt"
	"strings"
)

// PhysInfo describes the machine (struct xen_sysctl_physinfo). Pages have 4 KiB.
type PhysInfo struct {
	ThreadsPerCore uint32
	CoresPerSocket uint32
	NrCPUs         uint32 // online
	MaxCPUID       uint32 // the highest number that a CPU of this host can have
	NrNodes        uint32 // NUMA nodes online
	MaxNodeID      uint32
	CPUKHz         uint32

	Capabilities     Capabilities
	ArchCapabilities uint32 // XEN_SYSCTL_PHYSCAP_X86_…

	TotalPages       uint64
	FreePages        uint64
	ScrubPages       uint64 // free, and still to be cleared
	OutstandingPages uint64 // claimed by domains, and not yet given
	MaxMFN           uint64 // the highest mfn that this host can have

	HWCap [8]uint32 // CPUID feature words of the boot CPU
}

// Capabilities are what the hardware and Xen can do for guests (XEN_SYSCTL_PHYSCAP_…).
type Capabilities uint32

// The capabilities.
const (
	CapHVM             Capabilities = 1 << iota // HVM and PVH guests
	CapPV                                       // PV guests
	CapDirectIO                                 // devices for guests, behind an IOMMU
	CapHAP                                      // hardware-assisted paging
	CapShadow                                   // shadow paging
	CapIOMMUHAPPTShare                          // one set of tables for both
	CapVMTrace                                  // processor tracing of a guest
	CapVPMU                                     // performance counters for guests
	CapGntTabV1                                 // grant tables of version 1
	CapGntTabV2                                 // grant tables of version 2
)

// String returns the names, much as "xl info" prints them as virt_caps.
func (c Capabilities) String() string {
	names := [...]string{"hvm", "pv", "directio", "hap", "shadow", "iommu_hap_pt_share", "vmtrace", "vpmu", "gnttab-v1", "gnttab-v2"}
	var set []string
	for i, name := range names {
		if c&(1<<i) != 0 {
			set = append(set, name)
		}
	}
	if rest := c >> len(names) << len(names); rest != 0 {
		set = append(set, fmt.Sprintf("%#x", uint32(rest)))
	}
	return strings.Join(set, " ")
}

// Version describes the hypervisor.
type Version struct {
	Major, Minor int
	Extra        string // what follows the minor number, such as ".7"
	Changeset    string
	Capabilities string // kinds of guests, such as "xen-3.0-x86_64 hvm-3.0-x86_64"
}
