package packed

import (
	"encoding/binary"
	"fmt"
	"io"
)

// A Table tells where the frames of a packed file are.
type Table struct {
	Frames []Frame
}

// Frame is one of a file's, with sizes and places in bytes.
type Frame struct {
	At, Size        int64 // in the file
	Content, Length int64 // where its content begins, and how long it is
}

// maxTable bounds the table that ReadTable takes, in frames: 1 TiB of content, and 64 MiB of memory.
const maxTable = 1 << 20

// ReadTable reads the table at the end of a file of this size. The error is ErrDamaged when there is none,
// or when it does not fit the file; or r's.
func ReadTable(r io.ReaderAt, size int64) (*Table, error) {
	var footer [footerSize]byte
	if size < footerSize+8 {
		return nil, fmt.Errorf("%w: it has no seek table", ErrDamaged)
	}
	if _, err := r.ReadAt(footer[:], size-footerSize); err != nil {
		return nil, err
	}
	n := int64(binary.LittleEndian.Uint32(footer[:]))
	body := n*entrySize + footerSize
	switch {
	case binary.LittleEndian.Uint32(footer[5:]) != seekableMagic:
		return nil, fmt.Errorf("%w: it has no seek table", ErrDamaged)
	case footer[4] != 0:
		return nil, fmt.Errorf("%w: its seek table has the unknown flags %#x", ErrDamaged, footer[4])
	case n > maxTable || body+8 > size:
		return nil, fmt.Errorf("%w: its seek table has %d frames", ErrDamaged, n)
	}
	b := make([]byte, body+8)
	start := size - int64(len(b))
	if _, err := r.ReadAt(b, start); err != nil {
		return nil, err
	}
	if binary.LittleEndian.Uint32(b) != skippableMagic || int64(binary.LittleEndian.Uint32(b[4:])) != body {
		return nil, fmt.Errorf("%w: its seek table has another length than it says", ErrDamaged)
	}
	t := &Table{Frames: make([]Frame, 0, n)}
	var f Frame
	for e := b[8 : 8+n*entrySize]; len(e) > 0; e = e[entrySize:] {
		f.At, f.Content = f.At+f.Size, f.Content+f.Length
		f.Size, f.Length = int64(binary.LittleEndian.Uint32(e)), int64(binary.LittleEndian.Uint32(e[4:]))
		t.Frames = append(t.Frames, f)
	}
	if f.At+f.Size != start {
		return nil, fmt.Errorf("%w: its seek table is for %d bytes of frames, and there are %d", ErrDamaged, f.At+f.Size, start)
	}
	return t, nil
}

// Length is the size of the content in bytes.
func (t *Table) Length() int64 {
	if len(t.Frames) == 0 {
		return 0
	}
	last := t.Frames[len(t.Frames)-1]
	return last.Content + last.Length
}
