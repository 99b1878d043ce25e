//go:build cgo

package libxl

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xenvoy/xenvoy/xen/internal/interrupt"
	"github.com/xenvoy/xenvoy/xen/internal/interruptible"
)

// A relay stands between libxl and the file of a migration stream.
//
// libxl (4.17, and still master in 2026) crashes when a stream ends before libxl has
// started its save or restore helper: a bad header, a reader or writer that has gone,
// an abort. check_all_finished in libxl_stream_read.c and libxl_stream_write.c then
// "aborts" a helper that has no completion callback yet, and calls a null pointer. So
// the relay lets nothing of that kind happen before the helper runs: what comes in is
// checked before libxl sees it, what goes out is taken in any case, and ready tells
// from when on libxl may be asked to abort.
type relay struct {
	pipe  *os.File      // our end of the pipe, the other is libxl's
	file  *os.File      // a copy of the caller's file
	undo  func()        // restores the caller's file
	ready chan struct{} // closed when libxl has got as far as its helper
	ended chan struct{}
	err   error // of file; valid when ended is closed
	cut   bool  // a deadline ended it before the stream's end; valid as err
}

// streamHead is libxl's stream header and the head of its first record, after which
// libxl starts the helper (libxl_sr_stream_format.h).
const streamHead = 16 + 8

const (
	streamIdent   = 0x4c6962786c466d74 // "LibxlFmt"
	streamVersion = 2
	recordLibxc   = 1
)

// checkHead says what is wrong with the beginning of a stream. The header is big-endian,
// the record's head is in the order that the header's lowest option bit names: 0 little.
func checkHead(head []byte) error {
	ident := binary.BigEndian.Uint64(head)
	version := binary.BigEndian.Uint32(head[8:])
	options := binary.BigEndian.Uint32(head[12:])
	kind, length := binary.LittleEndian.Uint32(head[16:]), binary.LittleEndian.Uint32(head[20:])
	switch {
	case ident != streamIdent:
		return fmt.Errorf("not a migration stream of libxl: %w", ErrInval)
	case version != streamVersion:
		return fmt.Errorf("migration stream of version %d, not %d: %w", version, streamVersion, ErrInval)
	case options&1 != 0:
		return fmt.Errorf("migration stream in big-endian byte order: %w", ErrInval)
	case kind != recordLibxc || length != 0:
		return fmt.Errorf("migration stream begins with record type %d of %d bytes, not with libxc's: %w", kind, length, ErrInval)
	}
	return nil
}

// newRelay makes a pipe and returns it with libxl's end, which is blocking and
// close-on-exec, and is the caller's to close.
func newRelay(f *os.File, outgoing bool) (*relay, int, error) {
	file, undo, err := interruptible.Copy(f)
	if err != nil {
		return nil, -1, err
	}
	direction := interruptible.ToLibrary
	if outgoing {
		direction = interruptible.FromLibrary
	}
	pipe, theirs, err := interruptible.Pipe("migration stream", direction)
	if err != nil {
		undo()
		return nil, -1, err
	}
	return &relay{
		pipe:  pipe,
		file:  file,
		undo:  undo,
		ready: make(chan struct{}),
		ended: make(chan struct{}),
	}, theirs, nil
}

// receive reads and checks the beginning of the stream, and puts it into the pipe.
func (r *relay) receive(ctx context.Context) error {
	var head [streamHead]byte
	stop := context.AfterFunc(ctx, func() { r.file.SetReadDeadline(interruptible.Past()) })
	_, err := io.ReadFull(r.file, head[:])
	if !stop() {
		if err != nil {
			return interrupt.Cause(ctx)
		}
		r.file.SetReadDeadline(time.Time{})
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("migration stream ends before its first record: %w", io.ErrUnexpectedEOF)
	}
	if err != nil {
		return err
	}
	if err := checkHead(head[:]); err != nil {
		return err
	}
	// With room for one page the pipe is full until libxl has read all of the head.
	if err := interruptible.Resize(r.pipe, os.Getpagesize()); err != nil {
		return err
	}
	_, err = r.pipe.Write(head[:])
	return err
}

// feed passes on the rest of an incoming stream.
func (r *relay) feed() {
	defer close(r.ended)
	defer r.pipe.Close()
	raw, err := r.pipe.SyscallConn()
	if err != nil {
		return
	}
	if err := raw.Write(writable); err != nil {
		return // interrupted: libxl has failed before it came to the stream
	}
	close(r.ready)
	interruptible.Resize(r.pipe, interruptible.Room) // without more room it is just slower
	r.err = r.pass(r.pipe, r.file)
}

// writable reports whether a pipe has a free page, or no reader.
func writable(fd uintptr) bool {
	for {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}, 0)
		if err != unix.EINTR {
			return n > 0
		}
	}
}

// drain passes on an outgoing stream.
func (r *relay) drain() {
	defer close(r.ended)
	defer r.pipe.Close()
	var head [streamHead]byte
	n, err := io.ReadFull(r.pipe, head[:])
	if err != nil {
		return // libxl has failed before it came to the stream
	}
	close(r.ready)
	interruptible.Resize(r.pipe, interruptible.Room) // without more room it is just slower
	if _, err := r.file.Write(head[:n]); err != nil {
		r.err = r.ofFile(r.file, err)
		return
	}
	r.err = r.pass(r.file, r.pipe)
}

// pass copies until the end, and returns the error of the caller's file: that of the
// pipe is libxl's end, and libxl tells more of it.
func (r *relay) pass(to, from *os.File) error {
	failed, err := interruptible.Pass(to, from)
	if err != nil {
		return r.ofFile(failed, err)
	}
	return nil
}

func (r *relay) ofFile(f *os.File, err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) { // our interruption
		r.cut = true
		return nil
	}
	if f != r.file {
		return nil
	}
	return err
}

// close ends the relay and returns what went wrong with the caller's file. With cut it
// does not wait for what has not been passed on.
func (r *relay) close(started, cut bool) error {
	if cut {
		r.file.SetDeadline(interruptible.Past()) // fails for a file that does not block anyway
		r.pipe.SetDeadline(interruptible.Past())
	}
	if started {
		<-r.ended
	} else {
		r.pipe.Close()
	}
	r.undo()
	return r.err
}
