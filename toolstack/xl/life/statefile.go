package life

import (
	"errors"
	"io"
	"os"

	"github.com/xenvoy/xenvoy/toolstack/durable"
	"github.com/xenvoy/xenvoy/toolstack/packed"
	"github.com/xenvoy/xenvoy/toolstack/xl"
)

// A stateWriter is a save file that is being written: libxl writes to its end of a pipe, or to the file
// itself when that is not to be compressed.
type stateWriter struct {
	file *durable.File
	to   *os.File // for libxl

	pack   *packed.Writer // nil: not compressed
	joined chan error     // of what carries the pipe's bytes to pack; nil: nothing does
	raw    int64          // bytes before compression, after commit
}

// newStateWriter begins a save file.
func newStateWriter(path string, compress bool) (*stateWriter, error) {
	f, err := durable.Create(path, 0o644)
	if err != nil {
		return nil, err
	}
	w := &stateWriter{file: f, to: f.File}
	if compress {
		if w.pack, err = packed.NewWriter(f); err != nil {
			f.Discard()
			return nil, err
		}
	}
	return w, nil
}

// header is where what stands before libxl's bytes goes.
func (w *stateWriter) header() io.Writer {
	if w.pack != nil {
		return w.pack
	}
	return w.file
}

// begin gives the file that libxl is to write to.
func (w *stateWriter) begin() (*os.File, error) {
	if w.pack == nil {
		return w.to, nil
	}
	r, to, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	w.to, w.joined = to, make(chan error, 1)
	go func() {
		_, err := io.Copy(w.pack, r)
		r.Close() // after an error libxl must not wait for a reader
		w.joined <- err
	}()
	return to, nil
}

// end waits for all that libxl has written. Why the file could not take it goes before libxl's error for
// that.
func (w *stateWriter) end(err error) error {
	if w.joined == nil {
		return err
	}
	w.to.Close()
	copied := <-w.joined
	w.joined = nil
	return errors.Join(copied, err)
}

// commit gives the file its name once it is on disk.
func (w *stateWriter) commit() error {
	if w.pack != nil {
		if err := w.pack.Close(); err != nil {
			return err
		}
	}
	if err := w.file.Commit(); err != nil {
		return err
	}
	if w.raw = w.file.Size(); w.pack != nil {
		w.raw = w.pack.Content()
	}
	return nil
}

// discard removes a file that was not committed, and ends what carries bytes to it.
func (w *stateWriter) discard() {
	_ = w.end(nil) // nobody wants the bytes any more
	if w.pack != nil {
		_ = w.pack.Close() // its workers must end
	}
	w.file.Discard()
}

// A stateReader is a save file that is read, compressed or not.
type stateReader struct {
	*os.File // for libxl: the file, or a pipe
	file     *os.File
	joined   chan error // of what unpacks; nil: nothing does
}

// openState opens a save file. The error is the file system's, or packed.ErrDamaged.
func openState(path string) (*stateReader, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	begin := make([]byte, 4)
	n, err := f.ReadAt(begin, 0)
	if err != nil || !packed.Packed(begin[:n]) { // what is not a plain file cannot be looked at and is not compressed
		return &stateReader{File: f, file: f}, nil
	}
	unpack, err := packed.NewReader(f)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	r, w, err := os.Pipe()
	if err != nil {
		unpack.Close()
		return nil, errors.Join(err, f.Close())
	}
	s := &stateReader{File: r, file: f, joined: make(chan error, 1)}
	go func() {
		_, err := io.Copy(w, unpack)
		w.Close()
		unpack.Close()
		s.joined <- err
	}()
	return s, nil
}

// end closes the file. What unpacking it found wrong stands for libxl's error for that; a domain that was built
// has had all of its state (package packed gives the end of a file only when all of it is right).
func (s *stateReader) end(err error) error {
	s.Close()
	if s.joined == nil {
		return err
	}
	unpacked := <-s.joined
	s.joined = nil
	s.file.Close()
	if err != nil && errors.Is(unpacked, packed.ErrDamaged) {
		return xl.Failf(xl.StatusFailed, "%s: %w", s.file.Name(), unpacked)
	}
	return err
}
