package xenstore

import (
	"context"
	"errors"
	"io"
	"os"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/xenvoy/xenvoy/xen/internal/xenstored"
)

// A socket is a connection to xenstored that sleeps until many answers have come. The
// kernel's poll, by which Go's connections wait, wakes for each, and where xenstored has
// the same CPU that takes longer than its work does.
type socket struct {
	file *os.File
	fd   int
}

// dialSocket connects. Errors are those of xenstored.Connect.
func dialSocket(ctx context.Context) (*socket, error) {
	file, err := xenstored.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &socket{file, int(file.Fd())}, nil
}

func (s *socket) Close() error { return s.file.Close() }

// hangUp makes reading and writing end.
func (s *socket) hangUp() { unix.Shutdown(s.fd, unix.SHUT_RDWR) }

// endWith makes reading and writing fail when ctx ends, until the function that it returns
// is called, which must be before Close.
func (s *socket) endWith(ctx context.Context) (stop func()) {
	ended := make(chan struct{})
	cancel := context.AfterFunc(ctx, func() {
		defer close(ended)
		s.hangUp()
	})
	return func() {
		if !cancel() {
			<-ended
		}
	}
}

// expect has the next Read sleep until n bytes are there, or the other side has closed. The
// caller is sure that so many come.
func (s *socket) expect(n int) error {
	return os.NewSyscallError("setsockopt", unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_RCVLOWAT, n))
}

// Read reads what is there, at least what was expected, as far as p has room for it.
func (s *socket) Read(p []byte) (int, error) {
	for {
		n, err := unix.Read(s.fd, p)
		switch {
		case errors.Is(err, syscall.EINTR):
			continue
		case err != nil:
			return 0, os.NewSyscallError("read", err)
		case n == 0 && len(p) > 0:
			return 0, io.EOF
		}
		return n, nil
	}
}

// send writes all of p; the channel gives its error in the end. What the kernel takes at
// once it has taken when send returns, and no goroutine waits for the rest.
func (s *socket) send(p []byte) <-chan error {
	sent := make(chan error, 1)
	n, err := unix.SendmsgN(s.fd, p, nil, nil, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
	if err != nil && !errors.Is(err, syscall.EAGAIN) && !errors.Is(err, syscall.EINTR) {
		sent <- os.NewSyscallError("sendmsg", err)
		return sent
	}
	p = p[max(n, 0):]
	if len(p) == 0 {
		sent <- nil
		return sent
	}
	go func() {
		for len(p) > 0 {
			n, err := unix.SendmsgN(s.fd, p, nil, nil, unix.MSG_NOSIGNAL)
			if err != nil && !errors.Is(err, syscall.EAGAIN) && !errors.Is(err, syscall.EINTR) { // Connect has set a timeout
				sent <- os.NewSyscallError("sendmsg", err)
				s.hangUp() // nobody is to wait for answers to what was not sent
				return
			}
			p = p[max(n, 0):]
		}
		sent <- nil
	}()
	return sent
}
