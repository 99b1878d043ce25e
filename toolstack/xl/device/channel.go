package device

import (
	"context"
	"fmt"

	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// A channelRow is a channel in JSON and YAML.
type channelRow struct {
	Device
	Name       string                `json:"name,omitempty"`
	Connection idl.ChannelConnection `json:"connection"`     // pty or socket
	Path       string                `json:"path,omitempty"` // of the pty
	Event      int32                 `json:"event_channel"`
	Ring       int32                 `json:"ring_ref"`
}

func channelList() *xl.Command {
	l := listing[channelRow]{rows: channelRows, text: func(rows []channelRow) string {
		header := fmt.Sprintf("%-3s %-2s %-5s %-6s %8s %-10s %-30s\n", "Idx", "BE", "state", "evt-ch", "ring-ref", "connection", "")
		return lines(header, rows, func(r channelRow) string {
			line := fmt.Sprintf("%-3d %-2d %-5d %-6d %-8d %-10s ", r.DevID, r.Backend, r.State, r.Event, r.Ring, r.Connection)
			if r.Connection == idl.ChannelConnectionPTY {
				line += fmt.Sprintf("%-30s ", orNull(r.Path))
			}
			return line + "\n"
		})
	}}
	return &xl.Command{Name: "channel-list", Operands: "<Domain(s)>", Summary: "List the channels of domains", MinArgs: 1, Run: l.run}
}

func channelRows(ctx context.Context, c *xl.Call, id idl.DomID) ([]channelRow, error) {
	all, err := c.Xen.DeviceChannelList(ctx, id)
	return each(all, err, func(d idl.DeviceChannel) (channelRow, error) {
		i, err := c.Xen.DeviceChannelInfo(ctx, id, d)
		r := channelRow{
			Device: Device{id, number(d.DevID), i.BackendID, i.State, i.Backend, i.Frontend},
			Name:   d.Name, Event: i.Evtch, Ring: i.Rref,
		}
		r.Connection, _ = d.Connection() // "unknown" when it is none
		if i.ConnectionPTY != nil {
			r.Path = i.ConnectionPTY.Path
		}
		return r, err
	})
}
