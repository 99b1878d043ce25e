package domcfg

import (
	"math"

	"gopkg.in/yaml.v3"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// USBController is a controller for devices of the host, or emulated ones.
type USBController struct {
	Type    string  `yaml:"type,omitempty" json:"type,omitempty"`
	Version int     `yaml:"version,omitempty" json:"version,omitempty"`
	Ports   int     `yaml:"ports,omitempty" json:"ports,omitempty"`
	Backend string  `yaml:"backend,omitempty" json:"backend,omitempty"`
	Libxl   Overlay `yaml:"libxl,omitempty" json:"libxl,omitempty"`
}

// USBHostDevice is a USB device of the host.
type USBHostDevice struct {
	Bus        int     `yaml:"bus,omitempty" json:"bus,omitempty"`
	Address    int     `yaml:"address,omitempty" json:"address,omitempty"`
	Controller *int    `yaml:"controller,omitempty" json:"controller,omitempty"`
	Port       int     `yaml:"port,omitempty" json:"port,omitempty"`
	Libxl      Overlay `yaml:"libxl,omitempty" json:"libxl,omitempty"`
}

func usbLinks() []link[Domain, idl.DomainConfig] {
	return []link[Domain, idl.DomainConfig]{
		hvmFlag("usb", "false", func(d *Domain) **bool { return &d.USB }, func(h *idl.DomainBuildInfoHVM) *idl.Defbool { return &h.USB }),
		numberKey(key[Domain]{name: "usb_version", guests: OnlyHVM, xl: "usbversion"}, 1, 3,
			func(d *Domain) *int { return &d.USBVersion }, hvm(func(h *idl.DomainBuildInfoHVM) *int32 { return &h.USBVersion })),
		oneOrMoreKey{
			key: key[Domain]{name: "usb_device", kind: "QEMU's name of a device, such as tablet, or a list of them", guests: OnlyHVM, xl: "usbdevice"},
			of:  func(d *Domain) *OneOrMore { return &d.USBDevice }, say: same, unsay: same, shape: textShape(),
			one: func(h *idl.DomainBuildInfoHVM) *string { return &h.USBDevice }, more: func(h *idl.DomainBuildInfoHVM) *idl.StringList { return &h.USBDeviceList },
			check: func(r *reader, n *yaml.Node, f string) OneOrMore { return r.oneOrMore(n, f, "devices", r.line) },
		}.link(),
		devicesKey(key[Domain]{name: "usb_controllers", xl: "usbctrl"}, devices[USBController, idl.DeviceUSBCtrl]{
			links: usbControllerLinks, rest: func(v *USBController) *Overlay { return &v.Libxl },
			start: func(_ *idl.DomainConfig, i int) idl.DeviceUSBCtrl { return idl.DeviceUSBCtrl{DevID: devID(i)} },
		}, func(d *Domain) *[]USBController { return &d.USBControllers }, func(c *idl.DomainConfig) *[]idl.DeviceUSBCtrl { return &c.USBCtrls }),
		devicesKey(key[Domain]{name: "usb_host_devices", xl: "usbdev"}, devices[USBHostDevice, idl.DeviceUSBDev]{
			links: usbHostDeviceLinks, rest: func(v *USBHostDevice) *Overlay { return &v.Libxl },
			start: func(*idl.DomainConfig, int) idl.DeviceUSBDev {
				return idl.DeviceUSBDev{TypeHostdev: &idl.DeviceUSBDevHostdev{}}
			},
		}, func(d *Domain) *[]USBHostDevice { return &d.USBHostDevices }, func(c *idl.DomainConfig) *[]idl.DeviceUSBDev { return &c.USBDevs }),
	}
}

func usbControllerLinks() []link[USBController, idl.DeviceUSBCtrl] {
	return []link[USBController, idl.DeviceUSBCtrl]{
		wordKey(key[USBController]{name: "type", def: "auto", xl: "type="}, asLibxl(idl.USBCtrlTypePV, idl.USBCtrlTypeDevicemodel, idl.USBCtrlTypeQUSB),
			func(v *USBController) *string { return &v.Type }, func(d *idl.DeviceUSBCtrl) *idl.USBCtrlType { return &d.Type }),
		numberKey(key[USBController]{name: "version", def: "by type (libxl)", xl: "version="}, 1, 3,
			func(v *USBController) *int { return &v.Version }, func(d *idl.DeviceUSBCtrl) *int32 { return &d.Version }),
		numberKey(key[USBController]{name: "ports", def: "by type (libxl)", xl: "ports="}, 1, 31,
			func(v *USBController) *int { return &v.Ports }, func(d *idl.DeviceUSBCtrl) *int32 { return &d.Ports }),
		backendKey(func(v *USBController) *string { return &v.Backend }, func(d *idl.DeviceUSBCtrl) *string { return &d.BackendDomName }),
	}
}

func usbHostDeviceLinks() []link[USBHostDevice, idl.DeviceUSBDev] {
	host := func(member func(*idl.DeviceUSBDevHostdev) *uint8) func(*idl.DeviceUSBDev) *uint8 {
		return func(d *idl.DeviceUSBDev) *uint8 {
			if d.TypeHostdev == nil {
				return nil
			}
			return member(d.TypeHostdev)
		}
	}
	return []link[USBHostDevice, idl.DeviceUSBDev]{
		numberKey(key[USBHostDevice]{name: "bus", xl: "hostbus="}, 1, math.MaxUint8,
			func(v *USBHostDevice) *int { return &v.Bus }, host(func(h *idl.DeviceUSBDevHostdev) *uint8 { return &h.Hostbus })),
		numberKey(key[USBHostDevice]{name: "address", xl: "hostaddr="}, 1, math.MaxUint8,
			func(v *USBHostDevice) *int { return &v.Address }, host(func(h *idl.DeviceUSBDevHostdev) *uint8 { return &h.Hostaddr })),
		optionalKey(key[USBHostDevice]{name: "controller", def: "the first that has a port", xl: "controller="}, 0, math.MaxUint16,
			func(v *USBHostDevice) **int { return &v.Controller }, func(d *idl.DeviceUSBDev) **idl.DevID { return &d.Ctrl }),
		numberKey(key[USBHostDevice]{name: "port", def: "the first that is free", xl: "port="}, 1, 31,
			func(v *USBHostDevice) *int { return &v.Port }, func(d *idl.DeviceUSBDev) *int32 { return &d.Port }),
	}
}
