package packed

import (
	"encoding/binary"
	"errors"
	"io"
	"runtime"

	"github.com/klauspost/compress/zstd"
)

// maxWorkers bounds how many frames are compressed at the same time. Each takes some MiB.
const maxWorkers = 4

// A Writer compresses what is written to it. It is to be closed, which writes the seek table; without one
// the file counts as cut off.
type Writer struct {
	w       io.Writer
	enc     *zstd.Encoder
	block   []byte
	pending []chan []byte // frames that are being compressed, in order
	workers int
	table   []byte
	size    int64 // written to w
	content int64 // taken
	err     error
}

// NewWriter makes a Writer on w.
func NewWriter(w io.Writer) (*Writer, error) {
	workers := min(runtime.GOMAXPROCS(0), maxWorkers)
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(workers), zstd.WithWindowSize(FrameSize), zstd.WithEncoderCRC(true))
	if err != nil {
		return nil, err
	}
	return &Writer{w: w, enc: enc, workers: workers, block: make([]byte, 0, FrameSize)}, nil
}

// Write takes the next bytes. The error is w's, also that of an earlier call.
func (p *Writer) Write(b []byte) (int, error) {
	n := 0
	for n < len(b) && p.err == nil {
		k := min(len(b)-n, FrameSize-len(p.block))
		p.block = append(p.block, b[n:n+k]...)
		n += k
		if len(p.block) == FrameSize {
			p.pack()
		}
	}
	p.content += int64(n)
	return n, p.err
}

// pack has the block compressed, and writes the oldest frame when enough are under way.
func (p *Writer) pack() {
	block, done := p.block, make(chan []byte, 1)
	p.block = make([]byte, 0, FrameSize)
	go func() { done <- binary.LittleEndian.AppendUint32(p.enc.EncodeAll(block, nil), uint32(len(block))) }()
	p.pending = append(p.pending, done)
	if len(p.pending) >= p.workers {
		p.flushOne()
	}
}

// flushOne writes the oldest frame. Its worker has put the content's size behind it.
func (p *Writer) flushOne() {
	frame := <-p.pending[0]
	p.pending = p.pending[1:]
	if p.err != nil {
		return
	}
	n := len(frame) - 4
	size := frame[n:]
	p.table = binary.LittleEndian.AppendUint32(p.table, uint32(n))
	p.table = append(p.table, size...)
	if len(p.table)/entrySize > maxFrames {
		p.err = errors.New("more frames than a seek table holds")
		return
	}
	p.write(frame[:n])
}

func (p *Writer) write(b []byte) {
	n, err := p.w.Write(b)
	p.size += int64(n)
	if p.err == nil {
		p.err = err
	}
}

// Close writes what is left and the seek table. It does not close w; twice is fine.
func (p *Writer) Close() error {
	if p.enc == nil {
		return p.err
	}
	if len(p.block) > 0 && p.err == nil {
		p.pack()
	}
	for len(p.pending) > 0 {
		p.flushOne()
	}
	if p.err == nil {
		b := binary.LittleEndian.AppendUint32(nil, skippableMagic)
		b = binary.LittleEndian.AppendUint32(b, uint32(len(p.table)+footerSize))
		b = append(b, p.table...)
		b = binary.LittleEndian.AppendUint32(b, uint32(len(p.table)/entrySize))
		b = append(b, 0)
		p.write(binary.LittleEndian.AppendUint32(b, seekableMagic))
	}
	p.err = errors.Join(p.err, p.enc.Close())
	p.enc = nil
	return p.err
}

// Content is how many bytes were taken, Size how many were written.
func (p *Writer) Content() int64 { return p.content }

// Size is how many bytes were written to w; it grows behind Content until Close.
func (p *Writer) Size() int64 { return p.size }
