package stream

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files instead of comparing with them")

// seen is all that a Scanner says of a stream.
type seen struct {
	Stats  Stats   `json:"stats"`
	Events []Event `json:"events"`
	Err    string  `json:"err,omitempty"`
}

// scan writes data in pieces of the sizes that next gives.
func scan(t testing.TB, data []byte, next func() int) seen {
	t.Helper()
	var out seen
	s := NewScanner(func(e Event) { out.Events = append(out.Events, e) })
	before := bytes.Clone(data)
	for rest := data; len(rest) > 0; {
		n, err := s.Write(rest[:min(next(), len(rest))])
		rest = rest[n:]
		if err != nil {
			break
		}
	}
	if err := s.Close(); err != nil {
		var e *Error
		if !errors.As(err, &e) || e.Offset < 0 || e.Offset > int64(len(data)) || e.Record == "" || e.Msg == "" {
			t.Fatalf("error without its place: %#v", err)
		}
		if s.Done() || s.Err() == nil {
			t.Fatalf("done %v, error %v after %v", s.Done(), s.Err(), err)
		}
		out.Err = err.Error()
	}
	if !bytes.Equal(data, before) {
		t.Fatal("the stream was changed")
	}
	out.Stats = s.Stats()
	return out
}

func whole() int { return 1 << 30 }

// trimmed is a recorded stream with most pages taken out: see real_test.go.
func trimmed(t testing.TB) []byte {
	t.Helper()
	f, err := os.Open("testdata/redis-trimmed.stream.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func streams(t testing.TB) map[string][]byte {
	return map[string][]byte{"hvm": hvmStream(), "pv": pvStream(), "checkpointed": checkpointedStream(), "redis-trimmed": trimmed(t)}
}

func TestScanner(t *testing.T) {
	for name, data := range streams(t) {
		t.Run(name, func(t *testing.T) {
			got, err := json.MarshalIndent(scan(t, data, whole), "", " ")
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join("testdata", name+".golden.json")
			if *update {
				if err := os.WriteFile(path, append(got, '\n'), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != strings.TrimSpace(string(want)) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// What is said of a stream does not depend on how it is cut up.
func TestPiecesOfAnySize(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for name, data := range streams(t) {
		want := scan(t, data, whole)
		for _, size := range []int{1, 2, 3, 7, 8, 9, 4096, 65536} {
			if got := scan(t, data, func() int { return size }); !reflect.DeepEqual(got, want) {
				t.Errorf("%s in pieces of %d: got %+v, want %+v", name, size, got, want)
			}
		}
		for range 20 {
			if got := scan(t, data, func() int { return 1 + rng.IntN(1<<rng.IntN(16)) }); !reflect.DeepEqual(got, want) {
				t.Errorf("%s in random pieces: got %+v, want %+v", name, got, want)
			}
		}
	}
}

func TestTruncated(t *testing.T) {
	data := hvmStream()
	for n := range data {
		s := NewScanner(nil)
		if _, err := s.Write(data[:n]); err != nil {
			t.Fatalf("the first %d bytes: %v", n, err)
		}
		var e *Error
		if err := s.Close(); !errors.As(err, &e) || !strings.Contains(e.Msg, fmt.Sprintf("cut off at offset %d", n)) || e.Offset > int64(n) {
			t.Fatalf("cut off at %d: %v", n, err)
		}
	}
}

func TestTrailing(t *testing.T) {
	data := hvmStream()
	s := NewScanner(nil)
	n, err := s.Write(append(data[:len(data):len(data)], 0))
	var e *Error
	if !errors.As(err, &e) || n != len(data) || e.Offset != int64(len(data)) {
		t.Errorf("%d, %v", n, err)
	}
	if s.Done() {
		t.Error("done with bytes left over")
	}
	if _, again := s.Write([]byte{0}); !errors.Is(again, err) {
		t.Errorf("a later Write returns %v", again)
	}
}

func TestCloseAfterEnd(t *testing.T) {
	s := NewScanner(nil)
	if _, err := s.Write(hvmStream()); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil || !s.Done() || s.Err() != nil {
		t.Errorf("close %v, done %v, error %v", err, s.Done(), s.Err())
	}
}

// Each check has an input that trips it.
func TestMalformed(t *testing.T) {
	start := func() *builder {
		return new(builder).libxlHeader().rec(1, 0).libxcHeader(3, 2)
	}
	memory := func() *builder { return start().rec(0x10, 0) }
	ended := func() *builder { return memory().rec(0, 0) }
	patch := func(b *builder, offset int, v byte) *builder { (*b)[offset] = v; return b }
	for _, c := range []struct {
		want   string
		offset int64
		b      *builder
	}{
		{"not with \"LibxlFmt\"", 0, patch(start(), 0, 'X')},
		{"version is 3, not 2", 0, patch(start(), 11, 3)},
		{"libxl header at offset 0: the stream is big-endian", 0, patch(start(), 15, 1)},
		{"libxl record 0x9 at offset 16: is of an unknown type", 16, patch(start(), 16, 9)},
		{"EMULATOR_CONTEXT at offset 16: comes before LIBXC_CONTEXT", 16, patch(start(), 16, 3)},
		{"LIBXC_CONTEXT at offset 16: has a body of 8 bytes", 16, patch(start(), 20, 8)},
		{"LIBXC_CONTEXT at offset 80: comes twice", 80, ended().rec(1, 0)},
		{"CHECKPOINT_END at offset 80: is out of place", 80, ended().rec(4, 0)},
		{"libxl END at offset 80: is out of place", 80, memory().rec(0x0e, 0).rec(0, 0)},
		{"libxl END at offset 80: has a body of 8 bytes", 80, ended().rec(0, 8)},
		{"has no \"XENF\" marker", 24, patch(start(), 24, 0)},
		{"has no \"XENF\" marker", 24, patch(start(), 32, 0)},
		{"version is 4, not 2 or 3", 24, patch(start(), 39, 4)},
		{"libxc image header at offset 24: the stream is big-endian", 24, patch(start(), 41, 1)},
		{"guest type is 3", 48, patch(start(), 48, 3)},
		{"pages are of 2^13 bytes", 48, patch(start(), 52, 13)},
		{"libxc record 0x13 at offset 64: is of an unknown type", 64, start().rec(0x13, 0)},
		{"PAGE_DATA at offset 64: comes before STATIC_DATA_END", 64, start().pages(1)},
		{"STATIC_DATA_END at offset 64: has a body of 8 bytes", 64, start().rec(0x10, 8)},
		{"has a body of 134217729 bytes, more than 134217728", 64, patch(patch(start().rec(0x09, 1), 68, 1), 71, 8)},
		{"too short for one page", 72, memory().rec(1, 8)},
		{"has no pages", 72, memory().rec(1, 16)},
		{"3 pages do not fit into a body of 24 bytes", 72, memory().body(1, []byte{3, 23: 0})},
		{"entry 0x5000000000000001 is of an unknown page type", 72, memory().pages(5<<60 | 1)},
		{"entry 0x0010000000000001 is of an unknown page type", 72, memory().pages(1<<52 | 1)},
		{"has 8 bytes of page contents where its entries announce 4096", 72, memory().body(1, []byte{1, 23: 0})},
		{"has 8 bytes of page contents where its entries announce 0", 72, memory().body(1, []byte{0: 1, 15: 0xf0, 23: 0})},
	} {
		_, err := NewScanner(nil).Write(*c.b)
		var e *Error
		if !errors.As(err, &e) || !strings.Contains(err.Error(), c.want) || e.Offset != c.offset {
			t.Errorf("got %v, want %q at offset %d", err, c.want, c.offset)
		}
	}
}

// A stream that never stops making passes must not make the Scanner grow.
func TestPassesAreBounded(t *testing.T) {
	b := new(builder).libxlHeader().rec(1, 0).libxcHeader(2, 2)
	const passes = 3*MaxPasses + 1
	for range passes {
		b.pages(5|absent, 6|absent)
	}
	got := scan(t, *b, whole).Stats
	if len(got.Passes) != MaxPasses || got.PassCount != passes {
		t.Fatalf("%d passes kept, %d counted", len(got.Passes), got.PassCount)
	}
	if n := got.Passes[MaxPasses-1].Entries; n != 2*(passes-MaxPasses+1) {
		t.Errorf("the last holds %d entries", n)
	}
}

func TestWriteAllocatesNothing(t *testing.T) {
	data := trimmed(t)
	data = data[:len(data)/2]
	s := NewScanner(nil)
	s.stats.Passes = make([]Pass, 0, MaxPasses)
	pos := 0
	allocs := testing.AllocsPerRun(100, func() {
		n := min(300, len(data)-pos)
		if _, err := s.Write(data[pos : pos+n]); err != nil {
			t.Fatal(err)
		}
		pos += n
	})
	if allocs != 0 {
		t.Errorf("%v allocations for 300 bytes", allocs)
	}
}

func FuzzScanner(f *testing.F) {
	for _, data := range [][]byte{hvmStream(), pvStream(), checkpointedStream()} {
		f.Add(data, uint16(1))
		f.Add(data[:len(data)/2], uint16(13))
	}
	f.Add([]byte(*new(builder).libxlHeader().rec(1, 0).libxcHeader(2, 1).pages(1|absent).pages(1|absent).rec(0, 0).rec(0, 0)), uint16(7))
	f.Fuzz(func(t *testing.T, data []byte, size uint16) {
		want := scan(t, data, whole)
		got := scan(t, data, func() int { return 1 + int(size) })
		if got.Err != want.Err && (!strings.Contains(got.Err, "end of stream") || !strings.Contains(want.Err, "end of stream")) {
			t.Fatalf("in pieces of %d: %s, whole: %s", 1+int(size), got.Err, want.Err)
		}
		if got.Err = want.Err; !reflect.DeepEqual(got, want) {
			t.Fatalf("in pieces of %d: %+v, whole: %+v", 1+int(size), got, want)
		}
	})
}

// BenchmarkScanner is the cost of looking at a stream that passes by in pieces
// of 64 KiB, with full records of 1024 pages.
func BenchmarkScanner(b *testing.B) {
	entries := make([]uint64, 1024)
	for i := range entries {
		entries[i] = uint64(i)
	}
	head := *new(builder).libxlHeader().rec(1, 0).libxcHeader(2, 2)
	record := *new(builder).pages(entries...)
	s := NewScanner(nil)
	if _, err := s.Write(head); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(record)))
	for b.Loop() {
		for rest := []byte(record); len(rest) > 0; {
			n, err := s.Write(rest[:min(64<<10, len(rest))])
			if err != nil {
				b.Fatal(err)
			}
			rest = rest[n:]
		}
	}
}
