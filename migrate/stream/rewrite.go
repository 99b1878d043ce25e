package stream

import (
	"errors"
	"io"
)

// Rewrite reads a stream to its END, and writes it anew from what was read. Of a
// stream that NewVerifier accepts the copy has the same bytes; of one that breaks only
// strict rules, too, but for padding, which becomes zero. Of a stream that ends in a
// round behind a checkpoint the copy may end earlier in that round.
//
// It returns an [*Error] for a malformed stream, and the errors of r and w.
func Rewrite(w io.Writer, r io.Reader, o ReaderOptions) error {
	in, out := NewReader(r, o), NewWriter(w, o.Format, o.Strict)
	for {
		rec, err := in.Next()
		if err == nil {
			err = copyRecord(out, in, rec)
		}
		if errors.Is(err, io.EOF) || errors.Is(err, ErrFailover) {
			return out.flush()
		}
		if err != nil {
			return err
		}
	}
}

func copyRecord(out *Writer, in *Reader, rec *Record) error {
	if err := out.Record(rec); err != nil {
		return err
	}
	for {
		p, err := in.Data()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := out.Data(p); err != nil {
			return err
		}
	}
}
