package device

import (
	"context"
	"fmt"

	"github.com/xenvoy/xenvoy/toolstack/domcfg/xlcfg"
	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

func vtpmAttach() *xl.Command {
	a := attachment[idl.DeviceVTPM]{
		label: "vtpm", plain: true,
		read:   func(_ *xl.Call, o xlcfg.Operands) (idl.DeviceVTPM, xlcfg.Warnings, error) { return o.VTPM() },
		faulty: always(xl.StatusFailed),
		remedy: remedy[idl.DeviceVTPM]{xl.Xen.DeviceVTPMList, func(d idl.DeviceVTPM) string { return byDevID(d.DevID) }, xl.Xen.DeviceVTPMDestroy},
		add:    xl.Xen.DeviceVTPMAdd, name: "libxl_device_vtpm_add", status: xl.StatusFailed,
	}
	return &xl.Command{
		Name: "vtpm-attach", Operands: "<Domain> [uuid=<uuid>] [backend=<BackDomain>]", Summary: "Give a domain a virtual TPM",
		MinArgs: 1, DryRun: true, Changes: true, Run: a.run,
	}
}

// A vtpmRow is a virtual TPM in JSON and YAML.
type vtpmRow struct {
	Device
	UUID  idl.UUID `json:"uuid"`
	Event int32    `json:"event_channel"`
	Ring  int32    `json:"ring_ref"`
}

func vtpmList() *xl.Command {
	l := listing[vtpmRow]{lenient: true, rows: vtpmRows, text: func(rows []vtpmRow) string {
		header := fmt.Sprintf("%-3s %-2s %-36s %-6s %-5s %-6s %-5s %-10s\n",
			"Idx", "BE", "Uuid", "handle", "state", "evt-ch", "ring-ref", "BE-path")
		return lines(header, rows, func(r vtpmRow) string {
			return fmt.Sprintf("%-3d %-2d %s %6d %5d %6d %8d %-30s\n",
				r.DevID, r.Backend, r.UUID, r.DevID, r.State, r.Event, r.Ring, orNull(r.BackendPath))
		})
	}}
	return &xl.Command{Name: "vtpm-list", Operands: "<Domain(s)>", Summary: "List the virtual TPMs of domains", MinArgs: 1, Run: l.run}
}

func vtpmRows(ctx context.Context, c *xl.Call, id idl.DomID) ([]vtpmRow, error) {
	all, err := c.Xen.DeviceVTPMList(ctx, id)
	return each(all, err, func(d idl.DeviceVTPM) (vtpmRow, error) {
		i, err := c.Xen.DeviceVTPMInfo(ctx, id, d)
		return vtpmRow{
			Device: Device{id, i.DevID, i.BackendID, i.State, i.Backend, i.Frontend},
			UUID:   i.UUID, Event: i.Evtch, Ring: i.Rref,
		}, err
	})
}

func vtpmDetach() *xl.Command {
	d := detachment[idl.DeviceVTPM]{
		look: lookVTPM, unknown: "Unknown device %s.",
		remove: xl.Xen.DeviceVTPMRemove, name: "libxl_device_vtpm_remove", status: xl.StatusFailed, removal: xl.StatusOf,
	}
	return &xl.Command{
		Name: "vtpm-detach", Operands: "<Domain> <DevId|uuid>", Summary: "Take a virtual TPM away from a domain",
		MinArgs: 2, Changes: true, Run: d.run,
	}
}

// lookVTPM finds a TPM by its UUID, or by its number.
func lookVTPM(ctx context.Context, c *xl.Call, id idl.DomID, word string) (idl.DeviceVTPM, error) {
	if uuid, err := idl.ParseUUID(word); err == nil {
		return c.Xen.UUIDToDeviceVTPM(ctx, id, uuid)
	}
	return byNumber(xl.Xen.DevIDToDeviceVTPM)(ctx, c, id, word)
}
