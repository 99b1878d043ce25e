package xlcfg

import "github.com/xenvoy/xenvoy/xen/libxl/idl"

// hvm is what only an HVM guest has.
func (w *writer) hvm(u *idl.DomainBuildInfoHVM) {
	w.boolean("pae", u.PAE)
	w.boolean("apic", w.config.BInfo.APIC)
	w.boolean("acpi_s3", u.ACPIS3)
	w.boolean("acpi_s4", u.ACPIS4)
	w.boolean("acpi_laptop_slate", u.ACPILaptopSlate)
	w.boolean("nx", u.NX)
	w.boolean("hpet", u.HPET)
	w.boolean("vpt_align", u.VPTAlign)
	w.viridian(u)
	w.mib("mmio_hole", u.MMIOHoleMemKB)
	w.boolean("altp2mhvm", u.AltP2M)
	w.text("smbios_firmware", u.SMBIOSFirmware)
	w.text("acpi_firmware", u.ACPIFirmware)
	if u.MsVMGenID != (idl.VMGenID{}) {
		w.set("ms_vm_genid", quote("generate"))
	}
	w.rdm(u)
	if u.MCACaps != 0 {
		w.list("mca_caps", []string{"lmce"}) // the only one that xl knows
	}
	w.graphics(u)
	w.peripherals(u)
}

// viridian is a list of groups when single ones are on or off. Of a group that is
// both, as xl makes it of "!base" before "all", only such a list can tell.
func (w *writer) viridian(u *idl.DomainBuildInfoHVM) {
	if len(u.ViridianEnable) == 0 && len(u.ViridianDisable) == 0 {
		w.boolean("viridian", u.Viridian)
		return
	}
	var first, last []string
	if u.Viridian > 0 {
		first = append(first, "defaults")
	}
	groups := idl.ViridianEnlightenment(0).Values()
	all := len(u.ViridianEnable) > len(groups) // it sets bits that have no name
	for _, group := range groups {
		on, off := u.ViridianEnable.Has(uint32(group)), u.ViridianDisable.Has(uint32(group))
		switch {
		case all && on && off:
			first = append(first, "!"+group.String())
		case off:
			last = append(last, "!"+group.String())
		case on && !all:
			last = append(last, group.String())
		}
	}
	if all {
		first = append(first, "all")
	}
	w.list("viridian", append(first, last...))
}

func (w *writer) rdm(u *idl.DomainBuildInfoHVM) {
	var e element
	if u.RDM.Strategy == idl.RDMReserveStrategyHost {
		e.add("strategy", "host")
	}
	if u.RDM.Policy != nil {
		e.add("policy", u.RDM.Policy.String())
	}
	w.text("rdm", e.String())
	w.mib("rdm_mem_boundary", u.RDMMemBoundaryMemKB)
}

// graphics is the display.
func (w *writer) graphics(u *idl.DomainBuildInfoHVM) {
	w.group()
	w.text("vga", map[idl.VGAInterfaceType]string{
		idl.VGAInterfaceTypeStd: "stdvga", idl.VGAInterfaceTypeCirrus: "cirrus",
		idl.VGAInterfaceTypeNone: "none", idl.VGAInterfaceTypeQXL: "qxl",
	}[u.VGA.Kind])
	w.boolean("vnc", u.VNC.Enable)
	w.text("vnclisten", u.VNC.Listen)
	w.text("vncpasswd", u.VNC.Passwd)
	w.number("vncdisplay", int64(u.VNC.Display))
	w.boolean("vncunused", u.VNC.Findunused)
	w.text("keymap", u.Keymap)
	w.boolean("sdl", u.SDL.Enable)
	w.boolean("opengl", u.SDL.Opengl)
	w.text("display", u.SDL.Display)
	w.text("xauthority", u.SDL.Xauthority)
	w.spice(&u.Spice)
	w.boolean("nographic", u.Nographic)
	if u.GfxPassthruKind != 0 {
		named(w, "gfx_passthru", u.GfxPassthruKind)
	} else {
		w.boolean("gfx_passthru", u.GfxPassthru)
	}
}

func (w *writer) spice(s *idl.SpiceInfo) {
	w.boolean("spice", s.Enable)
	w.number("spiceport", int64(s.Port))
	w.number("spicetls_port", int64(s.TLSPort))
	w.text("spicehost", s.Host)
	w.boolean("spicedisable_ticketing", s.DisableTicketing)
	w.text("spicepasswd", s.Passwd)
	w.boolean("spiceagent_mouse", s.AgentMouse)
	w.boolean("spicevdagent", s.Vdagent)
	w.boolean("spice_clipboard_sharing", s.ClipboardSharing)
	w.number("spiceusbredirection", int64(s.USBRedirection))
	w.text("spice_image_compression", s.ImageCompression)
	w.text("spice_streaming_video", s.StreamingVideo)
}

// peripherals is the other emulated devices. A key that is a text or a list says
// only one of them.
func (w *writer) peripherals(u *idl.DomainBuildInfoHVM) {
	w.group()
	if u.HDType != idl.HDTypeIDE { // what libxl starts out with
		named(w, "hdtype", u.HDType)
	}
	w.textOrList("serial", u.Serial, u.SerialList)
	w.boolean("usb", u.USB)
	w.number("usbversion", int64(u.USBVersion))
	w.textOrList("usbdevice", u.USBDevice, u.USBDeviceList)
	w.boolean("vkb_device", u.VKBDevice)
	w.text("soundhw", u.SoundHW)
	w.boolean("xen_platform_pci", u.XenPlatformPCI)
	named(w, "vendor_device", u.VendorDevice)
}

func (w *writer) textOrList(key, text string, list idl.StringList) {
	if len(list) > 0 {
		w.list(key, list)
		return
	}
	w.text(key, text)
}
