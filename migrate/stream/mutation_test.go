package stream

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
)

// freeData is a field that no rule can hold to anything: a flipped bit in it makes
// another valid stream.
type freeData struct {
	record string
	from   int // octets of the record, its 8 of header included; of a header from its start
	to     int // -1: to the end of the body
	reason string
	bits   byte   // that are free in each octet; 0: all
	table  [3]int // of a table from octet from on: size of an element, and which octets of it
}

// has reports whether a bit at a place is in the field.
func (f *freeData) has(p place, bit byte) bool {
	switch {
	case f.record != p.record || p.at < f.from || f.to >= 0 && p.at >= f.to || p.at >= p.end || f.bits != 0 && f.bits&bit == 0:
		return false
	case f.table[0] > 0:
		at := (p.at - f.from) % f.table[0]
		return at >= f.table[1] && at < f.table[2]
	}
	return true
}

func freeFields() []freeData {
	optional := "bit 31 of the type makes an optional record of it, which a reader may skip"
	blob := "the length of a blob may take in its padding"
	fields := []freeData{
		{record: "xl header", from: 40, to: 44, reason: "optional flags, which xl ignores"},
		{record: "xl header", from: 52, to: -1, reason: "names and values of the configuration; libxl ignores members that it does not know"},
		{record: "libxl header", from: 15, to: 16, bits: 2, reason: "says that the stream was converted from an older format, and relaxes rules"},
		{record: "libxc domain header", from: 8, to: 16, reason: "the version of the Xen that wrote it"},
		{record: "X86_CPUID_POLICY", from: 8, to: -1, table: [3]int{24, 0, 1}, reason: "number of a leaf in its range; which there are depends on the Xen"},
		{record: "X86_CPUID_POLICY", from: 8, to: -1, table: [3]int{24, 1, 2}, bits: 1, reason: "which of the two ranges of hypervisor leaves"},
		{record: "X86_CPUID_POLICY", from: 8, to: -1, table: [3]int{24, 3, 4}, bits: 0xc0, reason: "basic, hypervisor or extended leaves"},
		{record: "X86_CPUID_POLICY", from: 8, to: -1, table: [3]int{24, 4, 5}, bits: 0x3f, reason: "number of a subleaf"},
		{record: "X86_CPUID_POLICY", from: 8, to: -1, table: [3]int{24, 8, 24}, reason: "what the leaf says"},
		{record: "X86_MSR_POLICY", from: 8, to: -1, table: [3]int{16, 0, 4}, reason: "number of an MSR; which there are depends on the Xen"},
		{record: "X86_MSR_POLICY", from: 8, to: -1, table: [3]int{16, 8, 16}, reason: "what the MSR says"},
		{record: "PAGE_DATA", from: 16, to: -1, table: [3]int{8, 0, 5}, reason: "a pfn below 2^40: any page may come at any time"},
		{record: "PAGE_DATA", from: 16, to: -1, table: [3]int{8, 7, 8}, bits: 0x20, reason: "whether a page is absent or broken"},
		{record: "X86_TSC_INFO", from: 8, to: 9, bits: 3, reason: "the four TSC modes"},
		{record: "X86_TSC_INFO", from: 12, to: 28, reason: "frequency, time and incarnation of the guest"},
		{record: "HVM header", from: 16, to: 32, reason: "changeset of the Xen that wrote it, its CPU and TSC"},
		{record: "HVM MSRs", from: 16, to: -1, table: [3]int{16, 0, 4}, reason: "number of an MSR of a VCPU"},
		{record: "HVM MSRs", from: 16, to: -1, table: [3]int{16, 8, 16}, reason: "contents of an MSR of a VCPU"},
		{record: "HVM record", from: 8, to: -1, reason: "registers of CPUs and devices"},
		{record: "HVM PCI_LINK", from: 0, to: 1, bits: 4, reason: "a PMTIMER is as long, and may take its place where there is none"},
		{record: "HVM PCI_LINK", from: 8, to: -1, reason: "registers of a device"},
		{record: "HVM_PARAMS", from: 16, to: -1, table: [3]int{16, 0, 1}, reason: "which of the parameters that libxc saves"},
		{record: "HVM_PARAMS", from: 16, to: -1, table: [3]int{16, 8, 16}, reason: "the parameter's value"},
		{record: "EMULATOR_XENSTORE_DATA", from: 12, to: 16, reason: "index of the emulator"},
		{record: "EMULATOR_XENSTORE_DATA", from: 16, to: -1, reason: "addresses in the keys, and values"},
		{record: "EMULATOR_CONTEXT", from: 4, to: 5, bits: 7, reason: blob},
		{record: "EMULATOR_CONTEXT", from: 12, to: 16, reason: "index of the emulator"},
		{record: "EMULATOR_CONTEXT", from: 16, to: -1, reason: "what the emulator saved"},
		{record: "libxc record 0x80000099", from: 0, to: 4, reason: "an optional record may be of any type"},
		{record: "libxc record 0x80000099", from: 4, to: 5, bits: 7, reason: blob},
		{record: "libxc record 0x80000099", from: 8, to: -1, reason: "a record that nobody knows"},
	}
	for _, name := range []string{"X86_CPUID_POLICY", "X86_MSR_POLICY", "PAGE_DATA", "X86_TSC_INFO", "HVM_PARAMS", "EMULATOR_XENSTORE_DATA", "EMULATOR_CONTEXT"} {
		fields = append(fields, freeData{record: name, from: 3, to: 4, bits: 0x80, reason: optional})
	}
	return fields
}

// place is where in a stream an octet is.
type place struct {
	record   string // or what is inside HVM_CONTEXT
	offset   int64  // of the record
	start    int64  // where it begins: that of what is inside HVM_CONTEXT, else offset
	at       int    // octet, from there
	end      int    // of its body
	contents int    // where page contents begin, or -1
}

// places reads a stream for where its records are.
func places(t testing.TB, data []byte) []place {
	t.Helper()
	var all []place
	r := NewReader(bytes.NewReader(data), ReaderOptions{})
	for {
		rec, err := r.Next()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		p := place{record: rec.Name(), offset: rec.Offset, end: recordHeaderSize + int(rec.Length), contents: -1}
		if h, ok := rec.Body.(*XLHeader); ok {
			p.end = int(h.Size)
		} else if rec.Header {
			p.end = 24
		}
		if d, ok := rec.Body.(*PageData); ok {
			p.contents = recordHeaderSize + pageHeaderSize + int(d.Count)*pfnSize
		}
		p.start = p.offset
		all = append(all, p)
		if rec.Is(RecHVMContext) {
			all = append(all, insideContext(t, r, p)...)
		}
	}
}

// insideContext are the places of the records in an HVM_CONTEXT.
func insideContext(t testing.TB, r *Reader, outer place) []place {
	var all []place
	scan := hvmScanner{each: func(h HVMRecord) {
		name := map[string]string{"HEADER": "HVM header", "CPU_MSR": "HVM MSRs", "PCI_LINK": "HVM PCI_LINK"}[h.Name()]
		if name == "" {
			name = "HVM record"
		}
		start := outer.offset + recordHeaderSize + h.Offset
		all = append(all, place{record: name, offset: outer.offset, start: start, end: hvmDescriptorSize + int(h.Length), contents: -1})
	}}
	for {
		b, err := r.Data()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		if f := scan.write(b); f != nil {
			t.Fatal(f)
		}
	}
}

func placeOf(all []place, at int) place {
	i, found := slices.BinarySearchFunc(all, int64(at), func(p place, at int64) int { return int(p.start - at) })
	if !found {
		i--
	}
	p := all[i]
	p.at = at - int(p.start)
	return p
}

// flip checks what becomes of a stream with one bit flipped, and returns the index of
// the free field that it is in, or -1.
func flip(t *testing.T, data []byte, all []place, fields []freeData, at int, bit byte) int {
	t.Helper()
	p := placeOf(all, at)
	data[at] ^= bit
	_, err := Verify(bytes.NewReader(data), ReaderOptions{})
	data[at] ^= bit
	var e *Error
	if errors.As(err, &e) {
		if e.Offset < p.offset || e.Rule == "" || e.Record == "" {
			t.Errorf("bit %#02x of octet %d of %s at %d: blamed on an earlier record: %v", bit, p.at, p.record, p.offset, e)
		}
		return -1
	}
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range fields {
		if f.has(p, bit) {
			return i
		}
	}
	t.Errorf("bit %#02x of octet %d of %s at %d: accepted, and not free", bit, p.at, p.record, p.offset)
	return -1
}

// flippable are the octets outside page contents.
func flippable(data []byte, all []place) []int {
	var at []int
	for i := range data {
		if p := placeOf(all, i); p.contents < 0 || p.at < p.contents {
			at = append(at, i)
		}
	}
	return at
}

// TestFlippedBits flips 10,000 bits of a recorded stream, one at a time, and of one made
// up with all records that an HVM guest has.
func TestFlippedBits(t *testing.T) {
	config, err := os.ReadFile("testdata/redis.json")
	if err != nil {
		t.Fatal(err)
	}
	made := xlFile(strings.Replace(string(config), `"pvh"`, `"hvm"`, 1), hvmLive())
	fields := freeFields()
	rng := rand.New(rand.NewPCG(7, 8))
	for i, data := range [][]byte{trimmed(t), made} {
		all := places(t, data)
		octets := flippable(data, all)
		refused := 0
		for range 10_000 {
			if flip(t, data, all, fields, octets[rng.IntN(len(octets))], 1<<rng.IntN(8)) < 0 {
				refused++
			}
			if t.Failed() {
				return
			}
		}
		t.Logf("%s stream: of 10000 bits in %d octets %d are refused, the others are free data", [...]string{"recorded", "made"}[i], len(octets), refused)
	}
}

// TestEveryBitOfStructure flips each bit of headers and of records, but for the
// registers of HVM_CONTEXT, of which it takes the first. Each field that is
// called free must be.
func TestEveryBitOfStructure(t *testing.T) {
	fields := freeFields()
	hit := map[int]bool{}
	for _, data := range [][]byte{trimmed(t), xlFile(`{"c_info":{"type":"hvm","name":"h"}}`, hvmLive())} {
		all := places(t, data)
		for _, at := range flippable(data, all) {
			if p := placeOf(all, at); p.record == "HVM record" && p.at > 32 {
				continue
			}
			for bit := range 8 {
				hit[flip(t, data, all, fields, at, 1<<bit)] = true
			}
		}
	}
	for i, f := range fields {
		if !hit[i] {
			t.Errorf("each bit in octets %d to %d of %s is refused: it is not free", f.from, f.to, f.record)
		}
	}
}
