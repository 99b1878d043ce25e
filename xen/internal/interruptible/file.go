//go:build linux

// Package interruptible stands between a C library, whose reads and writes of a stream
// block, and the stream's file: the library has one end of a pipe, and what goes on
// between the other end and the file ends with a deadline.
package interruptible

import (
	"fmt"
	"io"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Past is a deadline that interrupts at once.
func Past() time.Time { return time.Unix(1, 0) }

// Copy returns a copy of f whose reads and writes deadlines can interrupt, and a function
// that closes it. All copies of a file share whether it blocks, so it puts that back. A
// regular file has no deadlines, and does not need them.
func Copy(f *os.File) (*os.File, func(), error) {
	raw, err := f.SyscallConn()
	if err != nil {
		return nil, nil, err
	}
	fd, flags := -1, 0
	var failed error
	if err := raw.Control(func(from uintptr) {
		if flags, failed = unix.FcntlInt(from, unix.F_GETFL, 0); failed == nil {
			fd, failed = unix.FcntlInt(from, unix.F_DUPFD_CLOEXEC, 3) // 0 to 2 have their meaning
		}
	}); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", f.Name(), os.ErrClosed)
	}
	if failed != nil {
		return nil, nil, os.NewSyscallError("fcntl", failed)
	}
	blocking := flags&unix.O_NONBLOCK == 0
	if err := syscall.SetNonblock(fd, true); err != nil {
		syscall.Close(fd)
		return nil, nil, os.NewSyscallError("fcntl", err)
	}
	own := os.NewFile(uintptr(fd), f.Name())
	return own, func() {
		if blocking {
			syscall.SetNonblock(fd, false)
		}
		own.Close()
	}, nil
}

// A Direction is which end of a pipe is the library's.
type Direction bool

// The directions.
const (
	ToLibrary   Direction = false // it reads
	FromLibrary Direction = true  // it writes
)

// Pipe makes a pipe. ours waits in Go's poller; theirs, which is the caller's to close, is
// blocking and close-on-exec.
func Pipe(name string, d Direction) (ours *os.File, theirs int, err error) {
	var fds [2]int
	if err := syscall.Pipe2(fds[:], syscall.O_CLOEXEC); err != nil {
		return nil, -1, os.NewSyscallError("pipe2", err)
	}
	own, theirs := fds[1], fds[0]
	if d == FromLibrary {
		own, theirs = theirs, own
	}
	if err := syscall.SetNonblock(own, true); err != nil {
		syscall.Close(own)
		syscall.Close(theirs)
		return nil, -1, os.NewSyscallError("fcntl", err)
	}
	return os.NewFile(uintptr(own), name), theirs, nil
}

// Room is how much a pipe should hold, in bytes: the most that Linux allows by default.
const Room = 1 << 20

// Resize makes a pipe hold so many bytes, or a little more.
func Resize(pipe *os.File, bytes int) error {
	raw, err := pipe.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	if err := raw.Control(func(fd uintptr) { _, failed = unix.FcntlInt(fd, unix.F_SETPIPE_SZ, bytes) }); err != nil {
		return err
	}
	return os.NewSyscallError("fcntl", failed)
}

// Pass copies until from's end. When that fails it tells which of the two has failed.
func Pass(to, from *os.File) (failed *os.File, err error) {
	buf := make([]byte, Room/4) // so that what fills the pipe and what is copied overlap
	for {
		n, err := from.Read(buf)
		if n > 0 {
			if _, err := to.Write(buf[:n]); err != nil {
				return to, err
			}
		}
		if err == io.EOF {
			return nil, nil
		}
		if err != nil {
			return from, err
		}
	}
}
