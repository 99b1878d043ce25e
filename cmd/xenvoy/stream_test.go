package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"

	"github.com/xenvoy/xenvoy/migrate/stream"
)

// hvmContextForTest is Xen's save blob of a guest with one CPU: HEADER, CPU, END.
func hvmContextForTest() []byte {
	b := []byte{1, 0, 0, 0, 24, 0, 0, 0, 0x86, 0x12, 0x38, 0x54, 1, 0, 0, 0}
	b = append(b, make([]byte, 16)...)
	b = append(b, 2, 0, 0, 0, 0x08, 0x04, 0, 0)
	b = append(b, make([]byte, 1032)...)
	return append(b, make([]byte, 8)...)
}

// streamForTest is a save file of a PVH guest with three pages, or with rounds of Remus.
func streamForTest(rounds int) ([]byte, error) {
	var b bytes.Buffer
	if _, err := stream.WriteXLHeader(&b, []byte(`{"c_info":{"type":"pvh","name":"web","uuid":"07922f52-8a19-4822-a53f-dafd74681113"},"b_info":{"max_memkb":131072,"target_memkb":131072,"kernel":"/boot/vmlinuz","type.pvh":{}}}`)); err != nil {
		return nil, err
	}
	w := stream.NewWriter(&b, stream.FormatLibxl, true)
	rec := func(l stream.Layer, t uint32, body stream.Body) error {
		return w.Record(&stream.Record{Layer: l, Type: t, Body: body})
	}
	header := func(l stream.Layer, body stream.Body) error {
		return w.Record(&stream.Record{Layer: l, Header: true, Body: body})
	}
	err := errors.Join(header(stream.LayerLibxl, &stream.LibxlHeader{}), rec(stream.LayerLibxl, uint32(stream.LibxlContext), nil),
		header(stream.LayerLibxc, &stream.ImageHeader{Version: 3}), header(stream.LayerLibxc, &stream.DomainHeader{Guest: stream.GuestHVM, XenMajor: 4, XenMinor: 20}),
		rec(stream.LayerLibxc, uint32(stream.RecStaticDataEnd), nil))
	context := hvmContextForTest()
	for i := range max(1, rounds) {
		page := bytes.Repeat([]byte{byte('a' + i)}, stream.PageSize)
		err = errors.Join(err, w.Pages([]stream.Entry{1, 2, stream.MakeEntry(3, stream.PageAbsent)}, append(page, make([]byte, stream.PageSize)...)),
			rec(stream.LayerLibxc, uint32(stream.RecTSCInfo), &stream.TSCInfo{KHz: 2_600_000}),
			w.Record(&stream.Record{Layer: stream.LayerLibxc, Type: uint32(stream.RecHVMContext), Length: uint32(len(context))}), w.Data(context),
			rec(stream.LayerLibxc, uint32(stream.RecHVMParams), stream.HVMParams{{Index: 1, Value: 0xfeffc}}))
		if rounds > 0 {
			err = errors.Join(err, rec(stream.LayerLibxc, uint32(stream.RecCheckpoint), nil), rec(stream.LayerLibxl, uint32(stream.LibxlCheckpointEnd), nil))
		}
	}
	if rounds == 0 {
		err = errors.Join(err, rec(stream.LayerLibxc, uint32(stream.RecEnd), nil), rec(stream.LayerLibxl, uint32(stream.LibxlEnd), nil))
	}
	return b.Bytes(), errors.Join(err, w.Close())
}

// writeStreams puts save files where the scripts run.
func writeStreams(dir string) error {
	good, err := streamForTest(0)
	if err != nil {
		return err
	}
	remus, err := streamForTest(2)
	if err != nil {
		return err
	}
	libxl := bytes.Index(good, []byte("LibxlFmt"))
	round := libxl + 16 + 8 + 24 + 16 + 8 // behind the headers and STATIC_DATA_END
	odd := bytes.Clone(good)
	odd[libxl+24+18] = 1 // reserved, in the image header
	bad := bytes.Clone(good)
	bad[libxl+24+12+3] = 9 // its version
	for name, data := range map[string][]byte{
		"good.save": good, "odd.save": odd, "bad.save": bad, "remus.save": remus, "cut.save": good[:len(good)-20],
		"cut-remus.save": append(bytes.Clone(remus), remus[round:round+100]...),
		"moved.stream":   append(bytes.Clone(good), "domain is yours, you are cleared to unpause\x00"...),
		"longer.save":    append(bytes.Clone(good), "more"...), "libxl.stream": good[libxl:], "libxc.stream": good[libxl+24 : len(good)-8],
		"text.save": []byte("not a stream at all, but long enough to be one"),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			return err
		}
	}
	return nil
}
