package libvirtcfg

import (
	"fmt"
	"strings"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// disk reads a disk or CD-ROM from a file or a block device.
func (c *converter) disk(e *element) {
	details(e)
	disk := idl.DeviceDisk{Readwrite: 1}
	switch device := e.attr("device"); device {
	case "", "disk":
	case "cdrom":
		disk.IsCdrom, disk.Removable, disk.Readwrite = 1, 1, 0
	default:
		c.fail(e, fmt.Sprintf("libxl has no disks of device=%q", device), "disk, cdrom")
		return
	}
	name := choose(&c.reader, e, "the type", e.attr("type"), map[string]string{"": "file", "file": "file", "block": "dev"})
	if e.done {
		return
	}
	source := e.child("source")
	disk.PDevPath = source.attr(name)
	if policy := source.attr("startupPolicy"); policy != "" && policy != "mandatory" {
		c.warn(source, fmt.Sprintf("startupPolicy=%q has no meaning here", policy), "libxl wants the file to be there")
	}
	if e.child("readonly") != nil {
		disk.Readwrite = 0
	}
	if e.child("transient") != nil {
		c.fail(e, "libxl has no disks that forget what was written", "remove transient")
		return
	}
	c.target(e, &disk)
	c.driver(e.child("driver"), &disk)
	disk.BackendDomName = e.child("backenddomain").attr("name")
	e.quiet("backingStore") // found by libvirt itself
	if address := e.child("address"); address.attr("type") == "drive" {
		address.done = true // the target says it
	}
	switch {
	case disk.PDevPath == "" && disk.IsCdrom == 0:
		c.fail(e, "the disk has no source", "write <source "+name+"='…'/>; only a CD-ROM can be without")
	case disk.PDevPath == "":
		disk.Format = idl.DiskFormatEmpty
	}
	c.out.Disks = append(c.out.Disks, disk)
}

// target is the name that the guest sees, which decides over the bus, too.
func (c *converter) target(e *element, disk *idl.DeviceDisk) {
	t := e.child("target")
	disk.VDev = t.attr("dev")
	if disk.VDev == "" {
		c.fail(at(t, e), "the disk has no target", "write <target dev='xvda'/>")
		return
	}
	bus := t.attr("bus")
	if actual := busOf(disk.VDev, c.hvm() != nil); bus != "" && bus != actual {
		c.warn(t, fmt.Sprintf("bus=%q has no meaning here", bus), fmt.Sprintf("libxl takes the bus from the name: %s is on %s", disk.VDev, actual))
	}
}

// busOf is libvirt's word for where a disk of that name is.
func busOf(name string, hvm bool) string {
	switch {
	case strings.HasPrefix(name, "xvd") || !hvm:
		return "xen"
	case strings.HasPrefix(name, "sd"):
		return "scsi"
	}
	return "ide"
}

// driver is who serves the disk, and the format.
func (c *converter) driver(e *element, disk *idl.DeviceDisk) {
	disk.Format = idl.DiskFormatRaw
	if e == nil {
		return
	}
	disk.Backend = choose(&c.reader, e, "the driver", e.attr("name"), map[string]idl.DiskBackend{
		"": idl.DiskBackendUnknown, "qemu": idl.DiskBackendQdisk, "file": idl.DiskBackendQdisk,
		"phy": idl.DiskBackendPhy, "tap": idl.DiskBackendTap, "tap2": idl.DiskBackendTap,
	})
	disk.Format = choose(&c.reader, e, "the format", e.attr("type"), map[string]idl.DiskFormat{
		"": idl.DiskFormatRaw, "raw": idl.DiskFormatRaw, "aio": idl.DiskFormatRaw, "qcow": idl.DiskFormatQcow,
		"qcow2": idl.DiskFormatQcow2, "vhd": idl.DiskFormatVHD, "vpc": idl.DiskFormatVHD, // QEMU's name
		"qed": idl.DiskFormatQED,
	})
	if disk.Backend == idl.DiskBackendPhy && disk.Format != idl.DiskFormatRaw && !e.done {
		c.fail(e, fmt.Sprintf("the driver phy cannot read %s", e.attr("type")), "raw, or the driver qemu")
	}
	disk.DiscardEnable = choose(&c.reader, e, "discard", e.attr("discard"), map[string]idl.Defbool{
		"": idl.DefboolUnset, "unmap": idl.True, "ignore": idl.False,
	})
}
