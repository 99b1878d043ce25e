package libvirtcfg

import (
	"fmt"
	"strings"

	"github.com/xenvoy/xenvoy/toolstack/domcfg/xlcfg"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

const (
	maxFeatures = 1024
	maxNodes    = 64 // of a guest, in Xen
)

// cpu is what the guest's CPUs can do, and its NUMA nodes.
func (c *converter) cpu() {
	e := c.root.child("cpu")
	if e == nil {
		return
	}
	c.numa(e)
	switch mode := e.attr("mode"); mode {
	case "":
		if e.child("model") != nil || e.attr("match") != "" {
			c.fail(e, "libxl has no CPU models", "write mode='host-passthrough' with the features that differ")
		}
		return
	case "host-passthrough":
	case "host-model", "maximum":
		c.warn(e, fmt.Sprintf("mode=%q has no meaning here", mode), "it is taken for host-passthrough without nested virtualisation")
		return
	default:
		c.fail(e, fmt.Sprintf("the mode %q cannot be had from libxl", mode), "host-passthrough")
		return
	}
	for _, name := range []string{"check", "migratable"} {
		e.attr(name) // libvirt's own checks of the host
	}
	nested := true
	features := e.all("feature")
	if len(features) > maxFeatures {
		c.fail(e, fmt.Sprintf("%d features", len(features)), fmt.Sprintf("at most %d", maxFeatures))
		return
	}
	for _, f := range features {
		nested = c.feature(f) && nested
	}
	if c.hvm() != nil {
		c.out.BInfo.NestedHVM = idl.Bool(nested)
	}
}

// feature sets one, and reports whether nested virtualisation stays possible.
func (c *converter) feature(e *element) bool {
	name := e.attr("name")
	value := choose(&c.reader, e, "the policy", e.attr("policy"), map[string]string{
		"": "1", "force": "1", "require": "1", "optional": "x", "disable": "0", "forbid": "0",
	})
	if name == "vmx" || name == "svm" {
		return value != "0"
	}
	if !e.done && !xlcfg.SetFeature(&c.out.BInfo.CPUID, libxlFeature(name), value) {
		c.fail(e, fmt.Sprintf("libxl knows no CPU feature %q", name), "")
	}
	return true
}

// featureNames is libvirt's names that libxl has others for.
func featureNames() map[string]string {
	return map[string]string{
		"cx16": "cmpxchg16", "cid": "cntxid", "ds_cpl": "dscpl", "pclmuldq": "pclmulqdq", "pni": "sse3", "ht": "htt",
		"pn": "psn", "clflush": "clfsh", "sep": "sysenter", "cx8": "cmpxchg8", "nodeid_msr": "nodeid",
		"cr8legacy": "altmovcr8", "lahf_lm": "lahfsahf", "cmp_legacy": "cmplegacy", "fxsr_opt": "ffxsr",
		"pdpe1gb": "page1gb", "spec-ctrl": "ibrsb", "arch-capabilities": "arch-caps",
		"avx512ifma": "avx512-ifma", "avx512vbmi": "avx512-vbmi", "avx512vbmi2": "avx512-vbmi2", "avx512vnni": "avx512-vnni",
		"avx512bitalg": "avx512-bitalg", "amd-no-ssb": "ssb-no", "rdctl-no": "rdcl-no", "ibrs-all": "eibrs",
		"skip-l1dfl-vmentry": "skip-l1dfl", "pschange-mc-no": "if-pschange-mc-no", "sha-ni": "sha",
	}
}

// libxlFeature is libxl's name. Where libvirt's has a dot or a line, libxl's newer ones
// have a dash.
func libxlFeature(name string) string {
	if other, ok := featureNames()[name]; ok {
		return other
	}
	if dashed := strings.NewReplacer(".", "-", "_", "-").Replace(name); xlcfg.IsFeature(dashed) {
		return dashed
	}
	return name
}

// numa is the nodes that the guest sees. Cell N is on node N of the host, as in the
// xl.cfg that libvirt writes.
func (c *converter) numa(cpu *element) {
	cells := cpu.child("numa").all("cell")
	if len(cells) > maxNodes {
		c.fail(cpu, fmt.Sprintf("%d NUMA cells", len(cells)), fmt.Sprintf("at most %d", maxNodes))
		return
	}
	b := &c.out.BInfo
	nodes := make([]idl.VnodeInfo, len(cells))
	seen := map[uint64]bool{}
	var total idl.MemKB
	for i, e := range cells {
		id := uint64(i)
		if text := e.attr("id"); text != "" {
			id = c.number(e, "id", text, uint64(len(cells)-1))
		}
		memory := c.size(e, "memory", e.attr("memory"))
		vcpus := c.cpuSet(e, e.attr("cpus"))
		if seen[id] && !e.done {
			c.fail(e, fmt.Sprintf("a second cell %d", id), "")
		}
		seen[id] = true
		nodes[id] = idl.VnodeInfo{MemKB: &memory, VCPUs: vcpus, Pnode: uint32(id), Distances: c.distances(e, id, len(cells))}
		total += memory
	}
	if len(nodes) == 0 || len(c.errs) > 0 {
		return
	}
	b.VNUMANodes = nodes
	b.NUMAPlacement = idl.False
	if *b.MaxMemKB != total {
		c.warn(c.root.child("memory"), fmt.Sprintf("%d KiB, and the NUMA cells have %d", *b.MaxMemKB, total), "the cells count, as in libvirt")
		if *b.TargetMemKB == *b.MaxMemKB || *b.TargetMemKB > total {
			b.TargetMemKB = &total
		}
		b.MaxMemKB = &total
	}
}

// distances is what the cell says, and 10 to itself and 20 to others, as in libvirt.
func (c *converter) distances(cell *element, id uint64, cells int) []uint32 {
	out := make([]uint32, cells)
	for i := range out {
		out[i] = 20
		if uint64(i) == id {
			out[i] = 10
		}
	}
	for _, e := range cell.child("distances").all("sibling") {
		to := c.number(e, "id", e.attr("id"), uint64(cells-1))
		value := c.number(e, "value", e.attr("value"), 255)
		if !e.done {
			out[to] = uint32(value)
		}
	}
	return out
}
