package stream

import (
	"bytes"
	"os"
	"slices"
	"testing"
)

// What follows are streams that break no rule. As the builder's, they follow
// docs/streams.md and not the code.

func u32s(words ...uint32) []byte {
	var b []byte
	for _, w := range words {
		b = le.AppendUint32(b, w)
	}
	return b
}

func u64s(words ...uint64) []byte {
	var b []byte
	for _, w := range words {
		b = le.AppendUint64(b, w)
	}
	return b
}

// hvmRecord is a record of Xen's HVM context with a body of n bytes.
func hvmRecord(t, instance uint16, n int) []byte {
	b := le.AppendUint16(nil, t)
	b = le.AppendUint16(b, instance)
	b = le.AppendUint32(b, uint32(n))
	return append(b, make([]byte, n)...)
}

func hvmHeader() []byte {
	b := hvmRecord(1, 0, 24)
	copy(b[8:], u32s(0x54381286, 1))
	return b
}

// hvmContext is one of two VCPUs with all records that there are.
func hvmContext(lapic int) []byte {
	b := hvmHeader()
	for _, r := range []struct{ t, n int }{
		{2, 1032}, {3, 8}, {4, 400}, {5, lapic}, {6, 1024}, {7, 16}, {8, 8}, {9, 8}, {10, 56}, {11, 24}, {12, 1048}, {13, 8},
		{14, 240}, {15, 32}, {16, 24 + 576 + 256}, {17, 216}, {18, 32}, {19, 8}, {20, 8 + 2*16},
	} {
		instances := 1
		if slices.Contains([]int{2, 3, 5, 6, 14, 16, 17, 18, 19, 20}, r.t) {
			instances = 2
		}
		for i := range instances {
			b = append(b, hvmRecord(uint16(r.t), uint16(i), r.n)...)
			if r.t == 20 {
				copy(b[len(b)-40:], u32s(2, 0))
			}
		}
	}
	return append(b, hvmRecord(0, 0, 0)...)
}

func cpuidPolicy() []byte {
	return u32s(0, NoSubleaf, 0xd, 1, 2, 3, 4, 0, 5, 6, 7, 8, 4, 1, 5, 6, 7, 8, 0x40000100, NoSubleaf, 1, 2, 3, 4, 0x80000000, NoSubleaf, 9, 9, 9, 9)
}

func msrPolicy() []byte {
	return append(u32s(0xce, 0, 0x80000000, 0), u32s(0x10a, 0, 0, 0)...)
}

func tscInfo() []byte { return u32s(0, 2_600_000, 12345, 0, 1, 0) }

func hvmParams() []byte {
	return append(u32s(2, 0), u64s(1, 0xfeffc, 17, 0xfefff)...)
}

func xenstoreData() []byte {
	return append(u32s(2, 0), "physmap/f0000000/start_addr\x00f0000000\x00physmap/f0000000/size\x00800000\x00physmap/f0000000/name\x00vga.vram\x00"...)
}

func xlFile(config string, stream []byte) []byte {
	var b bytes.Buffer
	if _, err := WriteXLHeader(&b, []byte(config)); err != nil {
		panic(err) // a buffer in memory
	}
	return append(b.Bytes(), stream...)
}

// hvmLive is what libxl 4.20 writes of a live HVM guest with QEMU.
func hvmLive() []byte {
	var b builder
	b.libxlHeader().rec(1, 0).libxcHeader(3, 2)
	b.body(0x11, cpuidPolicy()).body(0x12, msrPolicy()).rec(0x10, 0)
	b.pages(0, 1, 2|absent).pages(3|broken, 4).pages(0x100 | absent)
	b.pages(1, 4)
	b.body(0x08, tscInfo()).body(0x09, hvmContext(32)).body(0x0a, hvmParams()).body(0x80000099, []byte("later")).rec(0, 0)
	b.body(2, xenstoreData()).body(3, append(u32s(2, 0), "QEMU's own"...)).rec(0, 0)
	return b
}

// pvhSave is a save file of a PVH guest, with the configuration of a recorded one.
func pvhSave() []byte {
	config, err := os.ReadFile("testdata/redis.json")
	if err != nil {
		panic(err) // it is part of the source
	}
	var b builder
	b.libxlHeader().rec(1, 0).libxcHeader(3, 2).body(0x11, cpuidPolicy()).body(0x12, msrPolicy()).rec(0x10, 0)
	b.pages(0, 1, 2|absent).body(0x08, tscInfo()).body(0x09, hvmContext(24)).body(0x0a, hvmParams()).rec(0, 0).rec(0, 0)
	return xlFile(string(config), b)
}

// pvInfo to pvEnd are the parts of a 64-bit PV guest with pfns 0 to 1023.
func pvStart() *builder {
	return new(builder).libxlHeader().rec(1, 0).libxcHeader(3, 1)
}

func pvInfo() []byte { return []byte{8, 4, 0, 0, 0, 0, 0, 0} }

func p2mFrames() []byte { return append(u32s(0, 1023), u64s(5, 6)...) }

func pvVCPU(b *builder, id uint32) *builder {
	b.body(0x04, append(u32s(id, 0), make([]byte, 5168)...)).body(0x05, append(u32s(id, 0), make([]byte, 128)...))
	return b.body(0x06, append(u32s(id, 0), make([]byte, 592)...)).body(0x0c, append(u32s(id, 0), make([]byte, 32)...))
}

func pvLive() []byte {
	b := pvStart().body(2, pvInfo()).body(0x11, cpuidPolicy()).rec(0x10, 0).body(3, p2mFrames())
	b.pages(0, 7|l4table, 8|xalloc).pages(9|absent).rec(0x0d, 0).pages(0)
	b.body(0x08, tscInfo()).rec(0x07, 4096)
	pvVCPU(pvVCPU(b, 0), 1)
	return *b.rec(0, 0).rec(0, 0)
}

const xalloc = 0xe << 60

// pv32Old is one of a 32-bit guest from before Xen 4.14.
func pv32Old() []byte {
	b := new(builder).libxlHeader().rec(1, 0).libxcHeader(2, 1).body(2, []byte{4, 3, 0, 0, 0, 0, 0, 0})
	b.body(3, append(u32s(0, 1024), u64s(5, 6)...)).pages(0).body(0x08, tscInfo()).rec(0x07, 4096)
	b.body(0x04, append(u32s(0, 0), make([]byte, 2800)...)).body(0x06, u32s(0, 0))
	return *b.rec(0, 0).rec(0, 0)
}

// remus is three rounds of an HVM guest, and the end of what was received.
func remus() []byte {
	b := new(builder).libxlHeader().rec(1, 0).libxcHeader(3, 2).rec(0x10, 0)
	for i := range uint64(3) {
		b.pages(i, i+1).body(0x08, tscInfo()).body(0x09, hvmContext(24)).body(0x0a, hvmParams()).rec(0x0e, 0)
		b.body(2, xenstoreData()).body(3, append(u32s(2, 0), "QEMU"...)).rec(4, 0)
	}
	return *b
}

// bareHVM is what xc_domain_save writes, with no libxl around.
func bareHVM() []byte {
	b := new(builder).libxcHeader(3, 2).rec(0x10, 0).pages(0, 1)
	return *b.body(0x08, tscInfo()).body(0x09, hvmContext(24)).rec(0x0e, 0).pages(0).body(0x09, hvmContext(24)).rec(0, 0)
}

// converted is what the converter makes of a stream from before Xen 4.6.
func converted() []byte {
	b := new(builder).libxlHeader()
	(*b)[15] = 2
	b.rec(1, 0).libxcHeader(2, 2)
	b.pages(0, 1|xalloc).body(0x0a, append(u32s(1, 0), u64s(12, 7)...)).body(0x0a, append(u32s(1, 0), u64s(4, 1)...)).pages(2)
	b.body(0x08, tscInfo()).body(0x09, hvmContext(24)).rec(0, 0)
	return *b.body(3, append(u32s(0, 0), "QEMU"...)).rec(0, 0)
}

// validStreams are files that break no rule.
func validStreams(t testing.TB) map[string][]byte {
	t.Helper()
	return map[string][]byte{
		"hvm": hvmLive(), "pvh save file": pvhSave(), "pv": pvLive(), "pv32, version 2": pv32Old(), "remus": remus(),
		"libxc alone": bareHVM(), "converted": converted(), "recorded, trimmed": trimmed(t),
		"recorded migration": append(pvhSave(), xlGo...),
		"hvm save file":      xlFile(`{"c_info":{"type":"hvm","name":"h"}}`, hvmLive()),
		"no configuration":   xlFile("", hvmLive()),
	}
}

func TestValidStreams(t *testing.T) {
	for name, data := range validStreams(t) {
		v, err := Verify(bytes.NewReader(data), ReaderOptions{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if v.Complete == (name == "remus") || v.Bytes+int64(v.Tail) != int64(len(data)) {
			t.Errorf("%s: %+v of %d bytes", name, v, len(data))
		}
		var out bytes.Buffer
		err = Rewrite(&out, bytes.NewReader(data), ReaderOptions{Strict: true})
		if err != nil || !bytes.Equal(out.Bytes(), data[:v.Bytes]) {
			t.Errorf("%s: %d bytes became %d: %v", name, v.Bytes, out.Len(), err)
		}
	}
}
