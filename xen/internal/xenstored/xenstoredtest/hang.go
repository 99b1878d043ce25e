//go:build linux

// Package xenstoredtest stands in for xenstoreds that hang. Only tests import it.
package xenstoredtest

import (
	"errors"
	"path/filepath"
	"syscall"
	"testing"
)

// Deaf makes the program find a xenstored that takes no connections, and has room for
// some in its queue.
func Deaf(t *testing.T) {
	t.Helper()
	listen(t)
}

// Dead makes the program find the socket of a xenstored that has ended.
func Dead(t *testing.T) {
	t.Helper()
	listen(t).close() // which leaves the file
}

// Full makes the program find a xenstored that takes no connections, and whose queue is
// full, until the test ends or calls the function that is returned.
func Full(t *testing.T) (end func()) {
	t.Helper()
	q := listen(t)
	if err := q.fill(); err != nil {
		t.Fatal(err)
	}
	return q.close
}

// Slow is Full, with a function that takes one connection from the queue.
func Slow(t *testing.T) (accept func()) {
	t.Helper()
	q := listen(t)
	if err := q.fill(); err != nil {
		t.Fatal(err)
	}
	return func() {
		t.Helper()
		fd, _, err := syscall.Accept4(q.fds[0], syscall.SOCK_CLOEXEC)
		if err != nil {
			t.Fatal(err)
		}
		syscall.Close(fd)
	}
}

// Once makes the program find a xenstored that takes one connection and answers there,
// with rubbish, but takes no more, and whose queue is full by then. It ends when the test
// calls the function that is returned, which may be done once there has been an answer.
func Once(t *testing.T) (end func()) {
	t.Helper()
	q := listen(t)
	served, joined := make(chan error, 1), make(chan struct{})
	go func() {
		defer close(joined)
		served <- q.serveOne()
	}()
	t.Cleanup(func() { // before q is closed, should the test have ended early
		if len(q.fds) > 0 {
			_ = syscall.Shutdown(q.fds[0], syscall.SHUT_RDWR) // it ends the waiting, if there is any
		}
		<-joined
	})
	return func() {
		t.Helper()
		if err := <-served; err != nil {
			t.Error(err)
		}
		q.close()
	}
}

// A queue is a listening socket, and the connections that wait there.
type queue struct {
	address *syscall.SockaddrUnix
	fds     []int // the first is the listener
}

func listen(t *testing.T) *queue {
	t.Helper()
	q := &queue{address: &syscall.SockaddrUnix{Name: filepath.Join(t.TempDir(), "socket")}}
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	q.fds = []int{fd}
	t.Cleanup(q.close)
	if err := errors.Join(syscall.Bind(fd, q.address), syscall.Listen(fd, 1)); err != nil {
		t.Fatal(err)
	}
	t.Setenv("XENSTORED_PATH", q.address.Name)
	return q
}

// connect adds one connection, unless there is no room.
func (q *queue) connect() error {
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	q.fds = append(q.fds, fd)
	return syscall.Connect(fd, q.address)
}

func (q *queue) fill() error {
	for {
		if err := q.connect(); errors.Is(err, syscall.EAGAIN) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

func (q *queue) serveOne() error {
	fd, _, err := syscall.Accept4(q.fds[0], syscall.SOCK_CLOEXEC)
	if err != nil {
		return err
	}
	defer syscall.Close(fd)
	if err := q.fill(); err != nil { // before the answer, so that nobody comes in between
		return err
	}
	var message [64]byte
	if _, err := syscall.Read(fd, message[:]); err != nil {
		return err
	}
	_, err = syscall.Write(fd, message[:])
	return err
}

func (q *queue) close() {
	for _, fd := range q.fds {
		syscall.Close(fd)
	}
	q.fds = nil
}
