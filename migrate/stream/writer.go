package stream

import (
	"encoding/binary"
	"fmt"
	"io"
)

// Writer writes a stream record by record. A Scanner inside it looks at all that is
// written: what a receiver would refuse is an error here.
//
// Contents of pages are passed to the underlying writer without a copy; less than 16
// KiB is gathered first. A Writer is not for several goroutines.
type Writer struct {
	w       io.Writer
	scan    *Scanner
	pending []byte
	left    int64 // data of the current record still to come, in bytes
	padding int
	base    int64
	err     error
}

// writerGather is the least data that is written at once, in bytes, if more follows.
const writerGather = 16 << 10

// NewWriter returns a Writer for a stream of a format; of FormatAuto the first header
// tells it. With strict it refuses what breaks any rule, not only what Xen refuses.
func NewWriter(w io.Writer, format Format, strict bool) *Writer {
	scan := NewScanner(nil)
	if strict {
		scan = NewVerifier(nil)
	}
	if format == FormatLibxc {
		scan.bare, scan.part = true, partImageHeader
	}
	return &Writer{w: w, scan: scan}
}

// Record writes a header or record up to its data: Layer, Header, Type, Length and
// Body count. Length may be left 0 if Body is the whole body. Data has to follow if
// Record.Length is longer than Body.
//
// It returns an [*Error] for a record that cannot stand here, and what the underlying
// writer returns.
func (w *Writer) Record(r *Record) error {
	switch {
	case w.err != nil:
		return w.err
	case w.left > 0:
		return w.fail("%s comes where %d bytes of data are still to come", r.Name(), w.left)
	case r.Header && r.Layer == LayerXL:
		return w.xlHeader(r.Body)
	case r.Header:
		w.format(r.Body)
		return w.put(r.Body.appendTo(w.pending[:0]))
	}
	b := binary.LittleEndian.AppendUint32(w.pending[:0], r.Type)
	b = binary.LittleEndian.AppendUint32(b, 0)
	if r.Body != nil {
		b = r.Body.appendTo(b)
	}
	length := max(r.Length, uint32(len(b)-recordHeaderSize))
	binary.LittleEndian.PutUint32(b[4:], length)
	w.left = int64(length) - int64(len(b)-recordHeaderSize)
	w.padding = int(padded(length) - uint64(length))
	return w.put(b)
}

// xlHeader writes what the Scanner does not look at.
func (w *Writer) xlHeader(body Body) error {
	if w.base > 0 || w.scan.stats.Bytes > 0 {
		return w.fail("xl's header is not the first")
	}
	b := body.appendTo(nil)
	w.base, w.scan.base = int64(len(b)), int64(len(b))
	return w.write(b)
}

// format makes a stream that begins with an image header one of libxc alone.
func (w *Writer) format(body Body) {
	if _, ok := body.(*ImageHeader); ok && w.scan.stats.Bytes == 0 && w.base == 0 {
		w.scan.bare, w.scan.part = true, partImageHeader
	}
}

// Data writes the next data of the current record, and its padding behind the last.
// The errors are those of Record.
func (w *Writer) Data(p []byte) error {
	switch {
	case w.err != nil:
		return w.err
	case int64(len(p)) > w.left:
		return w.fail("%d bytes of data are more than the %d that are still to come", len(p), w.left)
	}
	w.left -= int64(len(p))
	if len(p) < writerGather {
		return w.put(append(w.pending, p...))
	}
	if err := w.flush(); err != nil {
		return err
	}
	if err := w.show(p); err != nil {
		return err
	}
	if err := w.write(p); err != nil {
		return err
	}
	return w.put(w.pending[:0])
}

// Pages writes a PAGE_DATA record. contents has 4096 bytes for each entry whose type
// has data, in their order. The errors are those of Record.
func (w *Writer) Pages(entries []Entry, contents []byte) error {
	length := pageHeaderSize + len(entries)*pfnSize + len(contents)
	if length > MaxRecordLength {
		return w.fail("%d pages are too many for one record", len(entries))
	}
	head := PageData{Count: uint32(len(entries))}
	if err := w.Record(&Record{Layer: LayerLibxc, Type: uint32(RecPageData), Length: uint32(length), Body: &head}); err != nil {
		return err
	}
	for len(entries) > 0 {
		n := min(len(entries), entriesAtOnce)
		var b []byte
		for _, e := range entries[:n] {
			b = binary.LittleEndian.AppendUint64(b, uint64(e))
		}
		if err := w.Data(b); err != nil {
			return err
		}
		entries = entries[n:]
	}
	return w.Data(contents)
}

// put keeps small pieces until a record is complete, or a large one comes.
func (w *Writer) put(b []byte) error {
	w.pending = b
	if w.left == 0 {
		w.pending = append(w.pending, make([]byte, w.padding)...)
		w.padding = 0
	}
	if w.left > 0 && len(w.pending) < writerGather {
		return nil
	}
	return w.flush()
}

func (w *Writer) flush() error {
	if len(w.pending) == 0 {
		return nil
	}
	b := w.pending
	w.pending = w.pending[:0]
	if err := w.show(b); err != nil {
		return err
	}
	return w.write(b)
}

// show lets the Scanner look at what is about to be written.
func (w *Writer) show(b []byte) error {
	_, err := w.scan.Write(b)
	w.err = err
	return err
}

func (w *Writer) write(b []byte) error {
	_, w.err = w.w.Write(b)
	return w.err
}

func (w *Writer) fail(format string, args ...any) error {
	w.err = &Error{Offset: w.base + w.scan.stats.Bytes, Record: "record", Rule: RuleBodyLength, Msg: fmt.Sprintf(format, args...)}
	return w.err
}

// Close says whether the stream is complete. It does not close the underlying writer.
// A stream without END is complete behind a checkpoint. The error is an [*Error], or
// that of an earlier call.
func (w *Writer) Close() error {
	if w.err != nil {
		return w.err
	}
	if w.left == 0 && w.scan.atCheckpoint() {
		return nil
	}
	return w.scan.Close()
}
