package device

import (
	"context"
	"fmt"
	"strings"

	"github.com/xenvoy/xenvoy/toolstack/domcfg/xlcfg"
	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

func networkAttach() *xl.Command {
	a := attachment[idl.DeviceNIC]{
		label: "vif", read: readNIC, faulty: always(xl.StatusFailed),
		remedy: remedy[idl.DeviceNIC]{xl.Xen.DeviceNICList, func(d idl.DeviceNIC) string { return byDevID(d.DevID) }, xl.Xen.DeviceNICDestroy},
		add:    xl.Xen.DeviceNICAdd, name: "libxl_device_nic_add", status: xl.StatusFailed,
	}
	return &xl.Command{
		Name: "network-attach",
		Operands: "<Domain> [type=<type>] [mac=<mac>] [bridge=<bridge>] [ip=<ip>] [script=<script>] [backend=<BackDomain>] " +
			"[vifname=<name>] [rate=<rate>] [model=<model>] [accel=<accel>] [mtu=<mtu>]",
		Summary: "Give a domain a network interface", MinArgs: 1, DryRun: true, Changes: true, Run: a.run,
	}
}

// readNIC takes what the operands do not say from xl.conf.
func readNIC(c *xl.Call, o xlcfg.Operands) (idl.DeviceNIC, xlcfg.Warnings, error) {
	var host xlcfg.Host
	host.Defaults = c.Conf.Defaults
	return o.NIC(host)
}

// A networkRow is a network interface in JSON and YAML.
type networkRow struct {
	Device
	MAC    idl.MAC `json:"mac"`
	Bridge string  `json:"bridge,omitempty"`
	Model  string  `json:"model,omitempty"`
	Event  int32   `json:"event_channel"`
	RingTx int32   `json:"tx_ring_ref"`
	RingRx int32   `json:"rx_ring_ref"`
}

func networkList() *xl.Command {
	l := listing[networkRow]{rows: networkRows, text: func(rows []networkRow) string {
		header := fmt.Sprintf("%-3s %-2s %-17s %-6s %-5s %-6s %5s/%-5s %-30s\n",
			"Idx", "BE", "Mac Addr.", "handle", "state", "evt-ch", "tx-", "rx-ring-ref", "BE-path")
		return lines(header, rows, func(r networkRow) string {
			return fmt.Sprintf("%-3d %-2d %s%6d %5d %6d %5d/%-11d %-30s\n",
				r.DevID, r.Backend, r.MAC, r.DevID, r.State, r.Event, r.RingTx, r.RingRx, orNull(r.BackendPath))
		})
	}}
	return &xl.Command{Name: "network-list", Operands: "<Domain(s)>", Summary: "List the network interfaces of domains", MinArgs: 1, Run: l.run}
}

func networkRows(ctx context.Context, c *xl.Call, id idl.DomID) ([]networkRow, error) {
	all, err := c.Xen.DeviceNICList(ctx, id)
	return each(all, err, func(d idl.DeviceNIC) (networkRow, error) {
		i, err := c.Xen.DeviceNICInfo(ctx, id, d)
		return networkRow{
			Device: Device{id, i.DevID, i.BackendID, i.State, i.Backend, i.Frontend},
			MAC:    d.MAC, Bridge: d.Bridge, Model: d.Model, Event: i.Evtch, RingTx: i.RrefTx, RingRx: i.RrefRx,
		}, err
	})
}

func networkDetach() *xl.Command {
	d := detachment[idl.DeviceNIC]{
		look: lookNIC, unknown: "Unknown device %s.",
		remove: xl.Xen.DeviceNICRemove, name: "libxl_device_nic_del", status: xl.StatusFailed,
	}
	return &xl.Command{
		Name: "network-detach", Operands: "<Domain> <DevId|mac>", Summary: "Take a network interface away from a domain",
		MinArgs: 2, Changes: true, Run: d.run,
	}
}

// lookNIC finds an interface by its address, or by its number.
func lookNIC(ctx context.Context, c *xl.Call, id idl.DomID, word string) (idl.DeviceNIC, error) {
	if !strings.Contains(word, ":") {
		return byNumber(xl.Xen.DevIDToDeviceNIC)(ctx, c, id, word)
	}
	mac, err := idl.ParseMAC(word)
	if err != nil {
		return idl.DeviceNIC{}, err
	}
	return c.Xen.MACToDeviceNIC(ctx, id, mac)
}
