package libvirtcfg

import (
	"fmt"
	"math"
	"strconv"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// clock is the guest's clocks. Without one it runs on UTC.
func (c *converter) clock() {
	b, e := &c.out.BInfo, c.root.child("clock")
	b.Localtime = idl.False
	if e == nil {
		return
	}
	switch offset := e.attr("offset"); offset {
	case "", "utc", "localtime":
		b.Localtime = idl.Bool(offset == "localtime")
		switch adjust := e.attr("adjustment"); {
		case adjust == "" || adjust == "0":
		case adjust == "reset" && c.hvm() == nil: // a PV guest has nothing to reset
		default:
			c.fail(e, fmt.Sprintf("adjustment=%q with offset=%q cannot be had from libxl", adjust, offset), "write offset='variable'")
		}
	case "variable":
		c.variableClock(e)
	default:
		c.fail(e, fmt.Sprintf("the offset %q cannot be had from libxl", offset), "utc, localtime, variable")
	}
	for _, timer := range e.all("timer") {
		c.timer(timer)
	}
}

func (c *converter) variableClock(e *element) {
	if c.hvm() == nil {
		c.fail(e, "a PV or PVH guest has no clock of its own to move", "write offset='utc' or 'localtime'")
		return
	}
	c.out.BInfo.Localtime = choose(&c.reader, e, "the basis", e.attr("basis"), map[string]idl.Defbool{
		"": idl.False, "utc": idl.False, "localtime": idl.True,
	})
	text := e.attr("adjustment")
	if text == "" {
		return
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < math.MinInt32 || n > math.MaxInt32 {
		c.fail(e, fmt.Sprintf("the adjustment %q is not a number of seconds", text), "of 32 bits")
	}
	c.out.BInfo.RTCTimeOffset = uint32(n) // negative offsets wrap around here, and back in Xen
}

func (c *converter) timer(e *element) {
	switch name := e.attr("name"); name {
	case "tsc":
		e.attr("present")
		c.out.BInfo.TSCMode = choose(&c.reader, e, "the mode", e.attr("mode"), map[string]idl.TSCMode{
			"": idl.TSCModeDefault, "auto": idl.TSCModeDefault, "emulate": idl.TSCModeAlwaysEmulate,
			"native": idl.TSCModeNative, "paravirt": idl.TSCModeNativeParavirt,
		})
	case "hpet":
		if u := c.hvm(); u != nil {
			u.HPET = idl.Bool(c.yes(e, "present", e.attr("present"), true))
			return
		}
		c.fail(e, "only an HVM guest has an HPET", "leave it out")
	case "hypervclock":
		if u := c.hvm(); u != nil {
			c.referenceTime(e, u)
			return
		}
		c.fail(e, "only an HVM guest has a Hyper-V clock", "leave it out")
	default:
		e.done = true
		c.warn(e, fmt.Sprintf("the timer %q has no meaning here", name), "libxl can set tsc, hpet and hypervclock; it is ignored")
	}
}

// referenceTime is a group of Viridian's. Both lists of groups are in ascending order.
func (c *converter) referenceTime(e *element, u *idl.DomainBuildInfoHVM) {
	var on, off [64]bool
	for _, bit := range u.ViridianEnable {
		on[bit] = true
	}
	for _, bit := range u.ViridianDisable {
		off[bit] = true
	}
	present := c.yes(e, "present", e.attr("present"), true)
	on[idl.ViridianEnlightenmentTimeRefCount], off[idl.ViridianEnlightenmentTimeRefCount] = present, !present
	u.ViridianEnable, u.ViridianDisable = bitmap(on), bitmap(off)
}
