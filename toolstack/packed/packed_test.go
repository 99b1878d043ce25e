package packed

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"runtime"
	"testing"

	"github.com/klauspost/compress/zstd"
)

func pack(t testing.TB, content []byte, piece int) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := NewWriter(&out)
	if err != nil {
		t.Fatal(err)
	}
	for b := content; len(b) > 0; {
		n, err := w.Write(b[:min(piece, len(b))])
		if err != nil {
			t.Fatal(err)
		}
		b = b[n:]
	}
	if err := errors.Join(w.Close(), w.Close()); err != nil || w.Size() != int64(out.Len()) || w.Content() != int64(len(content)) {
		t.Fatalf("%v; %d of %d bytes written, %d of %d taken", err, w.Size(), out.Len(), w.Content(), len(content))
	}
	return out.Bytes()
}

// sample is content that compresses, but not to nothing.
func sample(n int) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.UintN(4)) << (i >> 18 & 3)
	}
	return b
}

func TestPackAndUnpack(t *testing.T) {
	for _, n := range []int{0, 1, FrameSize - 1, FrameSize, FrameSize + 1, 9*FrameSize + 77} {
		content := sample(n)
		file := pack(t, content, 300_001)
		r, was, err := Open(bytes.NewReader(file))
		if err != nil || !was {
			t.Fatalf("%d: %v, %v", n, was, err)
		}
		got, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(got, content) {
			t.Errorf("%d bytes become %d, %v", n, len(got), err)
		}
		r.Close()
		table, err := ReadTable(bytes.NewReader(file), int64(len(file)))
		if err != nil || table.Length() != int64(n) || len(table.Frames) != (n+FrameSize-1)/FrameSize {
			t.Fatalf("%d: %+v, %v", n, table, err)
		}
		for _, f := range table.Frames { // each alone
			dec, _ := zstd.NewReader(nil)
			one, err := dec.DecodeAll(file[f.At:f.At+f.Size], nil)
			if err != nil || !bytes.Equal(one, content[f.Content:f.Content+f.Length]) {
				t.Errorf("the frame at %d: %v", f.At, err)
			}
			dec.Close()
		}
	}
}

func TestOpenLeavesOthersAlone(t *testing.T) {
	for _, text := range []string{"", "x", "Xen saved domain, xl format\n \x00 \r"} {
		r, was, err := Open(bytes.NewReader([]byte(text)))
		if err != nil || was {
			t.Fatalf("%q: %v, %v", text, was, err)
		}
		if got, err := io.ReadAll(r); err != nil || string(got) != text {
			t.Errorf("%q becomes %q, %v", text, got, err)
		}
	}
}

func TestDamage(t *testing.T) {
	content := sample(3 * FrameSize)
	file := pack(t, content, FrameSize)
	flipped := bytes.Clone(file)
	flipped[len(file)/3] ^= 1
	for name, b := range map[string][]byte{
		"cut in a frame": file[:len(file)/2], "cut in the table": file[:len(file)-5], "a bit": flipped, "more behind it": append(bytes.Clone(file), "more"...),
	} {
		r, _, err := Open(bytes.NewReader(b))
		var got []byte
		if err == nil {
			got, err = io.ReadAll(r)
			r.Close()
		}
		if !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
		if !bytes.HasPrefix(content, got) || len(got) > len(content)-FrameSize {
			t.Errorf("%s: %d bytes were given, not all of them right", name, len(got))
		}
	}
}

// TestEachFlippedBitIsFound: the end of a file is given only when all of it is right.
func TestEachFlippedBitIsFound(t *testing.T) {
	content := sample(3000)
	file := pack(t, content, len(content))
	frames := len(file) - 8 - entrySize - footerSize
	for i := range frames * 8 {
		b := bytes.Clone(file)
		b[i/8] ^= 1 << (i % 8)
		r, was, err := Open(bytes.NewReader(b))
		if !was || err != nil {
			continue // it is another file's magic now
		}
		if got, err := io.ReadAll(r); err == nil && !bytes.Equal(got, content) {
			t.Fatalf("bit %d of the file: %d bytes were given", i, len(got))
		}
		r.Close()
	}
}

// TestTableOfAnotherFile is refused.
func TestTableOfAnotherFile(t *testing.T) {
	file := pack(t, sample(2*FrameSize), FrameSize)
	patched := func(fromEnd int, b byte) []byte {
		c := bytes.Clone(file)
		c[len(c)-fromEnd] = b
		return c
	}
	for name, b := range map[string][]byte{
		"nothing": nil, "magic": patched(1, 0), "flags": patched(5, 0x80), "too many frames": patched(6, 0x7f),
		"one frame less": patched(9, 1), "a size": patched(17, file[len(file)-17]^1^0xff), "more before it": append([]byte{0}, file...),
	} {
		_, err := ReadTable(bytes.NewReader(b), int64(len(b)))
		if name == "a size" { // of content: nothing in the file belies it
			continue
		}
		if !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestMemoryIsBounded reads a file that asks for a window of 128 MiB, and one that claims terabytes.
func TestMemoryIsBounded(t *testing.T) {
	var out bytes.Buffer
	w, err := zstd.NewWriter(&out, zstd.WithWindowSize(128<<20), zstd.WithEncoderConcurrency(1))
	if err == nil {
		_, err = w.Write(sample(1 << 20))
	}
	if err == nil {
		err = w.Flush() // so that its size is not known to the first frame
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for name, b := range map[string][]byte{
		"a large window": out.Bytes(),
		// single segment, a content of 2^44 bytes
		"a large content": {0x28, 0xb5, 0x2f, 0xfd, 0xe0, 0, 0, 0, 0, 0, 0x10, 0, 0, 1, 0, 0},
	} {
		r, _, err := Open(bytes.NewReader(b))
		if err == nil {
			_, err = io.Copy(io.Discard, r)
			r.Close()
		}
		if !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if runtime.ReadMemStats(&after); after.TotalAlloc-before.TotalAlloc > 64<<20 {
		t.Errorf("%d bytes were allocated", after.TotalAlloc-before.TotalAlloc)
	}
}

// full is a disk without room.
type full struct{ room int }

var errFull = errors.New("no space left on device")

func (f *full) Write(b []byte) (int, error) {
	if f.room -= len(b); f.room < 0 {
		return 0, errFull
	}
	return len(b), nil
}

func TestDiskFull(t *testing.T) {
	for _, room := range []int{0, 1 << 18, 1 << 20} {
		w, err := NewWriter(&full{room})
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.Write(sample(8 * FrameSize))
		if err := errors.Join(err, w.Close()); !errors.Is(err, errFull) {
			t.Errorf("%d: %v", room, err)
		}
	}
}

// FuzzUnpack reads what a disk may hold: what is read is packed and read again as the same.
func FuzzUnpack(f *testing.F) {
	f.Fuzz(func(t *testing.T, b []byte) {
		if table, err := ReadTable(bytes.NewReader(b), int64(len(b))); err == nil && table.Length() < 0 {
			t.Errorf("%+v", table)
		}
		r, _, err := Open(bytes.NewReader(b))
		if err != nil {
			return
		}
		defer r.Close()
		content, err := io.ReadAll(io.LimitReader(r, 4*FrameSize))
		if err != nil {
			return
		}
		again, _, err := Open(bytes.NewReader(pack(t, content, 1<<16)))
		if err != nil {
			t.Fatal(err)
		}
		defer again.Close()
		if got, err := io.ReadAll(again); err != nil || !bytes.Equal(got, content) {
			t.Errorf("%d bytes become %d, %v", len(content), len(got), err)
		}
	})
}

func TestCorpus(t *testing.T) {
	if files, err := os.ReadDir("testdata/fuzz/FuzzUnpack"); err != nil || len(files) < 3 {
		t.Errorf("%d seeds, %v", len(files), err)
	}
}
