package xlcfg

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// affinity is which physical CPUs each vCPU may run on.
func (c *converter) affinity() {
	b := &c.out.BInfo
	c.cpuMaps("cpus", &b.VCPUHardAffinity, false)
	c.cpuMaps("cpus_soft", &b.VCPUSoftAffinity, true)
}

// cpuMaps reads a text for all vCPUs, or a list with an element for each.
func (c *converter) cpuMaps(key string, into *[]idl.Bitmap, alwaysPlaces bool) {
	s := c.find(key)
	if s == nil {
		return
	}
	vcpus := int(c.out.BInfo.MaxVCPUs)
	if vcpus == 0 {
		c.warn(s.Pos, key, "has no effect", "vcpus is not given")
	}
	if s.Value.IsList || alwaysPlaces {
		c.out.BInfo.NUMAPlacement = idl.False
	}
	if !s.Value.IsList {
		one := c.cpuMap(key, s.Value)
		for range vcpus {
			*into = append(*into, one)
		}
		return
	}
	items := c.words(key)
	if len(items) > vcpus && vcpus > 0 {
		c.warn(items[vcpus].Pos, key, fmt.Sprintf("more elements than the %d vCPUs", vcpus), "this and what follows is ignored")
	}
	for _, v := range items[:min(len(items), vcpus)] {
		*into = append(*into, c.cpuMap(key, v))
	}
}

// cpuMap reads "0-3,^1,node:1" from left to right (parse_cpurange of
// tools/xl/xl_parse.c). xl's maps have whole bytes: on a machine with one CPU
// they hold eight.
func (c *converter) cpuMap(key string, v *Value) idl.Bitmap {
	set := make([]bool, (c.host.CPUs+7)/8*8)
	faults := len(c.errs)
	for _, p := range cut(v, ',') {
		c.cpuRange(key, p, set)
	}
	if key == "cpus" && !slices.Contains(set, true) && len(c.errs) == faults { // xl_vcpu.c, apply_global_affinity_masks
		c.fail(v.Pos, key, "no CPU is left for the vCPU to run on", fmt.Sprintf("name one of the host's %d", c.host.CPUs))
	}
	return append(idl.Bitmap{}, bitmap(set)...)
}

func (c *converter) cpuRange(key string, p part, set []bool) {
	text, not := strings.CutPrefix(p.text, "^")
	text, node := strings.CutPrefix(text, "node:")
	if !node {
		text, node = strings.CutPrefix(text, "nodes:")
	}
	if text == "all" {
		if not {
			c.fail(p.pos(), key, fmt.Sprintf("%q: ^ and all together", p.text), "leave the CPUs out one by one")
			return
		}
		for i := range set {
			set[i] = true
		}
		return
	}
	first, last, ok := parseRange(text)
	if !ok {
		c.fail(p.pos(), key, fmt.Sprintf("%q is not a range of CPUs", p.text), "as 2, 0-3, ^1, node:0 or all")
		return
	}
	mark := func(cpu uint64) {
		if cpu < uint64(len(set)) {
			set[cpu] = !not
		}
	}
	limit, what := c.host.CPUs, "CPUs"
	if node {
		limit, what = c.host.Nodes, "NUMA nodes"
	}
	if last >= uint64(limit) {
		c.warn(p.pos(), key, fmt.Sprintf("%q is beyond what the host has", p.text), fmt.Sprintf("%s: %d", what, limit))
	}
	for n := first; n <= min(last, uint64(max(limit, len(set)))); n++ {
		if !node {
			mark(n)
			continue
		}
		for _, cpu := range c.host.nodeCPUs(n) {
			mark(uint64(cpu))
		}
	}
}

// parseRange reads "N" or "N-M" in base 10; M is not below N.
func parseRange(text string) (first, last uint64, ok bool) {
	n, used := scanNumber(text, 10)
	first, last = n.ulong(), n.ulong()
	if used == 0 || first == math.MaxUint64 {
		return 0, 0, false
	}
	rest, more := strings.CutPrefix(text[used:], "-")
	if more {
		if n, used = scanNumber(rest, 10); used == 0 {
			return 0, 0, false
		}
		rest, last = rest[used:], n.ulong()
	}
	return first, last, rest == "" && last >= first && last != math.MaxUint64
}
