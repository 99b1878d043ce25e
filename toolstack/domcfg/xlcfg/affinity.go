package xlcfg

import (
	"fmt"
	"math"
	"strings"

	"github.com/xenvoy/xenvoy/toolstack/domcfg"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// affinity is which physical CPUs each vCPU may run on.
func (c *converter) affinity() {
	b := &c.out.BInfo
	c.cpuMaps("cpus", &b.VCPUHardAffinity, false)
	c.cpuMaps("cpus_soft", &b.VCPUSoftAffinity, true)
	c.hostMasks(&b.VCPUHardAffinity)
}

// hostMasks takes away the CPUs that xl.conf keeps from guests
// (apply_global_affinity_masks of tools/xl/xl_vcpu.c). A vCPU without any CPU
// is an error, also without xl.conf.
func (c *converter) hostMasks(maps *[]idl.Bitmap) {
	key, text := "vm.hvm.cpumask", c.host.HVMCPUMask
	if c.kind == idl.DomainTypePV {
		key, text = "vm.pv.cpumask", c.host.PVCPUMask
	}
	allowed := both(c.hostMask("vm.cpumask", c.host.CPUMask), c.hostMask(key, text))
	all := c.hostMask("", "")
	if len(*maps) == 0 && len(allowed) < len(all) {
		for range c.out.BInfo.MaxVCPUs {
			*maps = append(*maps, all)
		}
	}
	for i, m := range *maps {
		(*maps)[i] = both(m, allowed)
		if len((*maps)[i]) == 0 && len(c.errs) == 0 {
			c.fail(c.placeOf("cpus"), "cpus", fmt.Sprintf("vCPU %d may run on no CPU of the host", i), fmt.Sprintf("CPUs: %d", c.host.CPUs))
			return
		}
	}
}

// Mask takes the CPUs that xl.conf keeps from guests away from a configuration that came from
// elsewhere, such as a save file. The error is domcfg.Errors: a vCPU has no CPU left, or the
// masks are faulty.
func Mask(cfg *idl.DomainConfig, host Host) error {
	c := &converter{
		reader: reader{file: &File{Name: "<saved>"}, asked: map[string]bool{}, warned: map[Warning]bool{}},
		host:   host.withDefaults(),
		out:    cfg,
		kind:   cfg.CInfo.Type,
	}
	c.hostMasks(&cfg.BInfo.VCPUHardAffinity)
	if len(c.errs) > 0 {
		return c.errs
	}
	return nil
}

// hostMask is a mask of xl.conf; all CPUs when there is none.
func (c *converter) hostMask(key, text string) idl.Bitmap {
	if text == "" {
		text = "all"
	}
	return c.cpuMap(key, &Value{Pos: domcfg.Position{File: "xl.conf"}, Text: text})
}

func both(a, b idl.Bitmap) idl.Bitmap {
	out := idl.Bitmap{}
	for _, bit := range a {
		if b.Has(bit) {
			out = append(out, bit)
		}
	}
	return out
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
	for _, p := range cut(v, ',') {
		c.cpuRange(key, p, set)
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
	limit, what := c.host.CPUs, "CPUs"
	if node {
		limit, what = c.host.Nodes, "NUMA nodes"
	}
	if last >= uint64(limit) {
		c.warn(p.pos(), key, fmt.Sprintf("%q is beyond what the host has", p.text), fmt.Sprintf("%s: %d", what, limit))
	}
	for n := first; n <= min(last, uint64(max(limit, len(set)))); n++ {
		cpus := []int{int(n)}
		if node {
			cpus = c.host.nodeCPUs(n)
		}
		for _, cpu := range cpus {
			if cpu < len(set) {
				set[cpu] = !not
			}
		}
	}
}

// parseRange reads "N" or "N-M" in base 10; M is not below N, and both have 31
// bits. xl has no such limit and counts from N to M, for years if it has to.
func parseRange(text string) (first, last uint64, ok bool) {
	n, used := scanNumber(text, 10)
	first, last = n.ulong(), n.ulong()
	if used == 0 {
		return 0, 0, false
	}
	rest, more := strings.CutPrefix(text[used:], "-")
	if more {
		if n, used = scanNumber(rest, 10); used == 0 {
			return 0, 0, false
		}
		rest, last = rest[used:], n.ulong()
	}
	return first, last, rest == "" && last >= first && last <= math.MaxInt32
}
