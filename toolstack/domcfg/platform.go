package domcfg

import (
	"math"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// Platform is the machine that a domain sees, but for its devices. nil and ""
// leave a member to libxl.
type Platform struct {
	HAP             *bool  `yaml:"hap,omitempty" json:"hap,omitempty"`
	OOS             *bool  `yaml:"oos,omitempty" json:"oos,omitempty"`
	ACPI            *bool  `yaml:"acpi,omitempty" json:"acpi,omitempty"`
	ACPIS3          *bool  `yaml:"acpi_s3,omitempty" json:"acpi_s3,omitempty"`
	ACPIS4          *bool  `yaml:"acpi_s4,omitempty" json:"acpi_s4,omitempty"`
	ACPILaptopSlate *bool  `yaml:"acpi_laptop_slate,omitempty" json:"acpi_laptop_slate,omitempty"`
	APIC            *bool  `yaml:"apic,omitempty" json:"apic,omitempty"`
	PAE             *bool  `yaml:"pae,omitempty" json:"pae,omitempty"`
	NX              *bool  `yaml:"nx,omitempty" json:"nx,omitempty"`
	HPET            *bool  `yaml:"hpet,omitempty" json:"hpet,omitempty"`
	VPTAlign        *bool  `yaml:"vpt_align,omitempty" json:"vpt_align,omitempty"`
	TimerMode       string `yaml:"timer_mode,omitempty" json:"timer_mode,omitempty"`
	TSCMode         string `yaml:"tsc_mode,omitempty" json:"tsc_mode,omitempty"`
	LocalTime       *bool  `yaml:"localtime,omitempty" json:"localtime,omitempty"`
	RTCOffset       int    `yaml:"rtc_offset,omitempty" json:"rtc_offset,omitempty"` // seconds
	AltP2M          string `yaml:"altp2m,omitempty" json:"altp2m,omitempty"`
	VPMU            *bool  `yaml:"vpmu,omitempty" json:"vpmu,omitempty"`
	MSRRelaxed      *bool  `yaml:"msr_relaxed,omitempty" json:"msr_relaxed,omitempty"`
	XenPlatformPCI  *bool  `yaml:"xen_platform_pci,omitempty" json:"xen_platform_pci,omitempty"`
	VendorDevice    string `yaml:"vendor_device,omitempty" json:"vendor_device,omitempty"`
	GenerationID    string `yaml:"generation_id,omitempty" json:"generation_id,omitempty"` // 32 hexadecimal digits
	LMCE            bool   `yaml:"lmce,omitempty" json:"lmce,omitempty"`
	E820Host        *bool  `yaml:"e820_host,omitempty" json:"e820_host,omitempty"`
	MMIOHole        Size   `yaml:"mmio_hole,omitempty" json:"mmio_hole,omitempty"`
	ShadowMemory    Size   `yaml:"shadow_memory,omitempty" json:"shadow_memory,omitempty"`
}

func platformLinks() []link[Domain, idl.DomainConfig] {
	links := []link[Domain, idl.DomainConfig]{
		flagKey(key[Domain]{name: "hap", def: "true where the CPU can (libxl)", guests: HVMAndPVH, xl: "hap"},
			func(d *Domain) **bool { return &d.HAP }, func(c *idl.DomainConfig) *idl.Defbool { return &c.CInfo.HAP }),
		flagKey(key[Domain]{name: "oos", def: "true (libxl)", guests: HVMAndPVH, xl: "oos"},
			func(d *Domain) **bool { return &d.OOS }, func(c *idl.DomainConfig) *idl.Defbool { return &c.CInfo.OOS }),
		flagKey(key[Domain]{name: "acpi", def: "true (libxl)", xl: "acpi"},
			func(d *Domain) **bool { return &d.ACPI }, func(c *idl.DomainConfig) *idl.Defbool { return &c.BInfo.ACPI }),
	}
	links = append(links, pcLinks()...)
	links = append(links, clockLinks()...)
	return append(links, extensionLinks()...)
}

// hvmFlag is a flag of the HVM part.
func hvmFlag(name, def string, of func(*Domain) **bool, member func(*idl.DomainBuildInfoHVM) *idl.Defbool) link[Domain, idl.DomainConfig] {
	return flagKey(key[Domain]{name: name, def: def + " (libxl)", guests: OnlyHVM, xl: name}, of, hvm(member))
}

// hvm is a member of the HVM part, which other types of guests do not have.
func hvm[M any](member func(*idl.DomainBuildInfoHVM) *M) func(*idl.DomainConfig) *M {
	return func(c *idl.DomainConfig) *M {
		if c.BInfo.TypeHVM == nil {
			return nil
		}
		return member(c.BInfo.TypeHVM)
	}
}

// pcLinks is what a PC has had since long ago.
func pcLinks() []link[Domain, idl.DomainConfig] {
	return []link[Domain, idl.DomainConfig]{
		hvmFlag("acpi_s3", "true", func(d *Domain) **bool { return &d.ACPIS3 }, func(h *idl.DomainBuildInfoHVM) *idl.Defbool { return &h.ACPIS3 }),
		hvmFlag("acpi_s4", "true", func(d *Domain) **bool { return &d.ACPIS4 }, func(h *idl.DomainBuildInfoHVM) *idl.Defbool { return &h.ACPIS4 }),
		hvmFlag("acpi_laptop_slate", "false", func(d *Domain) **bool { return &d.ACPILaptopSlate },
			func(h *idl.DomainBuildInfoHVM) *idl.Defbool { return &h.ACPILaptopSlate }),
		flagKey(key[Domain]{name: "apic", def: "true (libxl)", guests: HVMAndPVH, xl: "apic"},
			func(d *Domain) **bool { return &d.APIC }, func(c *idl.DomainConfig) *idl.Defbool { return &c.BInfo.APIC }),
		hvmFlag("pae", "true", func(d *Domain) **bool { return &d.PAE }, func(h *idl.DomainBuildInfoHVM) *idl.Defbool { return &h.PAE }),
		hvmFlag("nx", "true", func(d *Domain) **bool { return &d.NX }, func(h *idl.DomainBuildInfoHVM) *idl.Defbool { return &h.NX }),
		hvmFlag("hpet", "true", func(d *Domain) **bool { return &d.HPET }, func(h *idl.DomainBuildInfoHVM) *idl.Defbool { return &h.HPET }),
		hvmFlag("vpt_align", "true", func(d *Domain) **bool { return &d.VPTAlign }, func(h *idl.DomainBuildInfoHVM) *idl.Defbool { return &h.VPTAlign }),
	}
}

func clockLinks() []link[Domain, idl.DomainConfig] {
	return []link[Domain, idl.DomainConfig]{
		optionalWordKey(key[Domain]{name: "timer_mode", def: "no_delay_for_missed_ticks (libxl)", guests: HVMAndPVH, xl: "timer_mode"},
			asLibxl(idl.TimerModeDelayForMissedTicks, idl.TimerModeNoDelayForMissedTicks, idl.TimerModeNoMissedTicksPending, idl.TimerModeOneMissedTickPending),
			func(d *Domain) *string { return &d.TimerMode }, func(c *idl.DomainConfig) **idl.TimerMode { return &c.BInfo.TimerMode }),
		wordKey(key[Domain]{name: "tsc_mode", def: "native where it is safe (libxl)", xl: "tsc_mode"},
			asLibxl(idl.TSCModeAlwaysEmulate, idl.TSCModeNative, idl.TSCModeNativeParavirt),
			func(d *Domain) *string { return &d.TSCMode }, func(c *idl.DomainConfig) *idl.TSCMode { return &c.BInfo.TSCMode }),
		flagKey(key[Domain]{name: "localtime", def: "false (libxl)", xl: "localtime"},
			func(d *Domain) **bool { return &d.LocalTime }, func(c *idl.DomainConfig) *idl.Defbool { return &c.BInfo.Localtime }),
		rtcOffsetKey(),
	}
}

// rtcOffsetKey is signed, and in libxl the same bits without a sign.
func rtcOffsetKey() link[Domain, idl.DomainConfig] {
	l := numberKey(key[Domain]{name: "rtc_offset", kind: "seconds", def: "0", xl: "rtc_timeoffset"}, math.MinInt32, math.MaxInt32,
		func(d *Domain) *int { return &d.RTCOffset }, func(c *idl.DomainConfig) *uint32 { return &c.BInfo.RTCTimeOffset })
	l.take = func(_ *taker, _ string, in *idl.DomainConfig, d *Domain) {
		d.RTCOffset = int(int32(in.BInfo.RTCTimeOffset))
	}
	return l
}

func extensionLinks() []link[Domain, idl.DomainConfig] {
	return []link[Domain, idl.DomainConfig]{
		wordKey(key[Domain]{name: "altp2m", def: "disabled", guests: HVMAndPVH, xl: "altp2m"},
			asLibxl(idl.AltP2MModeMixed, idl.AltP2MModeExternal, idl.AltP2MModeLimited),
			func(d *Domain) *string { return &d.AltP2M }, func(c *idl.DomainConfig) *idl.AltP2MMode { return &c.BInfo.AltP2M }),
		flagKey(key[Domain]{name: "vpmu", def: "false (libxl)", xl: "vpmu"},
			func(d *Domain) **bool { return &d.VPMU }, func(c *idl.DomainConfig) *idl.Defbool { return &c.BInfo.VPMU }),
		flagKey(key[Domain]{name: "msr_relaxed", def: "false (libxl)", xl: "msr_relaxed"},
			func(d *Domain) **bool { return &d.MSRRelaxed }, func(c *idl.DomainConfig) *idl.Defbool { return &c.BInfo.ArchX86.MSRRelaxed }),
		hvmFlag("xen_platform_pci", "true", func(d *Domain) **bool { return &d.XenPlatformPCI },
			func(h *idl.DomainBuildInfoHVM) *idl.Defbool { return &h.XenPlatformPCI }),
		wordKey(key[Domain]{name: "vendor_device", guests: OnlyHVM, xl: "vendor_device"}, asLibxl(idl.VendorDeviceXenserver),
			func(d *Domain) *string { return &d.VendorDevice }, hvm(func(h *idl.DomainBuildInfoHVM) *idl.VendorDevice { return &h.VendorDevice })),
		generationIDKey(),
		lmceKey(),
		e820HostKey(),
		sizeKey(key[Domain]{name: "mmio_hole", kind: "size", def: "as needed (libxl)", guests: OnlyHVM, xl: "mmio_hole"},
			func(d *Domain) *Size { return &d.MMIOHole }, hvm(func(h *idl.DomainBuildInfoHVM) **idl.MemKB { return &h.MMIOHoleMemKB })),
		sizeKey(key[Domain]{name: "shadow_memory", def: "by memory and vcpus (libxl)", guests: HVMAndPVH, xl: "shadow_memory"},
			func(d *Domain) *Size { return &d.ShadowMemory }, func(c *idl.DomainConfig) **idl.MemKB { return &c.BInfo.ShadowMemKB }),
	}
}

// e820HostKey is on by itself where a PV domain has PCI devices: see pciKey.
func e820HostKey() link[Domain, idl.DomainConfig] {
	of := func(c *idl.DomainConfig) *idl.Defbool {
		if c.BInfo.TypePV == nil {
			return nil
		}
		return &c.BInfo.TypePV.E820Host
	}
	l := flagKey(key[Domain]{name: "e820_host", def: "false; true with pci", guests: onlyPV, xl: "e820_host"},
		func(d *Domain) **bool { return &d.E820Host }, of)
	take := l.take
	l.take = func(t *taker, field string, in *idl.DomainConfig, d *Domain) {
		if m := of(in); m != nil && (*m < 0 || len(in.PCIDevs) == 0) {
			take(t, field, in, d)
		}
	}
	return l
}
