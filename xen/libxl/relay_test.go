//go:build cgo

package libxl

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/xenvoy/xenvoy/xen/internal/processtest"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// goodHead is the beginning of each stream that libxl writes.
func goodHead() []byte {
	head := binary.BigEndian.AppendUint64(nil, streamIdent)
	head = binary.BigEndian.AppendUint32(head, streamVersion)
	head = binary.BigEndian.AppendUint32(head, 0)
	head = binary.LittleEndian.AppendUint32(head, recordLibxc)
	return binary.LittleEndian.AppendUint32(head, 0)
}

func TestCheckHead(t *testing.T) {
	if err := checkHead(goodHead()); err != nil {
		t.Fatal(err)
	}
	for _, offset := range []int{0, 7, 11, 15, 16, 20} { // ident twice, version, options, type, length
		head := goodHead()
		head[offset] ^= 1
		if err := checkHead(head); !errors.Is(err, ErrInval) {
			t.Errorf("byte %d changed: %v", offset, err)
		}
	}
}

// testPipe returns a pipe that the test closes.
func testPipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(); w.Close() })
	return r, w
}

// stream returns a head and n bytes more.
func stream(n int) []byte {
	rest := make([]byte, n)
	for i := range rest {
		rest[i] = byte(rand.Uint32())
	}
	return append(goodHead(), rest...)
}

// TestRelayIn is libxl's side of an incoming stream: nothing but the head comes before
// it has been read, and ready tells when it has.
func TestRelayIn(t *testing.T) {
	want := stream(3 << 20)
	src, w := testPipe(t)
	go func() {
		w.Write(want) // the reading side compares
		w.Close()
	}()
	r, fd, err := newRelay(src, false)
	if err != nil {
		t.Fatal(err)
	}
	theirs := os.NewFile(uintptr(fd), "theirs")
	defer theirs.Close()
	if err := r.receive(t.Context()); err != nil {
		t.Fatal(err)
	}
	go r.feed()
	got := make([]byte, streamHead)
	if _, err := io.ReadFull(theirs, got[:16]); err != nil {
		t.Fatal(err)
	}
	select {
	case <-r.ready:
		t.Error("ready before the head was read")
	case <-time.After(50 * time.Millisecond): // time in which it could go wrong
	}
	if _, err := io.ReadFull(theirs, got[16:]); err != nil {
		t.Fatal(err)
	}
	<-r.ready
	rest, err := io.ReadAll(theirs)
	if err != nil || !bytes.Equal(append(got, rest...), want) {
		t.Errorf("%d bytes came, %v; want %d", len(got)+len(rest), err, len(want))
	}
	if err := r.close(true, false); err != nil {
		t.Error(err)
	}
}

// TestRelayOut is libxl's side of an outgoing stream.
func TestRelayOut(t *testing.T) {
	want := stream(3 << 20)
	dstR, dst := testPipe(t)
	r, fd, err := newRelay(dst, true)
	if err != nil {
		t.Fatal(err)
	}
	go r.drain()
	got := make(chan []byte)
	go func() {
		all, _ := io.ReadAll(dstR)
		got <- all
	}()
	theirs := os.NewFile(uintptr(fd), "theirs")
	if _, err := theirs.Write(want[:16]); err != nil {
		t.Fatal(err)
	}
	select {
	case <-r.ready:
		t.Error("ready before the head was written")
	case <-time.After(50 * time.Millisecond): // time in which it could go wrong
	}
	if _, err := theirs.Write(want[16:]); err != nil {
		t.Fatal(err)
	}
	<-r.ready
	theirs.Close()
	if err := r.close(true, false); err != nil {
		t.Error(err)
	}
	dst.Close()
	if all := <-got; !slices.Equal(all, want) {
		t.Errorf("%d bytes came, want %d", len(all), len(want))
	}
}

// TestRelayOutTakesTheHead: a reader that has gone must not show before the head has
// been taken, and then as the error.
func TestRelayOutTakesTheHead(t *testing.T) {
	dstR, dst := testPipe(t)
	dstR.Close()
	r, fd, err := newRelay(dst, true)
	if err != nil {
		t.Fatal(err)
	}
	go r.drain()
	theirs := os.NewFile(uintptr(fd), "theirs")
	defer theirs.Close()
	if _, err := theirs.Write(goodHead()); err != nil {
		t.Errorf("the head: %v", err)
	}
	<-r.ready
	<-r.ended
	if _, err := theirs.Write([]byte("more")); !errors.Is(err, syscall.EPIPE) {
		t.Errorf("after the head: %v", err)
	}
	if err := r.close(true, true); !errors.Is(err, syscall.EPIPE) {
		t.Errorf("the relay's error: %v", err)
	}
}

// TestRelayIsCut: a relay ends although neither side moves.
func TestRelayIsCut(t *testing.T) {
	for name, outgoing := range map[string]bool{"in": false, "out": true} {
		pr, pw := testPipe(t)
		f := pr
		if outgoing {
			f = pw
		}
		r, fd, err := newRelay(f, outgoing)
		if err != nil {
			t.Fatal(err)
		}
		theirs := os.NewFile(uintptr(fd), "theirs")
		if outgoing {
			go r.drain()
			theirs.Write(stream(100 << 10)) // more than the pipe to the file holds
		} else {
			pw.Write(goodHead())
			if err := r.receive(t.Context()); err != nil {
				t.Fatal(err)
			}
			go r.feed() // waits for libxl to read the head
		}
		if err := r.close(true, true); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		theirs.Close()
	}
}

// TestRelayKeepsBlockingMode: a blocking file is blocking again afterwards.
func TestRelayKeepsBlockingMode(t *testing.T) {
	pr, _ := testPipe(t)
	fd := int(pr.Fd())
	if err := syscall.SetNonblock(fd, false); err != nil {
		t.Fatal(err)
	}
	r, theirs, err := newRelay(pr, false)
	if err != nil {
		t.Fatal(err)
	}
	syscall.Close(theirs)
	r.close(false, true)
	flags, _, errno := syscall.Syscall(syscall.SYS_FCNTL, uintptr(fd), syscall.F_GETFL, 0)
	if errno != 0 || flags&syscall.O_NONBLOCK != 0 {
		t.Errorf("flags %#x, %v", flags, errno)
	}
}

// TestRestoreRefusesBadStreams: what would make libxl crash does not reach it.
func TestRestoreRefusesBadStreams(t *testing.T) {
	c := openDummy(t, Options{})
	fds, goroutines := processtest.Descriptors(t), runtime.NumGoroutine()
	for name, test := range map[string]struct {
		stream string
		want   error
	}{
		"rubbish":       {"this is no stream at all", ErrInval},
		"nothing":       {"", io.ErrUnexpectedEOF},
		"cut short":     {string(goodHead()[:20]), io.ErrUnexpectedEOF},
		"no hypervisor": {string(goodHead()), ErrFail}, // got as far as the dummy
	} {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		w.WriteString(test.stream)
		w.Close()
		id, err := c.DomainCreateRestore(t.Context(), &idl.DomainConfig{}, r, RestoreOptions{})
		if !errors.Is(err, test.want) || id != idl.InvalidDomID {
			t.Errorf("%s: domain %d, %v", name, id, err)
		}
		r.Close()
		if _, err := c.DomainCreateRestore(t.Context(), &idl.DomainConfig{}, r, RestoreOptions{}); err == nil {
			t.Errorf("%s: no error for a closed file", name)
		}
	}
	if n := processtest.Descriptors(t); n != fds {
		t.Errorf("%d descriptors before, %d after", fds, n)
	}
	processtest.WaitGoroutines(t, goroutines)
}

func TestRestoreIsCancelledBeforeTheStream(t *testing.T) {
	c := openDummy(t, Options{})
	src, _ := testPipe(t)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := c.DomainCreateRestore(ctx, &idl.DomainConfig{}, src, RestoreOptions{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("err = %v", err)
	}
}
