//go:build cgo

package libxl

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"testing"
	"unsafe"

	"github.com/xenvoy/xenvoy/xen"
	"github.com/xenvoy/xenvoy/xen/internal/processtest"
	"github.com/xenvoy/xenvoy/xen/internal/xenlog"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
	"github.com/xenvoy/xenvoy/xen/libxl/internal/dummyxen"
)

// openDummy opens a libxl without hypervisor: see package dummyxen.
func openDummy(t *testing.T, o Options) *Context {
	t.Helper()
	dummyxen.Enable()
	t.Cleanup(dummyxen.Disable)
	c, err := open(t.Context(), o)
	if err != nil {
		t.Fatalf("%+v", err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// hasHypervisor says whether the machine of the test runs Xen.
func hasHypervisor() bool { return checkHypervisor() == nil }

func TestOpenWithoutHypervisor(t *testing.T) {
	if hasHypervisor() {
		t.Skip("this machine runs Xen")
	}
	c, err := Open(t.Context(), Options{})
	if !errors.Is(err, xen.ErrNoHypervisor) || c != nil {
		t.Errorf("Open = %v, %v; want xen.ErrNoHypervisor", c, err)
	}
}

// TestOpenFailureIsAnError goes past the look at /dev and lets libxl itself fail: its
// messages must be in the error, not on stderr, and nothing may stay behind.
func TestOpenFailureIsAnError(t *testing.T) {
	if hasHypervisor() {
		t.Skip("this machine runs Xen")
	}
	_, err := open(t.Context(), Options{}) // what the process starts once
	fds, goroutines := processtest.Descriptors(t), runtime.NumGoroutine()
	stderr := processtest.Stderr(t, func() { _, err = open(t.Context(), Options{}) })
	var e *Error
	if !errors.As(err, &e) || e.Op != "libxl_ctx_alloc" || !errors.Is(err, ErrFail) {
		t.Fatalf("err = %+v", err)
	}
	if len(e.Log) == 0 || !strings.Contains(fmt.Sprintf("%+v", err), "xencall: error:") {
		t.Errorf("the error lacks the log: %+v", err)
	}
	if stderr != "" {
		t.Errorf("stderr: %q", stderr)
	}
	if n := processtest.Descriptors(t); n != fds {
		t.Errorf("%d descriptors before, %d after", fds, n)
	}
	processtest.WaitGoroutines(t, goroutines)
}

func TestOpenCloseLeaksNothing(t *testing.T) {
	openDummy(t, Options{}).Close() // what the process opens once
	fds, goroutines := processtest.Descriptors(t), runtime.NumGoroutine()
	for range 20 {
		c := openDummy(t, Options{})
		for range 2 {
			if err := c.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n := processtest.Descriptors(t); n != fds {
		t.Errorf("%d descriptors before, %d after", fds, n)
	}
	processtest.WaitGoroutines(t, goroutines)
}

func TestCallsAfterClose(t *testing.T) {
	c := openDummy(t, Options{})
	c.Close()
	ctx := t.Context()
	_, list := c.ListDomains(ctx)
	_, watch := c.WatchDomain(ctx, 1)
	_, create := c.DomainCreateNew(ctx, &idl.DomainConfig{}, CreateOptions{})
	for name, err := range map[string]error{
		"ListDomains":       list,
		"WatchDomain":       watch,
		"DomainCreateNew":   create,
		"DomainPause":       c.DomainPause(ctx, 1),
		"WaitForFreeMemory": c.WaitForFreeMemory(ctx, 1),
	} {
		if !errors.Is(err, ErrClosed) {
			t.Errorf("%s: %v, want ErrClosed", name, err)
		}
	}
}

func TestCancelledBeforeTheCall(t *testing.T) {
	c := openDummy(t, Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := c.DomainPause(ctx, 7)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v", err)
	}
	if want := "libxl_domain_pause: domain 7: context canceled"; err.Error() != want {
		t.Errorf("text %q, want %q", err, want)
	}
}

// TestAsyncFailure takes the whole way of an asynchronous operation: libxl cannot ask
// Xen, reports that by the callback, and says why in its log.
func TestAsyncFailure(t *testing.T) {
	c := openDummy(t, Options{})
	fds := processtest.Descriptors(t)
	for range 50 {
		id, err := c.DomainCreateNew(t.Context(), &idl.DomainConfig{CInfo: idl.DomainCreateInfo{Name: "x"}}, CreateOptions{})
		var e *Error
		if !errors.As(err, &e) || !errors.Is(err, ErrFail) || id != idl.InvalidDomID {
			t.Fatalf("id %d, err %+v", id, err)
		}
		if xenlog.Telling(e.Log) == nil || !strings.Contains(err.Error(), "getting physinfo") {
			t.Fatalf("the error does not say why: %+v", err)
		}
	}
	if n := processtest.Descriptors(t); n != fds {
		t.Errorf("%d descriptors before, %d after", fds, n)
	}
}

// TestConcurrentFailures: each error carries the records of its own call, while other
// programs are being started.
func TestConcurrentFailures(t *testing.T) {
	c := openDummy(t, Options{})
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 20 {
				_, err := c.DomainCreateNew(t.Context(), &idl.DomainConfig{CInfo: idl.DomainCreateInfo{Name: fmt.Sprint(i)}}, CreateOptions{})
				var e *Error
				if !errors.As(err, &e) || xenlog.Telling(e.Log) == nil {
					t.Errorf("%+v", err)
					return
				}
			}
		})
	}
	wg.Go(func() {
		for range 20 {
			if err := exec.Command("true").Run(); err != nil {
				t.Error(err)
			}
		}
	})
	wg.Wait()
}

// TestBrokenContext: after a disaster calls are refused, and Close says so.
func TestBrokenContext(t *testing.T) {
	c := openDummy(t, Options{})
	c.breakDown(fmt.Errorf("%w: for the test", ErrDisaster))
	if err := c.DomainPause(t.Context(), 1); !errors.Is(err, ErrDisaster) {
		t.Errorf("call: %v", err)
	}
	if err := c.Close(); !errors.Is(err, ErrDisaster) {
		t.Errorf("Close: %v", err)
	}
	c.log.stop()
}

// logger returns the Context's xentoollog_logger, the first member of its C half.
func logger(c *Context) unsafe.Pointer { return unsafe.Pointer(c.x) }
