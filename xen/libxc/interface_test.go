//go:build cgo

package libxc

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/xenvoy/xenvoy/xen"
	"github.com/xenvoy/xenvoy/xen/internal/processtest"
	"github.com/xenvoy/xenvoy/xen/libxc/internal/fakexen"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// openFake opens a libxc without hypervisor, and fails the test when it leaves anything
// open: see package fakexen.
func openFake(t *testing.T, o Options) *Interface {
	t.Helper()
	fds := processtest.Descriptors(t)
	fakexen.Enable()
	t.Cleanup(fakexen.Disable)
	x, err := Open(o)
	if err != nil {
		t.Fatalf("%+v", err)
	}
	t.Cleanup(func() {
		if err := x.Close(); err != nil {
			t.Error(err)
		}
		if n := fakexen.Held(); n != 0 {
			t.Errorf("%d handles, buffers or mappings are left", n)
		}
		if n := processtest.Descriptors(t); n != fds {
			t.Errorf("%d descriptors before, %d after", fds, n)
		}
	})
	return x
}

// hasHypervisor says whether the machine of the test runs Xen.
func hasHypervisor(t *testing.T) bool {
	t.Helper()
	x, err := Open(Options{})
	if errors.Is(err, xen.ErrNoHypervisor) {
		return false
	}
	if err != nil {
		t.Fatalf("%+v", err)
	}
	x.Close()
	return true
}

// everyCall makes each of an Interface's calls about a domain, and about the host.
func everyCall(t *testing.T, x *Interface, b *Bitmap, id idl.DomID) (domain, host map[string]error) {
	t.Helper()
	ctx := t.Context()
	domain, host = map[string]error{}, map[string]error{}
	_, domain["DomainInfo"] = x.DomainInfo(ctx, id)
	_, domain["VCPUInfo"] = x.VCPUInfo(ctx, id, 0)
	domain["PauseDomain"] = x.PauseDomain(ctx, id)
	domain["UnpauseDomain"] = x.UnpauseDomain(ctx, id)
	domain["MaxVCPUs"] = x.MaxVCPUs(ctx, id, 1)
	_, domain["NrGPFNs"] = x.NrGPFNs(ctx, id)
	domain["LogDirtyEnable"] = x.LogDirtyEnable(ctx, id)
	_, domain["LogDirtyPeek"] = x.LogDirtyPeek(ctx, id, nil)
	_, domain["LogDirtyClean"] = x.LogDirtyClean(ctx, id, b, true)
	domain["LogDirtyOff"] = x.LogDirtyOff(ctx, id)
	_, domain["HVMContext"] = x.HVMContext(ctx, id)
	_, domain["HVMParam"] = x.HVMParam(ctx, id, HVMParamStorePFN)
	_, domain["DomainCPUPolicy"] = x.DomainCPUPolicy(ctx, id)
	_, domain["SchedCredit"] = x.SchedCredit(ctx, id)
	domain["SetSchedCredit"] = x.SetSchedCredit(ctx, id, SchedParams{Weight: 1})
	_, domain["SchedCredit2"] = x.SchedCredit2(ctx, id)
	domain["SetSchedCredit2"] = x.SetSchedCredit2(ctx, id, SchedParams{Weight: 1})
	_, host["PhysInfo"] = x.PhysInfo(ctx)
	_, host["Version"] = x.Version(ctx)
	_, host["Scheduler"] = x.Scheduler(ctx)
	_, host["ListDomains"] = x.ListDomains(ctx, 0, 10)
	_, host["CPUFeatureset"] = x.CPUFeatureset(ctx, FeaturesetHost)
	_, host["SystemCPUPolicy"] = x.SystemCPUPolicy(ctx, PolicyHost)
	return domain, host
}

// others makes the calls that everyCall does not.
func others(t *testing.T, x *Interface, id idl.DomID) map[string]error {
	t.Helper()
	ctx, calls := t.Context(), map[string]error{}
	_, calls["NewBitmap"] = x.NewBitmap(ctx, 1)
	_, calls["MapForeign"] = x.MapForeign(ctx, id, []uint64{0})
	calls["SaveDomain"] = x.SaveDomain(ctx, id, os.Stdout, suspendAtOnce())
	calls["CPUPoliciesCompatible"] = x.CPUPoliciesCompatible(ctx, CPUPolicy{}, CPUPolicy{})
	return calls
}

// TestOpenFailureIsAnError: what libxc says must be in the error, not on stderr, and
// nothing may stay behind.
func TestOpenFailureIsAnError(t *testing.T) {
	if hasHypervisor(t) {
		t.Skip("this machine runs Xen")
	}
	fds := processtest.Descriptors(t)
	var x *Interface
	var err error
	stderr := processtest.Stderr(t, func() { x, err = Open(Options{}) })
	var e *Error
	if x != nil || !errors.Is(err, xen.ErrNoHypervisor) || !errors.As(err, &e) || e.Op != "xc_interface_open" {
		t.Fatalf("Open = %v, %+v", x, err)
	}
	if len(e.Log) == 0 || !strings.Contains(fmt.Sprintf("%+v", err), "\n\txencall: error: ") {
		t.Errorf("the error lacks the log: %+v", err)
	}
	if stderr != "" {
		t.Errorf("stderr: %q", stderr)
	}
	if n := processtest.Descriptors(t); n != fds {
		t.Errorf("%d descriptors before, %d after", fds, n)
	}
}

func TestCallsAfterClose(t *testing.T) {
	x := openFake(t, Options{})
	b, err := x.NewBitmap(t.Context(), 10)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	for range 2 {
		if err := x.Close(); err != nil {
			t.Fatal(err)
		}
	}
	domain, host := everyCall(t, x, b, fakexen.Guest)
	for _, calls := range []map[string]error{domain, host, others(t, x, fakexen.Guest)} {
		for name, err := range calls {
			var e *Error
			if !errors.Is(err, ErrClosed) || !errors.As(err, &e) || e.Op == "" {
				t.Errorf("%s: %v, want ErrClosed", name, err)
			}
		}
	}
}

// TestCloseKeepsWhatIsHeld: bitmaps and mappings outlive their Interface, and the last
// of them closes the handle.
func TestCloseKeepsWhatIsHeld(t *testing.T) {
	x := openFake(t, Options{})
	b, err := x.NewBitmap(t.Context(), 100)
	if err != nil {
		t.Fatal(err)
	}
	m, err := x.MapForeign(t.Context(), fakexen.Guest, []uint64{7})
	if err != nil {
		t.Fatal(err)
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	if n := b.Count(); n != 0 {
		t.Errorf("%d bits", n)
	}
	if page, err := m.Page(0); err != nil || page[0] != 7 {
		t.Errorf("page: %v", err)
	}
	for _, c := range []interface{ Close() error }{b, m, b, m} {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
	if n := fakexen.Held(); n != 0 {
		t.Errorf("%d handles are open after the last Close", n)
	}
}

// TestEveryCallFails: when the hypervisor fails, each call returns its errno, typed, and
// keeps nothing.
func TestEveryCallFails(t *testing.T) {
	x := openFake(t, Options{})
	b, err := x.NewBitmap(t.Context(), fakexen.Pages)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	held := fakexen.Held()
	fakexen.Fail(syscall.EPERM)
	domain, host := everyCall(t, x, b, fakexen.Guest)
	_, domain["MapForeign"] = x.MapForeign(t.Context(), fakexen.Guest, []uint64{0})
	for name, err := range domain {
		var e *Error
		if !errors.As(err, &e) || e.Errno != syscall.EPERM || name != "DomainInfo" && e.Domain != fakexen.Guest {
			t.Errorf("%s: %+v", name, err)
		}
	}
	for name, err := range host {
		var e *Error
		if !errors.As(err, &e) || e.Errno != syscall.EPERM || e.Domain != idl.InvalidDomID {
			t.Errorf("%s: %+v", name, err)
		}
	}
	if n := fakexen.Held(); n != held {
		t.Errorf("%d handles before, %d after", held, n)
	}
}

func TestDomainNotFound(t *testing.T) {
	x := openFake(t, Options{})
	b, err := x.NewBitmap(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	// 65541 is the guest's id when it is cut to 16 bits; the others are reserved.
	for _, id := range []idl.DomID{6, 65536 + fakexen.Guest, MaxDomains, 0x7ff4, idl.InvalidDomID} {
		domain, _ := everyCall(t, x, b, id)
		domain["SaveDomain"] = x.SaveDomain(t.Context(), id, os.Stdout, suspendAtOnce())
		for name, err := range domain {
			if !errors.Is(err, ErrDomainNotFound) {
				t.Errorf("%s of domain %d: %+v", name, id, err)
			}
		}
	}
	if fakexen.Pauses() != 0 {
		t.Error("another domain was paused")
	}
}

func TestCancelledBeforeTheCall(t *testing.T) {
	x := openFake(t, Options{})
	reason := errors.New("the link is gone")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(reason)
	err := x.PauseDomain(ctx, fakexen.Guest)
	if !errors.Is(err, context.Canceled) || !errors.Is(err, reason) || fakexen.Pauses() != 0 {
		t.Errorf("err = %v", err)
	}
	if want := "xc_domain_pause: domain 5: context canceled: the link is gone"; err.Error() != want {
		t.Errorf("text %q, want %q", err, want)
	}
}

// TestLog: messages go to the program and into the error.
func TestLog(t *testing.T) {
	var got []Record
	x := openFake(t, Options{Log: func(r Record) { got = append(got, r) }, MinLevel: LevelDebug})
	fakexen.Fail(syscall.EACCES) // what Xen says to a library of another release
	err := x.PauseDomain(t.Context(), fakexen.Guest)
	var e *Error
	if !errors.As(err, &e) || len(e.Log) != 1 || len(got) != 1 || got[0] != e.Log[0] {
		t.Fatalf("%d records, error %+v", len(got), err)
	}
	if r := got[0]; r.Level != LevelDetail || r.Context != "xc" || !strings.Contains(r.Text, "rebuild the user-space tool set") {
		t.Errorf("record %+v", r)
	}
	if s := got[0].String(); !strings.HasPrefix(s, "xc: detail: ") || strings.Contains(s, "\n") {
		t.Errorf("record %q", s)
	}
}

func TestLogLevel(t *testing.T) {
	x := openFake(t, Options{}) // from LevelInfo on
	fakexen.Fail(syscall.EACCES)
	var e *Error
	if err := x.PauseDomain(t.Context(), fakexen.Guest); !errors.As(err, &e) || len(e.Log) != 0 {
		t.Errorf("below the level: %+v", err)
	}
}

// TestPanicInLog: a panic in the program's logger goes through, and C is none the worse.
func TestPanicInLog(t *testing.T) {
	x := openFake(t, Options{Log: func(Record) { panic("logger") }, MinLevel: LevelDebug})
	fakexen.Fail(syscall.EACCES)
	func() {
		defer func() {
			if p := recover(); p != "logger" {
				t.Errorf("recovered %v", p)
			}
		}()
		x.PauseDomain(t.Context(), fakexen.Guest)
	}()
	fakexen.Fail(0)
	if err := x.PauseDomain(t.Context(), fakexen.Guest); err != nil {
		t.Error(err)
	}
}

func TestManyGoroutines(t *testing.T) {
	x := openFake(t, Options{})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				if d, err := x.ListDomains(t.Context(), 0, MaxDomains); err != nil || len(d) != 3 {
					t.Errorf("%d domains, %v", len(d), err)
				}
				var e *Error
				if _, err := x.SchedCredit(t.Context(), fakexen.Guest); !errors.As(err, &e) || e.Errno != syscall.EINVAL {
					t.Errorf("%v", err)
				}
			}
		})
	}
	wg.Wait()
}

func TestOpenCloseLeaksNothing(t *testing.T) {
	goroutines := runtime.NumGoroutine()
	for range 20 {
		openFake(t, Options{}).Close()
		if n := fakexen.Held(); n != 0 {
			t.Fatalf("%d handles are open", n)
		}
	}
	processtest.WaitGoroutines(t, goroutines)
}
