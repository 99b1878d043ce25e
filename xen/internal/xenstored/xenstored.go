// Package xenstored reaches xenstored's socket without libxenstore, whose waits for it
// cannot be interrupted.
package xenstored

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/xenvoy/xenvoy/xen"
	"github.com/xenvoy/xenvoy/xen/internal/interrupt"
)

// SocketPath is where xenstored listens: as libxenstore finds it (tools/libs/store/xs.c).
func SocketPath() string {
	if path := os.Getenv("XENSTORED_PATH"); path != "" {
		return path
	}
	if dir := os.Getenv("XENSTORED_RUNDIR"); dir != "" {
		return filepath.Join(dir, "socket")
	}
	return "/run/xenstored/socket"
}

// slice is how long a wait for room in xenstored's queue goes on before ctx is looked at.
const slice = 50 * time.Millisecond

// Dial connects to the socket. Xenstored queues but one or two connections, and Linux
// refuses those that do not fit, unless they wait in connect(2); so this waits, in slices
// (SO_SNDTIMEO is for connect too), until ctx ends: the error is then that of package
// interrupt. It matches xen.ErrNoXenstored when a xenstored that has ended has left its
// socket behind; fs.ErrNotExist when there is no socket.
func Dial(ctx context.Context) (net.Conn, error) {
	f, err := Connect(ctx)
	if err != nil {
		return nil, err
	}
	defer f.Close() // FileConn makes a copy
	return net.FileConn(f)
}

// Connect is Dial for who wants to block in the kernel: no poller knows the file. Writing
// to it fails with EAGAIN when there is no room for some time.
func Connect(ctx context.Context) (*os.File, error) {
	syscall.ForkLock.RLock() // SOCK_CLOEXEC is not everywhere where this compiles
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err == nil {
		syscall.CloseOnExec(fd)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	f := os.NewFile(uintptr(fd), "xenstored")
	if err := connect(ctx, fd); err != nil {
		f.Close() // nothing has been written
		return nil, err
	}
	return f, nil
}

func connect(ctx context.Context, fd int) error {
	wait := syscall.NsecToTimeval(slice.Nanoseconds())
	if err := syscall.SetsockoptTimeval(fd, syscall.SOL_SOCKET, syscall.SO_SNDTIMEO, &wait); err != nil {
		return os.NewSyscallError("setsockopt", err)
	}
	address := &syscall.SockaddrUnix{Name: SocketPath()}
	for {
		if err := interrupt.Cause(ctx); err != nil {
			return err
		}
		switch err := syscall.Connect(fd, address); err {
		case nil:
			return nil
		case syscall.EAGAIN, syscall.EINTR:
		case syscall.ECONNREFUSED:
			return fmt.Errorf("%w (connect: %w)", xen.ErrNoXenstored, err)
		default:
			return os.NewSyscallError("connect", err)
		}
	}
}

// Interruptible makes what waits for conn end with ctx, until the function that it
// returns is called.
func Interruptible(ctx context.Context, conn net.Conn) (stop func() bool) {
	return context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
}

// AwaitAnswer waits until xenstored has taken a connection and answered on it: that it
// has room for one says little of a xenstored that hangs. The errors are ctx's end, and
// xen.ErrNoXenstored when nobody listens on the socket: libxenstore would then wait for
// ever, by way of the kernel. Whatever else is wrong, or that there is no socket,
// libxenstore will notice at once.
func AwaitAnswer(ctx context.Context) error {
	conn, err := Dial(ctx)
	if errors.Is(err, xen.ErrNoXenstored) {
		return err
	}
	if err != nil {
		return interrupt.Cause(ctx)
	}
	defer conn.Close()
	defer Interruptible(ctx, conn)()
	_, err = conn.Write(AppendRead(nil, 0, "/"))
	if err == nil {
		_, err = conn.Read(make([]byte, HeaderSize))
	}
	if err != nil {
		return interrupt.Cause(ctx)
	}
	return nil
}

// HeaderSize is the size of the header that precedes the payload of each message, in
// bytes (struct xsd_sockmsg of xs_wire.h).
const HeaderSize = 4 * 4

// A Header has the members of that struct. Both sides are on one machine, so numbers are
// in its byte order.
type Header struct{ Kind, Request, Transaction, Size uint32 }

// Kinds of messages.
const (
	KindRead  = 2  // XS_READ
	KindError = 16 // XS_ERROR
)

// ParseHeader reads the header at the beginning of a message.
func ParseHeader(raw [HeaderSize]byte) Header {
	number := func(i int) uint32 { return binary.NativeEndian.Uint32(raw[4*i:]) }
	return Header{number(0), number(1), number(2), number(3)}
}

// AppendRead adds a request to read a path to b.
func AppendRead(b []byte, request uint32, path string) []byte {
	for _, n := range [...]uint32{KindRead, request, 0, uint32(len(path) + 1)} {
		b = binary.NativeEndian.AppendUint32(b, n)
	}
	return append(append(b, path...), 0)
}
