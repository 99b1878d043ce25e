//go:build cgo

package libxc

import (
	"context"
	"os"
	"runtime"
	"testing"

	"github.com/xenvoy/xenvoy/xen/internal/processtest"
	"github.com/xenvoy/xenvoy/xen/libxc/internal/fakexen"
)

// TestPanicInCallback: it goes on after C has cleaned up.
func TestPanicInCallback(t *testing.T) {
	for name, change := range map[string]func(*SaveOptions){
		"suspend":  func(o *SaveOptions) { o.Suspend = func(context.Context) error { panic("suspend") } },
		"policy":   func(o *SaveOptions) { o.Policy = func(PrecopyStats) PrecopyDecision { panic("policy") } },
		"progress": func(o *SaveOptions) { o.Progress = func(Progress) { panic("progress") } },
		"switch": func(o *SaveOptions) {
			o.SwitchLogDirty = func(context.Context, bool) error { panic("switch") }
		},
	} {
		t.Run(name, func(t *testing.T) {
			x := openFake(t, Options{})
			o := suspendAtOnce()
			o.Live = true
			change(&o)
			defer func() {
				if p := recover(); p != name {
					t.Errorf("recovered %v", p)
				}
				if fakexen.LogDirty() {
					t.Error("log-dirty mode is still on")
				}
			}()
			null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer null.Close()
			x.SaveDomain(t.Context(), fakexen.Guest, null, o)
		})
	}
}

// TestPanicWhileConnecting: the log's receiver panics before a save has begun, or while
// libxc is opened. It goes on, and nothing stays open.
func TestPanicWhileConnecting(t *testing.T) {
	panics := func(f func()) (p any) {
		defer func() { p = recover() }()
		f()
		return nil
	}
	angry := Options{Log: func(Record) { panic("log") }}
	x := openFake(t, angry)
	goroutines, fds, held := runtime.NumGoroutine(), processtest.Descriptors(t), fakexen.Held()
	fakexen.Talk()
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if p := panics(func() { x.SaveDomain(t.Context(), fakexen.Guest, null, suspendAtOnce()) }); p != "log" {
		t.Errorf("save: recovered %v", p)
	}
	null.Close()
	if p := panics(func() { Open(angry) }); p != "log" {
		t.Errorf("open: recovered %v", p)
	}
	if n := processtest.Descriptors(t); n != fds {
		t.Errorf("%d descriptors before, %d after", fds, n)
	}
	if n := fakexen.Held(); n != held {
		t.Errorf("%d handles before, %d after", held, n)
	}
	processtest.WaitGoroutines(t, goroutines)
}
