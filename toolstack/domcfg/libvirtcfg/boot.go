package libvirtcfg

import (
	"fmt"
	"path"
	"strings"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// boot is what starts in the guest.
func (c *converter) boot() {
	b, os := &c.out.BInfo, c.root.child("os")
	b.Kernel = os.child("kernel").body()
	b.Ramdisk = os.child("initrd").body()
	b.Cmdline = os.child("cmdline").body()
	b.DeviceTree = os.child("dtb").body()
	if u := c.hvm(); u != nil {
		c.hvmBoot(os, u)
		return
	}
	b.Bootloader = c.root.child("bootloader").body()
	if args := c.root.child("bootloader_args"); args != nil {
		b.BootloaderArgs = strings.Fields(args.body())
	}
	if b.Kernel == "" && b.Bootloader == "" {
		b.Bootloader = "pygrub" // as libvirt has it
	}
}

func (c *converter) hvmBoot(os *element, u *idl.DomainBuildInfoHVM) {
	for _, e := range os.all("boot") {
		u.Boot += choose(&c.reader, e, "the boot device", e.attr("dev"), map[string]string{
			"fd": "a", "hd": "c", "cdrom": "d", "network": "n",
		})
	}
	if u.Boot == "" {
		u.Boot = "c" // libvirt's default; libxl's is cda
	}
	u.ACPIFirmware = c.slic(os)
	c.firmware(os, u)
}

// slic is an ACPI table that hvmloader adds to its own.
func (c *converter) slic(os *element) string {
	table := os.child("acpi").child("table")
	if table == nil {
		return ""
	}
	if kind := table.attr("type"); kind != "slic" {
		c.fail(table, fmt.Sprintf("libxl has no ACPI tables of type %q", kind), "slic")
	}
	return table.body()
}

// firmware reads the loader: hvmloader, or the image of a UEFI firmware.
func (c *converter) firmware(os *element, u *idl.DomainBuildInfoHVM) {
	switch kind := os.attr("firmware"); kind {
	case "":
	case "efi":
		u.BIOS = idl.BIOSTypeOVMF
	case "bios":
		u.BIOS = idl.BIOSTypeSeabios
	default:
		c.fail(os, fmt.Sprintf("libxl has no firmware %q", kind), "efi, bios")
	}
	e := os.child("loader")
	if e == nil {
		return
	}
	e.attr("readonly") // firmware cannot be written in Xen
	if c.yes(e, "secure", e.attr("secure"), false) {
		c.fail(e, "libxl has no Secure Boot", "leave secure out")
	}
	file := e.body()
	switch kind := e.attr("type"); {
	case kind == "pflash":
		u.BIOS = idl.BIOSTypeOVMF
		if path.Base(file) != "ovmf.bin" { // libxl knows its own
			u.SystemFirmware = file
		}
	case kind != "" && kind != "rom":
		c.fail(e, fmt.Sprintf("the type %q cannot be had from libxl", kind), "rom, pflash")
	case path.Base(file) != "hvmloader" && file != "":
		u.Firmware = file
	}
	if nvram := os.child("nvram"); nvram != nil {
		nvram.done = true
		c.warn(nvram, "libxl keeps no UEFI variables", "they are lost when the guest stops")
	}
}
