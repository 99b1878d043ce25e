package xlcfg

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// affinity is which physical CPUs each vCPU may run on. That xl must not place the
// guest by itself follows from a list, from cpus_soft and from pnode in vnuma.
func (w *writer) affinity() {
	b := &w.config.BInfo
	placed := b.NUMAPlacement == idl.False
	byOthers := len(b.VCPUSoftAffinity) > 0 || len(b.VNUMANodes) > 0
	if len(b.VCPUHardAffinity) == 0 && placed && !byOthers {
		w.set("cpus", "[]")
	}
	w.cpuMaps("cpus", b.VCPUHardAffinity, !placed || byOthers)
	w.cpuMaps("cpus_soft", b.VCPUSoftAffinity, true)
}

// cpuMaps writes one text when it is the same for all vCPUs, if that may be.
func (w *writer) cpuMaps(key string, maps []idl.Bitmap, oneText bool) {
	if len(maps) == 0 {
		return
	}
	same := len(maps) == int(w.config.BInfo.MaxVCPUs)
	items := make([]string, len(maps))
	for i, m := range maps {
		same = same && slices.Equal(m, maps[0])
		items[i] = ranges(m)
	}
	if same && oneText {
		w.anyText(key, items[0])
		return
	}
	w.list(key, items)
}

// ranges is numbers as "0-3,5".
func ranges(set idl.Bitmap) string {
	var parts []string
	for i := 0; i < len(set); {
		first := i
		for i++; i < len(set) && set[i] == set[i-1]+1; i++ {
		}
		part := strconv.FormatUint(uint64(set[first]), 10)
		if i-1 > first {
			part += "-" + strconv.FormatUint(uint64(set[i-1]), 10)
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ",")
}

// vnumaVCPUs is how many vCPUs the nodes have.
func vnumaVCPUs(b *idl.DomainBuildInfo) int {
	n := 0
	for _, node := range b.VNUMANodes {
		n += len(node.VCPUs)
	}
	return n
}

// vnuma is the NUMA nodes that the guest sees. xl wants their sums to be maxvcpus
// and maxmem, and counts what is written twice twice: so a configuration with
// other sums is written as it came to be.
func (w *writer) vnuma() {
	b := &w.config.BInfo
	moreVCPUs, moreMemory := int(b.MaxVCPUs)-vnumaVCPUs(b), missingMemory(b)
	var nodes [][]string
	for i := range b.VNUMANodes {
		node := &b.VNUMANodes[i]
		var options []string
		add := func(name, value string) { options = append(options, name+"="+value) }
		if b.NUMAPlacement == idl.False {
			add("pnode", fmt.Sprint(node.Pnode))
		}
		if kib := node.MemKB; kib != nil && *kib%1024 == 0 {
			if moreMemory > 0 {
				add("size", fmt.Sprint(moreMemory/1024))
			}
			moreMemory = 0
			add("size", fmt.Sprint(*kib/1024))
		}
		if len(node.VCPUs) > 0 {
			vcpus := ranges(node.VCPUs)
			if moreVCPUs > 0 && b.MaxVCPUs <= maxVCPUs {
				vcpus += strings.Repeat(fmt.Sprintf(",%d", node.VCPUs[0]), moreVCPUs)
			}
			moreVCPUs = 0
			add("vcpus", vcpus)
		}
		if distances := distanceList(node.Distances); distances != "" {
			add("vdistances", distances)
		}
		nodes = append(nodes, options)
	}
	w.lists("vnuma", nodes)
}

// missingMemory is by how much maxmem is above the sum of the nodes.
func missingMemory(b *idl.DomainBuildInfo) idl.MemKB {
	if b.MaxMemKB == nil {
		return 0
	}
	rest := *b.MaxMemKB
	for _, node := range b.VNUMANodes {
		if node.MemKB != nil {
			rest -= min(rest, *node.MemKB)
		}
	}
	return rest
}

// distanceList leaves out the zeros at the end, which xl puts there.
func distanceList(distances []uint32) string {
	end := len(distances)
	for end > 0 && distances[end-1] == 0 {
		end--
	}
	parts := make([]string, end)
	for i, d := range distances[:end] {
		parts[i] = fmt.Sprint(d)
	}
	return strings.Join(parts, ",")
}
