package domcfg

import (
	"crypto/rand"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// LibxlConfig is what `xl create` would give libxl for d (tools/xl/xl_parse.c,
// parse_config_data, with an empty xl.conf): the defaults that xl sets are set,
// those that libxl sets are left to it. Two differ on purpose: vnc is off unless
// asked for, and max_vcpus and avail_vcpus are always written.
//
// A domain without uuid gets a new random one at each call. A Domain that did
// not come from Parse is checked only as far as it has to be converted; the
// error names the field.
func (d *Domain) LibxlConfig() (*idl.DomainConfig, error) {
	return d.libxlConfig(rand.Reader)
}

func (d *Domain) libxlConfig(random io.Reader) (*idl.DomainConfig, error) {
	c := &converter{d: d}
	out := &idl.DomainConfig{
		CInfo:       c.createInfo(random),
		BInfo:       c.buildInfo(),
		Disks:       c.disks(),
		NICs:        c.nics(),
		OnPoweroff:  c.action("on_poweroff", d.OnPoweroff, Destroy),
		OnReboot:    c.action("on_reboot", d.OnReboot, Restart),
		OnWatchdog:  c.action("on_watchdog", d.OnWatchdog, Destroy),
		OnCrash:     c.action("on_crash", d.OnCrash, Destroy),
		OnSoftReset: c.action("on_soft_reset", d.OnSoftReset, SoftReset),
	}
	if len(c.errs) > 0 {
		return nil, c.errs
	}
	return out, nil
}

// converter collects the errors of a conversion.
type converter struct {
	d    *Domain
	errs Errors
}

func (c *converter) fail(field string, value any) {
	c.errs = append(c.errs, &Error{Pos: c.d.Pos(field), Field: field, Msg: fmt.Sprintf("libxl has no %q", fmt.Sprint(value))})
}

// word is the libxl value of one of a domain file's words; none for "".
func word[K ~string, V any](c *converter, field string, given K, words map[K]V) V {
	v, ok := words[given]
	if !ok && given != "" {
		c.fail(field, given)
	}
	return v
}

func (c *converter) createInfo(random io.Reader) idl.DomainCreateInfo {
	info := idl.DomainCreateInfo{
		Type: word(c, "type", c.d.Type, map[Type]idl.DomainType{
			HVM: idl.DomainTypeHVM, PVH: idl.DomainTypePVH, PV: idl.DomainTypePV,
		}),
		Name:              c.d.Name,
		RunHotplugScripts: idl.True,
	}
	if info.Type == 0 && c.d.Type == "" {
		c.fail("type", c.d.Type)
	}
	var err error
	if c.d.UUID == "" {
		info.UUID, err = newUUID(random)
	} else {
		info.UUID, err = idl.ParseUUID(c.d.UUID)
	}
	if err != nil {
		c.errs = append(c.errs, &Error{Pos: c.d.Pos("uuid"), Field: "uuid", Msg: err.Error()})
	}
	return info
}

// newUUID is a random UUID, version 4 (RFC 9562, section 5.4).
func newUUID(random io.Reader) (idl.UUID, error) {
	var u idl.UUID
	if _, err := io.ReadFull(random, u[:]); err != nil {
		return u, fmt.Errorf("make a random UUID: %w", err)
	}
	u[6] = u[6]&0x0f | 4<<4
	u[8] = u[8]&0x3f | 0b10<<6
	return u, nil
}

func (c *converter) buildInfo() idl.DomainBuildInfo {
	d := c.d
	info := idl.DomainBuildInfo{
		MaxVCPUs:    int32(d.LimitVCPUs()),
		TargetMemKB: new(idl.MemKB(d.MemoryKiB())),
		MaxMemKB:    new(idl.MemKB(d.MaxMemoryKiB())),
		ClaimMode:   idl.True,
		Kernel:      d.Kernel,
		Ramdisk:     d.Ramdisk,
		Cmdline:     d.Cmdline,
	}
	for v := range d.StartVCPUs() {
		info.AvailVCPUs = append(info.AvailVCPUs, uint32(v))
	}
	if d.NestedHVM {
		info.NestedHVM = idl.True
	}
	switch d.Type {
	case HVM:
		info.TypeHVM = c.hvmInfo()
	case PVH:
		info.TypePVH = &idl.DomainBuildInfoPVH{}
	case PV:
		info.TypePV = &idl.DomainBuildInfoPV{}
	}
	return info
}

func (c *converter) hvmInfo() *idl.DomainBuildInfoHVM {
	d := c.d
	info := &idl.DomainBuildInfoHVM{
		BIOS: word(c, "firmware", d.Firmware, map[Firmware]idl.BIOSType{
			BIOS: idl.BIOSTypeSeabios, UEFI: idl.BIOSTypeOVMF,
		}),
		HDType: word(c, "disk_controller", d.DiskController, map[string]idl.HDType{
			"ide": idl.HDTypeIDE, "ahci": idl.HDTypeAHCI,
		}),
		VGA: idl.VGAInterfaceInfo{Kind: word(c, "vga", d.VGA, map[string]idl.VGAInterfaceType{
			"cirrus": idl.VGAInterfaceTypeCirrus, "stdvga": idl.VGAInterfaceTypeStd, "none": idl.VGAInterfaceTypeNone,
		})},
		VNC: idl.VNCInfo{Enable: idl.Bool(d.VNC)},
	}
	for i, dev := range d.Boot {
		info.Boot += word(c, fmt.Sprintf("boot[%d]", i), dev, map[BootDevice]string{
			BootDisk: "c", BootCDROM: "d", BootNetwork: "n",
		})
	}
	for _, port := range d.Serial {
		info.SerialList = append(info.SerialList, serialOption(port))
	}
	c.viridian(info)
	return info
}

// serialOption is QEMU's -serial argument. A socket that waited for a client
// would stop the domain from starting.
func serialOption(port string) string {
	if strings.HasPrefix(port, "unix:") {
		return port + ",server=on,wait=off"
	}
	return port
}

// viridian does as xl does, but that "all" takes back what was left out before
// it; xl would give libxl a group both enabled and disabled, an error there.
func (c *converter) viridian(info *idl.DomainBuildInfoHVM) {
	if c.d.Viridian.Enabled {
		info.Viridian = idl.True
	}
	names := viridianGroups()
	on, off := make([]bool, len(names)), make([]bool, len(names))
	for i, group := range c.d.Viridian.Groups {
		name, not := strings.CutPrefix(group, "!")
		bit := slices.Index(names, name)
		switch {
		case group == "defaults":
			info.Viridian = idl.True
		case group == "all":
			for bit := range names {
				on[bit], off[bit] = true, false
			}
		case bit < 0:
			c.fail(fmt.Sprintf("viridian[%d]", i), group)
		default:
			on[bit], off[bit] = !not, not
		}
	}
	info.ViridianEnable, info.ViridianDisable = bitmap(on), bitmap(off)
}

func bitmap(set []bool) idl.Bitmap {
	var bits idl.Bitmap
	for bit, isSet := range set {
		if isSet {
			bits = append(bits, uint32(bit))
		}
	}
	return bits
}

func (c *converter) disks() []idl.DeviceDisk {
	var out []idl.DeviceDisk
	for i, disk := range c.d.Disks {
		format := idl.DiskFormatRaw
		if disk.Format != "" {
			format = word(c, fmt.Sprintf("disks[%d].format", i), disk.Format, map[string]idl.DiskFormat{
				"raw": idl.DiskFormatRaw, "qcow": idl.DiskFormatQcow, "qcow2": idl.DiskFormatQcow2,
				"vhd": idl.DiskFormatVHD, "qed": idl.DiskFormatQED,
			})
		}
		dev := idl.DeviceDisk{PDevPath: disk.Path, VDev: disk.Target, Format: format}
		switch {
		case disk.CDROM: // as libxlu_disk.c, xlu_disk_parse
			dev.IsCdrom, dev.Removable = 1, 1
			if disk.Path == "" {
				dev.Format = idl.DiskFormatEmpty
			}
		case !disk.ReadOnly:
			dev.Readwrite = 1
		}
		out = append(out, dev)
	}
	return out
}

func (c *converter) nics() []idl.DeviceNIC {
	var out []idl.DeviceNIC
	for i, nic := range c.d.Networks {
		dev := idl.DeviceNIC{
			Model: nic.Model, IP: nic.IP, Bridge: nic.Bridge, Script: nic.Script,
			NICType: word(c, fmt.Sprintf("networks[%d].type", i), nic.Type, map[string]idl.NICType{
				"ioemu": idl.NICTypeVifIoemu, "vif": idl.NICTypeVif,
			}),
		}
		if nic.MAC != "" {
			mac, err := idl.ParseMAC(nic.MAC)
			if err != nil {
				c.fail(fmt.Sprintf("networks[%d].mac", i), nic.MAC)
			}
			dev.MAC = mac
		}
		out = append(out, dev)
	}
	return out
}

func (c *converter) action(field string, given, otherwise Action) idl.ActionOnShutdown {
	if given == "" {
		given = otherwise
	}
	return word(c, field, given, libxlActions())
}

func libxlActions() map[Action]idl.ActionOnShutdown {
	return map[Action]idl.ActionOnShutdown{
		Destroy:         idl.ActionOnShutdownDestroy,
		Restart:         idl.ActionOnShutdownRestart,
		RenameRestart:   idl.ActionOnShutdownRestartRename,
		Preserve:        idl.ActionOnShutdownPreserve,
		CoredumpDestroy: idl.ActionOnShutdownCoredumpDestroy,
		CoredumpRestart: idl.ActionOnShutdownCoredumpRestart,
		SoftReset:       idl.ActionOnShutdownSoftReset,
	}
}

// ActionOf is xl's word for one of libxl's actions; "" when there is none.
func ActionOf(libxl idl.ActionOnShutdown) Action {
	for word, a := range libxlActions() {
		if a == libxl {
			return word
		}
	}
	return ""
}
