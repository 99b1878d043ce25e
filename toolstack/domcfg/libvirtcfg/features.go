package libvirtcfg

import (
	"fmt"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// features is what the machine has. Those of an HVM guest are off when they are not
// named, as in libvirt, but for PAE, which each 64-bit machine has.
func (c *converter) features() {
	e := c.root.child("features")
	info, b := &c.out.CInfo, &c.out.BInfo
	if u := c.hvm(); u != nil {
		u.PAE = idl.Bool(e.child("pae") != nil || c.root.child("os").child("type").attr("arch") != "i686")
		b.APIC = idl.Bool(e.child("apic") != nil)
		b.ACPI = idl.Bool(e.child("acpi") != nil)
		if e.child("viridian") != nil {
			u.Viridian = idl.True
		}
		c.hyperv(e.child("hyperv"), u)
		c.power(u)
		if id := c.root.child("genid"); id != nil {
			u.MsVMGenID = idl.VMGenID(c.parseUUID(id))
		}
	} else if c.out.CInfo.Type == idl.DomainTypePVH && e.child("acpi") != nil {
		b.ACPI = idl.True
	}
	info.HAP = c.state(e.child("hap"))
	b.VPMU = c.state(e.child("pmu"))
	c.xenFeatures(e.child("xen"))
}

// state is on, off or, when it is not there, libxl's choice.
func (c *converter) state(e *element) idl.Defbool {
	if e == nil {
		return idl.DefboolUnset
	}
	return idl.Bool(c.yes(e, "state", e.attr("state"), true))
}

func (c *converter) xenFeatures(e *element) {
	if host := e.child("e820_host"); host != nil {
		if c.out.BInfo.TypePV == nil {
			c.fail(host, "only a PV guest has the host's memory map", "leave it out")
		} else {
			c.out.BInfo.TypePV.E820Host = c.state(host)
		}
	}
	pt := e.child("passthrough")
	if pt == nil {
		return
	}
	if !c.yes(pt, "state", pt.attr("state"), true) {
		c.out.CInfo.Passthrough = idl.PassthroughDisabled
		return
	}
	c.out.CInfo.Passthrough = choose(&c.reader, pt, "the mode", pt.attr("mode"), map[string]idl.Passthrough{
		"": idl.PassthroughEnabled, "sync_pt": idl.PassthroughSyncPt, "share_pt": idl.PassthroughSharePt,
	})
}

// enlightenment is one of hyperv's features, and Xen's group that has it.
type enlightenment struct {
	name  string
	group idl.ViridianEnlightenment
}

func enlightenments() []enlightenment {
	return []enlightenment{
		{"relaxed", idl.ViridianEnlightenmentBase}, {"vapic", idl.ViridianEnlightenmentAPICAssist},
		{"synic", idl.ViridianEnlightenmentSynic}, {"stimer", idl.ViridianEnlightenmentStimer},
		{"frequencies", idl.ViridianEnlightenmentFreq}, {"tlbflush", idl.ViridianEnlightenmentHcallRemoteTlbFlush},
		{"ipi", idl.ViridianEnlightenmentHcallIpi},
	}
}

func (c *converter) hyperv(e *element, u *idl.DomainBuildInfoHVM) {
	if e == nil {
		return
	}
	switch mode := e.attr("mode"); mode {
	case "", "custom":
	case "passthrough":
		u.Viridian = idl.True
	default:
		c.fail(e, fmt.Sprintf("the mode %q cannot be had from libxl", mode), "custom, passthrough")
	}
	var on, off [64]bool
	for _, known := range enlightenments() {
		switch c.state(e.child(known.name)) {
		case idl.True:
			on[known.group] = true
		case idl.False:
			off[known.group] = true
		}
	}
	u.ViridianEnable, u.ViridianDisable = bitmap(on), bitmap(off)
}

func bitmap(set [64]bool) idl.Bitmap {
	var out idl.Bitmap
	for i, in := range set {
		if in {
			out = append(out, uint32(i))
		}
	}
	return out
}

// power is whether the guest may suspend itself.
func (c *converter) power(u *idl.DomainBuildInfoHVM) {
	pm := c.root.child("pm")
	for name, into := range map[string]*idl.Defbool{"suspend-to-mem": &u.ACPIS3, "suspend-to-disk": &u.ACPIS4} {
		if e := pm.child(name); e != nil && e.attr("enabled") != "" {
			*into = idl.Bool(c.yes(e, "enabled", e.attr("enabled"), true))
		}
	}
}
