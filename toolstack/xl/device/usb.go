package device

import (
	"context"
	"fmt"

	"github.com/xenvoy/xenvoy/toolstack/domcfg/xlcfg"
	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

func usbctrlAttach() *xl.Command {
	a := attachment[idl.DeviceUSBCtrl]{
		read:   func(_ *xl.Call, o xlcfg.Operands) (idl.DeviceUSBCtrl, xlcfg.Warnings, error) { return o.USBCtrl() },
		faulty: always(xl.StatusFailed),
		remedy: remedy[idl.DeviceUSBCtrl]{xl.Xen.DeviceUSBCtrlList, func(d idl.DeviceUSBCtrl) string { return byDevID(d.DevID) }, xl.Xen.DeviceUSBCtrlDestroy},
		add:    xl.Xen.DeviceUSBCtrlAdd, name: "libxl_device_usbctrl_add", status: xl.StatusFailed,
	}
	return &xl.Command{
		Name: "usbctrl-attach", Operands: "<Domain> [type=pv] [version=<version>] [ports=<number>]", Summary: "Give a domain a USB controller",
		MinArgs: 1, Changes: true, Run: a.run,
	}
}

func usbctrlDetach() *xl.Command {
	d := detachment[idl.DeviceUSBCtrl]{
		look: byNumber(xl.Xen.DevIDToDeviceUSBCtrl), unknown: "Unknown device %s.",
		remove: xl.Xen.DeviceUSBCtrlRemove, name: "libxl_device_usbctrl_remove", status: xl.StatusFailed,
	}
	return &xl.Command{
		Name: "usbctrl-detach", Operands: "<Domain> <DevId>", Summary: "Take a USB controller away from a domain",
		MinArgs: 2, Changes: true, Run: d.run,
	}
}

func usbdevAttach() *xl.Command {
	a := attachment[idl.DeviceUSBDev]{
		read:   func(_ *xl.Call, o xlcfg.Operands) (idl.DeviceUSBDev, xlcfg.Warnings, error) { return o.USBDev() },
		faulty: always(xl.StatusFailed),
		remedy: remedy[idl.DeviceUSBDev]{xl.Xen.DeviceUSBDevList, usbDevKey, xl.Xen.DeviceUSBDevRemove},
		add:    xl.Xen.DeviceUSBDevAdd, name: "libxl_device_usbdev_add", status: xl.StatusFailed,
	}
	return &xl.Command{
		Name:     "usbdev-attach",
		Operands: "<Domain> hostbus=<busnum> hostaddr=<devnum> [controller=<DevId> [port=<port>]]",
		Summary:  "Give a domain a USB device of the host", MinArgs: 2, Changes: true, Run: a.run,
	}
}

// usbDevKey is the port that a device is in.
func usbDevKey(d idl.DeviceUSBDev) string { return fmt.Sprintf("%d:%d", number(d.Ctrl), d.Port) }

func usbdevDetach() *xl.Command {
	return &xl.Command{
		Name: "usbdev-detach", Operands: "<Domain> <controller> <port>", Summary: "Take a USB device of the host back from a domain",
		MinArgs: 3, Changes: true, Run: detachUSB,
	}
}

func detachUSB(ctx context.Context, c *xl.Call) error {
	id, err := c.Domain(ctx, c.Args[0])
	if err != nil {
		return err
	}
	if len(c.Args) > 3 {
		return xl.Failf(xl.StatusFailed, "Invalid arguments.")
	}
	controller, err := parseNumber(c.Args[1])
	if err != nil {
		return xl.Failf(xl.StatusFailed, "%w", err)
	}
	port, err := parseNumber(c.Args[2])
	if err != nil {
		return xl.Failf(xl.StatusFailed, "%w", err)
	}
	dev, err := c.Xen.CtrlPortToDeviceUSBDev(ctx, id, idl.DevID(controller), port)
	if err != nil {
		return failed(c, xl.StatusFailed, err, "Unknown device at controller %d port %d.", controller, port)
	}
	if err := c.Xen.DeviceUSBDevRemove(ctx, id, dev); err != nil {
		return failed(c, xl.StatusFailed, err, "libxl_device_usbdev_remove failed.")
	}
	return nil
}
