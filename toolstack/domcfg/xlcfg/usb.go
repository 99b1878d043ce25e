package xlcfg

import (
	"fmt"
	"math"
	"strings"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// usb is usbctrl= and usbdev=.
func (c *converter) usb() {
	for i, v := range c.items("usbctrl") {
		ctrl := idl.DeviceUSBCtrl{DevID: devID(i)}
		for _, p := range split(v, ',') {
			c.usbController(&ctrl, p)
		}
		c.out.USBCtrls = append(c.out.USBCtrls, ctrl)
	}
	for _, v := range c.items("usbdev") {
		// The union's arm is there for any device: a file may leave the type out.
		dev := idl.DeviceUSBDev{TypeHostdev: &idl.DeviceUSBDevHostdev{}}
		for _, p := range split(v, ',') {
			c.usbDevice(&dev, p)
		}
		c.out.USBDevs = append(c.out.USBDevs, dev)
	}
}

func (c *converter) usbController(ctrl *idl.DeviceUSBCtrl, p part) {
	name, value, ok := strings.Cut(p.text, "=")
	switch {
	case ok && name == "type":
		c.enum(p.value, "usbctrl", value, &ctrl.Type)
	case ok && name == "version":
		ctrl.Version = c.atoi("usbctrl", pair{p, name, value})
	case ok && name == "ports":
		ctrl.Ports = c.atoi("usbctrl", pair{p, name, value})
	default:
		c.fail(p.pos(), "usbctrl", fmt.Sprintf("unknown key %q", name), "type, version, ports")
	}
}

func (c *converter) usbDevice(dev *idl.DeviceUSBDev, p part) {
	name, value, ok := strings.Cut(p.text, "=")
	q := pair{p, name, value}
	switch {
	case ok && name == "type":
		var kind idl.USBDevType
		c.enum(p.value, "usbdev", value, &kind)
	case ok && name == "hostbus":
		dev.TypeHostdev.Hostbus = c.byteOf("usbdev", q)
	case ok && name == "hostaddr":
		dev.TypeHostdev.Hostaddr = c.byteOf("usbdev", q)
	case ok && name == "controller":
		if n := c.atoi("usbdev", q); n != -1 {
			dev.Ctrl = devID(int(n))
		}
	case ok && name == "port":
		dev.Port = c.atoi("usbdev", q)
	default:
		c.fail(p.pos(), "usbdev", fmt.Sprintf("unknown key %q", name), "type, hostbus, hostaddr, controller, port")
	}
}

func (c *converter) byteOf(key string, p pair) uint8 {
	n := c.count(key, p)
	if n > math.MaxUint8 {
		c.fail(p.pos(), key, fmt.Sprintf("%s=%s is out of range", p.name, p.value), "0 to 255")
	}
	return uint8(n)
}
