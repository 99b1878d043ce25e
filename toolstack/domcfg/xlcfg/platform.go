package xlcfg

import (
	"fmt"
	"strings"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// platform is what every type of guest may have.
func (c *converter) platform() {
	b := &c.out.BInfo
	c.boolean("nomigrate", &b.DisableMigrate)
	c.boolean("acpi", &b.ACPI)
	c.boolean("nestedhvm", &b.NestedHVM)
	c.boolean("dm_restrict", &b.DMRestrict)
	c.boolean("vpmu", &b.VPMU)
	if c.boolean("msr_relaxed", &b.ArchX86.MSRRelaxed) {
		c.warn(c.value("msr_relaxed").Pos, "msr_relaxed", "will go", "Xen's developers want to hear of guests that need it")
	}
	if n, v := c.quietNumber("altp2m"); v != nil {
		if c.inRange(n, v, "altp2m", int64(idl.AltP2MModeDisabled), int64(idl.AltP2MModeLimited)) {
			b.AltP2M = idl.AltP2MMode(n)
		}
	} else {
		c.word("altp2m", &b.AltP2M)
	}
	c.word("vuart", &b.ArchArm.Vuart)
	c.word("gic_version", &b.ArchArm.GICVersion)
	c.word("tee", &b.TEE)
	c.cpuid()
}

// hvm is what only an HVM guest has.
func (c *converter) hvm() {
	u := c.out.BInfo.TypeHVM
	c.hvmKernel()
	c.hvmFirmware(u)
	c.boolean("pae", &u.PAE)
	c.boolean("acpi_s3", &u.ACPIS3)
	c.boolean("acpi_s4", &u.ACPIS4)
	c.boolean("acpi_laptop_slate", &u.ACPILaptopSlate)
	c.boolean("nx", &u.NX)
	c.boolean("hpet", &u.HPET)
	c.boolean("vpt_align", &u.VPTAlign)
	c.boolean("apic", &c.out.BInfo.APIC)
	c.viridian(u)
	c.mmioHole(u)
	if c.boolean("altp2mhvm", &u.AltP2M) {
		c.warn(c.value("altp2mhvm").Pos, "altp2mhvm", "is deprecated", "write altp2m")
	}
	c.text("smbios_firmware", &u.SMBIOSFirmware)
	c.text("acpi_firmware", &u.ACPIFirmware)
	c.generationID(u)
	c.rdm(u)
	c.machineCheck(u)
	c.graphics(u)
	c.peripherals(u)
}

func (c *converter) mmioHole(u *idl.DomainBuildInfoHVM) {
	// HVM_BELOW_4G_MMIO_LENGTH and _START of xen/include/public/hvm/e820.h, in MiB.
	const smallest, largest = 256, 3840
	if n, v := c.number("mmio_hole"); v != nil && c.inRange(n, v, "mmio_hole", smallest, largest) {
		u.MMIOHoleMemKB = new(idl.MemKB(n * 1024))
	}
}

// viridian is a list of groups, or a boolean. xl gives libxl 64 groups for
// "all", and leaves those that were taken out before.
func (c *converter) viridian(u *idl.DomainBuildInfoHVM) {
	const key, width = "viridian", 64
	if !c.isList(key) {
		c.boolean(key, &u.Viridian)
		return
	}
	var on, off [width]bool
	for _, v := range c.words(key) {
		name, not := strings.CutPrefix(v.Text, "!")
		var group idl.ViridianEnlightenment
		switch {
		case v.Text == "all":
			for i := range on {
				on[i] = true
			}
		case v.Text == "defaults":
			u.Viridian = idl.True
		case c.enum(v, key, name, &group):
			on[group], off[group] = !not, not
		}
	}
	u.ViridianEnable, u.ViridianDisable = bitmap(on[:]), bitmap(off[:])
}

// words is the elements of a list where xl crashes at one that is a list.
func (c *converter) words(key string) []*Value {
	all, _ := c.list(key)
	var out []*Value
	for _, v := range all {
		if v.IsList {
			c.fail(v.Pos, key, "a list within the list", "a text belongs here; xl crashes at it")
			continue
		}
		out = append(out, v)
	}
	return out
}

func bitmap(set []bool) idl.Bitmap {
	var out idl.Bitmap
	for i, isSet := range set {
		if isSet {
			out = append(out, uint32(i))
		}
	}
	return out
}

func (c *converter) generationID(u *idl.DomainBuildInfoHVM) {
	v := c.value("ms_vm_genid")
	if v == nil || v.Text == "none" {
		return
	}
	if v.Text != "generate" {
		c.fail(v.Pos, "ms_vm_genid", fmt.Sprintf("unknown value %q", v.Text), "generate, none")
		return
	}
	c.randomBytes((*[16]byte)(&u.MsVMGenID))
}

func (c *converter) machineCheck(u *idl.DomainBuildInfoHVM) {
	const key, lmce = "mca_caps", 1 << 0 // XEN_HVM_MCA_CAP_LMCE of xen/include/public/hvm/params.h
	if c.find(key) == nil {
		return
	}
	if !c.isList(key) {
		c.fail(c.value(key).Pos, key, "a single value where a list belongs", "put it in [ ]")
		return
	}
	for _, v := range c.words(key) {
		if v.Text != "lmce" {
			c.fail(v.Pos, key, fmt.Sprintf("unknown value %q", v.Text), "lmce")
			continue
		}
		u.MCACaps |= lmce
	}
}
