package toolstack

// HostInfo describes a machine and its hypervisor, in the terms of xl info.
type HostInfo struct {
	Hostname string `json:"host"`
	Release  string `json:"release"` // dom0's kernel
	Version  string `json:"version"`
	Machine  string `json:"machine"`

	CPUs           int       `json:"nr_cpus"`
	MaxCPUID       int       `json:"max_cpu_id"`
	Nodes          int       `json:"nr_nodes"`
	CoresPerSocket int       `json:"cores_per_socket"`
	ThreadsPerCore int       `json:"threads_per_core"`
	CPUKHz         uint64    `json:"cpu_khz"`
	HWCaps         [8]uint32 `json:"hw_caps"` // CPUID feature words as libxl_physinfo gives them
	Caps           []string  `json:"virt_caps"`

	TotalMiB             uint64 `json:"total_memory_mib"`
	FreeMiB              uint64 `json:"free_memory_mib"`    // less outstanding claims
	BalloonMiB           uint64 `json:"balloon_memory_mib"` // that domain 0 gives away for new domains
	SharingFreedMiB      uint64 `json:"sharing_freed_memory_mib"`
	SharingUsedMiB       uint64 `json:"sharing_used_memory_mib"`
	OutstandingClaimsMiB uint64 `json:"outstanding_claims_mib"`
	FreeCPUs             int    `json:"free_cpus"`
	XenMajor             int    `json:"xen_major"`
	XenMinor             int    `json:"xen_minor"`
	XenExtra             string `json:"xen_extra"`
	XenCaps              string `json:"xen_caps"`
	Scheduler            string `json:"xen_scheduler"`
	PageSize             int    `json:"xen_pagesize"` // bytes
	PlatformParams       uint64 `json:"platform_params_virt_start,string"`
	Changeset            string `json:"xen_changeset"`
	CommandLine          string `json:"xen_commandline"`
	Compiler             string `json:"cc_compiler"`
	CompileBy            string `json:"cc_compile_by"`
	CompileDomain        string `json:"cc_compile_domain"`
	CompileDate          string `json:"cc_compile_date"`
	BuildID              string `json:"build_id"`
}

// HasCap says whether the host offers the capability: pv, hvm, hvm_directio,
// pv_directio, hap, shadow, …
func (h *HostInfo) HasCap(name string) bool {
	for _, c := range h.Caps {
		if c == name {
			return true
		}
	}
	return false
}
