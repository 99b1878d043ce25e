//go:build cgo

package libxl

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/xenvoy/xenvoy/xen/internal/processtest"
	"github.com/xenvoy/xenvoy/xen/internal/xenlog"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// suspendTo runs DomainSuspend while read consumes the stream.
func suspendTo(ctx context.Context, t *testing.T, c *Context, id idl.DomID, o SuspendOptions, read func(io.Reader)) error {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	var reading sync.WaitGroup
	reading.Go(func() {
		defer r.Close()
		read(r)
	})
	err = c.DomainSuspend(ctx, id, w, o)
	w.Close()
	reading.Wait()
	return err
}

// TestXenAbortSuspend cancels a live suspend whose stream nobody reads on: the guest
// goes on, and nothing stays open.
func TestXenAbortSuspend(t *testing.T) {
	c := openXen(t)
	g, n := startGuest(t, c, idl.DomainTypePVH, 0)
	id := g.id
	fds := processtest.Descriptors(t)
	for range 2 {
		ctx, cancel := context.WithCancelCause(t.Context())
		stop := errors.New("the test has seen enough")
		err := suspendTo(ctx, t, c, id, SuspendOptions{Live: true}, func(r io.Reader) {
			io.CopyN(io.Discard, r, 1<<20) // then the pipe fills up
			cancel(stop)
			<-ctx.Done()
			io.Copy(io.Discard, r)
		})
		if !errors.Is(err, stop) || !errors.Is(err, context.Canceled) || !errors.Is(err, ErrAborted) {
			t.Fatalf("%+v", err)
		}
	}
	if d, err := c.DomainInfo(t.Context(), id); err != nil || d.Shutdown {
		t.Errorf("after the abort: %+v, %v", d, err)
	}
	if now := processtest.Descriptors(t); now != fds {
		t.Errorf("%d descriptors before, %d after", fds, now)
	}
	g.WaitCount(n)
}

// TestXenSuspendToBrokenPipe: a reader that goes away is an error, not the end of this process.
func TestXenSuspendToBrokenPipe(t *testing.T) {
	c := openXen(t)
	g, n := startGuest(t, c, idl.DomainTypePVH, 0)
	id := g.id
	for _, after := range []int64{0, 100, 1 << 20} { // in libxl's header, in the helper's, in a page
		err := suspendTo(t.Context(), t, c, id, SuspendOptions{Live: true}, func(r io.Reader) { io.CopyN(io.Discard, r, after) })
		var e *Error
		if !errors.As(err, &e) || e.Code == 0 || xenlog.Telling(e.Log) == nil || !errors.Is(err, syscall.EPIPE) {
			t.Errorf("after %d bytes: %+v", after, err)
		}
		if d, err := c.DomainInfo(t.Context(), id); err != nil || d.Shutdown {
			t.Errorf("after %d bytes: %+v, %v", after, d, err)
		}
	}
	g.WaitCount(n)
}

// TestXenRestore saves a guest of each type, and builds it again from the stream.
func TestXenRestore(t *testing.T) {
	for _, typ := range []idl.DomainType{idl.DomainTypePVH, idl.DomainTypePV, idl.DomainTypeHVM} {
		t.Run(typ.String(), func(t *testing.T) { testRestore(t, typ) })
	}
}

func testRestore(t *testing.T, typ idl.DomainType) {
	c := openXen(t)
	ctx := t.Context()
	g, n := startGuest(t, c, typ, 2)
	id := g.id
	cfg, err := c.RetrieveDomainConfiguration(ctx, id)
	if err != nil {
		t.Fatalf("%+v", err)
	}
	file, err := os.CreateTemp("/var/tmp", "xenvoy-test")
	if err != nil {
		t.Fatal(err)
	}
	defer os.Remove(file.Name())
	defer file.Close()
	if err := c.DomainSuspend(ctx, id, file, SuspendOptions{}); err != nil {
		t.Fatalf("%+v", err)
	}
	testDeath(t, c, id)
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	back, err := c.DomainCreateRestore(ctx, cfg, file, RestoreOptions{})
	destroyLater(t, c, back)
	if err != nil {
		t.Fatalf("%+v", err)
	}
	g = openConsole(t, c, back)
	if err := c.DomainUnpause(ctx, back); err != nil {
		t.Fatalf("%+v", err)
	}
	if m := g.WaitCount(0); m < n {
		t.Errorf("the guest had counted to %d and went on with %d", n, m)
	}
}

// TestXenRestoreOfRubbish: streams that are wrong at once, and after their head, are
// errors, and leave no domain.
func TestXenRestoreOfRubbish(t *testing.T) {
	c := openXen(t)
	for name, stream := range map[string]string{
		"no stream": strings.Repeat("not a stream", 100),
		"cut short": string(goodHead()[:20]),
		"head only": string(goodHead()),
		"bad body":  string(goodHead()) + strings.Repeat("rubbish!", 1000),
	} {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			defer w.Close()
			w.WriteString(stream) // libxl may stop reading before the end
		}()
		id, err := c.DomainCreateRestore(t.Context(), tinyConfig(t, idl.DomainTypePVH), r, RestoreOptions{})
		r.Close()
		destroyLater(t, c, id)
		var e *Error
		if !errors.As(err, &e) || e.Cause == nil && xenlog.Telling(e.Log) == nil {
			t.Errorf("%s: %+v", name, err)
		}
		t.Logf("%s: %v", name, err)
	}
	noDomainLeft(t, c)
}

// TestXenAbortRestore cancels while no byte, only the head, and some of the stream has come.
func TestXenAbortRestore(t *testing.T) {
	c := openXen(t)
	fds := processtest.Descriptors(t)
	for name, stream := range map[string]string{"nothing": "", "head": string(goodHead()), "start": string(goodHead()) + "\xff\xff\xff\xff"} {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.WriteString(stream); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		id, err := c.DomainCreateRestore(ctx, tinyConfig(t, idl.DomainTypePVH), r, RestoreOptions{})
		cancel()
		r.Close()
		w.Close()
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %+v", name, err)
		}
		t.Logf("%s: domain %d, %v", name, int32(id), err)
		if id == idl.InvalidDomID {
			continue
		}
		if err := c.DomainDestroy(t.Context(), id); err != nil && !errors.Is(err, ErrDomainNotFound) {
			t.Errorf("%+v", err)
		}
	}
	if n := processtest.Descriptors(t); n != fds {
		t.Errorf("%d descriptors before, %d after", fds, n)
	}
	noDomainLeft(t, c)
}
