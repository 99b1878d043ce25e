package libvirtcfg

import (
	"fmt"
	"path"
	"strings"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// devices is everything that is attached to the guest. e may be nil: a guest without
// devices has no display, either.
func (c *converter) devices(e *element) {
	c.emulator(e.child("emulator"))
	c.controllers(e.all("controller"))
	for _, disk := range e.all("disk") {
		c.disk(disk)
	}
	for _, nic := range e.all("interface") {
		c.nic(nic)
	}
	c.ports(e)
	c.channels(e.all("channel"))
	c.inputs(e.all("input"))
	c.graphics(e.all("graphics"))
	c.videos(e.all("video"))
	c.sounds(e.all("sound"))
	for _, dev := range e.all("hostdev") {
		c.hostdev(dev)
	}
	c.balloon(e.child("memballoon"))
	for _, audio := range e.all("audio") {
		if audio.attr("type") == "none" {
			audio.attr("id")
			continue
		}
		audio.done = true
		c.warn(audio, "has no meaning here", "libxl leaves the host's side of sound to QEMU; it is ignored")
	}
	for _, name := range unknownDevices() {
		for _, dev := range e.all(name) {
			c.fail(dev, "libxl has no such device, or takes it from elsewhere", "remove it")
		}
	}
}

// unknownDevices is the rest of libvirt's devices, without which the guest would not be
// the one that was described.
func unknownDevices() []string {
	return strings.Fields("lease filesystem smartcard tpm redirdev redirfilter hub watchdog rng nvram panic " +
		"shmem memory iommu vsock crypto pstore")
}

// details passes over what libvirt keeps for itself of each device.
func details(e *element) { e.quiet("alias") }

// emulator is QEMU's program. libvirt tells the two device models by the name, too.
func (c *converter) emulator(e *element) {
	if e == nil {
		return
	}
	b := &c.out.BInfo
	if b.DeviceModel = e.body(); b.DeviceModel == "" {
		c.fail(e, "is empty", "the path of QEMU, or leave it out")
		return
	}
	b.DeviceModelVersion = idl.DeviceModelVersionQEMUXen
	if path.Base(b.DeviceModel) == "qemu-dm" {
		b.DeviceModelVersion = idl.DeviceModelVersionQEMUXenTraditional
	}
}

// controllers: libxl makes those of disks by itself.
func (c *converter) controllers(all []*element) {
	for _, e := range all {
		details(e)
		e.attr("index") // the order says it
		switch kind := e.attr("type"); {
		case kind == "xenbus":
			c.xenbus(e)
		case kind == "usb" && e.attr("model") != "none":
			c.usbController(e)
		case kind == "usb", kind == "ide", kind == "scsi" && e.attr("model") == "", kind == "fdc":
			e.done = true
		default:
			e.done = true
			c.warn(e, fmt.Sprintf("a controller of type %q has no meaning here", kind), "libxl's are usb and xenbus; it is ignored")
		}
	}
}

func (c *converter) xenbus(e *element) {
	b := &c.out.BInfo
	if text := e.attr("maxGrantFrames"); text != "" {
		b.MaxGrantFrames = new(uint32(c.number(e, "maxGrantFrames", text, 1<<31-1)))
	}
	if text := e.attr("maxEventChannels"); text != "" {
		b.EventChannels = uint32(c.number(e, "maxEventChannels", text, 1<<31-1))
	}
}

func (c *converter) usbController(e *element) {
	ctrl := idl.DeviceUSBCtrl{DevID: new(idl.DevID(len(c.out.USBCtrls))), Type: idl.USBCtrlTypeQUSB}
	ctrl.Version = choose(&c.reader, e, "the USB controller", e.attr("model"), map[string]int32{"": 2, "qusb1": 1, "qusb2": 2})
	if text := e.attr("ports"); text != "" {
		ctrl.Ports = int32(c.number(e, "ports", text, 31)) // USBIF_MAX_PORTNR of Xen's usbif.h
	}
	c.out.USBCtrls = append(c.out.USBCtrls, ctrl)
}

// balloon: each guest of Xen has one, and libxl cannot take it away.
func (c *converter) balloon(e *element) {
	if e == nil {
		return
	}
	details(e)
	switch model := e.attr("model"); {
	case model == "xen":
	case model == "none" && *c.out.BInfo.TargetMemKB == *c.out.BInfo.MaxMemKB:
	case model == "none":
		c.warn(e, "libxl cannot take the balloon away", "the guest begins with less than its memory and has one")
	default:
		e.done = true
		c.warn(e, fmt.Sprintf("the model %q has no meaning here", model), "a guest of Xen has Xen's balloon")
	}
}
