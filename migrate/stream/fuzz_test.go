package stream

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"slices"
	"testing"
)

// seed adds inputs, of which there must be some that are valid.
func seed(f *testing.F, valid func([]byte) bool, inputs ...[]byte) {
	f.Helper()
	n := 0
	for _, data := range inputs {
		if valid(data) {
			n++
		}
		f.Add(data)
	}
	if n == 0 {
		f.Fatal("no input to start from is valid")
	}
}

func seedStreams(f *testing.F) {
	f.Helper()
	var inputs [][]byte
	for _, data := range validStreams(f) {
		if len(data) < 64<<10 {
			inputs = append(inputs, data)
		}
	}
	for _, list := range [][]brokenStream{brokenGrammar(), brokenFile(), brokenStatic(), brokenMemory(), brokenState(), brokenHVM(), brokenPV(), brokenEmulator()} {
		for _, b := range list {
			inputs = append(inputs, b.data)
		}
	}
	seed(f, func(b []byte) bool {
		_, err := Verify(bytes.NewReader(b), ReaderOptions{})
		return err == nil
	}, inputs...)
}

// FuzzReader: no stream makes a Reader take much memory, each error has its place, and
// what is valid is written as it was read.
func FuzzReader(f *testing.F) {
	seedStreams(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		v, err := Verify(bytes.NewReader(data), ReaderOptions{})
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; n > 8<<20 {
			t.Errorf("%d bytes allocated for %d", n, len(data))
		}
		placed(t, data, err)
		var strict, lenient bytes.Buffer
		strictErr := Rewrite(&strict, bytes.NewReader(data), ReaderOptions{Strict: true})
		if err == nil && (strictErr != nil || !bytes.HasPrefix(data, strict.Bytes()) || v.Complete && int64(strict.Len()) != v.Bytes) {
			t.Errorf("%d bytes became %d: %v", v.Bytes, strict.Len(), strictErr)
		}
		lenientErr := Rewrite(&lenient, bytes.NewReader(data), ReaderOptions{})
		placed(t, data, lenientErr)
		if strictErr == nil && (lenientErr != nil || !bytes.Equal(lenient.Bytes(), strict.Bytes())) {
			t.Errorf("strictly %d bytes, else %d: %v", strict.Len(), lenient.Len(), lenientErr)
		}
		_, err = Inspect(bytes.NewReader(data), ReaderOptions{})
		placed(t, data, err)
	})
}

// placed checks that an error says where.
func placed(t *testing.T, data []byte, err error) {
	t.Helper()
	var e *Error
	if err != nil && (!errors.As(err, &e) || e.Offset < 0 || e.Offset > int64(len(data)) || e.Record == "" || e.Rule == "" || e.Msg == "") {
		t.Errorf("error without its place: %#v", err)
	}
}

// FuzzVerifier: what is pushed in pieces of any size is judged as what is pulled.
func FuzzVerifier(f *testing.F) {
	n := 0
	for _, data := range validStreams(f) {
		if formatOf(data) == FormatLibxl && len(data) < 64<<10 {
			f.Add(data, uint16(n))
			n++
		}
	}
	if n == 0 {
		f.Fatal("no stream to start from")
	}
	f.Fuzz(func(t *testing.T, data []byte, size uint16) {
		judgedAlike(t, data, 1+int(size))
	})
}

// judgedAlike pushes a stream in pieces of a size, and pulls it.
func judgedAlike(t *testing.T, data []byte, size int) {
	t.Helper()
	pushed := NewVerifier(nil)
	var err error
	for rest := data; len(rest) > 0 && err == nil; {
		var n int
		n, err = pushed.Write(rest[:min(len(rest), size)])
		rest = rest[n:]
	}
	if err == nil && !pushed.atCheckpoint() {
		err = pushed.Close()
	}
	_, want := readAll(NewReader(bytes.NewReader(data), ReaderOptions{Format: FormatLibxl, Strict: true}))
	if errors.Is(want, io.EOF) || errors.Is(want, ErrFailover) {
		want = nil
	}
	var a, b *Error
	errors.As(err, &a)
	errors.As(want, &b)
	if want == nil || a != nil && a.Rule == RuleTrailing {
		return // the Reader leaves what follows to others; Remus' streams end anywhere
	}
	if a == nil || b == nil || a.Rule != b.Rule || a.Offset != b.Offset || a.Record != b.Record {
		t.Errorf("pushed %v, pulled %v", err, want)
	}
}

// Also where one record breaks two rules.
func TestPushedIsJudgedAsPulled(t *testing.T) {
	hvm := hvmWith(hvmContext(24))
	two := slices.Concat(hvm[:len(hvm)-8], *new(builder).body(2, append(u32s(2, 0), "physmap//size\x00"...)))
	lists := append([][]brokenStream{{{data: set(two, len(two)-1, 1)}}}, brokenGrammar(), brokenStatic(), brokenMemory(), brokenState(), brokenHVM(), brokenPV())
	for _, list := range lists {
		for _, c := range list {
			for _, size := range []int{1, 5, 8, 100, 1 << 20} {
				judgedAlike(t, c.data, size)
			}
		}
	}
}

// FuzzHVMContext: what is said of a context does not depend on how it is cut up.
func FuzzHVMContext(f *testing.F) {
	scan := func(data []byte, size int, rules bool) (records []HVMRecord, fault *fault) {
		h := hvmScanner{rules: rules, each: func(r HVMRecord) { records = append(records, r) }}
		for len(data) > 0 && fault == nil {
			n := min(size, len(data))
			fault = h.write(data[:n])
			data = data[n:]
		}
		if fault == nil {
			fault = h.close()
		}
		if cap(h.held) > 64<<10 {
			panic("holds too much")
		}
		return records, fault
	}
	seed(f, func(b []byte) bool { _, fault := scan(b, len(b), true); return fault == nil },
		hvmContext(24), hvmContext(32), hvmHeader(), append(hvmHeader(), hvmRecord(0, 0, 0)...), hvmRecord(2, 1, 1016))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, rules := range []bool{false, true} {
			want, wantFault := scan(data, max(1, len(data)), rules)
			got, gotFault := scan(data, 1+len(data)%13, rules)
			if (gotFault == nil) != (wantFault == nil) || len(got) != len(want) {
				t.Errorf("whole: %d records, %v; in pieces: %d, %v", len(want), wantFault, len(got), gotFault)
			}
			for _, r := range got {
				if r.Offset < 0 || r.Offset > int64(len(data)) || r.Name() == "" {
					t.Errorf("record %+v", r)
				}
			}
		}
	})
}

// FuzzBodies: each body that is understood is written as it was read.
func FuzzBodies(f *testing.F) {
	for t, b := range map[RecordType][]byte{
		RecPVInfo: pvInfo(), RecPVP2MFrames: p2mFrames()[:8], RecPVVCPUExtended: make([]byte, 136), RecSharedInfo: make([]byte, PageSize),
		RecTSCInfo: tscInfo(), RecHVMParams: hvmParams(), RecCPUIDPolicy: cpuidPolicy(), RecMSRPolicy: msrPolicy(),
	} {
		if _, fault := t.parse(b); fault != nil {
			f.Fatal(fault)
		}
		f.Add(uint32(t), b)
	}
	f.Fuzz(func(t *testing.T, kind uint32, data []byte) {
		k := RecordType(kind)
		if k == RecPageData && len(data) < pageHeaderSize || k == RecPVP2MFrames && len(data) != p2mHeaderSize {
			return // the Scanner has looked at the length
		}
		if k == RecPageData {
			data = data[:pageHeaderSize]
		}
		body, fault := k.parse(data)
		if fault == nil && body != nil && !bytes.Equal(body.appendTo(nil), data) {
			t.Errorf("%s %x became %x", k, data, body.appendTo(nil))
		}
	})
}

func FuzzXenstoreData(f *testing.F) {
	seed(f, func(b []byte) bool { _, fault := parseEmulatorXenstore(b); return fault == nil },
		xenstoreData(), u32s(2, 0), append(u32s(2, 0), "physmap/1/size\x00"...), []byte("short"))
	f.Fuzz(func(t *testing.T, data []byte) {
		x, fault := parseEmulatorXenstore(data)
		if fault == nil && !bytes.Equal(x.appendTo(nil), data) {
			t.Errorf("%x became %x", data, x.appendTo(nil))
		}
	})
}
