package libvirtcfg

import (
	"fmt"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// hostdev is a device of the host that the guest gets.
func (c *converter) hostdev(e *element) {
	details(e)
	if mode := e.attr("mode"); mode != "" && mode != "subsystem" {
		c.fail(e, fmt.Sprintf("libxl has no devices of mode %q", mode), "subsystem")
		return
	}
	switch kind := e.attr("type"); kind {
	case "pci":
		c.pci(e)
	case "usb":
		c.usb(e)
	default:
		c.fail(e, fmt.Sprintf("libxl cannot hand over devices of type %q", kind), "pci, usb")
	}
}

// pci: managed devices are taken from the host's driver, which libxl calls to seize.
func (c *converter) pci(e *element) {
	if driver := e.child("driver"); driver != nil {
		choose(&c.reader, driver, "the driver", driver.attr("name"), map[string]bool{"": true, "xen": true})
	}
	source := e.child("source")
	dev := idl.DevicePCI{Seize: c.yes(e, "managed", e.attr("managed"), false), VFuncMask: 1}
	dev.Permissive = !c.yes(at(source, e), "writeFiltering", source.attr("writeFiltering"), true)
	address := source.child("address")
	if address == nil {
		c.fail(e, "the device has no source address", "domain, bus, slot, function")
		return
	}
	address.attr("type")
	part := func(name string, limit uint64) uint64 {
		if text := address.attr(name); text != "" {
			return c.number(address, name, text, limit)
		}
		return 0
	}
	dev.Domain, dev.Bus = int32(part("domain", 0xffff)), uint8(part("bus", 0xff))
	dev.Dev, dev.Func = uint8(part("slot", 0x1f)), uint8(part("function", 7))
	if c.hvm() == nil {
		// What xl finds in a PV guest's part of the union (xlcfg has it too).
		dev.RDMPolicy = new(idl.RDMReservePolicyStrict)
	} else if guest := e.child("address"); guest != nil {
		c.guestSlot(guest, &dev)
	}
	if c.out.BInfo.TypePV != nil && c.out.BInfo.TypePV.E820Host == idl.DefboolUnset {
		c.out.BInfo.TypePV.E820Host = idl.True // as xl has it with PCI devices
	}
	c.out.PCIDevs = append(c.out.PCIDevs, dev)
}

// guestSlot is where the guest sees the device.
func (c *converter) guestSlot(e *element, dev *idl.DevicePCI) {
	if kind := e.attr("type"); kind != "pci" {
		c.fail(e, fmt.Sprintf("the address is of type %q", kind), "pci")
		return
	}
	for _, name := range []string{"domain", "bus", "function"} {
		if text := e.attr(name); text != "" && c.number(e, name, text, 0xffff) != 0 && !e.done {
			c.fail(e, fmt.Sprintf("%s=%q cannot be had from libxl", name, text), "0; libxl chooses a slot")
			return
		}
	}
	const functionBits = 3 // PCI_DEVFN of Linux: the slot is above the function
	dev.VDevFn = uint32(c.number(e, "slot", e.attr("slot"), 0x1f)) << functionBits
}

func (c *converter) usb(e *element) {
	e.attr("managed")
	address := e.child("source").child("address")
	if address == nil {
		c.fail(e, "libxl finds a USB device by its place alone", "write <address bus='…' device='…'/> in source; lsusb tells it")
		return
	}
	address.attr("type")
	dev := idl.DeviceUSBDev{TypeHostdev: &idl.DeviceUSBDevHostdev{
		Hostbus:  uint8(c.number(address, "bus", address.attr("bus"), 255)),
		Hostaddr: uint8(c.number(address, "device", address.attr("device"), 255)),
	}}
	if guest := e.child("address"); guest != nil {
		guest.attr("type")
		dev.Ctrl = new(idl.DevID(c.number(guest, "bus", guest.attr("bus"), 255)))
		if text := guest.attr("port"); text != "" {
			dev.Port = int32(c.number(guest, "port", text, 31))
		}
	}
	c.out.USBDevs = append(c.out.USBDevs, dev)
}
