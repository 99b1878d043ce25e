package xlcfg

// A Host is what xl asks of the machine and of xl.conf. The zero Host is a
// machine with one CPU, one NUMA node and an empty xl.conf.
type Host struct {
	CPUs        int     // highest number of a physical CPU, plus 1 (max_cpu_id of libxl_physinfo)
	Online      int     // physical CPUs that are online; 0: all
	Nodes       int     // NUMA nodes
	NodeCPUs    [][]int // CPUs of each node; nil: all CPUs are on node 0
	FirmwareDir string  // where pvgrub32.bin lies; "": /usr/lib/xen-4.17/boot, as in Debian

	Defaults
}

// Defaults are what xl.conf says of domains. The zero value is what an empty one does.
type Defaults struct {
	NoHotplug     bool   // run_hotplug_scripts=0
	NoClaim       bool   // claim_mode=0
	BlkdevStart   string // blkdev_start
	VifScript     string // vif.default.script
	VifBridge     string // vif.default.bridge
	VifGatewayDev string // vif.default.gatewaydev
	VifBackend    string // vif.default.backend

	MaxGrantFrames    *int32 // max_grant_frames
	MaxMaptrackFrames *int32 // max_maptrack_frames
	MaxGrantVersion   *int32 // max_grant_version

	CPUMask    string // vm.cpumask, in the words of cpus=
	HVMCPUMask string // vm.hvm.cpumask, for HVM and PVH guests
	PVCPUMask  string // vm.pv.cpumask
}

// withDefaults fills in what is zero.
func (h Host) withDefaults() Host {
	h.CPUs = max(h.CPUs, 1)
	h.Nodes = max(h.Nodes, 1)
	if h.Online == 0 {
		h.Online = h.CPUs
	}
	if h.FirmwareDir == "" {
		h.FirmwareDir = "/usr/lib/xen-4.17/boot"
	}
	return h
}

// nodeCPUs is which CPUs a node has; none for a node that the host lacks.
func (h Host) nodeCPUs(node uint64) []int {
	if h.NodeCPUs == nil && node == 0 {
		all := make([]int, h.CPUs)
		for i := range all {
			all[i] = i
		}
		return all
	}
	if node >= uint64(len(h.NodeCPUs)) {
		return nil
	}
	return h.NodeCPUs[node]
}
