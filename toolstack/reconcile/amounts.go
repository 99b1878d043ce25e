package reconcile

import (
	"context"
	"fmt"

	"github.com/xenvoy/xenvoy/toolstack/domcfg"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

func size(kib idl.MemKB) string { return (domcfg.Size(kib) * domcfg.KiB).String() }

func amount(kib *idl.MemKB) idl.MemKB {
	if kib == nil {
		return 0
	}
	return *kib
}

// compareMemory compares the target, and the limit where the file says one: otherwise it is
// what the domain was once built with.
func (c *comparison) compareMemory() {
	target, want := amount(c.running.BInfo.TargetMemKB), amount(c.file.BInfo.TargetMemKB)
	limit, wantLimit := amount(c.running.BInfo.MaxMemKB), amount(c.file.BInfo.MaxMemKB)
	id := c.dom.ID
	if c.src.Says("max_memory") && limit != wantLimit {
		set := func(to idl.MemKB) func(context.Context) error {
			return func(ctx context.Context) error { return c.host.SetMaxMemory(ctx, id, uint64(to)) }
		}
		c.change("max_memory", size(limit), size(wantLimit),
			c.step(phaseLimit, fmt.Sprintf("max_memory %s -> %s", size(limit), size(wantLimit)), set(wantLimit), set(limit)))
		limit = wantLimit
	}
	switch {
	case target == want:
	case want > limit:
		c.refuse("memory", size(target), size(want), fmt.Sprintf("it may have %s at most; write max_memory to allow more", size(limit)))
	default:
		set := func(to idl.MemKB) func(context.Context) error {
			return func(ctx context.Context) error { return c.host.SetMemory(ctx, id, uint64(to)) }
		}
		p := phaseGrow
		if want < target {
			p = phaseShrink
		}
		s := c.step(p, fmt.Sprintf("memory %s -> %s", size(target), size(want)), set(want), set(target))
		if want > target {
			s.memoryKiB = uint64(want - target)
		}
		c.change("memory", size(target), size(want), s)
	}
}

// compareVCPUs compares how many are in use, and how many it was built with where the file
// says that.
func (c *comparison) compareVCPUs() {
	built, want := max(1, int(c.running.BInfo.MaxVCPUs)), max(1, len(c.file.BInfo.AvailVCPUs))
	if c.src.Says("max_vcpus") && built != int(c.file.BInfo.MaxVCPUs) {
		c.refuse("max_vcpus", fmt.Sprint(built), fmt.Sprint(c.file.BInfo.MaxVCPUs), rebuild)
	}
	switch {
	case c.vcpus == want:
	case want > built:
		c.refuse("vcpus", fmt.Sprint(c.vcpus), fmt.Sprint(want), fmt.Sprintf("it was built with %d (max_vcpus) and "+rebuild+" for more", built))
	default:
		set := func(n int) func(context.Context) error {
			return func(ctx context.Context) error { return c.host.SetVCPUs(ctx, c.dom.ID, n) }
		}
		c.change("vcpus", fmt.Sprint(c.vcpus), fmt.Sprint(want),
			c.step(phaseGrow, fmt.Sprintf("vcpus %d -> %d", c.vcpus, want), set(want), set(c.vcpus)))
	}
}

// compareScheduling compares weight and cap where the file says them.
func (c *comparison) compareScheduling() {
	file, running := c.file.BInfo.SchedParams, c.running.BInfo.SchedParams
	for _, p := range []struct {
		field         string
		file, running *int32
		only          func(*int32) idl.DomainSchedParams
	}{
		{"weight", file.Weight, running.Weight, func(v *int32) idl.DomainSchedParams { return idl.DomainSchedParams{Weight: v} }},
		{"cap", file.Cap, running.Cap, func(v *int32) idl.DomainSchedParams { return idl.DomainSchedParams{Cap: v} }},
	} {
		if p.file == nil || p.running != nil && *p.file == *p.running {
			continue
		}
		field := "scheduler." + p.field
		if xl := map[string]string{"weight": "cpu_weight", "cap": "cap"}[p.field]; c.src.Says(xl) {
			field = xl
		}
		now := ""
		if p.running != nil {
			now = fmt.Sprint(*p.running)
		}
		set := func(v *int32) func(context.Context) error {
			return func(ctx context.Context) error { return c.host.SetScheduling(ctx, c.dom.ID, p.only(v)) }
		}
		what := fmt.Sprintf("%s %s -> %d", p.field, orNothing(now), *p.file)
		c.add(Difference{Field: field, Running: now, File: fmt.Sprint(*p.file),
			steps: []step{c.step(phaseGrow, what, set(p.file), set(p.running))}})
	}
}
