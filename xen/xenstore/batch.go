package xenstore

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// A Value is what ReadEach has found at one path.
type Value struct {
	Text string
	Err  error // as Read's: fs.ErrNotExist where the path does not exist
}

// ReadEach reads many paths at once: through xenstored's socket it makes all requests before
// it waits for the first answer, which spares most of the switches to xenstored and back.
// Where there is no socket, or too many wait for it, it reads one path after the other.
// The values come in the order of the paths. The error is about all of them, and as
// Open's and Read's; that of a single one is in its Value.
func ReadEach(ctx context.Context, paths []string) ([]Value, error) {
	conn, err := dialSocket(ctx)
	if errors.Is(err, syscall.ENOENT) || errors.Is(err, syscall.EAGAIN) {
		return readByLibrary(ctx, paths)
	}
	if err != nil {
		return nil, &Error{Op: "read", Err: err}
	}
	defer conn.Close()
	stop := conn.endWith(ctx)
	values, err := pipeline(conn, paths)
	stop() // before conn's number can be another's
	if err != nil && ctx.Err() != nil {
		err = fmt.Errorf("%w: %w", ErrUnanswered, interruption(ctx))
	}
	if err != nil {
		return nil, &Error{Op: "read", Err: err}
	}
	return values, nil
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
		if errors.Is(values[i].Err, ErrConnectionLost) || ctx.Err() != nil {
			return nil, values[i].Err
		}
	}
	return values, nil
}

// socketPath is where xenstored listens: as libxenstore finds it (tools/libs/store/xs.c).
func socketPath() string {
	if path := os.Getenv("XENSTORED_PATH"); path != "" {
		return path
	}
	if dir := os.Getenv("XENSTORED_RUNDIR"); dir != "" {
		return filepath.Join(dir, "socket")
	}
	return "/run/xenstored/socket"
}

// A header precedes the payload of each message (struct xsd_sockmsg of xs_wire.h). Both
// sides are on one machine, so numbers are in its byte order.
type header struct{ kind, request, transaction, size uint32 }

const (
	headerSize = 4 * 4
	kindRead   = 2  // XS_READ
	kindError  = 16 // XS_ERROR
)

// answersAtATime bounds, in bytes, the answers that are awaited before any is looked at.
const answersAtATime = 64 << 10

// pipeline sends all requests, and reads the answers meanwhile.
func pipeline(conn *socket, paths []string) (values []Value, err error) {
	values = make([]Value, len(paths))
	waiting := make([]bool, len(paths))
	var out bytes.Buffer
	left := 0 // answers that have not come
	for i, path := range paths {
		if err := checkPath(path); err != nil {
			values[i].Err = &Error{Op: "read", Path: path, Err: err}
			continue
		}
		put(&out, header{kindRead, uint32(i), 0, uint32(len(path) + 1)})
		out.WriteString(path)
		out.WriteByte(0)
		waiting[i] = true
		left++
	}
	sent := conn.send(out.Bytes()) // xenstored may want answers to be taken first
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
		if err := conn.expect(min((left-1)*headerSize+1, len(p))); err != nil {
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

func put(b *bytes.Buffer, h header) {
	var raw [headerSize]byte
	for i, n := range [...]uint32{h.kind, h.request, h.transaction, h.size} {
		binary.NativeEndian.PutUint32(raw[4*i:], n)
	}
	b.Write(raw[:])
}

// answered reads one answer, and tells which of the requests it is to.
func answered(in io.Reader, paths []string) (int, Value, error) {
	var raw [headerSize]byte
	if _, err := io.ReadFull(in, raw[:]); err != nil {
		return 0, Value{}, fmt.Errorf("%w: %w", ErrConnectionLost, err)
	}
	number := func(i int) uint32 { return binary.NativeEndian.Uint32(raw[4*i:]) }
	h := header{number(0), number(1), number(2), number(3)}
	if h.size > payloadMax || uint64(h.request) >= uint64(len(paths)) || h.kind != kindRead && h.kind != kindError {
		return 0, Value{}, fmt.Errorf("%w: xenstored answers request %d with kind %d, %d bytes", ErrConnectionLost, h.request, h.kind, h.size)
	}
	payload := make([]byte, h.size)
	if _, err := io.ReadFull(in, payload); err != nil {
		return 0, Value{}, fmt.Errorf("%w: %w", ErrConnectionLost, err)
	}
	if h.kind == kindRead {
		return int(h.request), Value{Text: string(payload)}, nil
	}
	err := errnoNamed(strings.TrimRight(string(payload), "\x00"))
	return int(h.request), Value{Err: &Error{Op: "read", Path: paths[h.request], Err: err}}, nil
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
