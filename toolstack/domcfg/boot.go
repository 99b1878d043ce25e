package domcfg

import (
	"gopkg.in/yaml.v3"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

func bootLinks() []link[Domain, idl.DomainConfig] {
	return []link[Domain, idl.DomainConfig]{
		pathKey(key[Domain]{name: "kernel", def: "none; pvh, pv: required without bootloader", xl: "kernel"},
			func(d *Domain) *string { return &d.Kernel }, func(c *idl.DomainConfig) *string { return &c.BInfo.Kernel }),
		pathKey(key[Domain]{name: "ramdisk", xl: "ramdisk"},
			func(d *Domain) *string { return &d.Ramdisk }, func(c *idl.DomainConfig) *string { return &c.BInfo.Ramdisk }),
		textKey(key[Domain]{name: "cmdline", kind: "text, at most 2047 bytes", xl: "cmdline"}, (*reader).cmdline,
			func(d *Domain) *string { return &d.Cmdline }, func(c *idl.DomainConfig) *string { return &c.BInfo.Cmdline }),
		textKey(key[Domain]{name: "bootloader", kind: "name or absolute path", guests: PVAndPVH, xl: "bootloader"}, (*reader).script,
			func(d *Domain) *string { return &d.Bootloader }, func(c *idl.DomainConfig) *string { return &c.BInfo.Bootloader }),
		textsKey(key[Domain]{name: "bootloader_args", guests: PVAndPVH, xl: "bootloader_args"},
			func(d *Domain) *[]string { return &d.BootloaderArgs }, func(c *idl.DomainConfig) *idl.StringList { return &c.BInfo.BootloaderArgs }),
		groupKey(key[Domain]{name: "pvshim", guests: onlyPVH, xl: "pvshim, pvshim_…"}, func(d *Domain) *PVShim { return &d.PVShim },
			func(c *idl.DomainConfig) *idl.DomainBuildInfoPVH { return c.BInfo.TypePVH }, pvShimLinks),
	}
}

func pvShimLinks() []link[PVShim, idl.DomainBuildInfoPVH] {
	type pvh = idl.DomainBuildInfoPVH
	return []link[PVShim, pvh]{
		flagKey(key[PVShim]{name: "enabled", def: "false (libxl)", xl: "pvshim"}, func(s *PVShim) **bool { return &s.Enabled }, func(p *pvh) *idl.Defbool { return &p.PVShim }),
		textKey(key[PVShim]{name: "path", kind: "name or absolute path", def: "of the host (libxl)", xl: "pvshim_path"}, (*reader).script,
			func(s *PVShim) *string { return &s.Path }, func(p *pvh) *string { return &p.PVShimPath }),
		textKey(key[PVShim]{name: "cmdline", xl: "pvshim_cmdline"}, (*reader).line, func(s *PVShim) *string { return &s.Cmdline }, func(p *pvh) *string { return &p.PVShimCmdline }),
		textKey(key[PVShim]{name: "extra", xl: "pvshim_extra"}, (*reader).line, func(s *PVShim) *string { return &s.Extra }, func(p *pvh) *string { return &p.PVShimExtra }),
	}
}

// firmwareLinks is what an HVM domain runs before an operating system.
func firmwareLinks() []link[Domain, idl.DomainConfig] {
	path := func(name, xl string, of func(*Domain) *string, member func(*idl.DomainBuildInfoHVM) *string) link[Domain, idl.DomainConfig] {
		return pathKey(key[Domain]{name: name, def: "of the host (libxl)", guests: OnlyHVM, xl: xl}, of, hvm(member))
	}
	return []link[Domain, idl.DomainConfig]{
		firmwareKey(),
		path("firmware_path", "bios_path_override", func(d *Domain) *string { return &d.FirmwarePath }, func(h *idl.DomainBuildInfoHVM) *string { return &h.SystemFirmware }),
		path("firmware_override", "firmware_override", func(d *Domain) *string { return &d.FirmwareOverride }, func(h *idl.DomainBuildInfoHVM) *string { return &h.Firmware }),
		path("smbios_firmware", "smbios_firmware", func(d *Domain) *string { return &d.SMBIOSFirmware }, func(h *idl.DomainBuildInfoHVM) *string { return &h.SMBIOSFirmware }),
		path("acpi_firmware", "acpi_firmware", func(d *Domain) *string { return &d.ACPIFirmware }, func(h *idl.DomainBuildInfoHVM) *string { return &h.ACPIFirmware }),
		{
			key: spec(key[Domain]{name: "boot", def: "[disk, cdrom] (libxl)", guests: OnlyHVM, xl: "boot=\"cdn\""}, "list of disk, cdrom, network",
				listShape(wordShape(string(BootDisk), string(BootCDROM), string(BootNetwork))),
				func(r *reader, n *yaml.Node, f string, d *Domain) { d.Boot = r.boot(n, f) }),
			give: giveBoot, take: takeBoot,
		},
		wordKey(key[Domain]{name: "disk_controller", def: "ide (libxl)", guests: OnlyHVM, xl: "hdtype"}, asLibxl(idl.HDTypeIDE, idl.HDTypeAHCI),
			func(d *Domain) *string { return &d.DiskController }, hvm(func(h *idl.DomainBuildInfoHVM) *idl.HDType { return &h.HDType })),
	}
}

func firmwares() []named[idl.BIOSType] {
	return []named[idl.BIOSType]{{string(BIOS), idl.BIOSTypeSeabios}, {string(UEFI), idl.BIOSTypeOVMF}, {string(RomBIOS), idl.BIOSTypeRombios}}
}

func firmwareKey() link[Domain, idl.DomainConfig] {
	k := key[Domain]{name: "firmware", def: "bios (libxl)", guests: OnlyHVM, xl: "bios=\"seabios\", \"ovmf\", \"rombios\""}
	of := hvm(func(h *idl.DomainBuildInfoHVM) *idl.BIOSType { return &h.BIOS })
	return link[Domain, idl.DomainConfig]{
		key: spec(k, "bios, uefi, rombios", wordShape(wordsOf(firmwares())...),
			func(r *reader, n *yaml.Node, f string, d *Domain) {
				d.Firmware = Firmware(r.enum(n, f, wordsOf(firmwares())...))
			}),
		give: func(c *converter, field string, d *Domain, out *idl.DomainConfig) {
			if m := of(out); m != nil && d.Firmware != "" {
				*m = valueOf(c, field, string(d.Firmware), firmwares())
			}
		},
		take: func(_ *taker, _ string, in *idl.DomainConfig, d *Domain) {
			if m := of(in); m != nil {
				d.Firmware = Firmware(nameOf(*m, firmwares()))
			}
		},
	}
}

// bootLetters is QEMU's letters for the boot devices.
func bootLetters() map[BootDevice]string {
	return map[BootDevice]string{BootDisk: "c", BootCDROM: "d", BootNetwork: "n"}
}

func giveBoot(c *converter, field string, d *Domain, out *idl.DomainConfig) {
	if out.BInfo.TypeHVM == nil {
		return
	}
	for i, dev := range d.Boot {
		letter := bootLetters()[dev]
		if letter == "" {
			c.fail(elementOf(field, i), dev)
		}
		out.BInfo.TypeHVM.Boot += letter
	}
}

func takeBoot(_ *taker, _ string, in *idl.DomainConfig, d *Domain) {
	if in.BInfo.TypeHVM == nil {
		return
	}
	for _, letter := range in.BInfo.TypeHVM.Boot {
		for dev, its := range bootLetters() {
			if its == string(letter) {
				d.Boot = append(d.Boot, dev)
			}
		}
	}
}
