//go:build cgo

package libxl

import (
	"context"
	"errors"
	"testing"

	"github.com/xenvoy/xenvoy/xen/internal/guesttest"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

func tinyConfig(t *testing.T, typ idl.DomainType) *idl.DomainConfig {
	t.Helper()
	cfg := guesttest.TinyConfig(t, "xv-test", typ)
	cfg.NICs = []idl.DeviceNIC{{Bridge: "br0"}}
	return cfg
}

// create builds a domain, and destroys it after the test.
func create(t *testing.T, c *Context, cfg *idl.DomainConfig) idl.DomID {
	t.Helper()
	id, err := c.DomainCreateNew(t.Context(), cfg, CreateOptions{})
	destroyLater(t, c, id)
	if err != nil {
		t.Fatalf("%+v", err)
	}
	return id
}

func destroyLater(t *testing.T, c *Context, id idl.DomID) {
	if id == idl.InvalidDomID {
		return
	}
	t.Cleanup(func() {
		ctx := context.Background() // that of the test has ended
		if err := c.DomainDestroy(ctx, id); err != nil && !errors.Is(err, ErrDomainNotFound) {
			t.Errorf("%+v", err)
		}
	})
}

// A guest is a domain whose console the test reads.
type guest struct {
	*guesttest.Console
	t  *testing.T
	c  *Context
	id idl.DomID
}

func openConsole(t *testing.T, c *Context, id idl.DomID) *guest {
	t.Helper()
	console := guesttest.OpenConsole(t, id, func(ctx context.Context) (string, error) {
		return c.ConsoleTTY(ctx, id, 0, idl.ConsoleTypePV)
	})
	return &guest{Console: console, t: t, c: c, id: id}
}

// startGuest builds a guest and lets it run until it has counted beyond n; it returns how far.
func startGuest(t *testing.T, c *Context, typ idl.DomainType, n int) (*guest, int) {
	t.Helper()
	g := openConsole(t, c, create(t, c, tinyConfig(t, typ)))
	if err := c.DomainUnpause(t.Context(), g.id); err != nil {
		t.Fatalf("%+v", err)
	}
	return g, g.WaitCount(n)
}
