//go:build cgo

package libxl

// #include "glue.h"
import "C"

import (
	"context"
	"errors"
	"runtime/cgo"
	"sync"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// A watch queues the events of one domain. libxl's callback must not block, so the
// queue has no bound; a domain has few events.
type watch struct {
	mu    sync.Mutex
	queue []Event
	more  chan struct{} // has one element when queue may have some

	told *idl.ShutdownReason // the shutdown that pushPast has told, which libxl will tell again
}

func (w *watch) push(e Event) {
	w.mu.Lock()
	w.queue = append(w.queue, e)
	w.mu.Unlock()
	select {
	case w.more <- struct{}{}:
	default:
	}
}

func (w *watch) take() []Event {
	w.mu.Lock()
	defer w.mu.Unlock()
	events := w.queue
	w.queue = nil
	return events
}

// xenvoyEvent is called by libxl for each event, on any thread inside libxl.
//
//export xenvoyEvent
func xenvoyEvent(handle C.uintptr_t, user C.uint64_t, typ C.int, domid C.uint32_t, reason C.int) {
	c := cgo.Handle(handle).Value().(*Context)
	c.mu.Lock()
	w := c.watches[uint64(user)]
	c.mu.Unlock()
	if w != nil { // else it was removed while the event was on its way
		w.push(Event{Type: idl.EventType(typ), Domain: idl.DomID(domid), Reason: idl.ShutdownReason(reason)})
	}
}

// WatchDomain reports the domain's shutdown and its death, including what happened
// before. The channel is closed after the death, and when ctx ends, when the Context
// is closed, or breaks down (see Err). A domain that is destroyed without shutting
// down may give a death alone. After DomainResume a new watch is needed to see the
// next shutdown, because libxl reports one for each: see WatchSuspended.
//
// Implements: int libxl_evenable_domain_death(libxl_ctx *ctx, uint32_t domid, libxl_ev_user, libxl_evgen_domain_death **evgen_out)
// Implements: void libxl_evdisable_domain_death(libxl_ctx *ctx, libxl_evgen_domain_death*)
func (c *Context) WatchDomain(ctx context.Context, id idl.DomID) (<-chan Event, error) {
	return c.watch(ctx, id, false)
}

// WatchSuspended is WatchDomain for a domain whose suspension the caller knows of. It
// reports what comes after, whether the domain is resumed first or not. While it stays
// suspended, libxl reports that once more when a domain on the host next ends.
func (c *Context) WatchSuspended(ctx context.Context, id idl.DomID) (<-chan Event, error) {
	return c.watch(ctx, id, true)
}

func (c *Context) watch(ctx context.Context, id idl.DomID, suspended bool) (<-chan Event, error) {
	const name = "libxl_evenable_domain_death"
	if err := c.enter(ctx, name, id); err != nil { // left when the watch ends
		return nil, err
	}
	w := &watch{more: make(chan struct{}, 1)}
	c.mu.Lock()
	c.nextWatch++
	key := c.nextWatch
	c.watches[key] = w
	c.mu.Unlock()

	var evgen *C.libxl_evgen_domain_death
	err := c.do(ctx, name, id, func(l *C.libxl_ctx) C.int {
		rc := C.libxl_evenable_domain_death(l, C.uint32_t(id), C.libxl_ev_user(key), &evgen)
		// The first watch has libxl wait for xenstore's descriptor, which a loop that
		// polls already does not know; libxl does not wake it in this call.
		C.xv_wake(c.x)
		return rc
	})
	if err == nil {
		err = c.pushPast(ctx, id, w, suspended)
	}
	out := make(chan Event)
	go func() {
		defer c.running.Done()
		defer close(out)
		if err == nil {
			c.pump(ctx, w, out)
		}
		c.forget(key)
		if evgen != nil {
			C.libxl_evdisable_domain_death(c.x.ctx, evgen)
		}
	}()
	if err != nil {
		return nil, err
	}
	return out, nil
}

// pushPast queues what happened before the watch began. libxl looks at the domain at
// once only for the first watch of a context, and else when some domain next ends.
// A suspension that the caller knows of is not told.
func (c *Context) pushPast(ctx context.Context, id idl.DomID, w *watch, suspended bool) error {
	d, err := c.DomainInfo(ctx, id)
	switch {
	case errors.Is(err, ErrDomainNotFound), err == nil && d.Dying:
		w.push(Event{Type: idl.EventTypeDomainDeath, Domain: id, Reason: idl.ShutdownReasonUnknown})
	case err != nil:
		return err
	case d.Shutdown && suspended && d.ShutdownReason == idl.ShutdownReasonSuspend:
	case d.Shutdown:
		w.told = &d.ShutdownReason
		w.push(Event{Type: idl.EventTypeDomainShutdown, Domain: id, Reason: d.ShutdownReason})
	}
	return nil
}

func (c *Context) forget(key uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.watches, key)
}

// pump passes events on until the domain is dead or nobody wants them any more.
func (c *Context) pump(ctx context.Context, w *watch, out chan<- Event) {
	seen := false
	for {
		select {
		case <-w.more:
		case <-ctx.Done():
			return
		case <-c.closing:
			return
		case <-c.broken:
			return
		}
		for _, e := range w.take() {
			if e.Type == idl.EventTypeDomainShutdown && w.told != nil && e.Reason == *w.told {
				if seen {
					continue // libxl's, of what pushPast has told
				}
				seen = true
			}
			select {
			case out <- e:
			case <-ctx.Done():
				return
			case <-c.closing:
				return
			case <-c.broken:
				return
			}
			if e.Type == idl.EventTypeDomainDeath {
				return
			}
		}
	}
}
