//go:build cgo

package libxc

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/xenvoy/xenvoy/xen/internal/guesttest"
	"github.com/xenvoy/xenvoy/xen/libxl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
	"github.com/xenvoy/xenvoy/xen/xenstore"
)

// A guest is a domain whose console the test reads.
type guest struct {
	*guesttest.Console
	t  *testing.T
	x  *Interface
	xl *libxl.Context
	id idl.DomID
}

// startGuest makes a domain of one vCPU and 128 MiB, lets it run until it counts, and
// destroys it after the test.
func startGuest(t *testing.T, x *Interface, typ idl.DomainType) *guest {
	t.Helper()
	g := newGuest(t, x, typ)
	if err := g.xl.DomainUnpause(t.Context(), g.id); err != nil {
		t.Fatalf("%+v", err)
	}
	g.WaitCount(0)
	return g
}

// newGuest does not let it run.
func newGuest(t *testing.T, x *Interface, typ idl.DomainType) *guest {
	t.Helper()
	xl, err := libxl.Open(t.Context(), libxl.Options{})
	if err != nil {
		t.Fatalf("%+v", err)
	}
	t.Cleanup(func() { xl.Close() })
	id, err := xl.DomainCreateNew(t.Context(), guesttest.TinyConfig(t, "xc-test", typ), libxl.CreateOptions{})
	if id != idl.InvalidDomID {
		t.Cleanup(func() {
			if err := xl.DomainDestroy(context.Background(), id); err != nil { // the test's context has ended
				t.Errorf("%+v", err)
			}
		})
	}
	if err != nil {
		t.Fatalf("%+v", err)
	}
	console := guesttest.OpenConsole(t, id, func(ctx context.Context) (string, error) {
		return xl.ConsoleTTY(ctx, id, 0, idl.ConsoleTypePV)
	})
	return &guest{Console: console, t: t, x: x, xl: xl, id: id}
}

// info describes the domain.
func (g *guest) info() DomainInfo {
	g.t.Helper()
	d, err := g.x.DomainInfo(g.t.Context(), g.id)
	if err != nil {
		g.t.Fatalf("%+v", err)
	}
	return d
}

// suspend asks the guest to suspend itself and waits until it has.
func (g *guest) suspend(ctx context.Context) error {
	store, err := xenstore.Open()
	if err != nil {
		return err
	}
	defer store.Close()
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	changes, err := store.Watch(ctx, "@releaseDomain") // changes when a domain shuts down, too
	if err != nil {
		return err
	}
	if err := store.Write(ctx, fmt.Sprintf("/local/domain/%d/control/shutdown", g.id), "suspend"); err != nil {
		return err
	}
	for range changes {
		d, err := g.x.DomainInfo(ctx, g.id)
		if err != nil {
			return err
		}
		if d.Shutdown {
			return nil
		}
	}
	return fmt.Errorf("the guest does not suspend itself: %w", ctx.Err())
}
