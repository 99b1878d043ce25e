package xl

import (
	"fmt"
	"strings"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// SXP is a configuration as xl prints it where xl.conf has output_format="sxp"
// (tools/xl/xl_sxp.c), for programs of xend's days. id is -1 for a domain that does not exist
// yet, and uuid "" then. PVH is younger than the format: it ends half-way there with an error
// that says so, beside what xl prints before that.
func SXP(id int64, uuid string, cfg *idl.DomainConfig) (string, error) {
	s := sxp{id: id}
	if uuid == "" {
		uuid = "<unknown>"
	}
	s.write("(domain")
	s.pair(1, "domid", id)
	s.created(&cfg.CInfo, uuid)
	s.built(cfg)
	s.write("\t(image")
	switch cfg.CInfo.Type {
	case idl.DomainTypeHVM:
		s.hvm(&cfg.BInfo)
	case idl.DomainTypePV:
		s.pv(&cfg.BInfo)
	default:
		return s.String(), Failf(StatusFailed, "Unknown domain type %d", int32(cfg.CInfo.Type))
	}
	s.write("\t)")
	s.devices(cfg)
	s.write(")")
	return s.String(), nil
}

type sxp struct {
	strings.Builder
	id int64
}

func (s *sxp) write(line string) { s.WriteString(line + "\n") }

// pair writes a name and its value. A text that is not there is C's null pointer.
func (s *sxp) pair(indent int, name string, value any) {
	if value == "" {
		value = "(null)"
	}
	fmt.Fprintf(s, "%s(%s %v)\n", strings.Repeat("\t", indent), name, value)
}

// An sxpPair is a name and its value.
type sxpPair struct {
	name  string
	value any
}

func (s *sxp) pairs(indent int, all ...sxpPair) {
	for _, p := range all {
		s.pair(indent, p.name, p.value)
	}
}

func (s *sxp) created(c *idl.DomainCreateInfo, uuid string) {
	s.write("\t(create_info)")
	s.pairs(1, sxpPair{"hvm", number(c.Type == idl.DomainTypeHVM)}, sxpPair{"hap", c.HAP}, sxpPair{"oos", c.OOS},
		sxpPair{"ssidref", int32(c.SSIDRef)}, sxpPair{"name", c.Name}, sxpPair{"uuid", uuid})
	if c.PoolName != "" {
		s.pair(1, "cpupool", c.PoolName)
	}
	for _, l := range []struct {
		name string
		list idl.KeyValueList
	}{{"xsdata", c.XSData}, {"platformdata", c.Platformdata}} {
		value := "(null)"
		if l.list != nil {
			value = "contains data"
		}
		s.pair(1, l.name, value)
	}
}

func (s *sxp) built(cfg *idl.DomainConfig) {
	b := &cfg.BInfo
	s.write("\t(build_info)")
	s.pairs(1, sxpPair{"max_vcpus", b.MaxVCPUs},
		sxpPair{"max_grant_frames", orMinusOne(b.MaxGrantFrames)}, sxpPair{"max_maptrack_frames", orMinusOne(b.MaxMaptrackFrames)},
		sxpPair{"tsc_mode", b.TSCMode}, sxpPair{"max_memkb", orMinusOne(b.MaxMemKB)}, sxpPair{"target_memkb", orMinusOne(b.TargetMemKB)},
		sxpPair{"nomigrate", b.DisableMigrate})
	if cfg.CInfo.Type != idl.DomainTypePV || b.Bootloader == "" {
		return
	}
	s.pair(1, "bootloader", b.Bootloader)
	if b.BootloaderArgs != nil {
		s.write("\t(bootloader_args" + strings.Join(append([]string{""}, b.BootloaderArgs...), " ") + ")")
	}
}

func (s *sxp) hvm(b *idl.DomainBuildInfo) {
	h := b.TypeHVM
	if h == nil {
		h = &idl.DomainBuildInfoHVM{}
	}
	timer, model := "unknown", "default"
	if b.TimerMode != nil {
		timer = b.TimerMode.String()
	}
	if b.DeviceModel != "" {
		model = b.DeviceModel
	}
	s.write("\t\t(hvm")
	s.pairs(3, sxpPair{"firmware", h.Firmware}, sxpPair{"video_memkb", orMinusOne(b.VideoMemKB)}, sxpPair{"shadow_memkb", orMinusOne(b.ShadowMemKB)},
		sxpPair{"pae", h.PAE}, sxpPair{"apic", b.APIC}, sxpPair{"acpi", h.ACPI}, sxpPair{"nx", h.NX}, sxpPair{"viridian", h.Viridian},
		sxpPair{"hpet", h.HPET}, sxpPair{"vpt_align", h.VPTAlign}, sxpPair{"timer_mode", timer}, sxpPair{"nestedhvm", b.NestedHVM},
		sxpPair{"stdvga", idl.Bool(h.VGA.Kind == idl.VGAInterfaceTypeStd)},
		sxpPair{"vnc", h.VNC.Enable}, sxpPair{"vnclisten", h.VNC.Listen}, sxpPair{"vncdisplay", h.VNC.Display}, sxpPair{"vncunused", h.VNC.Findunused},
		sxpPair{"keymap", h.Keymap}, sxpPair{"sdl", h.SDL.Enable}, sxpPair{"opengl", h.SDL.Opengl}, sxpPair{"nographic", h.Nographic},
		sxpPair{"spice", h.Spice.Enable}, sxpPair{"spiceport", h.Spice.Port}, sxpPair{"spicetls_port", h.Spice.TLSPort}, sxpPair{"spicehost", h.Spice.Host},
		sxpPair{"spicedisable_ticketing", h.Spice.DisableTicketing}, sxpPair{"spiceagent_mouse", h.Spice.AgentMouse},
		sxpPair{"device_model", model}, sxpPair{"gfx_passthru", h.GfxPassthru}, sxpPair{"serial", h.Serial}, sxpPair{"boot", h.Boot},
		sxpPair{"usb", h.USB}, sxpPair{"usbdevice", h.USBDevice}, sxpPair{"vkb_device", h.VKBDevice})
	s.write("\t\t)")
}

func (s *sxp) pv(b *idl.DomainBuildInfo) {
	e820 := idl.DefboolUnset
	if b.TypePV != nil {
		e820 = b.TypePV.E820Host
	}
	s.pair(2, "linux", 0)
	s.pairs(3, sxpPair{"kernel", b.Kernel}, sxpPair{"cmdline", b.Cmdline}, sxpPair{"ramdisk", b.Ramdisk}, sxpPair{"e820_host", e820})
	s.write("\t\t)")
}

// device writes a device of a kind.
func (s *sxp) device(kind string, all ...sxpPair) {
	s.write("\t(device\n\t\t(" + kind)
	s.pairs(3, all...)
	s.write("\t\t)\n\t)")
}

func (s *sxp) devices(cfg *idl.DomainConfig) {
	for _, d := range cfg.Disks {
		s.device("tap", sxpPair{"backend_domid", d.BackendDomID}, sxpPair{"frontend_domid", s.id}, sxpPair{"physpath", d.PDevPath},
			sxpPair{"phystype", int32(d.Backend)}, sxpPair{"virtpath", d.VDev}, sxpPair{"unpluggable", d.Removable},
			sxpPair{"readwrite", d.Readwrite}, sxpPair{"is_cdrom", d.IsCdrom})
	}
	for _, n := range cfg.NICs {
		var name []sxpPair
		if n.IfName != "" {
			name = []sxpPair{{"vifname", n.IfName}}
		}
		s.device("vif", append(name, sxpPair{"backend_domid", n.BackendDomID}, sxpPair{"frontend_domid", s.id}, sxpPair{"devid", orMinusOne(n.DevID)},
			sxpPair{"mtu", n.MTU}, sxpPair{"model", n.Model}, sxpPair{"mac", strings.ReplaceAll(n.MAC.String(), ":", "")})...)
	}
	for _, p := range cfg.PCIDevs {
		s.device("pci", sxpPair{"pci dev", fmt.Sprintf("%04x:%02x:%02x.%01x@%02x", p.Domain, p.Bus, p.Dev, p.Func, p.VDevFn)},
			sxpPair{"opts", fmt.Sprintf("msitranslate %d power_mgmt %d", number(p.Msitranslate), number(p.PowerMgmt))})
	}
	for _, v := range cfg.VFBs {
		s.device("vfb", sxpPair{"backend_domid", v.BackendDomID}, sxpPair{"frontend_domid", s.id}, sxpPair{"devid", orMinusOne(v.DevID)},
			sxpPair{"vnc", v.VNC.Enable}, sxpPair{"vnclisten", v.VNC.Listen}, sxpPair{"vncdisplay", v.VNC.Display}, sxpPair{"vncunused", v.VNC.Findunused},
			sxpPair{"keymap", v.Keymap}, sxpPair{"sdl", v.SDL.Enable}, sxpPair{"opengl", v.SDL.Opengl}, sxpPair{"display", v.SDL.Display},
			sxpPair{"xauthority", v.SDL.Xauthority})
	}
}

// number is C's of a boolean.
func number(b bool) int {
	if b {
		return 1
	}
	return 0
}

// orMinusOne is a number of which libxl's default has all bits set.
func orMinusOne[T ~int32 | ~uint32 | ~uint64](n *T) int64 {
	if n == nil {
		return -1
	}
	return int64(*n)
}
