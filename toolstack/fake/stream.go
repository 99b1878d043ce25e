package fake

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/xenvoy/xenvoy/toolstack"
)

// The stream that fake guests move in: the hypervisor's own framing (Xen,
// docs/specs/libxl-migration-stream.pandoc and libxc-migration-stream.pandoc)
// around pages of zeroes and, in the last one, the guest's count.
const (
	recordEnd       = 0
	recordPages     = 1
	recordStaticEnd = 0x10
	recordContext   = 1 // of libxl: LIBXC_CONTEXT
	domainHVM       = 2
	pageSize        = 4096
	pagesPerRecord  = 16
	livePages       = 64
)

func record(kind uint32, body []byte) []byte {
	b := binary.LittleEndian.AppendUint32(nil, kind)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(body)))
	b = append(b, body...)
	return append(b, make([]byte, -len(body)&7)...)
}

func pages(first, n uint64, fill func(i uint64, page []byte)) []byte {
	body := binary.LittleEndian.AppendUint32(nil, uint32(n))
	body = append(body, 0, 0, 0, 0)
	for i := range n {
		body = binary.LittleEndian.AppendUint64(body, first+i)
	}
	for i := range n {
		page := make([]byte, pageSize)
		if fill != nil {
			fill(i, page)
		}
		body = append(body, page...)
	}
	return record(recordPages, body)
}

func headers() []byte {
	b := binary.BigEndian.AppendUint64(nil, 0x4c6962786c466d74)
	b = binary.BigEndian.AppendUint32(b, 2)
	b = binary.BigEndian.AppendUint32(b, 0)
	b = append(b, record(recordContext, nil)...)
	b = binary.BigEndian.AppendUint64(b, 0xffffffffffffffff)
	b = binary.BigEndian.AppendUint32(b, 0x58454e46)
	b = binary.BigEndian.AppendUint32(b, 3)
	b = append(b, make([]byte, 8)...)
	b = binary.LittleEndian.AppendUint32(b, domainHVM)
	b = binary.LittleEndian.AppendUint16(b, 12)
	b = binary.LittleEndian.AppendUint16(b, 0)
	b = binary.LittleEndian.AppendUint32(b, 4)
	b = binary.LittleEndian.AppendUint32(b, 17)
	return append(b, record(recordStaticEnd, nil)...)
}

// writePass sends all pages while the guest runs.
func writePass(ctx context.Context, w *os.File, tell func(toolstack.CopyProgress)) error {
	for at := uint64(0); at < livePages; at += pagesPerRecord {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if _, err := w.Write(pages(at, pagesPerRecord, nil)); err != nil {
			return err
		}
		if tell != nil {
			tell(toolstack.CopyProgress{Phase: "Frames iteration 1 of 5", Done: at + pagesPerRecord, Total: livePages})
		}
	}
	return nil
}

// writeEnd sends the page with the guest's count and ends both layers.
func writeEnd(w *os.File, count uint64) error {
	b := pages(0, 1, func(_ uint64, p []byte) { binary.LittleEndian.PutUint64(p, count) })
	b = append(b, record(recordEnd, nil)...)
	b = append(b, record(recordEnd, nil)...)
	_, err := w.Write(b)
	return err
}

// readStream reads exactly one stream and gives the guest's count.
func readStream(r io.Reader) (uint64, error) {
	head := make([]byte, len(headers()))
	if _, err := io.ReadFull(r, head); err != nil {
		return 0, err
	}
	if !bytes.Equal(head, headers()) {
		return 0, errors.New("not a stream of a fake guest")
	}
	var count uint64
	for {
		var h [8]byte
		if _, err := io.ReadFull(r, h[:]); err != nil {
			return 0, noEOF(err)
		}
		kind, n := binary.LittleEndian.Uint32(h[:]), binary.LittleEndian.Uint32(h[4:])
		switch {
		case kind == recordEnd && n == 0:
			_, err := io.ReadFull(r, h[:]) // the END of the outer layer
			return count, noEOF(err)
		case kind != recordPages || n < 16 || n > 8+pagesPerRecord*(8+pageSize):
			return 0, fmt.Errorf("record %#x of %d bytes", kind, n)
		}
		body := make([]byte, n)
		if _, err := io.ReadFull(r, body); err != nil {
			return 0, noEOF(err)
		}
		if first := 8 + 8*int(binary.LittleEndian.Uint32(body)); first+8 <= len(body) {
			count = binary.LittleEndian.Uint64(body[first:])
		}
	}
}

func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
