//go:build cgo

package libxc

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xenvoy/xenvoy/xen/internal/processtest"
	"github.com/xenvoy/xenvoy/xen/internal/xenlog"
	"github.com/xenvoy/xenvoy/xen/libxc/internal/fakexen"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// suspendAtOnce are options for a save of the fake guest, which does what it is told.
func suspendAtOnce() SaveOptions {
	return SaveOptions{Suspend: func(context.Context) error {
		fakexen.Suspend()
		return nil
	}}
}

// saveTo saves the fake guest while read consumes the stream. The reader stays open until
// the save has returned, unless read closes it.
func saveTo(ctx context.Context, t *testing.T, x *Interface, o SaveOptions, read func(*os.File)) error {
	t.Helper()
	err := savePiped(ctx, t, x, fakexen.Guest, o, read)
	if fakexen.LogDirty() {
		t.Error("log-dirty mode is still on")
	}
	return err
}

func savePiped(ctx context.Context, t *testing.T, x *Interface, id idl.DomID, o SaveOptions, read func(*os.File)) error {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var reading sync.WaitGroup
	reading.Go(func() { read(r) })
	err = x.SaveDomain(ctx, id, w, o)
	w.Close()
	reading.Wait()
	return err
}

// discard reads all there is.
func discard(r *os.File) { io.Copy(io.Discard, r) }

// records parses a stream of libxc (docs/specs/libxc-migration-stream.pandoc): it
// returns its record types in order, and how many pages each PAGE_DATA record lists.
func records(t *testing.T, stream []byte) (types []uint32, pages []uint32) {
	t.Helper()
	const head, pageData = 24 + 16, 1
	if len(stream) < head || binary.LittleEndian.Uint64(stream) != ^uint64(0) || string(stream[8:12]) != "XENF" {
		t.Fatalf("a stream of %d bytes without header", len(stream))
	}
	for rest := stream[head:]; len(rest) > 0; {
		if len(rest) < 8 {
			t.Fatalf("%d bytes at the end", len(rest))
		}
		kind, length := binary.LittleEndian.Uint32(rest), uint64(binary.LittleEndian.Uint32(rest[4:]))
		size := 8 + (length+7)/8*8
		if uint64(len(rest)) < size {
			t.Fatalf("record %d of %d bytes, %d are left", kind, length, len(rest))
		}
		types = append(types, kind)
		if kind == pageData {
			pages = append(pages, binary.LittleEndian.Uint32(rest[8:]))
		}
		rest = rest[size:]
	}
	return types, pages
}

func TestSaveLive(t *testing.T) {
	x := openFake(t, Options{})
	fakexen.SetDirty(100, 30, 20) // after the first pass, the second, the suspension
	o := suspendAtOnce()
	var asked []PrecopyStats
	o.Live = true
	o.Policy = func(s PrecopyStats) PrecopyDecision {
		asked = append(asked, s)
		if s.DirtyPages >= 0 && s.DirtyPages < 50 {
			return PrecopyStop
		}
		return PrecopyContinue
	}
	var switched []bool
	o.SwitchLogDirty = func(_ context.Context, on bool) error {
		switched = append(switched, on)
		return nil
	}
	var doing []string
	o.Progress = func(p Progress) { doing = append(doing, p.Doing) }
	var stream bytes.Buffer
	if err := saveTo(t.Context(), t, x, o, func(r *os.File) { stream.ReadFrom(r) }); err != nil {
		t.Fatalf("%+v", err)
	}
	types, pages := records(t, stream.Bytes())
	if types[len(types)-1] != 0 || !slices.Contains(types, 9) {
		t.Errorf("records %v, want an HVM context (9), and the end (0)", types)
	}
	if want := []uint32{1024, 1024, 452, 100, 30, 20}; !slices.Equal(pages, want) {
		t.Errorf("pages %v, want %v", pages, want)
	}
	want := []PrecopyStats{
		{0, 0, fakexen.Pages}, {1, fakexen.Pages, -1},
		{1, fakexen.Pages, 100}, {2, fakexen.Pages + 100, -1},
		{2, fakexen.Pages + 100, 30},
	}
	if !slices.Equal(asked, want) {
		t.Errorf("asked %v, want %v", asked, want)
	}
	if !slices.Equal(switched, []bool{true, false}) {
		t.Errorf("log-dirty of the device model: %v", switched)
	}
	if !slices.Contains(doing, "Frames iteration 1") || doing[len(doing)-1] != "Complete" {
		t.Errorf("progress %q", doing)
	}
}

func TestSaveNotLive(t *testing.T) {
	x := openFake(t, Options{})
	file, err := os.Create(t.TempDir() + "/stream")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	o := suspendAtOnce()
	o.Policy = func(PrecopyStats) PrecopyDecision {
		t.Error("the policy was asked")
		return PrecopyAbort
	}
	if err := x.SaveDomain(t.Context(), fakexen.Guest, file, o); err != nil {
		t.Fatalf("%+v", err)
	}
	stream, err := os.ReadFile(file.Name())
	if err != nil {
		t.Fatal(err)
	}
	if _, pages := records(t, stream); !slices.Equal(pages, []uint32{1024, 1024, 452}) {
		t.Errorf("pages %v", pages)
	}
}

func TestDefaultPolicy(t *testing.T) {
	for s, want := range map[PrecopyStats]PrecopyDecision{
		{DirtyPages: 50}:                PrecopyContinue,
		{DirtyPages: 49}:                PrecopyStop,
		{DirtyPages: -1}:                PrecopyContinue,
		{DirtyPages: 50, Iteration: 4}:  PrecopyContinue,
		{DirtyPages: 500, Iteration: 5}: PrecopyStop,
		{DirtyPages: -1, Iteration: 5}:  PrecopyStop,
	} {
		if got := DefaultPolicy(s); got != want {
			t.Errorf("%+v: %d, want %d", s, got, want)
		}
	}
}

// TestSaveFails: what a callback says is what the save's error says, and the clean-up is
// done.
func TestSaveFails(t *testing.T) {
	reason := errors.New("the test's own")
	for name, c := range map[string]struct {
		change func(*SaveOptions)
		want   error
	}{
		"suspend":  {func(o *SaveOptions) { o.Suspend = func(context.Context) error { return reason } }, reason},
		"policy":   {func(o *SaveOptions) { o.Policy = func(PrecopyStats) PrecopyDecision { return PrecopyAbort } }, ErrAborted},
		"nonsense": {func(o *SaveOptions) { o.Policy = func(PrecopyStats) PrecopyDecision { return 7 } }, ErrAborted},
		"policy later": {func(o *SaveOptions) {
			o.Policy = func(s PrecopyStats) PrecopyDecision {
				if s.Iteration == 2 {
					return PrecopyAbort
				}
				return PrecopyContinue
			}
		}, ErrAborted},
		"switch": {func(o *SaveOptions) {
			o.SwitchLogDirty = func(_ context.Context, on bool) error {
				if !on {
					t.Error("what was not switched on is switched off")
				}
				return reason
			}
		}, reason},
		"no suspend":    {func(o *SaveOptions) { o.Suspend = nil }, syscall.EINVAL},
		"not suspended": {func(o *SaveOptions) { o.Suspend = func(context.Context) error { return nil } }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			x := openFake(t, Options{})
			fakexen.SetDirty(100, 100, 100, 100, 100, 100)
			o := suspendAtOnce()
			o.Live = true
			c.change(&o)
			err := saveTo(t.Context(), t, x, o, discard)
			var e *Error
			if !errors.As(err, &e) || c.want != nil && !errors.Is(err, c.want) || e.Domain != fakexen.Guest {
				t.Errorf("%+v", err)
			}
			t.Log(err)
		})
	}
}

// TestSaveHypervisorFails: an errno comes through, with libxc's words.
func TestSaveHypervisorFails(t *testing.T) {
	x := openFake(t, Options{})
	o := suspendAtOnce()
	o.Live = true
	o.Policy = func(PrecopyStats) PrecopyDecision {
		fakexen.FailOnce(syscall.EBUSY)
		return PrecopyContinue
	}
	err := saveTo(t.Context(), t, x, o, discard)
	var e *Error
	if !errors.Is(err, syscall.EBUSY) || !errors.As(err, &e) || xenlog.Telling(e.Log) == nil {
		t.Errorf("%+v", err)
	}
}

// TestSaveFailsWhileNobodyReads: what has been written before need not arrive.
func TestSaveFailsWhileNobodyReads(t *testing.T) {
	x := openFake(t, Options{})
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	if err := w.SetWriteDeadline(time.Now().Add(time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	for err == nil { // until it is full
		_, err = w.Write(make([]byte, PageSize))
	}
	if err := w.SetWriteDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
	o := suspendAtOnce()
	o.Live = true
	o.Policy = func(PrecopyStats) PrecopyDecision {
		fakexen.FailOnce(syscall.EBUSY)
		return PrecopyContinue
	}
	if err := x.SaveDomain(t.Context(), fakexen.Guest, w, o); !errors.Is(err, syscall.EBUSY) {
		t.Errorf("%+v", err)
	}
}

// TestSaveCleansUpWithoutTheContext: the device model must be told although ctx has ended.
func TestSaveCleansUpWithoutTheContext(t *testing.T) {
	x := openFake(t, Options{})
	ctx, cancel := context.WithCancel(t.Context())
	o := suspendAtOnce()
	o.Live = true
	o.Policy = func(PrecopyStats) PrecopyDecision {
		cancel()
		return PrecopyContinue
	}
	ends := []error{}
	o.SwitchLogDirty = func(ctx context.Context, _ bool) error {
		ends = append(ends, ctx.Err())
		return ctx.Err()
	}
	err := saveTo(ctx, t, x, o, discard)
	if !errors.Is(err, context.Canceled) || !slices.Equal(ends, []error{nil, nil}) {
		t.Errorf("%+v; contexts %v", err, ends)
	}
}

// TestSaveCancelledWhileItWrites: nobody reads, and the context ends.
func TestSaveCancelledWhileItWrites(t *testing.T) {
	for name, live := range map[string]bool{"live": true, "not live": false} {
		t.Run(name, func(t *testing.T) {
			x := openFake(t, Options{})
			goroutines := runtime.NumGoroutine()
			stop := errors.New("the test has seen enough")
			ctx, cancel := context.WithCancelCause(t.Context())
			o := suspendAtOnce()
			o.Live = live
			err := saveTo(ctx, t, x, o, func(r *os.File) {
				io.CopyN(io.Discard, r, 1)
				for unread(t, r) == 0 { // what has come fills one pipe, what follows the relay's
					runtime.Gosched()
				}
				cancel(stop)
			})
			if !errors.Is(err, stop) || !errors.Is(err, context.Canceled) || errors.Is(err, syscall.EPIPE) {
				t.Errorf("%+v", err)
			}
			processtest.WaitGoroutines(t, goroutines)
		})
	}
}

// unread returns how many bytes wait in a pipe.
func unread(t *testing.T, r *os.File) int {
	t.Helper()
	raw, err := r.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	var failed error
	err = raw.Control(func(fd uintptr) { n, failed = unix.IoctlGetInt(int(fd), unix.TIOCINQ) })
	if err != nil || failed != nil {
		t.Fatal(err, failed)
	}
	return n
}

// TestSaveToBrokenPipe: a reader that goes away is an error, not the end of this process.
func TestSaveToBrokenPipe(t *testing.T) {
	for name, after := range map[string]int64{"at once": 0, "in the header": 10, "in a page": 100000} {
		t.Run(name, func(t *testing.T) {
			x := openFake(t, Options{})
			o := suspendAtOnce()
			o.Live = true
			err := saveTo(t.Context(), t, x, o, func(r *os.File) {
				io.CopyN(io.Discard, r, after)
				r.Close()
			})
			var e *Error
			if !errors.As(err, &e) || !errors.Is(err, syscall.EPIPE) {
				t.Errorf("%+v", err)
			}
		})
	}
}

func TestSaveToClosedFile(t *testing.T) {
	x := openFake(t, Options{})
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	w.Close()
	if err := x.SaveDomain(t.Context(), fakexen.Guest, w, suspendAtOnce()); !errors.Is(err, os.ErrClosed) {
		t.Errorf("%+v", err)
	}
}

// TestSaveLeavesTheFileAsItWas: a blocking file, which other processes may share, blocks
// afterwards.
func TestSaveLeavesTheFileAsItWas(t *testing.T) {
	for name, nonblock := range map[string]bool{"blocking": false, "not blocking": true} {
		t.Run(name, func(t *testing.T) {
			x := openFake(t, Options{})
			var fds [2]int
			if err := syscall.Pipe2(fds[:], syscall.O_CLOEXEC); err != nil {
				t.Fatal(err)
			}
			if err := syscall.SetNonblock(fds[1], nonblock); err != nil {
				t.Fatal(err)
			}
			r, w := os.NewFile(uintptr(fds[0]), "reader"), os.NewFile(uintptr(fds[1]), "writer")
			defer r.Close()
			var reading sync.WaitGroup
			reading.Go(func() { discard(r) })
			if err := x.SaveDomain(t.Context(), fakexen.Guest, w, suspendAtOnce()); err != nil {
				t.Errorf("%+v", err)
			}
			flags, err := unix.FcntlInt(uintptr(fds[1]), unix.F_GETFL, 0)
			if err != nil || flags&unix.O_NONBLOCK != 0 != nonblock {
				t.Errorf("flags %#x afterwards, %v", flags, err)
			}
			w.Close()
			reading.Wait()
		})
	}
}

// TestSavesAtOnce: callbacks may use the Interface, and saves do not disturb each other.
func TestSavesAtOnce(t *testing.T) {
	x := openFake(t, Options{})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
			if err != nil {
				t.Error(err)
				return
			}
			defer null.Close()
			o := suspendAtOnce()
			o.Progress = func(p Progress) {
				if strings.Contains(p.Doing, "iteration") {
					t.Errorf("a save that is not live: %+v", p)
				}
			}
			suspend := o.Suspend
			o.Suspend = func(ctx context.Context) error {
				if _, err := x.DomainInfo(ctx, fakexen.Guest); err != nil {
					return err
				}
				return suspend(ctx)
			}
			if err := x.SaveDomain(t.Context(), fakexen.Guest, null, o); err != nil {
				t.Errorf("%+v", err)
			}
		})
	}
	wg.Wait()
}

// TestCloseWaitsForSave: Close comes while a save suspends its guest.
func TestCloseWaitsForSave(t *testing.T) {
	x := openFake(t, Options{})
	suspending, closed := make(chan struct{}), make(chan error, 1)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	o := SaveOptions{Suspend: func(ctx context.Context) error {
		close(suspending)
		<-ctx.Done()
		return ctx.Err()
	}}
	var save error
	go func() {
		<-suspending
		go func() { closed <- x.Close() }()
		for x.PauseDomain(t.Context(), fakexen.Guest) == nil { // until Close has begun
			runtime.Gosched()
		}
		select {
		case err := <-closed:
			t.Errorf("closed during a save: %v", err)
		default:
		}
		cancel()
	}()
	save = saveTo(ctx, t, x, o, discard)
	if !errors.Is(save, context.Canceled) {
		t.Errorf("%+v", save)
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
}
