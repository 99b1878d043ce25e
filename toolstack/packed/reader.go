package packed

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
)

// ErrDamaged says that a packed file is not as it was written, or is no packed file.
var ErrDamaged = errors.New("the compressed file is damaged")

// Packed says whether what begins with these bytes, of which 4 are enough, is compressed.
func Packed(begin []byte) bool {
	if len(begin) < 4 {
		return false
	}
	magic := binary.LittleEndian.Uint32(begin)
	return magic == frameMagic || magic&^0xf == skippableMagic&^0xf
}

// A Reader gives the content of a packed file, or of any that zstd wrote with a window of at most
// MaxWindow. It holds some of these windows in memory, whatever the file says.
//
// It holds back more than a frame: a checksum stands behind what it is for. So no damaged byte of a
// packed file is ever given, and the end of any file only when all of it is right.
type Reader struct {
	dec  *zstd.Decoder
	held []byte // decoded and not given
	from int    // where that begins in held
	err  error  // that the decoder ended with
	n    int64
}

// holdBack is how much is held back, in bytes: a frame, and what shows that it has ended.
const holdBack = FrameSize + 1

// NewReader makes a Reader of r.
func NewReader(r io.Reader) (*Reader, error) {
	dec, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(MaxWindow))
	if err != nil {
		return nil, inWords(err)
	}
	return &Reader{dec: dec, held: make([]byte, 0, 2*holdBack)}, nil
}

// Read gives the next bytes. The error is ErrDamaged, io.EOF, or that of the file.
func (r *Reader) Read(b []byte) (int, error) {
	for len(b) > 0 {
		ready := len(r.held) - r.from - holdBack
		switch {
		case errors.Is(r.err, io.EOF):
			ready += holdBack
			if ready == 0 {
				return 0, io.EOF
			}
		case r.err != nil:
			return 0, r.err
		}
		if ready > 0 {
			n := copy(b, r.held[r.from:r.from+ready])
			r.from += n
			r.n += int64(n)
			return n, nil
		}
		r.fill()
	}
	return 0, nil
}

// fill decodes some more.
func (r *Reader) fill() {
	if len(r.held) == cap(r.held) {
		n := copy(r.held, r.held[r.from:])
		r.held, r.from = r.held[:n], 0
	}
	n, err := r.dec.Read(r.held[len(r.held):cap(r.held)])
	r.held = r.held[:len(r.held)+n]
	r.err = inWords(err)
}

// Content is how many bytes were given.
func (r *Reader) Content() int64 { return r.n }

// Close frees what it holds.
func (r *Reader) Close() { r.dec.Close() }

// inWords is a decoder's error with its kind.
func inWords(err error) error {
	switch {
	case err == nil, errors.Is(err, io.EOF):
		return err
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("%w: it is cut off: %w", ErrDamaged, err)
	case errors.Is(err, zstd.ErrWindowSizeExceeded), errors.Is(err, zstd.ErrDecoderSizeExceeded):
		return fmt.Errorf("%w: it was compressed with a window of more than %d MiB, as by zstd --long: unpack it with zstd", ErrDamaged, MaxWindow>>20)
	}
	return fmt.Errorf("%w: %w", ErrDamaged, err)
}

// Open reads a file that may be compressed: it gives the content, and whether it was.
func Open(r io.Reader) (content io.ReadCloser, was bool, err error) {
	b := bufio.NewReaderSize(r, 64<<10)
	begin, err := b.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, false, err
	}
	if !Packed(begin) {
		return io.NopCloser(b), false, nil
	}
	p, err := NewReader(b)
	if err != nil {
		return nil, true, err
	}
	return closer{p}, true, nil
}

// closer is a Reader as an io.ReadCloser.
type closer struct{ *Reader }

func (c closer) Close() error {
	c.Reader.Close()
	return nil
}
