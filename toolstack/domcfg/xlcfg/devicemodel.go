package xlcfg

import (
	"fmt"
	"math"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// peripherals is the emulated devices of an HVM guest.
func (c *converter) peripherals(u *idl.DomainBuildInfoHVM) {
	if c.word("hdtype", &u.HDType); u.HDType == idl.HDTypeIDE {
		u.HDType = 0 // what libxl starts out with
	}
	c.listOrText("serial", &u.SerialList, &u.Serial)
	c.text("boot", &u.Boot)
	c.boolean("usb", &u.USB)
	c.integer("usbversion", math.MinInt32, math.MaxInt32, &u.USBVersion)
	c.listOrText("usbdevice", &u.USBDeviceList, &u.USBDevice)
	c.boolean("vkb_device", &u.VKBDevice)
	c.text("soundhw", &u.SoundHW)
	c.boolean("xen_platform_pci", &u.XenPlatformPCI)
	c.word("vendor_device", &u.VendorDevice)
	c.mib("rdm_mem_boundary", &u.RDMMemBoundaryMemKB)
}

func (c *converter) listOrText(key string, list *idl.StringList, text *string) {
	if c.isList(key) {
		*list = c.strings(key)
		return
	}
	c.text(key, text)
}

// deviceModel is QEMU's program and arguments, and its stub domain.
func (c *converter) deviceModel() {
	b := &c.out.BInfo
	if v := c.value("device_model"); v != nil {
		c.warn(v.Pos, "device_model", "is ignored", "write device_model_override, or device_model_stubdomain_override for a stub domain")
	}
	override := c.text("device_model_override", &b.DeviceModel)
	c.deviceModelVersion(override)
	c.boolean("device_model_stubdomain_override", &b.DeviceModelStubdomain)
	c.text("device_model_stubdomain_seclabel", &b.DeviceModelSSIDLabel)
	c.text("device_model_user", &b.DeviceModelUser)
	c.text("stubdomain_kernel", &b.StubdomainKernel)
	c.text("stubdomain_cmdline", &b.StubdomainCmdline)
	c.text("stubdomain_ramdisk", &b.StubdomainRamdisk)
	c.mib("stubdomain_memory", &b.StubdomainMemKB)
	b.Extra = c.arguments("device_model_args")
	b.ExtraPV = c.arguments("device_model_args_pv")
	b.ExtraHVM = c.arguments("device_model_args_hvm")
	if v := c.value("vncviewer"); v != nil {
		c.warn(v.Pos, "vncviewer", "is ignored", "xl create -V starts a viewer")
	}
}

func (c *converter) deviceModelVersion(override bool) {
	const key = "device_model_version"
	version := &c.out.BInfo.DeviceModelVersion
	v := c.value(key)
	switch {
	case v == nil && override:
		c.warn(c.value("device_model_override").Pos, "device_model_override", "is given without device_model_version", "say which version it is")
	case v == nil:
	case v.Text == "qemu-xen":
		*version = idl.DeviceModelVersionQEMUXen
	case v.Text == "qemu-xen-traditional":
		*version = idl.DeviceModelVersionQEMUXenTraditional
	default:
		c.fail(v.Pos, key, fmt.Sprintf("unknown value %q", v.Text), "qemu-xen, qemu-xen-traditional")
	}
}

func (c *converter) arguments(key string) idl.StringList {
	if s := c.find(key); s != nil && !s.Value.IsList {
		c.fail(s.Value.Pos, key, "a single value where a list belongs", "put it in [ ]")
		return nil
	}
	return c.strings(key)
}
