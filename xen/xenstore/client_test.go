//go:build cgo

package xenstore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/xenvoy/xenvoy/xen"
	"github.com/xenvoy/xenvoy/xen/internal/privcmd"
	"github.com/xenvoy/xenvoy/xen/internal/processtest"
)

// openClient connects to the store that the test runs with: that of this machine when
// XENVOY_TEST_XEN is set, else one of the test's own.
func openClient(t *testing.T) *Client {
	t.Helper()
	if os.Getenv("XENVOY_TEST_XEN") == "" {
		startStore(t)
	}
	c, err := Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// testPath is a path for one test.
func testPath(t *testing.T, c *Client) string {
	const tests = "/tool/xenvoy-test"
	top := fmt.Sprintf("%s/%d", tests, os.Getpid())
	t.Cleanup(func() { // fails when the test has closed c
		ctx := context.Background()
		_ = c.Remove(ctx, top)
		if others, err := c.List(ctx, tests); err == nil && len(others) == 0 {
			_ = c.Remove(ctx, tests)
		}
	})
	return top + "/" + t.Name()
}

// receive waits for the next path of a watch.
func receive(t *testing.T, events <-chan string) string {
	t.Helper()
	select {
	case path, ok := <-events:
		if !ok {
			t.Fatal("the watch ended")
		}
		return path
	case <-time.After(10 * time.Second):
		t.Fatal("no event in 10 s")
	}
	return ""
}

func TestReadWriteListRemove(t *testing.T) {
	c := openClient(t)
	ctx, path := t.Context(), testPath(t, c)
	if _, err := c.Read(ctx, path+"/a"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("read of nothing: %v", err)
	}
	for name, value := range map[string]string{"a": "1", "b": "zwei\x00drei", "c": ""} {
		if err := c.Write(ctx, path+"/"+name, value); err != nil {
			t.Fatal(err)
		}
		if got, err := c.Read(ctx, path+"/"+name); err != nil || got != value {
			t.Errorf("%s = %q, %v; want %q", name, got, err, value)
		}
	}
	names, err := c.List(ctx, path)
	slices.Sort(names)
	if err != nil || !slices.Equal(names, []string{"a", "b", "c"}) {
		t.Errorf("list = %q, %v", names, err)
	}
	if err := c.Remove(ctx, path+"/a"); err != nil {
		t.Error(err)
	}
	var e *Error
	if _, err := c.Read(ctx, path+"/a"); !errors.As(err, &e) || e.Op != "read" || e.Path != path+"/a" {
		t.Errorf("after removal: %v", err)
	}
	if err := c.Remove(ctx, path+"/a"); err != nil {
		t.Errorf("removal of what has gone: %v", err)
	}
}

func TestMkdirAndExists(t *testing.T) {
	c := openClient(t)
	ctx, path := t.Context(), testPath(t, c)
	exists := func(want bool) {
		t.Helper()
		if got, err := c.Exists(ctx, path+"/dir"); err != nil || got != want {
			t.Errorf("exists: %v, %v; want %v", got, err, want)
		}
	}
	exists(false)
	for range 2 { // the second finds it there
		if err := c.Mkdir(ctx, path+"/dir"); err != nil {
			t.Fatal(err)
		}
		exists(true)
	}
	if names, err := c.List(ctx, path+"/dir"); err != nil || len(names) != 0 {
		t.Errorf("list = %q, %v", names, err)
	}
	if err := c.Write(ctx, path+"/dir", "value"); err != nil {
		t.Fatal(err)
	}
	if err := c.Mkdir(ctx, path+"/dir"); err != nil {
		t.Fatal(err)
	}
	if v, err := c.Read(ctx, path+"/dir"); err != nil || v != "value" {
		t.Errorf("mkdir of what exists left %q, %v", v, err)
	}
}

func TestPermissions(t *testing.T) {
	c := openClient(t)
	ctx, path := t.Context(), testPath(t, c)
	if _, err := c.GetPermissions(ctx, path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("of nothing: %v", err)
	}
	if err := c.SetPermissions(ctx, path, Permissions{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("of nothing: %v", err)
	}
	if err := c.Mkdir(ctx, path); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"n0", "b0", "n0,r1000", "r0,n1000,w1001,b1002"} {
		p := parsePermissions(t, want)
		if err := c.SetPermissions(ctx, path, p); err != nil {
			t.Fatalf("%s: %v", want, err)
		}
		got, err := c.GetPermissions(ctx, path)
		if err != nil || got.String() != want || !reflect.DeepEqual(got, p) {
			t.Errorf("%s: got %v, %v", want, got, err)
		}
	}
}

func TestDomains(t *testing.T) {
	c := openClient(t)
	ctx := t.Context()
	if path, err := c.GetDomainPath(ctx, 0); err != nil || path != "/local/domain/0" {
		t.Errorf("path %q, %v", path, err)
	}
	for id, want := range map[uint32]bool{0: true, 32000: false} {
		if yes, err := c.IsDomainIntroduced(ctx, id); err != nil || yes != want {
			t.Errorf("domain %d introduced: %v, %v", id, yes, err)
		}
	}
	if _, err := c.GetDomainPath(ctx, 1<<16); !errors.Is(err, syscall.EINVAL) {
		t.Errorf("err = %v", err)
	}
	if _, err := c.IsDomainIntroduced(ctx, 1<<32-1); !errors.Is(err, syscall.EINVAL) {
		t.Errorf("err = %v", err)
	}
}

func TestNULInPathIsRefused(t *testing.T) {
	c := openClient(t)
	if err := c.Write(t.Context(), "/a\x00b", ""); !errors.Is(err, syscall.EINVAL) {
		t.Errorf("err = %v", err)
	}
}

func TestWatch(t *testing.T) {
	c := openClient(t)
	path := testPath(t, c)
	ctx, cancel := context.WithCancel(t.Context())
	events, err := c.Watch(ctx, path+"/x", path+"/y")
	if err != nil {
		t.Fatal(err)
	}
	first := []string{receive(t, events), receive(t, events)}
	slices.Sort(first)
	if !slices.Equal(first, []string{path + "/x", path + "/y"}) {
		t.Errorf("at the beginning: %q", first)
	}
	if err := c.Write(ctx, path+"/x/deep", "1"); err != nil {
		t.Fatal(err)
	}
	if got := receive(t, events); got != path+"/x/deep" {
		t.Errorf("after a write below x: %q", got)
	}
	cancel()
	for range events { // ends, or the test does not
	}
}

// TestWatchSeesTheLastValue writes many times; the watcher may miss some, not the last.
func TestWatchSeesTheLastValue(t *testing.T) {
	c := openClient(t)
	path := testPath(t, c)
	events, err := c.Watch(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for i := range 200 {
			if err := c.Write(t.Context(), path, fmt.Sprint(i)); err != nil {
				t.Error(err)
			}
		}
	}()
	for {
		receive(t, events)
		if v, err := c.Read(t.Context(), path); err == nil && v == "199" {
			return
		}
	}
}

func TestCloseEndsWatches(t *testing.T) {
	c := openClient(t)
	events, err := c.Watch(t.Context(), "/tool")
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	c.Close()
	select {
	case _, ok := <-events:
		if ok {
			t.Error("an event after Close")
		}
	default:
		t.Error("the watch is open after Close")
	}
	if _, err := c.Read(t.Context(), "/tool"); !errors.Is(err, ErrClosed) {
		t.Errorf("read: %v", err)
	}
	if _, err := c.Watch(t.Context(), "/tool"); !errors.Is(err, ErrClosed) {
		t.Errorf("watch: %v", err)
	}
}

func TestLeaksNothing(t *testing.T) {
	if os.Getenv("XENVOY_TEST_XEN") == "" {
		startStore(t)
	}
	cycle := func() {
		c, err := Open()
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		ctx, cancel := context.WithCancel(t.Context())
		events, err := c.Watch(ctx, "/tool")
		if err != nil {
			t.Fatal(err)
		}
		receive(t, events)
		cancel()
		for range events {
		}
		if err := c.Transact(t.Context(), func(tx *Tx) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	cycle()
	settled := leakCheck(t)
	for range 20 {
		cycle()
	}
	settled()
}

// leakCheck notes descriptors and goroutines. What it returns fails the test when
// there are more and they do not end.
func leakCheck(t *testing.T) (settled func()) {
	t.Helper()
	fds, goroutines := processtest.Descriptors(t), runtime.NumGoroutine()
	return func() {
		t.Helper()
		for range 5000 { // the server's side of the test may still be closing
			if processtest.Descriptors(t) <= fds && runtime.NumGoroutine() <= goroutines {
				return
			}
			time.Sleep(time.Millisecond)
		}
		stacks := make([]byte, 1<<16)
		t.Errorf("descriptors %d -> %d, goroutines %d -> %d:\n%s", fds, processtest.Descriptors(t), goroutines, runtime.NumGoroutine(),
			stacks[:runtime.Stack(stacks, true)])
	}
}

func TestOpenWithoutXen(t *testing.T) {
	settled := leakCheck(t)
	t.Setenv("XENSTORED_PATH", filepath.Join(t.TempDir(), "none")) // stands for the kernel's device too
	if _, err := Open(); !errors.Is(err, xen.ErrNoXenstored) || errors.Is(err, xen.ErrNoHypervisor) == privcmd.Exists() {
		t.Errorf("err = %v", err)
	}
	settled()
}

// TestOpenWithoutServer: there is a socket, but nobody listens any more.
func TestOpenWithoutServer(t *testing.T) {
	s := startServer(t, nil)
	s.listener.(*net.UnixListener).SetUnlinkOnClose(false)
	s.stop()
	var e *Error
	if _, err := Open(); !errors.Is(err, syscall.ECONNREFUSED) || !errors.As(err, &e) || e.Op != "open" {
		t.Errorf("err = %v", err)
	}
}
