//go:build cgo

package xenstore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/xenvoy/xenvoy/xen"
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
	path := fmt.Sprintf("/tool/xenvoy-test/%d/%s", os.Getpid(), t.Name())
	t.Cleanup(func() { c.Remove(context.Background(), path) }) // fails when the test has closed c
	return path
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
	for range events {
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
	}
	cycle()
	fds, goroutines := count(t), runtime.NumGoroutine()
	for range 20 {
		cycle()
	}
	// The store's side of the test may still be closing.
	for range 1000 {
		if count(t) <= fds && runtime.NumGoroutine() <= goroutines {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Errorf("descriptors %d -> %d, goroutines %d -> %d", fds, count(t), goroutines, runtime.NumGoroutine())
}

func count(t *testing.T) int {
	t.Helper()
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(fds)
}

func TestOpenWithoutXen(t *testing.T) {
	if _, err := os.Stat("/dev/xen/xenbus"); err == nil {
		t.Skip("this machine runs Xen: libxenstore would use the kernel's device")
	}
	t.Setenv("XENSTORED_PATH", filepath.Join(t.TempDir(), "none"))
	if _, err := Open(); !errors.Is(err, xen.ErrNoHypervisor) {
		t.Errorf("err = %v", err)
	}
}
