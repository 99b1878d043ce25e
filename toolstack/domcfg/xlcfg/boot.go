package xlcfg

import (
	"fmt"
	"path"
	"strings"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// boot is the kernel and the bootloader.
func (c *converter) boot() {
	b := &c.out.BInfo
	c.text("kernel", &b.Kernel)
	c.text("ramdisk", &b.Ramdisk)
	c.text("device_tree", &b.DeviceTree)
	c.text("bootloader", &b.Bootloader)
	c.cmdline()
	c.bootloaderArgs()
}

// cmdline wins over root and extra.
func (c *converter) cmdline() {
	var root, extra string
	hasRoot, hasExtra := c.text("root", &root), c.text("extra", &extra)
	cmdline := &c.out.BInfo.Cmdline
	switch {
	case c.text("cmdline", cmdline):
		for _, key := range []string{"root", "extra"} {
			if v := c.value(key); v != nil {
				c.warn(v.Pos, key, "is ignored", "cmdline is given too")
			}
		}
	case hasRoot && hasExtra:
		*cmdline = "root=" + root + " " + extra
	case hasRoot:
		*cmdline = "root=" + root
	default:
		*cmdline = extra
	}
}

func (c *converter) bootloaderArgs() {
	const key = "bootloader_args"
	if c.find(key) == nil || c.isList(key) {
		c.out.BInfo.BootloaderArgs = c.strings(key)
		return
	}
	v := c.value(key)
	c.warn(v.Pos, key, "a text is deprecated here", "write a list of arguments")
	c.out.BInfo.BootloaderArgs = strings.FieldsFunc(v.Text, func(r rune) bool { return r == ' ' || r == '\t' || r == '\n' })
	if len(c.out.BInfo.BootloaderArgs) == 0 {
		c.fail(v.Pos, key, "is empty", "xl crashes at it; leave it out")
	}
}

// loadable checks that a PV or PVH guest has something to start, and follows
// the firmware option, a short name of a kernel.
func (c *converter) loadable() {
	b := &c.out.BInfo
	kernel := c.value("kernel")
	if v := c.value("firmware"); v != nil {
		switch {
		case kernel != nil:
			c.fail(v.Pos, "firmware", "both kernel and firmware are given", "leave one out")
		case !begins("pvgrub32", v.Text) && !begins("pvgrub64", v.Text):
			c.fail(v.Pos, "firmware", fmt.Sprintf("unknown value %q", v.Text), "pvgrub32, pvgrub64")
		}
		b.Kernel = c.host.FirmwareDir + "/" + v.Text + ".bin"
		return
	}
	if kernel == nil && c.value("bootloader") == nil {
		c.fail(c.placeOf("kernel"), "kernel", "is missing", "a PV or PVH guest needs kernel, bootloader or firmware")
	}
}

// pvh is what only a PVH guest has.
func (c *converter) pvh() {
	u := c.out.BInfo.TypePVH
	c.boolean("pvshim", &u.PVShim)
	c.text("pvshim_path", &u.PVShimPath)
	c.text("pvshim_cmdline", &u.PVShimCmdline)
	c.text("pvshim_extra", &u.PVShimExtra)
	c.loadable()
}

// pv is what only a PV guest has.
func (c *converter) pv() {
	c.boolean("e820_host", &c.out.BInfo.TypePV.E820Host)
	c.loadable()
}

// hvmKernel drops a kernel that is the firmware, as xm's files had it.
func (c *converter) hvmKernel() {
	b := &c.out.BInfo
	if v := c.value("kernel"); v != nil && path.Base(b.Kernel) == "hvmloader" {
		c.warn(v.Pos, "kernel", "hvmloader is ignored", "for another firmware write firmware_override")
		b.Kernel = ""
	}
}

// hvmFirmware is what the guest's CPU runs first. firmware= is short for bios=
// and firmware_override=.
func (c *converter) hvmFirmware(u *idl.DomainBuildInfoHVM) {
	c.text("firmware_override", &u.Firmware)
	override := c.text("bios_path_override", &u.SystemFirmware)
	if !c.word("bios", &u.BIOS) && override && c.value("bios") == nil {
		c.warn(c.value("bios_path_override").Pos, "bios_path_override", "is given without bios", "say which bios it is")
	}
	v := c.value("firmware")
	if v == nil || u.BIOS.UnmarshalText([]byte(v.Text)) == nil {
		return
	}
	switch {
	case begins("uefi", v.Text):
		u.BIOS = idl.BIOSTypeOVMF
	case !begins("bios", v.Text):
		u.Firmware = v.Text
	}
}
