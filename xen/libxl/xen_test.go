//go:build cgo

package libxl

import (
	"errors"
	"os"
	"runtime"
	"sync"
	"testing"

	"github.com/xenvoy/xenvoy/xen/internal/processtest"
)

// The tests named TestXen… run where Xen runs, as root in dom0; elsewhere they skip,
// unless XENVOY_TEST_XEN is set: then the lack of Xen is a failure. They use the lab's
// guest "tiny", which prints "tiny N" on its console each second.

// openXen opens the real libxl and tells what it logs when the test fails.
func openXen(t *testing.T) *Context {
	t.Helper()
	if !hasHypervisor() {
		if os.Getenv("XENVOY_TEST_XEN") != "" {
			t.Fatal("XENVOY_TEST_XEN is set, but this machine does not run Xen")
		}
		t.Skip("this machine does not run Xen; the lab does")
	}
	var log recorder
	c, err := Open(t.Context(), Options{Log: log.log, observe: worked.add})
	if err != nil {
		t.Fatalf("%+v", err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			for _, r := range log.records {
				if r.Progress == nil {
					t.Log(r)
				}
			}
		}
	})
	return c
}

func TestXenConcurrentReads(t *testing.T) {
	c := openXen(t)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 25 {
				if _, err := c.ListDomains(t.Context()); err != nil {
					t.Errorf("%+v", err)
				}
				if _, err := c.VersionInfo(t.Context()); err != nil {
					t.Errorf("%+v", err)
				}
				if _, err := c.DomainInfo(t.Context(), 32000); !errors.Is(err, ErrDomainNotFound) {
					t.Errorf("%+v", err)
				}
			}
		})
	}
	wg.Wait()
}

func TestXenOpenCloseLeaksNothing(t *testing.T) {
	cycle := func() {
		c := openXen(t)
		if _, err := c.ListDomains(t.Context()); err != nil {
			t.Fatalf("%+v", err)
		}
		if _, err := c.WatchDomain(t.Context(), 0); err != nil { // Close ends it
			t.Fatalf("%+v", err)
		}
		if _, err := c.NameToDomID(t.Context(), "nobody"); !errors.Is(err, ErrDomainNotFound) {
			t.Fatalf("%+v", err)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	cycle()
	fds, goroutines := processtest.Descriptors(t), runtime.NumGoroutine()
	for range 20 {
		cycle()
	}
	if n := processtest.Descriptors(t); n != fds {
		t.Errorf("%d descriptors before, %d after", fds, n)
	}
	processtest.WaitGoroutines(t, goroutines)
}
