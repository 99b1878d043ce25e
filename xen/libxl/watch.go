//go:build cgo

package libxl

// #include "glue.h"
import "C"

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/cgo"
	"slices"
	"sync"
	"unsafe"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// A watch queues events and has one goroutine, its owner, that passes them on. libxl's
// callback must not block, so the queue has no bound; a domain has few events.
type watch struct {
	c   *Context
	ctx context.Context // ends it

	mu    sync.Mutex
	queue []queued
	more  chan struct{} // has one element when queue may have some

	// The owner's.
	sources map[uint64]*source
	told    map[idl.DomID]queued // the last shutdown of each domain
}

// A queued event comes from libxl, or is what the watch found when it began.
type queued struct {
	Event
	found bool
}

// A source is one kind of event of one domain that libxl has been asked for.
type source struct {
	domain idl.DomID
	vdev   string // of a disk
	death  *C.libxl_evgen_domain_death
	eject  *C.libxl_evgen_disk_eject
}

func newWatch(ctx context.Context, c *Context) *watch {
	return &watch{
		c: c, ctx: ctx,
		more:    make(chan struct{}, 1),
		sources: map[uint64]*source{},
		told:    map[idl.DomID]queued{},
	}
}

func (w *watch) push(e queued) {
	w.mu.Lock()
	w.queue = append(w.queue, e)
	w.mu.Unlock()
	select {
	case w.more <- struct{}{}:
	default:
	}
}

func (w *watch) take() []queued {
	w.mu.Lock()
	defer w.mu.Unlock()
	events := w.queue
	w.queue = nil
	return events
}

// xenvoyEvent is called by libxl for each event, on any thread inside libxl. vdev and
// disk, libxl's JSON of it, are nil but for an ejected disk.
//
//export xenvoyEvent
func xenvoyEvent(handle C.uintptr_t, user C.uint64_t, typ C.int, domid C.uint32_t, reason C.int, vdev, disk *C.char) {
	c := cgo.Handle(handle).Value().(*Context)
	c.mu.Lock()
	w := c.watches[uint64(user)]
	c.mu.Unlock()
	if w == nil { // it was removed while the event was on its way
		return
	}
	e := Event{Type: idl.EventType(typ), Domain: idl.DomID(domid), Reason: idl.ShutdownReason(reason)}
	if vdev != nil && disk != nil {
		e.VDev, e.Disk = C.GoString(vdev), new(idl.DeviceDisk)
		if json.Unmarshal([]byte(C.GoString(disk)), e.Disk) != nil {
			e.Disk = nil // no release writes what it does not read
		}
	}
	w.push(queued{Event: e})
}

// WatchDomain reports the domain's shutdown and its death, including what happened
// before, and that the guest has ejected one of the disks vdevs. The channel is closed
// after the death, and when ctx ends, when the Context is closed, or breaks down (see
// Err). When xenstored ends it stays open, and no event comes any more, because libxl does
// not notice: a watch of all domains (see Watch) does, and ends.
//
// A domain that is destroyed without shutting down may give a death alone. After
// DomainResume a new watch is needed to see the next shutdown, because libxl reports one
// for each: see WatchSuspended. Errors: those of libxl, and ErrNotFound for a disk that the
// domain does not have.
//
// Implements: int libxl_evenable_domain_death(libxl_ctx *ctx, uint32_t domid, libxl_ev_user, libxl_evgen_domain_death **evgen_out)
// Implements: void libxl_evdisable_domain_death(libxl_ctx *ctx, libxl_evgen_domain_death*)
// Implements: int libxl_evenable_disk_eject(libxl_ctx *ctx, uint32_t domid, const char *vdev, libxl_ev_user, libxl_evgen_disk_eject **evgen_out)
// Implements: void libxl_evdisable_disk_eject(libxl_ctx *ctx, libxl_evgen_disk_eject*)
func (c *Context) WatchDomain(ctx context.Context, id idl.DomID, vdevs ...string) (<-chan Event, error) {
	return c.watchDomain(ctx, id, false, vdevs)
}

// WatchSuspended is WatchDomain for a domain whose suspension the caller knows of. It
// reports what comes after, whether the domain is resumed first or not. While it stays
// suspended, libxl reports that once more when a domain on the host next ends.
func (c *Context) WatchSuspended(ctx context.Context, id idl.DomID, vdevs ...string) (<-chan Event, error) {
	return c.watchDomain(ctx, id, true, vdevs)
}

func (c *Context) watchDomain(ctx context.Context, id idl.DomID, suspended bool, vdevs []string) (<-chan Event, error) {
	if err := c.enter(ctx, "libxl_evenable_domain_death", id); err != nil { // left when the watch ends
		return nil, err
	}
	w := newWatch(ctx, c)
	err := w.enableDeath(id)
	if err == nil {
		err = w.find(id, suspended)
	}
	for _, vdev := range vdevs {
		if err == nil {
			err = w.enableEject(id, vdev)
		}
	}
	if err != nil {
		w.disableAll()
		c.running.Done()
		return nil, err
	}
	out := make(chan Event)
	go func() {
		defer c.running.Done()
		defer close(out)
		w.pump(out)
		w.disableAll()
	}()
	return out, nil
}

// pump passes events on until the domain is dead or nobody wants them any more.
func (w *watch) pump(out chan<- Event) {
	for {
		select {
		case <-w.more:
		case <-w.ctx.Done():
			return
		case <-w.c.closing:
			return
		case <-w.c.broken:
			return
		}
		for _, e := range w.take() {
			if w.repeats(e) {
				continue
			}
			if !w.send(out, e.Event) || e.Type == idl.EventTypeDomainDeath {
				return
			}
		}
	}
}

// send gives an event to the receiver; false means that nobody wants it.
func (w *watch) send(out chan<- Event, e Event) bool {
	select {
	case out <- e:
		return true
	case <-w.ctx.Done():
	case <-w.c.closing:
	case <-w.c.broken:
	}
	return false
}

// repeats says whether the event is libxl's of what the watch has found, or the other
// way round: only one of the two is passed on.
func (w *watch) repeats(e queued) bool {
	if e.Type != idl.EventTypeDomainShutdown {
		return false
	}
	last, ok := w.told[e.Domain]
	if ok && last.Reason == e.Reason && last.found != e.found {
		delete(w.told, e.Domain)
		return true
	}
	w.told[e.Domain] = e
	return false
}

// find queues what happened before the watch began. libxl looks at the domain at once
// only for the first watch of a context, and else when some domain next ends. A
// suspension that the caller knows of is not told.
func (w *watch) find(id idl.DomID, suspended bool) error {
	d, err := w.c.DomainInfo(w.ctx, id)
	e := Event{Type: idl.EventTypeDomainDeath, Domain: id, Reason: idl.ShutdownReasonUnknown}
	switch {
	case errors.Is(err, ErrDomainNotFound), err == nil && d.Dying:
	case err != nil:
		return err
	case !d.Shutdown, suspended && d.ShutdownReason == idl.ShutdownReasonSuspend:
		return nil
	default:
		e.Type, e.Reason = idl.EventTypeDomainShutdown, d.ShutdownReason
	}
	w.push(queued{e, true})
	return nil
}

// enable asks libxl for events, by a number that leads them to this watch.
func (w *watch) enable(name string, s *source, f func(l *C.libxl_ctx, key C.libxl_ev_user) C.int) error {
	w.c.mu.Lock()
	w.c.nextWatch++
	key := w.c.nextWatch
	w.c.watches[key] = w
	w.c.mu.Unlock()
	err := w.c.do(w.ctx, name, s.domain, func(l *C.libxl_ctx) C.int {
		rc := f(l, C.libxl_ev_user(key))
		// The first watch has libxl wait for xenstore's descriptor, which a loop that
		// polls already does not know; libxl does not wake it in this call.
		C.xv_wake(w.c.x)
		return rc
	})
	w.sources[key] = s
	return err
}

func (w *watch) enableDeath(id idl.DomID) error {
	s := &source{domain: id}
	return w.enable("libxl_evenable_domain_death", s, func(l *C.libxl_ctx, key C.libxl_ev_user) C.int {
		return C.libxl_evenable_domain_death(l, C.uint32_t(id), key, &s.death)
	})
}

// enableEject asks for the ejection of a disk. libxl does not look whether there is one.
func (w *watch) enableEject(id idl.DomID, vdev string) error {
	const name = "libxl_evenable_disk_eject"
	disks, err := w.c.DeviceDiskList(w.ctx, id)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(disks, func(d idl.DeviceDisk) bool { return d.VDev == vdev }) {
		return &Error{Op: name, Domain: id, Cause: fmt.Errorf("disk %q: %w", vdev, ErrNotFound)}
	}
	s := &source{domain: id, vdev: vdev}
	cvdev := C.CString(vdev)
	defer C.free(unsafe.Pointer(cvdev))
	return w.enable(name, s, func(l *C.libxl_ctx, key C.libxl_ev_user) C.int {
		return C.libxl_evenable_disk_eject(l, C.uint32_t(id), cvdev, key, &s.eject)
	})
}

// disable ends the sources that are chosen.
func (w *watch) disable(chosen func(s *source) bool) {
	for key, s := range w.sources {
		if !chosen(s) {
			continue
		}
		w.c.mu.Lock()
		delete(w.c.watches, key)
		w.c.mu.Unlock()
		if s.death != nil {
			C.libxl_evdisable_domain_death(w.c.x.ctx, s.death)
		}
		if s.eject != nil {
			C.libxl_evdisable_disk_eject(w.c.x.ctx, s.eject)
		}
		delete(w.sources, key)
	}
}

func (w *watch) disableAll() { w.disable(func(*source) bool { return true }) }
