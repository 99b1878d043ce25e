package stream

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/xenvoy/xenvoy/migrate/xlwire"
)

// xlGo is what xl sends behind the stream of a migration once the receiver is ready. A recording
// of the pipe ends with it.
const xlGo = xlwire.Permission

// Stats is what the Scanner inside has seen so far; its offsets count from the libxl
// or libxc header.
func (r *Reader) Stats() Stats {
	if r.scan == nil {
		return Stats{}
	}
	return r.scan.Stats()
}

// Tail reads what follows the END of the stream, and returns its length in bytes: 0,
// or 44 of xl's permission to unpause, with which the recording of a migration ends.
// Anything else is an [*Error]. It is for files: on a connection somebody else reads
// what follows.
func (r *Reader) Tail() (int, error) {
	b, err := io.ReadAll(io.LimitReader(r.r, int64(len(xlGo)+1)))
	switch {
	case err != nil:
		return 0, err
	case len(b) == 0 || bytes.Equal(b, []byte(xlGo)):
		return len(b), nil
	}
	return 0, &Error{
		Offset: r.base + r.scan.stats.Bytes, Record: "end of stream", Rule: RuleTrailing,
		Msg: fmt.Sprintf("%d or more bytes follow it", len(b)),
	}
}

// Verdict is what Verify says of a stream that breaks no rule.
type Verdict struct {
	Bytes       int64 `json:"bytes"`       // of the stream, xl's header included
	Records     int64 `json:"records"`     // and headers
	Complete    bool  `json:"complete"`    // it has an END; else it goes on from checkpoint to checkpoint
	Checkpoints int   `json:"checkpoints"` // that are complete
	Unfinished  int64 `json:"unfinished"`  // bytes behind the last of them, which a restore forgets
	Tail        int   `json:"tail"`        // bytes of xl's permission to unpause behind the stream
}

// Verify reads a whole file, and holds it to every rule: see Rules. It returns an
// [*Error] that names the first that is broken, and r's errors.
func Verify(r io.Reader, o ReaderOptions) (Verdict, error) {
	o.Strict = true
	var v Verdict
	err := walk(NewReader(r, o), &v, func(*Reader, *Record) error { return nil })
	return v, err
}

// walk goes through a whole file.
func walk(in *Reader, v *Verdict, each func(*Reader, *Record) error) error {
	for {
		rec, err := in.Next()
		switch {
		case err == nil:
			v.Records++
			err = each(in, rec)
		case errors.Is(err, io.EOF):
			return v.end(in)
		}
		if errors.Is(err, ErrFailover) {
			return v.end(in)
		}
		if err != nil {
			return err
		}
	}
}

func (v *Verdict) end(in *Reader) (err error) {
	s := in.scan
	v.Bytes, v.Complete, v.Checkpoints = in.base+s.stats.Bytes, s.done, s.stats.Checkpoints
	if !s.done {
		v.Unfinished = s.stats.Bytes - s.round
		return nil
	}
	v.Tail, err = in.Tail()
	return err
}
