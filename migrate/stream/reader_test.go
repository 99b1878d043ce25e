package stream

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"runtime"
	"testing"
	"testing/iotest"
)

// readAll reads a stream to its end, with all data.
func readAll(r *Reader) (names []string, err error) {
	for {
		rec, err := r.Next()
		if err != nil {
			return names, err
		}
		names = append(names, rec.Name())
		for {
			if _, err := r.Data(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				return names, err
			}
		}
	}
}

func TestReaderGivesTypes(t *testing.T) {
	want := map[string]Body{
		"libxl header":           &LibxlHeader{},
		"libxc image header":     &ImageHeader{Version: 3},
		"libxc domain header":    &DomainHeader{Guest: GuestPV, XenMajor: 4, XenMinor: 17},
		"X86_PV_INFO":            &PVInfo{8, 4},
		"X86_PV_P2M_FRAMES":      &P2MFrames{0, 1023},
		"X86_CPUID_POLICY":       CPUIDPolicy{{0, NoSubleaf, 0xd, 1, 2, 3}, {4, 0, 5, 6, 7, 8}, {4, 1, 5, 6, 7, 8}, {0x40000100, NoSubleaf, 1, 2, 3, 4}, {0x80000000, NoSubleaf, 9, 9, 9, 9}},
		"X86_TSC_INFO":           &TSCInfo{0, 2_600_000, 12345, 1},
		"SHARED_INFO":            &SharedInfo{},
		"X86_PV_VCPU_EXTENDED":   &VCPU{1, make([]byte, 128)},
		"X86_MSR_POLICY":         MSRPolicy{{0xce, 0x80000000}, {0x10a, 0}},
		"HVM_PARAMS":             HVMParams{{1, 0xfeffc}, {17, 0xfefff}},
		"EMULATOR_CONTEXT":       &EmulatorContext{Emulator{EmulatorQEMU, 0}},
		"EMULATOR_XENSTORE_DATA": &EmulatorXenstore{Emulator{EmulatorQEMU, 0}, []KeyValue{{"physmap/f0000000/start_addr", "f0000000"}, {"physmap/f0000000/size", "800000"}, {"physmap/f0000000/name", "vga.vram"}}},
		"HVM_CONTEXT":            nil,
	}
	seen := map[string]Body{}
	for _, data := range [][]byte{hvmLive(), pvLive()} {
		r := NewReader(bytes.NewReader(data), ReaderOptions{Strict: true})
		for {
			rec, err := r.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			seen[rec.Name()] = rec.Body
		}
	}
	for name, body := range want {
		if got, ok := seen[name]; !ok || !reflect.DeepEqual(got, body) {
			t.Errorf("%s is %+v, want %+v", name, got, body)
		}
	}
}

func TestReaderGivesPages(t *testing.T) {
	data := *hvmStart().rec(0x10, 0).pages(0, 1, 2|absent, 7)
	at := len(data) - 2*PageSize
	copy(data[at:], "page one")
	copy(data[at+PageSize:], "page seven")
	r := NewReader(bytes.NewReader(data), ReaderOptions{})
	for {
		rec, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		if rec.Is(RecPageData) {
			break
		}
	}
	entries, err := r.Entries()
	if want := []Entry{0, 1, MakeEntry(2, PageAbsent), 7}; err != nil || !reflect.DeepEqual(entries, want) {
		t.Errorf("entries %v, %v", entries, err)
	}
	pages, contents, err := r.Pages()
	if err != nil || !reflect.DeepEqual(pages, []Entry{0, 1, 7}) || len(contents) != 3*PageSize || string(contents[2*PageSize:][:10]) != "page seven" {
		t.Errorf("pages %v, %d bytes, %v", pages, len(contents), err)
	}
	if _, _, err := r.Pages(); !errors.Is(err, io.EOF) {
		t.Errorf("behind the last: %v", err)
	}
}

// Reader and Verify name each stream that is cut off, wherever that is; but one with a
// checkpoint counts up to there.
func TestCutOffAnywhere(t *testing.T) {
	for name, data := range validStreams(t) {
		if name == "remus" || name == "libxc alone" || name == "recorded, trimmed" || name == "recorded migration" {
			continue
		}
		step := 13
		if name == "pvh save file" {
			step = 1
		}
		for n := 0; n < len(data); n += step {
			_, err := Verify(bytes.NewReader(data[:n]), ReaderOptions{})
			var e *Error
			if !errors.As(err, &e) || e.Rule != RuleTruncated || e.Offset > int64(n) {
				t.Fatalf("%s cut off at %d: %v", name, n, err)
			}
		}
	}
}

func TestCutOffBehindCheckpoint(t *testing.T) {
	data := remus()
	round := 0
	r := NewReader(bytes.NewReader(data), ReaderOptions{})
	for round == 0 {
		rec, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		if rec.IsLibxl(LibxlCheckpointEnd) {
			round = int(rec.Offset) + 8
		}
	}
	for n := round - 40; n <= len(data); n += 1 + n%7 {
		v, err := Verify(bytes.NewReader(data[:n]), ReaderOptions{})
		if (err == nil) != (n >= round) || err == nil && (v.Complete || v.Checkpoints < 1 || v.Bytes != int64(n)) {
			t.Fatalf("cut off at %d, first round ends at %d: %+v, %v", n, round, v, err)
		}
		var out bytes.Buffer
		if n < round {
			continue
		}
		if err := Rewrite(&out, bytes.NewReader(data[:n]), ReaderOptions{Strict: true}); err != nil || !bytes.HasPrefix(data[:n], out.Bytes()) || out.Len() < round {
			t.Fatalf("cut off at %d: wrote %d bytes, %v", n, out.Len(), err)
		}
	}
}

// The tail of a connection belongs to somebody else.
func TestReaderStopsAtEnd(t *testing.T) {
	for name, data := range validStreams(t) {
		v, err := Verify(bytes.NewReader(data), ReaderOptions{})
		if err != nil || !v.Complete {
			continue
		}
		in := bytes.NewReader(append(bytes.Clone(data[:v.Bytes]), "of the next reader"...))
		if _, err := readAll(NewReader(iotest.HalfReader(in), ReaderOptions{Strict: true})); !errors.Is(err, io.EOF) {
			t.Errorf("%s: %v", name, err)
		}
		if rest, _ := io.ReadAll(in); string(rest) != "of the next reader" {
			t.Errorf("%s: leaves %q", name, rest)
		}
	}
}

func TestReaderPassesErrorsOn(t *testing.T) {
	data := hvmLive()
	broken := errors.New("broken pipe")
	for _, n := range []int{0, 4, 20, 200, 5000, len(data) - 1} {
		in := io.MultiReader(bytes.NewReader(data[:n]), iotest.ErrReader(broken))
		r := NewReader(in, ReaderOptions{})
		if _, err := readAll(r); !errors.Is(err, broken) {
			t.Errorf("after %d bytes: %v", n, err)
		}
		if _, err := r.Next(); !errors.Is(err, broken) {
			t.Errorf("after %d bytes, again: %v", n, err)
		}
	}
}

// What libxl takes of a newer Xen a Reader that is not strict gives as it is.
func TestLenientReaderKeepsWhatItDoesNotKnow(t *testing.T) {
	b := hvmStart().body(0x11, u32s(0x20000000, 9, 1, 1, 1, 1)).rec(0x10, 0).pages(1)
	b.body(8, make([]byte, 32)).body(9, append(hvmHeader(), hvmRecord(35, 0, 77)...)).body(0x0a, append(u32s(1, 7), u64s(99, 1)...)).rec(0, 0)
	b.body(0x80000007, []byte("optional")).body(2, append(u32s(7, 7), "new\x00\xff\x00"...)).rec(0, 0)
	data := set(set(*b, 43, 7), 54, 7)
	if _, err := Verify(bytes.NewReader(data), ReaderOptions{}); err == nil {
		t.Error("breaks no rule")
	}
	var out bytes.Buffer
	if err := Rewrite(&out, bytes.NewReader(data), ReaderOptions{}); err != nil || !bytes.Equal(out.Bytes(), data) {
		t.Errorf("%d bytes became %d: %v", len(data), out.Len(), err)
	}
}

// repeated is n times the same bytes.
type repeated struct {
	b    []byte
	left int64
	pos  int
}

func (r *repeated) Read(p []byte) (int, error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	n := copy(p[:min(int64(len(p)), r.left)], r.b[r.pos:])
	r.pos = (r.pos + n) % len(r.b)
	r.left -= int64(n)
	return n, nil
}

// hugeStreams have the largest records that there may be.
func hugeStreams() map[string]func() io.Reader {
	head := func(t uint32, n uint32, body ...uint32) io.Reader {
		b := *hvmStart().rec(0x10, 0)
		return bytes.NewReader(append(append(b, u32s(t, n)...), u32s(body...)...))
	}
	zeros := func(n int64) io.Reader { return &repeated{b: make([]byte, 4096), left: n} }
	const most = MaxRecordLength
	return map[string]func() io.Reader{
		"entries without data": func() io.Reader {
			n := int64(most-8) / 8
			return io.MultiReader(head(1, most, uint32(n), 0), &repeated{b: u64s(5 | absent), left: 8 * n})
		},
		"pages": func() io.Reader {
			n := int64(32_000)
			return io.MultiReader(head(1, uint32(8+4104*n), uint32(n), 0), zeros(4104*n))
		},
		"hvm context": func() io.Reader {
			return io.MultiReader(head(9, most), &repeated{b: hvmRecord(2, 0, 1024), left: most})
		},
		"cpuid policy": func() io.Reader { return io.MultiReader(head(0x11, most), zeros(most)) },
		"hvm params":   func() io.Reader { return io.MultiReader(head(0x0a, most), zeros(most)) },
		"tsc info":     func() io.Reader { return io.MultiReader(head(8, most), zeros(most)) },
		"optional":     func() io.Reader { return io.MultiReader(head(0x80000001, most), zeros(most)) },
		"xenstore data": func() io.Reader {
			b := *hvmStart().rec(0x10, 0).pages(absent).body(9, hvmContext(24)).rec(0, 0)
			return io.MultiReader(bytes.NewReader(append(b, u32s(2, 0xffffffff)...)), zeros(1<<28))
		},
		"many checkpoints": func() io.Reader {
			round := *new(builder).pages(absent).body(9, hvmContext(24)).rec(0x0e, 0).rec(4, 0)
			b := *hvmStart().rec(0x10, 0)
			return io.MultiReader(bytes.NewReader(b), &repeated{b: round, left: int64(len(round)) * 5000})
		},
	}
}

// Memory is bounded whatever a stream holds: here by all that is ever allocated.
func TestMemoryIsBounded(t *testing.T) {
	const bound = 8 << 20
	for name, open := range hugeStreams() {
		for what, f := range map[string]func() error{
			"rewrite": func() error { return Rewrite(io.Discard, open(), ReaderOptions{}) },
			"verify":  func() error { _, err := Verify(open(), ReaderOptions{}); return err },
			"inspect": func() error { _, err := Inspect(open(), ReaderOptions{}); return err },
			"extract": func() error { _, err := ExtractPage(open(), 5, ReaderOptions{}); return err },
		} {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			err := f()
			runtime.ReadMemStats(&after)
			if n := after.TotalAlloc - before.TotalAlloc; n > bound && name != "many checkpoints" {
				t.Errorf("%s, %s: %d bytes allocated (%v)", name, what, n, err)
			}
			if n := after.HeapAlloc; n > before.HeapAlloc+bound {
				t.Errorf("%s, %s: the heap grew by %d bytes", name, what, n-before.HeapAlloc)
			}
			var e *Error
			var p *PageError
			if err != nil && !errors.As(err, &e) && !errors.As(err, &p) {
				t.Errorf("%s, %s: %v", name, what, err)
			}
		}
	}
}
