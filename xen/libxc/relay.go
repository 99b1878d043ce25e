//go:build cgo

package libxc

import (
	"fmt"
	"io"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A relay stands between libxc and the file of a stream. libxc's writes block, and cannot
// be interrupted; so it writes to a pipe, and when the relay closes the other end, because the
// file has failed or the save is given up, the write fails. (The signal that comes with it is
// ignored: Go's runtime ends a program for SIGPIPE only over descriptors 1 and 2.)
type relay struct {
	pipe  *os.File // our end of the pipe, to read from
	file  *os.File // a copy of the caller's, which waits in Go's poller
	undo  func()   // closes it
	ended chan struct{}
	err   error // of the file, or os.ErrDeadlineExceeded; valid when ended is closed

	closeOnce sync.Once
}

// pipeSize is how much the pipe may hold, the most that Linux allows by default, and
// four times as much as is copied at once.
const pipeSize = 1 << 20

// newRelay starts a relay and returns it with libxc's end, which is blocking.
func newRelay(f *os.File) (*relay, int, error) {
	file, undo, err := pollable(f)
	if err != nil {
		return nil, -1, err
	}
	var fds [2]int
	if err := syscall.Pipe2(fds[:], syscall.O_CLOEXEC); err != nil {
		undo()
		return nil, -1, os.NewSyscallError("pipe2", err)
	}
	if err := syscall.SetNonblock(fds[0], true); err != nil {
		undo()
		syscall.Close(fds[0])
		syscall.Close(fds[1])
		return nil, -1, os.NewSyscallError("fcntl", err)
	}
	unix.FcntlInt(uintptr(fds[1]), unix.F_SETPIPE_SZ, pipeSize) // without more room it is just slower
	r := &relay{pipe: os.NewFile(uintptr(fds[0]), "save stream"), file: file, undo: undo, ended: make(chan struct{})}
	go r.copy()
	return r, fds[1], nil
}

// pollable returns a copy of f whose writes deadlines can interrupt, and a function that
// closes it. All copies of a file share whether it blocks, so it puts that back.
func pollable(f *os.File) (*os.File, func(), error) {
	raw, err := f.SyscallConn()
	if err != nil {
		return nil, nil, err
	}
	fd, flags := -1, 0
	var failed error
	if err := raw.Control(func(from uintptr) {
		if flags, failed = unix.FcntlInt(from, unix.F_GETFL, 0); failed == nil {
			fd, failed = unix.FcntlInt(from, unix.F_DUPFD_CLOEXEC, 3)
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
	file := os.NewFile(uintptr(fd), f.Name())
	return file, func() {
		if blocking {
			syscall.SetNonblock(fd, false)
		}
		file.Close()
	}, nil
}

// copy passes on the stream until its end.
func (r *relay) copy() {
	defer close(r.ended)
	defer r.pipe.Close()
	buf := make([]byte, pipeSize/4)
	for {
		n, err := r.pipe.Read(buf)
		if n > 0 {
			if _, err := r.file.Write(buf[:n]); err != nil {
				r.err = err
				return
			}
		}
		if err == io.EOF {
			return
		}
		if err != nil {
			r.err = err
			return
		}
	}
}

// cut ends the relay at once. A regular file has no deadline, and does not need one.
func (r *relay) cut() {
	past := time.Unix(1, 0)
	r.pipe.SetReadDeadline(past)
	r.file.SetWriteDeadline(past)
}

// close closes libxc's end, waits until all has been passed on, and returns what went
// wrong with that. Closing twice is fine.
func (r *relay) close(fd int) error {
	r.closeOnce.Do(func() { syscall.Close(fd) })
	<-r.ended
	return r.err
}
