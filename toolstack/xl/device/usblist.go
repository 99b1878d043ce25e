package device

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/xen/libxl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// maxPorts is the most ports that a USB controller can have (libxl's 31 is far below).
const maxPorts = 255

// A usbRow is a USB controller in JSON and YAML.
type usbRow struct {
	Device
	Kind    idl.USBCtrlType `json:"type"`
	Version int32           `json:"version"` // of USB: 1 to 3
	Ports   []usbPort       `json:"ports"`
}

// A usbPort is a port of a controller. Bus and Address are those of the host, and left out
// when nothing is in the port.
type usbPort struct {
	Number  int32  `json:"port"`
	Bus     *uint8 `json:"hostbus,omitempty"`
	Address *uint8 `json:"hostaddr,omitempty"`
}

func usbList() *xl.Command {
	l := listing[usbRow]{rows: usbRows, text: func(rows []usbRow) string { return lines("", rows, usbText) }}
	return &xl.Command{
		Name: "usb-list", Operands: "<Domain>", Summary: "List a domain's USB controllers and devices", MinArgs: 1,
		Run: func(ctx context.Context, c *xl.Call) error {
			if len(c.Args) == 1 {
				return l.run(ctx, c)
			}
			if _, err := c.Domain(ctx, c.Args[0]); err != nil {
				return err
			}
			return xl.Failf(255, "Invalid arguments.")
		},
	}
}

func usbRows(ctx context.Context, c *xl.Call, id idl.DomID) ([]usbRow, error) {
	all, err := c.Xen.DeviceUSBCtrlList(ctx, id)
	return each(all, err, func(d idl.DeviceUSBCtrl) (usbRow, error) {
		i, err := c.Xen.DeviceUSBCtrlInfo(ctx, id, d)
		if err != nil {
			return usbRow{}, err
		}
		r := usbRow{Device: Device{id, i.DevID, i.BackendID, i.State, i.Backend, i.Frontend}, Kind: i.Type, Version: i.Version, Ports: []usbPort{}}
		for n := int32(1); n <= min(i.Ports, maxPorts); n++ {
			port, err := lookPort(ctx, c, id, i.DevID, n)
			if err != nil {
				return r, err
			}
			r.Ports = append(r.Ports, port)
		}
		return r, nil
	})
}

// lookPort tells what is in a port.
func lookPort(ctx context.Context, c *xl.Call, id idl.DomID, controller idl.DevID, n int32) (usbPort, error) {
	port := usbPort{Number: n}
	dev, err := c.Xen.CtrlPortToDeviceUSBDev(ctx, id, controller, n)
	if errors.Is(err, libxl.ErrNotFound) {
		return port, nil
	}
	if err == nil && dev.TypeHostdev != nil {
		port.Bus, port.Address = &dev.TypeHostdev.Hostbus, &dev.TypeHostdev.Hostaddr
	}
	return port, passOver(c, err)
}

func usbText(r usbRow) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-6s %-12s %-3s %-5s %-7s %-5s\n", "Devid", "Type", "BE", "state", "usb-ver", "ports")
	fmt.Fprintf(&b, "%-6d %-12s %-3d %-5d %-7d %-5d\n", r.DevID, r.Kind, r.Backend, r.State, r.Version, len(r.Ports))
	for _, p := range r.Ports {
		fmt.Fprintf(&b, "  Port %d:", p.Number)
		if p.Bus != nil {
			fmt.Fprintf(&b, " Bus %03x Device %03x", *p.Bus, *p.Address)
		}
		b.WriteByte('\n')
	}
	return b.String()
}
