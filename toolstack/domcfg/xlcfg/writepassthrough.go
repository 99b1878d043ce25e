package xlcfg

import (
	"fmt"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// pci writes what a device has with the device, never as a default for all.
func (w *writer) pci() {
	usual := idl.RDMReservePolicyStrict // what xl finds in a PV guest's part of the union
	if u := w.config.BInfo.TypeHVM; u != nil {
		usual = idl.RDMReservePolicyInvalid
		if u.RDM.Policy != nil {
			usual = *u.RDM.Policy
		}
	}
	var items []string
	for i := range w.config.PCIDevs {
		dev := &w.config.PCIDevs[i]
		e := element{pciAddress(dev)}
		if dev.VDevFn != 0 {
			e.add("vslot", fmt.Sprintf("%x", dev.VDevFn>>3))
		}
		e.flag("permissive", dev.Permissive)
		e.flag("msitranslate", dev.Msitranslate)
		e.flag("seize", dev.Seize)
		e.flag("power_mgmt", dev.PowerMgmt)
		if dev.RDMPolicy != nil && *dev.RDMPolicy != usual {
			e.add("rdm_policy", dev.RDMPolicy.String())
		}
		items = append(items, e.String())
	}
	w.elements("pci", items)
}

// pciAddress is a name for a device without functions, as xl makes it of name=.
func pciAddress(dev *idl.DevicePCI) string {
	switch dev.VFuncMask {
	case 0:
		return "name=" + dev.Name
	case 1:
		return fmt.Sprintf("%04x:%02x:%02x.%d", dev.Domain, dev.Bus, dev.Dev, dev.Func)
	}
	return fmt.Sprintf("%04x:%02x:%02x.*", dev.Domain, dev.Bus, dev.Dev)
}

func (w *writer) usb() {
	var controllers, devices []string
	for i := range w.config.USBCtrls {
		ctrl := &w.config.USBCtrls[i]
		var e element
		if ctrl.Type != 0 {
			e.add("type", ctrl.Type.String())
		}
		e.number("version", int64(ctrl.Version))
		e.number("ports", int64(ctrl.Ports))
		controllers = append(controllers, e.String())
	}
	w.elements("usbctrl", controllers)
	for i := range w.config.USBDevs {
		dev := &w.config.USBDevs[i]
		e := element{"type=hostdev"}
		if host := dev.TypeHostdev; host != nil {
			e.add("hostbus", fmt.Sprint(host.Hostbus))
			e.add("hostaddr", fmt.Sprint(host.Hostaddr))
		}
		if dev.Ctrl != nil {
			e.add("controller", fmt.Sprint(*dev.Ctrl))
		}
		e.number("port", int64(dev.Port))
		devices = append(devices, e.String())
	}
	w.elements("usbdev", devices)
}

// hardware is parts of the host that the guest may use as they are.
func (w *writer) hardware() {
	b := &w.config.BInfo
	var trees, ports, interrupts, memory []string
	for _, dev := range w.config.DTDevs {
		trees = append(trees, dev.Path)
	}
	w.list("dtdev", trees)
	for _, r := range b.IOPorts {
		text := fmt.Sprintf("%x", r.First)
		if r.Number != 1 {
			text += fmt.Sprintf("-%x", uint64(r.First)+uint64(r.Number)-1)
		}
		ports = append(ports, text)
	}
	w.list("ioports", ports)
	for _, n := range b.IRQs {
		interrupts = append(interrupts, fmt.Sprint(n))
	}
	w.list("irqs", interrupts)
	for _, r := range b.IOMem {
		text := fmt.Sprintf("%x,%x", r.Start, r.Number)
		if r.GFN != nil {
			text += fmt.Sprintf("@%x", *r.GFN)
		}
		memory = append(memory, text)
	}
	w.list("iomem", memory)
}
