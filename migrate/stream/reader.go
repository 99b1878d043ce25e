package stream

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
)

// Format is the outermost layer of a stream.
type Format uint8

// The formats.
const (
	FormatAuto  Format = iota // tell it by the first 8 bytes
	FormatXL                  // a save file, or what xl sends to xl
	FormatLibxl               // what libxl_domain_suspend writes
	FormatLibxc               // what xc_domain_save writes
)

// ReaderOptions say how a Reader reads.
type ReaderOptions struct {
	Format Format
	Strict bool        // check every rule, also those that Xen does not: see Rules
	Events func(Event) // as for NewScanner; may be nil
}

// ErrFailover is the end of what is read, within a round behind a complete checkpoint:
// a restore goes on from the checkpoint, and forgets what came after it.
var ErrFailover = errors.New("the stream ends in a round behind its last checkpoint")

// readerBuffer is how much is read at once at most, in bytes. It fits into a processor's
// second cache, where the pages still are when they are written.
const readerBuffer = 256 << 10

// Reader reads a stream record by record. It never reads behind the stream's END, and
// holds less than 2 MiB whatever the stream says. A Scanner inside it knows the
// grammar; the Reader asks it what comes next.
//
// A Reader is not for several goroutines.
type Reader struct {
	r    io.Reader
	opts ReaderOptions
	scan *Scanner
	buf  []byte
	rec  Record
	left int64 // data of rec still to come, in bytes
	base int64 // what xl's header takes, in bytes

	entries  uint32  // of a PAGE_DATA record still to come
	withData []Entry // of it, whose contents are still to come
	nextData int     // of these
	list     []Entry // what Entries returned
	err      error
}

// NewReader returns a Reader at the start of a stream.
func NewReader(r io.Reader, o ReaderOptions) *Reader {
	return &Reader{r: r, opts: o, buf: make([]byte, 4<<10)}
}

// Next goes to the next header or record. What is left of the current one is passed
// over. The Record is valid until the next call.
//
// It returns io.EOF after the END of the stream, or at the end of what is read right
// behind a checkpoint, and [ErrFailover] later in a round behind a checkpoint: such a
// stream has no END. Other errors are an [*Error], and what the underlying reader
// returns.
func (r *Reader) Next() (*Record, error) {
	if r.err != nil {
		return nil, r.err
	}
	if err := r.next(); err != nil {
		r.err = err
		return nil, err
	}
	return &r.rec, nil
}

func (r *Reader) next() error {
	if r.scan == nil {
		return r.start()
	}
	for r.left > 0 {
		if _, err := r.Data(); err != nil {
			return err
		}
	}
	if r.scan.done {
		return io.EOF
	}
	part := r.scan.part
	r.rec = Record{Offset: r.base + r.scan.stats.Bytes}
	b, err := r.take(part.size())
	if err != nil {
		return err
	}
	return r.parse(part, b)
}

// start reads xl's header, if there is one, and makes the Scanner.
func (r *Reader) start() error {
	format := r.opts.Format
	first := r.buf[:0]
	if format == FormatAuto {
		n, err := io.ReadFull(r.r, r.buf[:8])
		first = bytes.Clone(r.buf[:n])
		if format = formatOf(first); err != nil && format != FormatXL {
			return r.cutShort(n, err)
		}
	}
	r.r = io.MultiReader(bytes.NewReader(first), r.r)
	r.scan = NewScanner(r.opts.Events)
	if r.opts.Strict {
		r.scan = NewVerifier(r.opts.Events)
	}
	if format == FormatLibxc {
		r.scan.bare, r.scan.part = true, partImageHeader
	}
	if format != FormatXL {
		return r.next()
	}
	return r.xlHeader()
}

// formatOf tells the format by its first bytes; FormatLibxl is also what is none.
func formatOf(b []byte) Format {
	switch {
	case bytes.HasPrefix([]byte(xlMagic), b[:min(len(b), 8)]):
		return FormatXL
	case len(b) >= 8 && binary.LittleEndian.Uint64(b) == libxcMarker:
		return FormatLibxc
	}
	return FormatLibxl
}

// cutShort is the error of a stream that ends within its first bytes.
func (r *Reader) cutShort(n int, err error) error {
	if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	s := NewScanner(nil)
	if _, err := s.Write(r.buf[:n]); err != nil {
		return err
	}
	return s.Close()
}

// xlHeader reads xl's header.
func (r *Reader) xlHeader() error {
	h, err := ReadXLHeader(r.r)
	if err != nil {
		return xlCut(err)
	}
	r.base, r.scan.base = h.Size, h.Size
	if r.opts.Strict {
		if r.scan.strict.config, err = checkXLConfig(&h); err != nil {
			return err
		}
	}
	r.rec = Record{Layer: LayerXL, Header: true, Body: &h}
	return nil
}

// take reads n bytes, at most a whole buffer and padding, and shows them to the Scanner.
func (r *Reader) take(n int) ([]byte, error) {
	if n > len(r.buf) { // small streams, of which a relay may have many, need no large one
		r.buf = make([]byte, min(max(n, 2*len(r.buf)), readerBuffer+recordAlign))
	}
	m, err := io.ReadFull(r.r, r.buf[:n])
	if _, bad := r.scan.Write(r.buf[:m]); bad != nil {
		return nil, bad
	}
	if err == nil {
		return r.buf[:n], nil
	}
	if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, err
	}
	switch {
	case r.scan.atCheckpoint():
		return nil, io.EOF
	case r.scan.stats.Checkpoints > 0:
		return nil, ErrFailover
	}
	return nil, r.scan.Close()
}

// parse makes a Record of the header that was taken, and reads the fixed part of the body.
func (r *Reader) parse(part part, b []byte) (err error) {
	rec := &r.rec
	rec.Header = true
	switch part {
	case partLibxlHeader:
		rec.Layer = LayerLibxl
		rec.Body, _ = typed(parseLibxlHeader(b))
	case partImageHeader:
		rec.Layer = LayerLibxc
		rec.Body, _ = typed(parseImageHeader(b))
	case partDomainHeader:
		rec.Layer = LayerLibxc
		rec.Body, _ = typed(parseDomainHeader(b))
	default:
		return r.record(part, b)
	}
	return nil
}

func (r *Reader) record(part part, b []byte) error {
	rec := &r.rec
	rec.Header, rec.Layer = false, LayerLibxl
	rec.Type, rec.Length = binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:])
	if part == partRecord {
		rec.Layer = LayerLibxc
	}
	head, err := r.take(int(r.scan.headSize()))
	if err != nil {
		return err
	}
	rec.Body = rec.parse(head)
	rec.Data = int64(rec.Length) - int64(len(head))
	r.left = rec.Data
	if rec.Is(RecPageData) {
		r.entries, r.withData, r.nextData = r.scan.pfns, r.withData[:0], 0
	}
	if r.left == 0 && rec.padding() > 0 {
		_, err = r.take(rec.padding())
	}
	return err
}

// parse makes a Body of the fixed part. What would not be written as it was read
// stays Raw.
func (r *Record) parse(head []byte) Body {
	if len(head) == 0 {
		return nil
	}
	body, f := LibxlType(r.Type).parse(head)
	if r.Layer == LayerLibxc {
		body, f = RecordType(r.Type).parse(head)
	}
	if f != nil || body == nil || !bytes.Equal(body.appendTo(nil), head) {
		return Raw(bytes.Clone(head))
	}
	return body
}
