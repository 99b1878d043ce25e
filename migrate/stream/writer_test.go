package stream

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
)

func libxlRec(t LibxlType, b Body) *Record {
	return &Record{Layer: LayerLibxl, Type: uint32(t), Body: b}
}

func libxcRec(t RecordType, b Body) *Record {
	return &Record{Layer: LayerLibxc, Type: uint32(t), Body: b}
}

func header(l Layer, b Body) *Record { return &Record{Layer: l, Header: true, Body: b} }

// A stream made from types is that which the builder makes from octets.
func TestWriterMakesStreams(t *testing.T) {
	want := *hvmStart().body(0x12, msrPolicy()).rec(0x10, 0).pages(1, 2|absent).body(8, tscInfo()).body(9, hvmContext(24)).body(0x0a, hvmParams()).rec(0, 0).
		body(3, append(u32s(2, 0), "QEMU"...)).rec(0, 0)
	var out bytes.Buffer
	w := NewWriter(&out, FormatLibxl, true)
	context := hvmContext(24)
	write := func(steps ...error) {
		t.Helper()
		if err := errors.Join(steps...); err != nil {
			t.Fatal(err)
		}
	}
	write(w.Record(header(LayerLibxl, &LibxlHeader{})), w.Record(libxlRec(LibxlContext, nil)))
	write(w.Record(header(LayerLibxc, &ImageHeader{Version: 3})), w.Record(header(LayerLibxc, &DomainHeader{Guest: GuestHVM, XenMajor: 4, XenMinor: 17})))
	write(w.Record(libxcRec(RecMSRPolicy, MSRPolicy{{0xce, 0x80000000}, {0x10a, 0}})), w.Record(libxcRec(RecStaticDataEnd, nil)))
	write(w.Pages([]Entry{1, MakeEntry(2, PageAbsent)}, make([]byte, PageSize)))
	write(w.Record(libxcRec(RecTSCInfo, &TSCInfo{0, 2_600_000, 12345, 1})))
	long := libxcRec(RecHVMContext, nil)
	long.Length = uint32(len(context))
	write(w.Record(long), w.Data(context[:100]), w.Data(context[100:]))
	write(w.Record(libxcRec(RecHVMParams, HVMParams{{1, 0xfeffc}, {17, 0xfefff}})), w.Record(libxcRec(RecEnd, nil)))
	emulator := libxlRec(LibxlEmulatorContext, &EmulatorContext{Emulator{ID: EmulatorQEMU}})
	emulator.Length = 12
	write(w.Record(emulator), w.Data([]byte("QEMU")), w.Record(libxlRec(LibxlEnd, nil)), w.Close())
	if !bytes.Equal(out.Bytes(), want) {
		t.Errorf("wrote\n%x\nwant\n%x", out.Bytes(), []byte(want))
	}
}

func TestWriterRefuses(t *testing.T) {
	start := func(w *Writer) error {
		return errors.Join(w.Record(header(LayerLibxl, &LibxlHeader{})), w.Record(libxlRec(LibxlContext, nil)),
			w.Record(header(LayerLibxc, &ImageHeader{Version: 3})), w.Record(header(LayerLibxc, &DomainHeader{Guest: GuestHVM})))
	}
	long := libxcRec(RecHVMContext, nil)
	long.Length = 16
	for want, f := range map[string]func(w *Writer) error{
		"comes before STATIC_DATA_END":  func(w *Writer) error { return w.Pages([]Entry{1}, make([]byte, PageSize)) },
		"16 bytes of data are still to": func(w *Writer) error { _ = w.Record(long); return w.Record(libxcRec(RecEnd, nil)) },
		"are more than the 16":          func(w *Writer) error { _ = w.Record(long); return w.Data(make([]byte, 17)) },
		"cut off at offset 64":          func(w *Writer) error { return w.Close() },
		"are too many for one record": func(w *Writer) error {
			return w.Pages(make([]Entry, 40_000), make([]byte, 40_000*PageSize))
		},
		"xl's header is not the first": func(w *Writer) error { return w.Record(header(LayerXL, &XLHeader{})) },
		"unknown type":                 func(w *Writer) error { return w.Record(libxcRec(0x99, nil)) },
	} {
		w := NewWriter(io.Discard, FormatLibxl, false)
		if err := start(w); err != nil {
			t.Fatal(err)
		}
		var e *Error
		err := f(w)
		if !errors.As(err, &e) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
		if again := w.Record(libxcRec(RecEnd, nil)); want != "cut off at offset 64" && !errors.Is(again, err) {
			t.Errorf("%s: later %v", want, again)
		}
	}
}

func TestWriterPassesErrorsOn(t *testing.T) {
	for name, data := range validStreams(t) {
		for n := int64(0); n < 2*PageSize; n += 700 {
			err := Rewrite(failAfter{new(int64), n}, bytes.NewReader(data), ReaderOptions{})
			if !errors.Is(err, io.ErrClosedPipe) && n < 4096 {
				t.Errorf("%s, fails after %d bytes: %v", name, n, err)
			}
		}
	}
}

type failAfter struct {
	n    *int64
	most int64
}

func (f failAfter) Write(p []byte) (int, error) {
	if *f.n += int64(len(p)); *f.n > f.most {
		return 0, io.ErrClosedPipe
	}
	return len(p), nil
}

// pageWriter notes where the contents of pages are that it gets.
type pageWriter struct{ at map[*byte]bool }

func (w *pageWriter) Write(p []byte) (int, error) {
	if len(p) >= writerGather {
		w.at[&p[0]] = true
	}
	return len(p), nil
}

// The contents of pages are written from where they were read to.
func TestPagesAreNotCopied(t *testing.T) {
	in := NewReader(synthetic(), ReaderOptions{})
	w := &pageWriter{map[*byte]bool{}}
	out := NewWriter(w, FormatLibxl, false)
	for {
		rec, err := in.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = copyRecord(out, in, rec)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(w.at) != 1 || !w.at[&in.buf[0]] {
		t.Errorf("pages were written from %d places", len(w.at))
	}
}

// randomBody makes a valid body of a type.
func randomBody(rng *rand.Rand, t RecordType) Body {
	switch t {
	case RecPVInfo:
		return []Body{&PVInfo{8, 4}, &PVInfo{4, 3}}[rng.IntN(2)]
	case RecPVP2MFrames:
		start := rng.Uint32()
		return &P2MFrames{start, start + uint32(rng.Uint64N(uint64(^start)+1))}
	case RecPVVCPUBasic:
		return &VCPU{rng.Uint32N(maxVCPU), randomBytes(rng, vcpuBasic64)}
	case RecPVVCPUExtended:
		return &VCPU{rng.Uint32N(maxVCPU), randomBytes(rng, 1+rng.IntN(128))}
	case RecTSCInfo:
		return &TSCInfo{rng.Uint32N(4), rng.Uint32(), rng.Uint64(), rng.Uint32()}
	case RecHVMParams:
		return HVMParams{{1, rng.Uint64()}, {17, rng.Uint64()}, {38, rng.Uint64()}}[:rng.IntN(4)]
	case RecCPUIDPolicy:
		return CPUIDPolicy{{rng.Uint32N(256), NoSubleaf, rng.Uint32(), 0, 0, rng.Uint32()}, {0x80000000 + rng.Uint32N(256), NoSubleaf, 0, rng.Uint32(), 0, 0}}
	case RecMSRPolicy:
		return MSRPolicy{{rng.Uint32(), rng.Uint64()}}
	case RecSharedInfo:
		s := SharedInfo(randomBytes(rng, PageSize))
		return &s
	}
	return &PageData{rng.Uint32()}
}

func randomBytes(rng *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rng.Uint32())
	}
	return b
}

// What is written reads back the same.
func TestBodiesRoundTrip(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		for _, kind := range []RecordType{RecPVInfo, RecPVP2MFrames, RecPVVCPUBasic, RecPVVCPUExtended, RecTSCInfo, RecHVMParams,
			RecCPUIDPolicy, RecMSRPolicy, RecSharedInfo, RecPageData} {
			body := randomBody(rng, kind)
			got, f := kind.parse(body.appendTo(nil))
			if f != nil || !reflect.DeepEqual(got, body) && len(body.appendTo(nil)) > 8 {
				t.Fatalf("%s: %+v became %+v, %v", kind, body, got, f)
			}
		}
		x := &EmulatorXenstore{Emulator{EmulatorID(rng.Uint32N(3)), rng.Uint32()}, []KeyValue{{"physmap/1/size", "x"}, {"physmap/2/name", ""}}[:1+rng.IntN(2)]}
		if got, f := LibxlEmulatorXenstore.parse(x.appendTo(nil)); f != nil || !reflect.DeepEqual(got, x) {
			t.Fatalf("%+v became %+v, %v", x, got, f)
		}
	}
}
