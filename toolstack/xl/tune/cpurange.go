package tune

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/xenvoy/xenvoy/toolstack/domcfg/xlcfg"
	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// A cpuSet is a set of this host's CPUs. libxl's maps have whole bytes: "all" is more than
// there is.
type cpuSet []bool

// newCPUSet is an empty one.
func newCPUSet(ctx context.Context, c *xl.Call) (cpuSet, error) {
	cpus, err := c.Xen.MaxCPUs(ctx)
	if err != nil {
		return nil, err
	}
	return make(cpuSet, (cpus+7)/8*8), nil
}

// bitmap is the set as libxl takes it, never nil.
func (s cpuSet) bitmap() idl.Bitmap {
	out := idl.Bitmap{}
	for i, in := range s {
		if in {
			out = append(out, uint32(i))
		}
	}
	return out
}

// cpuRange reads "0-3,^1,node:1" from left to right (tools/xl/xl_parse.c, parse_cpurange). CPUs
// that the host does not have are passed over.
func cpuRange(ctx context.Context, c *xl.Call, text string) (cpuSet, error) {
	set, err := newCPUSet(ctx, c)
	if err != nil {
		return nil, err
	}
	for part := range strings.SplitSeq(text, ",") {
		if part == "" {
			continue
		}
		if err := set.change(ctx, c, part); err != nil {
			return nil, err
		}
	}
	return set, nil
}

// change adds or takes away what one part says.
func (s cpuSet) change(ctx context.Context, c *xl.Call, text string) error {
	text, not := strings.CutPrefix(text, "^")
	text, node := strings.CutPrefix(text, "node:")
	if !node {
		text, node = strings.CutPrefix(text, "nodes:")
	}
	if text == "all" {
		if not {
			return xl.Failf(xl.StatusFailed, "Can't combine \"^\" and \"all\".")
		}
		for i := range s {
			s[i] = true
		}
		return nil
	}
	first, last, ok := numbers(text)
	if !ok {
		return xl.Failf(xl.StatusFailed, "Invalid pcpu range: %s.", text)
	}
	if !node {
		for n := first; n <= last && n < uint64(len(s)); n++ {
			s[n] = !not
		}
		return nil
	}
	nodes, err := c.Xen.MaxNodes(ctx)
	if err != nil {
		return err
	}
	for n := first; n <= last && n < uint64(nodes); n++ {
		cpus, err := c.Xen.NodeToCPUMap(ctx, uint32(n))
		if err != nil {
			return c.Because(err, "libxl_node_to_cpumap failed.")
		}
		for _, cpu := range cpus {
			if int(cpu) < len(s) {
				s[cpu] = !not
			}
		}
	}
	return nil
}

// numbers reads "N" or "N-M" (parse_range).
func numbers(text string) (first, last uint64, ok bool) {
	first, used := xlcfg.Strtoul(text, 10)
	if used == 0 {
		return 0, 0, false
	}
	last, rest := first, text[used:]
	if after, more := strings.CutPrefix(rest, "-"); more {
		if last, used = xlcfg.Strtoul(after, 10); used == 0 {
			return 0, 0, false
		}
		rest = after[used:]
	}
	const most = 1<<64 - 1 // which strtoul gives for what is too large
	return first, last, rest == "" && first <= last && last != most
}

// both is what two sets have in common.
func both(a, b cpuSet) cpuSet {
	out := slices.Clone(a)
	for i := range out {
		out[i] = a[i] && b[i]
	}
	return out
}

// mask is what xl.conf leaves to a domain of the type.
func mask(ctx context.Context, c *xl.Call, t idl.DomainType) (cpuSet, error) {
	set, err := cpuRange(ctx, c, "all")
	if err != nil {
		return nil, err
	}
	kind, of := "vm.hvm.cpumask", c.Conf.HVMCPUMask
	if t == idl.DomainTypePV {
		kind, of = "vm.pv.cpumask", c.Conf.PVCPUMask
	}
	for _, m := range []struct{ key, text string }{{"vm.cpumask", c.Conf.CPUMask}, {kind, of}} {
		if m.text == "" {
			continue
		}
		allowed, err := cpuRange(ctx, c, m.text)
		if err != nil {
			return nil, xl.Failf(xl.StatusFailed, "%s: %s: %w", cmp.Or(c.ConfPath, xlcfg.ConfPath), m.key, err)
		}
		set = both(set, allowed)
	}
	return set, nil
}

// masked is a set without what xl.conf keeps from the domain.
func masked(ctx context.Context, c *xl.Call, id idl.DomID, set cpuSet) (cpuSet, error) {
	d, err := c.Xen.DomainInfo(ctx, id)
	if err != nil {
		return nil, c.Because(err, "Could not get domain info")
	}
	switch d.DomainType {
	case idl.DomainTypeHVM, idl.DomainTypePVH, idl.DomainTypePV:
	default:
		return nil, xl.Failf(xl.StatusFailed, "Unknown guest type")
	}
	allowed, err := mask(ctx, c, d.DomainType)
	if err != nil {
		return nil, err
	}
	if set = both(set, allowed); !slices.Contains(set, true) {
		return nil, xl.Failf(xl.StatusFailed, "vcpu hard affinity map is empty")
	}
	return set, nil
}
