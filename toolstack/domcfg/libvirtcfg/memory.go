package libvirtcfg

import (
	"fmt"
	"math/bits"
	"strings"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// memory is how much the guest has: at most, and at the start.
func (c *converter) memory() {
	b := &c.out.BInfo
	b.MaxMemKB, b.TargetMemKB = new(idl.MemKB), new(idl.MemKB)
	most := c.root.child("memory")
	if most == nil {
		c.fail(at(nil, c.root), "there is no memory", "write <memory unit='MiB'>512</memory>")
		return
	}
	maxKiB := c.size(most, "", most.body())
	startKiB := maxKiB
	if now := c.root.child("currentMemory"); now != nil {
		startKiB = c.size(now, "", now.body())
		if startKiB > maxKiB {
			c.warn(now, fmt.Sprintf("%d KiB are more than memory has", startKiB), fmt.Sprintf("it is taken for %d KiB, as libvirt does", maxKiB))
			startKiB = maxKiB
		}
	}
	b.MaxMemKB, b.TargetMemKB = &maxKiB, &startKiB
	b.ClaimMode = idl.True
}

// size reads a number with a unit, KiB if not given, and rounds it up to KiB.
func (c *converter) size(e *element, what, text string) idl.MemKB {
	bytes := choose(&c.reader, e, "the unit", strings.ToLower(e.attr("unit")), map[string]uint64{
		"": 1 << 10, "b": 1, "bytes": 1,
		"kb": 1e3, "k": 1 << 10, "kib": 1 << 10, "mb": 1e6, "m": 1 << 20, "mib": 1 << 20,
		"gb": 1e9, "g": 1 << 30, "gib": 1 << 30, "tb": 1e12, "t": 1 << 40, "tib": 1 << 40,
	})
	if e.done {
		return 0
	}
	const limit = idl.MaxNumber / 1024 // in KiB, so that bytes fit too
	high, low := bits.Mul64(c.number(e, strings.TrimPrefix(what+" size", " "), text, limit), bytes)
	kib := low>>10 + (low&(1<<10-1)+1<<10-1)>>10
	switch {
	case e.done:
	case high != 0 || kib > limit:
		c.fail(e, fmt.Sprintf("%s is too much memory", text), fmt.Sprintf("at most %d KiB", uint64(limit)))
	case kib == 0:
		c.fail(e, "is no memory at all", "")
	}
	return idl.MemKB(kib)
}
