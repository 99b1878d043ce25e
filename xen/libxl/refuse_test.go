//go:build cgo

package libxl

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
	"github.com/xenvoy/xenvoy/xen/libxl/internal/dummyxen"
)

// TestIDsBeyondXen: hypercalls carry 16 bits of an id, so that 65543 would mean domain 7.
func TestIDsBeyondXen(t *testing.T) {
	c := openDummy(t, Options{})
	dummyxen.AddDomain(7)
	t.Cleanup(dummyxen.Clear)
	ctx := t.Context()
	for _, id := range []idl.DomID{0x7ff0, 1<<16 + 7, 1<<32 - 2} {
		_, watch := c.WatchDomain(ctx, id)
		for name, err := range map[string]error{
			"DomainPause":     c.DomainPause(ctx, id),
			"DomainDestroy":   c.DomainDestroy(ctx, id),
			"DomainSetMaxMem": c.DomainSetMaxMem(ctx, id, 1<<20),
			"SendTrigger":     c.SendTrigger(ctx, id, idl.TriggerReset, 0),
			"WatchDomain":     watch,
		} {
			var e *Error
			if !errors.As(err, &e) || !errors.Is(err, ErrDomainNotFound) || e.Code != 0 {
				t.Errorf("%s of %d: %+v, want ErrDomainNotFound before libxl", name, id, err)
			}
		}
	}
	if err := c.DomainPause(ctx, 7); errors.Is(err, ErrDomainNotFound) {
		t.Errorf("an id that can be: %v", err)
	}
}

// TestTextsWithNUL: C would cut them, and mean another domain's name or other data.
func TestTextsWithNUL(t *testing.T) {
	c := openDummy(t, Options{})
	ctx := t.Context()
	const text = "web\x001"
	_, find := c.NameToDomID(ctx, text)
	_, retrieve := c.UserdataRetrieve(ctx, 7, text)
	for name, err := range map[string]error{
		"NameToDomID":       find,
		"DomainRename to":   c.DomainRename(ctx, 7, "", text),
		"DomainRename from": c.DomainRename(ctx, 7, text, "web"),
		"UserdataStore":     c.UserdataStore(ctx, 7, text, []byte("x")),
		"UserdataRetrieve":  retrieve,
		"UserdataUnlink":    c.UserdataUnlink(ctx, 7, text),
	} {
		var e *Error
		if !errors.As(err, &e) || !errors.Is(err, ErrInval) || e.Code != 0 {
			t.Errorf("%s: %+v, want ErrInval before libxl", name, err)
		}
	}
}

// TestWaitForNoMemoryTarget: libxl's code for a domain without a target is that for one
// that has not come down to it, and must not be waited for.
func TestWaitForNoMemoryTarget(t *testing.T) {
	c := openDummy(t, Options{})
	dummyxen.AddDomain(7)
	t.Cleanup(dummyxen.Clear)
	for id, want := range map[idl.DomID]Code{7: ErrFail, 8: ErrDomainNotFound} {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		err := c.WaitForMemoryTarget(ctx, id)
		cancel()
		if !errors.Is(err, want) || errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("domain %d: %+v, want %v", id, err, want)
		}
	}
}
