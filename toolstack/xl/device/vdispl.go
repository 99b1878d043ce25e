package device

import (
	"context"
	"fmt"
	"strings"

	"github.com/xenvoy/xenvoy/toolstack/domcfg/xlcfg"
	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

func vdisplAttach() *xl.Command {
	a := attachment[idl.DeviceVdispl]{
		label: "vdispl", read: func(_ *xl.Call, o xlcfg.Operands) (idl.DeviceVdispl, xlcfg.Warnings, error) { return o.Vdispl() },
		faulty: statusByFault(xl.StatusFailed),
		remedy: remedy[idl.DeviceVdispl]{xl.Xen.DeviceVdisplList, func(d idl.DeviceVdispl) string { return byDevID(d.DevID) }, xl.Xen.DeviceVdisplDestroy},
		add:    xl.Xen.DeviceVdisplAdd, name: "libxl_device_vdispl_add", status: statusError,
	}
	return &xl.Command{
		Name:     "vdispl-attach",
		Operands: "<Domain> [backend=<BackDomain>] [be-alloc=<BackAlloc>] [connectors='<Connectors>']",
		Summary:  "Give a domain a virtual display; connectors are written ID:WIDTHxHEIGHT, with semicolons between them",
		MinArgs:  1, DryRun: true, Changes: true, Run: a.run,
	}
}

// A vdisplRow is a virtual display in JSON and YAML.
type vdisplRow struct {
	Device
	BackendAllocates bool                `json:"be_alloc"`
	Connectors       []idl.ConnectorInfo `json:"connectors"`
	frontend         uint32
}

func vdisplList() *xl.Command {
	l := listing[vdisplRow]{lenient: true, rows: vdisplRows, text: func(rows []vdisplRow) string { return lines("", rows, vdisplText) }}
	return &xl.Command{Name: "vdispl-list", Operands: "<Domain(s)>", Summary: "List the virtual displays of domains", MinArgs: 1, Run: l.run}
}

func vdisplRows(ctx context.Context, c *xl.Call, id idl.DomID) ([]vdisplRow, error) {
	all, err := c.Xen.DeviceVdisplList(ctx, id)
	return each(all, err, func(d idl.DeviceVdispl) (vdisplRow, error) {
		i, err := c.Xen.DeviceVdisplInfo(ctx, id, d)
		return vdisplRow{
			Device:           Device{id, i.DevID, i.BackendID, i.State, i.Backend, i.Frontend},
			BackendAllocates: i.BeAlloc, Connectors: append([]idl.ConnectorInfo{}, i.Connectors...), frontend: i.FrontendID,
		}, err
	})
}

func vdisplText(r vdisplRow) string {
	var b strings.Builder
	alloc := 0
	if r.BackendAllocates {
		alloc = 1
	}
	fmt.Fprintf(&b, "DevId: %d, BE: %d, handle: %d, state: %d, be-alloc: %d, BE-path: %s, FE-path: %s\n",
		r.DevID, r.Backend, r.frontend, r.State, alloc, orNull(r.BackendPath), orNull(r.FrontendPath))
	for n, c := range r.Connectors {
		fmt.Fprintf(&b, "\tConnector: %d, id: %s, width: %d, height: %d, req-rref: %d, req-evtch: %d, evt-rref: %d, evt-evtch: %d\n",
			n, orNull(c.UniqueID), c.Width, c.Height, c.ReqRref, c.ReqEvtch, c.EvtRref, c.EvtEvtch)
	}
	return b.String()
}

func vdisplDetach() *xl.Command {
	d := detachment[idl.DeviceVdispl]{
		look: byNumber(xl.Xen.DevIDToDeviceVdispl), unknown: "Error: Device %s not connected.",
		remove: xl.Xen.DeviceVdisplRemove, name: "libxl_device_vdispl_remove", status: statusError,
	}
	return &xl.Command{
		Name: "vdispl-detach", Operands: "<Domain> <DevId>", Summary: "Take a virtual display away from a domain",
		MinArgs: 2, Changes: true, Run: d.run,
	}
}
