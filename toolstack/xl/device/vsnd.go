package device

import (
	"context"
	"fmt"
	"strings"

	"github.com/xenvoy/xenvoy/toolstack/domcfg/xlcfg"
	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

func vsndAttach() *xl.Command {
	a := attachment[idl.DeviceVsnd]{
		label: "vsnd", read: func(_ *xl.Call, o xlcfg.Operands) (idl.DeviceVsnd, xlcfg.Warnings, error) { return o.Vsnd() },
		faulty: always(255),
		remedy: remedy[idl.DeviceVsnd]{xl.Xen.DeviceVsndList, func(d idl.DeviceVsnd) string { return byDevID(d.DevID) }, xl.Xen.DeviceVsndDestroy},
		add:    xl.Xen.DeviceVsndAdd, name: "libxl_device_vsnd_add", status: statusError,
	}
	return &xl.Command{
		Name: "vsnd-attach", Operands: "<Domain> <vsnd-spec-component(s)>...", Summary: "Give a domain a virtual sound card",
		MinArgs: 2, DryRun: true, Changes: true, Run: a.run,
	}
}

// A vsndRow is a virtual sound card in JSON and YAML.
type vsndRow struct {
	Device
	ShortName string         `json:"short_name,omitempty"`
	LongName  string         `json:"long_name,omitempty"`
	Params    idl.VsndParams `json:"params"`
	PCMs      []vsndPCM      `json:"pcms"`
	frontend  uint32
}

type vsndPCM struct {
	Name    string         `json:"name,omitempty"`
	Params  idl.VsndParams `json:"params"`
	Streams []vsndStream   `json:"streams"`
}

type vsndStream struct {
	UniqueID string             `json:"unique_id,omitempty"`
	Kind     idl.VsndStreamType `json:"type"`
	Params   idl.VsndParams     `json:"params"`
	Event    int32              `json:"event_channel"`
	Ring     int32              `json:"ring_ref"`
}

func vsndList() *xl.Command {
	l := listing[vsndRow]{lenient: true, rows: vsndRows, text: func(rows []vsndRow) string { return lines("", rows, vsndText) }}
	return &xl.Command{Name: "vsnd-list", Operands: "<Domain(s)>", Summary: "List the virtual sound cards of domains", MinArgs: 1, Run: l.run}
}

func vsndRows(ctx context.Context, c *xl.Call, id idl.DomID) ([]vsndRow, error) {
	all, err := c.Xen.DeviceVsndList(ctx, id)
	return each(all, err, func(d idl.DeviceVsnd) (vsndRow, error) {
		i, err := c.Xen.DeviceVsndInfo(ctx, id, d)
		r := vsndRow{
			Device:    Device{id, i.DevID, i.BackendID, i.State, i.Backend, i.Frontend},
			ShortName: d.ShortName, LongName: d.LongName, Params: d.Params, PCMs: []vsndPCM{}, frontend: i.FrontendID,
		}
		for n, pcm := range i.PCMs {
			if n < len(d.PCMs) {
				r.PCMs = append(r.PCMs, pcmRow(d.PCMs[n], pcm))
			}
		}
		return r, err
	})
}

func pcmRow(pcm idl.VsndPCM, info idl.PCMInfo) vsndPCM {
	r := vsndPCM{Name: pcm.Name, Params: pcm.Params, Streams: []vsndStream{}}
	for n, s := range pcm.Streams {
		row := vsndStream{UniqueID: s.UniqueID, Kind: s.Type, Params: s.Params}
		if n < len(info.Streams) {
			row.Event, row.Ring = info.Streams[n].ReqEvtch, info.Streams[n].ReqRref
		}
		r.Streams = append(r.Streams, row)
	}
	return r
}

func vsndText(r vsndRow) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\ndevid: %d, be-domid: %d, handle: %d, state: %d, be-path: %s, fe-path: %s\n",
		r.DevID, r.Backend, r.frontend, r.State, orNull(r.BackendPath), orNull(r.FrontendPath))
	fmt.Fprintf(&b, "short-name: \"%s\", long-name: \"%s\"%s\n", orNull(r.ShortName), orNull(r.LongName), vsndParams(r.Params))
	for n, pcm := range r.PCMs {
		fmt.Fprintf(&b, "\tpcm: %d, name: \"%s\"%s\n", n, orNull(pcm.Name), vsndParams(pcm.Params))
		for m, s := range pcm.Streams {
			fmt.Fprintf(&b, "\t\tstream: %d, unique-id: \"%s\", type: %s%s\n", m, orNull(s.UniqueID), s.Kind, vsndParams(s.Params))
			fmt.Fprintf(&b, "\t\t\tevent-channel: %d, ring-ref: %d\n", s.Event, s.Ring)
		}
	}
	return b.String()
}

// vsndParams is what is set. xl calls the formats sample-rates, too.
func vsndParams(p idl.VsndParams) string {
	var b strings.Builder
	for _, n := range []struct {
		name  string
		value uint32
	}{{"channels-min", p.ChannelsMin}, {"channels-max", p.ChannelsMax}, {"buffer-size", p.BufferSize}} {
		if n.value != 0 {
			fmt.Fprintf(&b, ", %s: %d", n.name, n.value)
		}
	}
	for _, several := range [][]string{texts(p.SampleRates), texts(p.SampleFormats)} {
		if len(several) > 0 {
			fmt.Fprintf(&b, ", sample-rates: %s", strings.Join(several, ";"))
		}
	}
	return b.String()
}

// texts is each value as a text.
func texts[T any](values []T) []string {
	all := make([]string, len(values))
	for i, v := range values {
		all[i] = fmt.Sprint(v)
	}
	return all
}

func vsndDetach() *xl.Command {
	d := detachment[idl.DeviceVsnd]{
		look: byNumber(xl.Xen.DevIDToDeviceVsnd), unknown: "Error: Device %s not connected.",
		remove: xl.Xen.DeviceVsndRemove, name: "libxl_device_vsnd_remove", status: statusError,
	}
	return &xl.Command{
		Name: "vsnd-detach", Operands: "<Domain> <DevId>", Summary: "Take a virtual sound card away from a domain",
		MinArgs: 2, Changes: true, Run: d.run,
	}
}
