package xenstore

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"

	"github.com/xenvoy/xenvoy/xen"
	"github.com/xenvoy/xenvoy/xen/internal/interrupt"
	"github.com/xenvoy/xenvoy/xen/internal/xenstored"
)

// A Value is what ReadEach has found at one path.
type Value struct {
	Text string
	Err  error // as Read's: fs.ErrNotExist where the path does not exist
}

// ReadEach reads many paths at once: through xenstored's socket it makes all requests before
// it waits for the first answer, which spares most of the switches to xenstored and back.
// Where the socket takes no connection it reads one path after the other, by libxenstore. The values come in the
// order of the paths. The error is about all of them, and as OpenContext's and Read's;
// that of a single one is in its Value.
func ReadEach(ctx context.Context, paths []string) ([]Value, error) {
	if err := interrupt.Cause(ctx); err != nil {
		return nil, &Error{Op: "read", Err: err}
	}
	conn, err := dialSocket(ctx)
	if err != nil && interrupt.Cause(ctx) == nil && !errors.Is(err, xen.ErrNoXenstored) {
		return readByLibrary(ctx, paths)
	}
	var values []Value
	if err == nil {
		defer conn.Close()
		values, err = interruptedBy(ctx, conn, paths)
	}
	if err != nil && ctx.Err() != nil {
		err = fmt.Errorf("%w: %w", ErrUnanswered, interrupt.Cause(ctx))
	}
	if err != nil {
		return nil, &Error{Op: "read", Err: err}
	}
	return values, nil
}

// interruptedBy is pipeline that ends with ctx.
func interruptedBy(ctx context.Context, conn *socket, paths []string) ([]Value, error) {
	defer conn.endWith(ctx)() // before conn's number can be another's
	return pipeline(conn, paths)
}

// readByLibrary goes by way of the kernel, which takes one request at a time.
func readByLibrary(ctx context.Context, paths []string) ([]Value, error) {
	c, err := OpenContext(ctx)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	values := make([]Value, len(paths))
	for i, path := range paths {
		values[i].Text, values[i].Err = c.Read(ctx, path)
		if err := interrupt.Cause(ctx); err != nil {
			c.closeWait = 0 // the caller waits for no answer any more
			return nil, &Error{Op: "read", Err: fmt.Errorf("%w: %w", ErrUnanswered, err)}
		}
		if errors.Is(values[i].Err, ErrConnectionLost) {
			return nil, values[i].Err
		}
	}
	return values, nil
}

// answersAtATime bounds, in bytes, the answers that are awaited before any is looked at.
const answersAtATime = 64 << 10

// pipeline sends all requests, and reads the answers meanwhile.
func pipeline(conn *socket, paths []string) (values []Value, err error) {
	values = make([]Value, len(paths))
	waiting := make([]bool, len(paths))
	var out []byte
	left := 0 // answers that have not come
	for i, path := range paths {
		if err := checkPath(path); err != nil {
			values[i].Err = &Error{Op: "read", Path: path, Err: err}
			continue
		}
		out = xenstored.AppendRead(out, uint32(i), path)
		waiting[i] = true
		left++
	}
	sent := conn.send(out) // xenstored may want answers to be taken first
	defer func() {
		if err != nil {
			conn.hangUp() // which ends the sending
		}
		if sendErr := <-sent; err == nil {
			err = sendErr
		}
	}()
	in := bufio.NewReaderSize(readerFunc(func(p []byte) (int, error) {
		// Of the answers that have not come one may be here in part, and lack one byte.
		if err := conn.expect(min((left-1)*xenstored.HeaderSize+1, len(p))); err != nil {
			return 0, err
		}
		return conn.Read(p)
	}), answersAtATime)
	for ; left > 0; left-- {
		i, v, err := answered(in, paths)
		if err != nil {
			return nil, err
		}
		if !waiting[i] {
			return nil, fmt.Errorf("%w: xenstored answers request %d twice", ErrConnectionLost, i)
		}
		values[i], waiting[i] = v, false
	}
	return values, nil
}

// A readerFunc is an io.Reader.
type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// answered reads one answer, and tells which of the requests it is to.
func answered(in io.Reader, paths []string) (int, Value, error) {
	var raw [xenstored.HeaderSize]byte
	if _, err := io.ReadFull(in, raw[:]); err != nil {
		return 0, Value{}, fmt.Errorf("%w: %w", ErrConnectionLost, err)
	}
	h := xenstored.ParseHeader(raw)
	if h.Size > payloadMax || uint64(h.Request) >= uint64(len(paths)) || h.Kind != xenstored.KindRead && h.Kind != xenstored.KindError {
		return 0, Value{}, fmt.Errorf("%w: xenstored answers request %d with kind %d, %d bytes", ErrConnectionLost, h.Request, h.Kind, h.Size)
	}
	payload := make([]byte, h.Size)
	if _, err := io.ReadFull(in, payload); err != nil {
		return 0, Value{}, fmt.Errorf("%w: %w", ErrConnectionLost, err)
	}
	if h.Kind == xenstored.KindRead {
		return int(h.Request), Value{Text: string(payload)}, nil
	}
	err := errnoNamed(strings.TrimRight(string(payload), "\x00"))
	return int(h.Request), Value{Err: &Error{Op: "read", Path: paths[h.Request], Err: err}}, nil
}

// errnoNamed is the error that xenstored names (xsd_errors of xs_wire.h); it has few for
// a read.
func errnoNamed(name string) syscall.Errno {
	switch name {
	case "ENOENT":
		return syscall.ENOENT
	case "EACCES":
		return syscall.EACCES
	case "EPERM":
		return syscall.EPERM
	case "EINVAL":
		return syscall.EINVAL
	case "ENOMEM":
		return syscall.ENOMEM
	case "EQUOTA", "ENOSPC":
		return syscall.ENOSPC
	}
	return syscall.EIO
}
