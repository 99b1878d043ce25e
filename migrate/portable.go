package migrate

import (
	"fmt"
	"strings"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// portable finds what of a domain cannot leave any host, or not whole.
func portable(cfg *idl.DomainConfig) []Finding {
	var all []Finding
	b := &cfg.BInfo
	if len(b.VNUMANodes) > 0 {
		all = append(all, fatal("start it without vnuma", "the domain has virtual NUMA nodes (vNUMA), with which libxl saves no domain"))
	}
	if b.DisableMigrate.Value(false) {
		all = append(all, fatal("start it without nomigrate", "the domain's file forbids that it moves (nomigrate)"))
	}
	if nested(b) {
		all = append(all, fatal("start it without nestedhvm", "the domain runs guests of its own (nested HVM), whose state Xen does not save"))
	}
	if b.AltP2M != idl.AltP2MModeDisabled || b.TypeHVM != nil && b.TypeHVM.AltP2M.Value(false) {
		all = append(all, note("whoever watches it must set them up there anew", "the domain has altp2m, whose views of its memory do not move"))
	}
	if b.DeviceModelStubdomain.Value(false) {
		all = append(all, fatal("start it without device_model_stubdomain", "the domain's device model runs in a domain of its own, with which libxl moves no guest"))
	}
	return append(append(all, hostMemory(cfg)...), passedThrough(cfg)...)
}

func nested(b *idl.DomainBuildInfo) bool {
	return b.NestedHVM.Value(false) || b.TypeHVM != nil && b.TypeHVM.NestedHVM.Value(false)
}

// hostMemory finds memory and ports of this host that the guest was given, or leaves free.
func hostMemory(cfg *idl.DomainConfig) []Finding {
	var all []Finding
	b := &cfg.BInfo
	if len(cfg.RDMs) > 0 || b.TypeHVM != nil && b.TypeHVM.RDM.Strategy != idl.RDMReserveStrategyIgnore {
		all = append(all, fatal("start it without rdm", "the domain keeps memory free that devices of this host reserve (RDM); another host reserves other memory"))
	}
	if len(b.IOPorts)+len(b.IRQs)+len(b.IOMem) > 0 {
		all = append(all, fatal("start it without ioports, irqs and iomem", "the domain was given I/O ports, interrupts or memory of this host"))
	}
	return all
}

// passedThrough finds devices of this host that the guest has.
func passedThrough(cfg *idl.DomainConfig) []Finding {
	var all []Finding
	name := cfg.CInfo.Name
	for _, p := range cfg.PCIDevs {
		bdf := fmt.Sprintf("%04x:%02x:%02x.%x", p.Domain, p.Bus, p.Dev, p.Func)
		all = append(all, fatal(fmt.Sprintf("detach it first: xenvoy pci-detach %s %s", name, bdf), "the PCI device %s of this host is passed through", bdf))
	}
	for _, d := range cfg.DTDevs {
		all = append(all, fatal("start it without dtdev", "the device %s of this host is passed through", d.Path))
	}
	for _, u := range cfg.USBDevs {
		what := "a USB device"
		if u.TypeHostdev != nil {
			what = fmt.Sprintf("the USB device %d.%d", u.TypeHostdev.Hostbus, u.TypeHostdev.Hostaddr)
		}
		all = append(all, fatal("detach it first: xenvoy usbdev-detach", "%s of this host is passed through", what))
	}
	if hvm := cfg.BInfo.TypeHVM; hvm != nil {
		for _, u := range append([]string{hvm.USBDevice}, hvm.USBDeviceList...) {
			if strings.HasPrefix(u, "host:") {
				all = append(all, fatal("start it without usbdevice", "the USB device %s of this host is passed through", strings.TrimPrefix(u, "host:")))
			}
		}
	}
	return all
}
