package libvirtcfg

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

const (
	maxVCPUs = 1 << 13 // what Xen gives a PV guest
	maxCPU   = 1<<12 - 1
	maxPins  = 1 << 17 // CPUs of all vCPUs together, which bounds the result
)

// vcpus is how many CPUs the guest has, and which of the host's they may run on.
func (c *converter) vcpus() {
	b := &c.out.BInfo
	e := c.root.child("vcpu")
	if e == nil {
		e = at(nil, c.root)
		e.text = "1"
	}
	most := c.count(e, "the number of vCPUs", e.body())
	now := most
	if text := e.attr("current"); text != "" {
		now = min(c.count(e, "current", text), most)
	}
	if placement := e.attr("placement"); placement != "" && placement != "static" {
		c.warn(e, fmt.Sprintf("placement=%q has no meaning here", placement), "libxl places a guest without cpuset by itself")
	}
	b.MaxVCPUs = int32(most)
	for i := range now {
		b.AvailVCPUs = append(b.AvailVCPUs, uint32(i))
	}
	var every idl.Bitmap
	if text := e.attr("cpuset"); text != "" {
		every = c.cpuSet(e, text)
	}
	c.affinity(e, int(most), every)
}

func (c *converter) count(e *element, what, text string) uint64 {
	n := c.number(e, what, text, maxVCPUs)
	if n == 0 && !e.done {
		c.fail(e, what+" is 0", fmt.Sprintf("1 to %d", maxVCPUs))
	}
	return n
}

// affinity is cpuset= for all vCPUs, and vcpupin for single ones.
func (c *converter) affinity(e *element, vcpus int, every idl.Bitmap) {
	pins := map[int]idl.Bitmap{}
	last := -1
	for _, pin := range c.root.child("cputune").all("vcpupin") {
		n := int(c.number(pin, "vcpu", pin.attr("vcpu"), maxVCPUs))
		cpus := c.cpuSet(pin, pin.attr("cpuset"))
		switch {
		case pin.done:
		case n >= vcpus:
			c.fail(pin, fmt.Sprintf("there is no vCPU %d", n), fmt.Sprintf("0 to %d", vcpus-1))
		case pins[n] != nil:
			c.fail(pin, fmt.Sprintf("a second pin for vCPU %d", n), "")
		default:
			pins[n], last = cpus, max(last, n)
		}
	}
	if every != nil {
		last = vcpus - 1
	}
	if len(pins) > 0 {
		c.out.BInfo.NUMAPlacement = idl.False
	}
	total := 0
	for n := range last + 1 {
		cpus, pinned := pins[n]
		if !pinned {
			cpus = every
		}
		total += len(cpus)
		switch {
		case cpus == nil:
			c.fail(at(c.root.child("cputune"), c.root), fmt.Sprintf("vCPU %d is pinned, vCPU %d is not", last, n), "libxl wants a pin for each vCPU up to the last, or cpuset at vcpu")
			return
		case total > maxPins:
			c.fail(e, "too many vCPUs are pinned to too many CPUs", "")
			return
		}
		c.out.BInfo.VCPUHardAffinity = append(c.out.BInfo.VCPUHardAffinity, cpus)
	}
}

// cpuSet reads "0-3,^1,5" from left to right.
func (c *converter) cpuSet(e *element, text string) idl.Bitmap {
	var set [maxCPU + 1]bool
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		part, not := strings.CutPrefix(part, "^")
		from, to, isRange := strings.Cut(part, "-")
		if !isRange {
			to = from
		}
		first, err := strconv.ParseUint(from, 10, 32)
		last, err2 := strconv.ParseUint(to, 10, 32)
		if err != nil || err2 != nil || first > last || last > maxCPU {
			c.fail(e, fmt.Sprintf("%q is not a set of CPUs", text), fmt.Sprintf("as 0-3,^1,5; the last is %d", maxCPU))
			return nil
		}
		for n := first; n <= last; n++ {
			set[n] = !not
		}
	}
	bits := idl.Bitmap{}
	for n, in := range set {
		if in {
			bits = append(bits, uint32(n))
		}
	}
	if len(bits) == 0 {
		c.fail(e, fmt.Sprintf("%q has no CPU", text), "")
	}
	return bits
}

// formatSet is what cpuSet reads.
func formatSet(bits idl.Bitmap) string {
	var parts []string
	for i := 0; i < len(bits); {
		end := i
		for end+1 < len(bits) && bits[end+1] == bits[end]+1 {
			end++
		}
		part := strconv.FormatUint(uint64(bits[i]), 10)
		if end > i {
			part += "-" + strconv.FormatUint(uint64(bits[end]), 10)
		}
		parts = append(parts, part)
		i = end + 1
	}
	return strings.Join(parts, ",")
}
