//go:build cgo

package libxl

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
	"github.com/xenvoy/xenvoy/xen/xenstore"
)

// TestXenLife takes a guest of each type through its life: created, renamed, running,
// paused, saved while it runs, resumed, destroyed.
func TestXenLife(t *testing.T) {
	for _, typ := range []idl.DomainType{idl.DomainTypePVH, idl.DomainTypePV, idl.DomainTypeHVM} {
		t.Run(typ.String(), func(t *testing.T) { testLife(t, typ) })
	}
}

func testLife(t *testing.T, typ idl.DomainType) {
	c := openXen(t)
	ctx := t.Context()
	cfg := tinyConfig(t, typ)
	id := create(t, c, cfg)
	checkCreated(t, c, id, cfg)
	g := openConsole(t, c, id)
	if err := c.DomainUnpause(ctx, id); err != nil {
		t.Fatalf("%+v", err)
	}
	n := g.WaitCount(0)

	if err := c.DomainPause(ctx, id); err != nil {
		t.Fatalf("%+v", err)
	}
	if d, err := c.DomainInfo(ctx, id); err != nil || !d.Paused {
		t.Errorf("after pause: %+v, %v", d, err)
	}
	if err := c.DomainUnpause(ctx, id); err != nil {
		t.Fatalf("%+v", err)
	}
	n = g.WaitCount(n)

	testSuspendAndResume(t, g)
	g.WaitCount(n)
	testDeath(t, c, id)
}

func checkCreated(t *testing.T, c *Context, id idl.DomID, cfg *idl.DomainConfig) {
	t.Helper()
	ctx := t.Context()
	typ := cfg.CInfo.Type
	if typ == idl.DomainTypePVH {
		typ = idl.DomainTypeHVM // all that the hypervisor knows
	}
	d, err := c.DomainInfo(ctx, id)
	if err != nil || !d.Paused || d.DomainType != typ || d.UUID != cfg.CInfo.UUID {
		t.Errorf("after creation: %+v, %v", d, err)
	}
	if err := c.DomainRename(ctx, id, "not its name", "x"); err == nil {
		t.Error("renamed in spite of a wrong old name")
	}
	if err := c.DomainRename(ctx, id, cfg.CInfo.Name, cfg.CInfo.Name+"-b"); err != nil {
		t.Errorf("%+v", err)
	}
	if got, err := c.NameToDomID(ctx, cfg.CInfo.Name+"-b"); err != nil || got != id {
		t.Errorf("by the new name: %d, %v", got, err)
	}
	got, err := c.RetrieveDomainConfiguration(ctx, id)
	if err != nil {
		t.Fatalf("%+v", err)
	}
	if key, _ := got.BInfo.Type(); key != cfg.CInfo.Type || got.BInfo.Kernel != cfg.BInfo.Kernel ||
		got.CInfo.UUID != cfg.CInfo.UUID || len(got.NICs) != 1 || got.NICs[0].Bridge != "br0" {
		t.Errorf("configuration %+v", got)
	}
	var again idl.DomainConfig
	text, err := c.DomainConfigurationText(ctx, id)
	if err := errors.Join(err, json.Unmarshal(text, &again)); err != nil || !reflect.DeepEqual(&again, got) {
		t.Errorf("configuration as text: %v, %s", err, text)
	}
	testUserdata(t, c, id)
}

func testUserdata(t *testing.T, c *Context, id idl.DomID) {
	t.Helper()
	ctx, data := t.Context(), []byte("kept\x00with the domain")
	if err := c.UserdataStore(ctx, id, "xenvoy-test", data); err != nil {
		t.Errorf("%+v", err)
	}
	if got, err := c.UserdataRetrieve(ctx, id, "xenvoy-test"); err != nil || !bytes.Equal(got, data) {
		t.Errorf("userdata %q, %v", got, err)
	}
	if err := c.UserdataUnlink(ctx, id, "xenvoy-test"); err != nil {
		t.Errorf("%+v", err)
	}
	if got, err := c.UserdataRetrieve(ctx, id, "xenvoy-test"); err != nil || got != nil {
		t.Errorf("userdata after removal %q, %v", got, err)
	}
}

func testSuspendAndResume(t *testing.T, g *guest) {
	t.Helper()
	var progress []Progress
	var size int64
	o := SuspendOptions{Live: canRunOn(t, g), Progress: func(p Progress) { progress = append(progress, p) }}
	err := suspendTo(t.Context(), t, g.c, g.id, o, func(r io.Reader) { size, _ = io.Copy(io.Discard, r) })
	if err != nil {
		t.Fatalf("%+v", err)
	}
	t.Logf("stream of %d bytes, %d progress reports", size, len(progress))
	frames := func(p Progress) bool { return strings.HasPrefix(p.Doing, "Frames") && p.Total > 0 }
	if size < 1<<20 || !slices.ContainsFunc(progress, frames) {
		t.Errorf("progress %+v", progress)
	}
	if d, err := g.c.DomainInfo(t.Context(), g.id); err != nil || !d.Shutdown || d.ShutdownReason != idl.ShutdownReasonSuspend {
		t.Errorf("after suspend: %+v, %v", d, err)
	}
	if err := g.c.DomainResume(t.Context(), g.id, true); err != nil {
		t.Fatalf("%+v", err)
	}
}

// canRunOn says whether the guest can run on while it is copied: a PV guest needs shadow
// paging for that, which Debian's Xen 4.20 is built without.
func canRunOn(t *testing.T, g *guest) bool {
	t.Helper()
	d, err := g.c.DomainInfo(t.Context(), g.id)
	if err != nil {
		t.Fatalf("%+v", err)
	}
	p, err := g.c.PhysInfo(t.Context())
	if err != nil {
		t.Fatalf("%+v", err)
	}
	return d.DomainType != idl.DomainTypePV || p.CapShadow
}

// testDeath destroys the domain and looks for the event, and for what is left.
func testDeath(t *testing.T, c *Context, id idl.DomID) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	events, err := c.WatchDomain(ctx, id)
	if err != nil {
		t.Fatalf("%+v", err)
	}
	if err := c.DomainDestroy(ctx, id); err != nil {
		t.Fatalf("%+v", err)
	}
	var last Event
	for e := range events {
		last = e
	}
	if want := (Event{Type: idl.EventTypeDomainDeath, Domain: id, Reason: idl.ShutdownReasonUnknown}); last != want {
		t.Errorf("last event %+v, want %+v", last, want)
	}
	if _, err := c.DomainInfo(ctx, id); !errors.Is(err, ErrDomainNotFound) {
		t.Errorf("after destroy: %v", err)
	}
	store, err := xenstore.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	for _, path := range []string{"/local/domain/%d", "/libxl/%d", "/local/domain/0/backend/vif/%d", "/local/domain/0/backend/console/%d"} {
		path = fmt.Sprintf(path, id)
		if names, err := store.List(ctx, path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is left, with %q, %v", path, names, err)
		}
	}
}

// TestXenShutdownEvent: a guest that powers off by itself gives a shutdown, with its reason.
func TestXenShutdownEvent(t *testing.T) {
	c := openXen(t)
	id := create(t, c, tinyConfig(t, idl.DomainTypePVH))
	g := openConsole(t, c, id)
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	events, err := c.WatchDomain(ctx, id)
	if err != nil {
		t.Fatalf("%+v", err)
	}
	if err := c.DomainUnpause(ctx, id); err != nil {
		t.Fatalf("%+v", err)
	}
	g.WaitCount(0)
	if err := c.DomainShutdown(ctx, id); err != nil {
		t.Fatalf("%+v", err)
	}
	select {
	case e, ok := <-events:
		if !ok {
			t.Fatal("the watch ended")
		}
		if want := (Event{Type: idl.EventTypeDomainShutdown, Domain: id, Reason: idl.ShutdownReasonPoweroff}); e != want {
			t.Errorf("event %+v, want %+v", e, want)
		}
	case <-ctx.Done():
		t.Fatal("no event")
	}
	// A watch that begins later still learns of it.
	late, err := c.WatchDomain(ctx, id)
	if err != nil {
		t.Fatalf("%+v", err)
	}
	if e := <-late; e.Type != idl.EventTypeDomainShutdown || e.Reason != idl.ShutdownReasonPoweroff {
		t.Errorf("late watch: %+v", e)
	}
	if err := c.DomainDestroy(ctx, id); err != nil {
		t.Fatalf("%+v", err)
	}
	for _, watch := range []<-chan Event{events, late} {
		if e := <-watch; e.Type != idl.EventTypeDomainDeath {
			t.Errorf("after the shutdown: %+v", e)
		}
	}
	dead, err := c.WatchDomain(ctx, id)
	if err != nil {
		t.Fatalf("%+v", err)
	}
	if e := <-dead; e.Type != idl.EventTypeDomainDeath {
		t.Errorf("watch of a dead domain: %+v", e)
	}
}
