package device

import (
	"context"
	"errors"
	"fmt"

	"github.com/xenvoy/xenvoy/toolstack/domcfg"
	"github.com/xenvoy/xenvoy/toolstack/domcfg/xlcfg"
	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

func vkbAttach() *xl.Command {
	a := attachment[idl.DeviceVKB]{
		label: "vkb", read: func(_ *xl.Call, o xlcfg.Operands) (idl.DeviceVKB, xlcfg.Warnings, error) { return o.VKB() },
		faulty: statusByFault(255),
		remedy: remedy[idl.DeviceVKB]{xl.Xen.DeviceVKBList, func(d idl.DeviceVKB) string { return byDevID(d.DevID) }, xl.Xen.DeviceVKBDestroy},
		add:    xl.Xen.DeviceVKBAdd, name: "libxl_device_vkb_add", status: statusError,
	}
	return &xl.Command{
		Name: "vkb-attach", Operands: "<Domain> <vkb-spec-component(s)>...", Summary: "Give a domain a virtual keyboard",
		MinArgs: 2, DryRun: true, Changes: true, Run: a.run,
	}
}

// statusByFault is status for an operand that is wrong, and statusError when the operands
// lack something together: their error has no place.
func statusByFault(status int) func(error) int {
	return func(err error) int {
		var faults domcfg.Errors
		if errors.As(err, &faults) && len(faults) > 0 && faults[0].Pos == (domcfg.Position{}) {
			return statusError
		}
		return status
	}
}

// A vkbRow is a virtual keyboard in JSON and YAML.
type vkbRow struct {
	Device
	UniqueID string         `json:"unique_id,omitempty"`
	Kind     idl.VKBBackend `json:"backend_type"`
	Event    int32          `json:"event_channel"`
	Ring     int32          `json:"ring_ref"`
}

func vkbList() *xl.Command {
	l := listing[vkbRow]{rows: vkbRows, text: func(rows []vkbRow) string {
		header := fmt.Sprintf("%-3s %-2s %-6s %-5s %-6s %6s %-10s %-10s %-30s\n",
			"Idx", "BE", "handle", "state", "evt-ch", "ref", "ID", "BE-type", "BE-path")
		return lines(header, rows, func(r vkbRow) string {
			return fmt.Sprintf("%-3d %-2d %6d %5d %6d %6d %-10s %-10s %-30s\n",
				r.DevID, r.Backend, r.DevID, r.State, r.Event, r.Ring, orNull(r.UniqueID), r.Kind, orNull(r.BackendPath))
		})
	}}
	return &xl.Command{Name: "vkb-list", Operands: "<Domain(s)>", Summary: "List the virtual keyboards of domains", MinArgs: 1, Run: l.run}
}

func vkbRows(ctx context.Context, c *xl.Call, id idl.DomID) ([]vkbRow, error) {
	all, err := c.Xen.DeviceVKBList(ctx, id)
	return each(all, err, func(d idl.DeviceVKB) (vkbRow, error) {
		i, err := c.Xen.DeviceVKBInfo(ctx, id, d)
		return vkbRow{
			Device:   Device{id, i.DevID, i.BackendID, i.State, i.Backend, i.Frontend},
			UniqueID: d.UniqueID, Kind: d.BackendType, Event: i.Evtch, Ring: i.Rref,
		}, err
	})
}

func vkbDetach() *xl.Command {
	d := detachment[idl.DeviceVKB]{
		look: byNumber(xl.Xen.DevIDToDeviceVKB), unknown: "Error: Device %s not connected.",
		remove: xl.Xen.DeviceVKBRemove, name: "libxl_device_vkb_remove", status: statusError,
	}
	return &xl.Command{
		Name: "vkb-detach", Operands: "<Domain> <DevId>", Summary: "Take a virtual keyboard away from a domain",
		MinArgs: 2, Changes: true, Run: d.run,
	}
}
