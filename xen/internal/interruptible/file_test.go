//go:build linux

package interruptible

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func TestCopyCanBeInterrupted(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	r.Fd() // makes it block
	own, undo, err := Copy(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := own.SetReadDeadline(Past()); err != nil {
		t.Error(err)
	}
	if _, err := own.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("read: %v", err)
	}
	undo()
	if flags, err := unix.FcntlInt(r.Fd(), unix.F_GETFL, 0); err != nil || flags&unix.O_NONBLOCK != 0 {
		t.Errorf("flags %#x afterwards, %v", flags, err)
	}
}

func TestCopyOfClosed(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "f"))
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	if _, _, err := Copy(f); !errors.Is(err, os.ErrClosed) {
		t.Errorf("err = %v", err)
	}
}

// TestPass: what goes in at one end comes out at the other, and who fails is told.
func TestPass(t *testing.T) {
	ours, theirs, err := Pipe("test", FromLibrary)
	if err != nil {
		t.Fatal(err)
	}
	defer ours.Close()
	library := os.NewFile(uintptr(theirs), "library")
	if err := Resize(ours, Room); err != nil {
		t.Error(err)
	}
	if n, err := unix.FcntlInt(ours.Fd(), unix.F_GETPIPE_SZ, 0); err != nil || n < Room {
		t.Errorf("room for %d bytes, %v", n, err)
	}
	f, err := os.Create(filepath.Join(t.TempDir(), "f"))
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		library.WriteString("all of it")
		library.Close()
	}()
	if failed, err := Pass(f, ours); failed != nil || err != nil {
		t.Errorf("%v, %v", failed, err)
	}
	if b, err := os.ReadFile(f.Name()); err != nil || string(b) != "all of it" {
		t.Errorf("%q, %v", b, err)
	}
	f.Seek(0, io.SeekStart)
	in, reader, err := Pipe("test", ToLibrary)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	syscall.Close(reader)
	if failed, err := Pass(in, f); failed != in || !errors.Is(err, syscall.EPIPE) {
		t.Errorf("to one that has gone: %v, %v", failed, err)
	}
	f.Close()
	if failed, err := Pass(in, f); failed != f || !errors.Is(err, os.ErrClosed) {
		t.Errorf("from a closed file: %v, %v", failed, err)
	}
}
