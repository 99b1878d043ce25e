//go:build cgo

package libxl

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"sync"

	"github.com/xenvoy/xenvoy/xen/internal/interrupt"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
	"github.com/xenvoy/xenvoy/xen/xenstore"
)

// A HostWatch reports what happens to all domains of the host, those that come later
// included.
type HostWatch struct {
	events chan Event
	mu     sync.Mutex
	err    error // valid when events is closed
}

// Events gives the events in the order in which libxl tells of them. The channel is closed
// when the watch ends: see Err. Events that nobody receives are kept, without bound.
func (h *HostWatch) Events() <-chan Event { return h.events }

// Err says why the watch ended: the error of its context, ErrClosed, one that matches
// ErrDisaster, xenstore.ErrConnectionLost, or what else went wrong with xenstore or libxl.
// It is nil until Events is closed.
func (h *HostWatch) Err() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.err
}

// A follower is the watch behind a HostWatch. Its owner learns from xenstore which
// domains and disks there are.
type follower struct {
	*watch
	host    *HostWatch
	alive   map[idl.DomID]bool
	dead    map[idl.DomID]bool // whose death has been told
	pending []Event            // which nobody has received yet
}

// Watch reports shutdowns, deaths, ejected disks of all domains but dom0, and of the
// domains that this Context creates that their console can be opened. What happened to a
// domain before the watch began is reported for those that have shut down. A domain that
// lives so short that nobody sees it alive is reported dead. One that stays suspended is
// reported again when a domain on the host ends.
//
// The watch ends with ctx or the Context, and within seconds after xenstored has ended: who
// receives from Events finds it closed, and why in the HostWatch's Err. The Context has lost
// xenstored as well then, for good, and should be closed.
//
// Errors: those of xenstore.OpenContext and of libxl.
func (c *Context) Watch(ctx context.Context) (*HostWatch, error) {
	if err := c.enter(ctx, "Watch", idl.InvalidDomID); err != nil { // left when the watch ends
		return nil, err
	}
	store, err := xenstore.OpenContext(ctx)
	if err != nil {
		c.running.Done()
		return nil, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	f := &follower{
		watch: newWatch(ctx, c),
		host:  &HostWatch{events: make(chan Event)},
		alive: map[idl.DomID]bool{},
		dead:  map[idl.DomID]bool{},
	}
	changes, err := store.Watch(ctx, "@introduceDomain", "/libxl")
	if err == nil {
		c.listen(f.watch, true)
		err = f.followAll()
	}
	end := func(err error) {
		c.listen(f.watch, false)
		f.disableAll()
		cancel(nil)
		store.Close()
		f.host.mu.Lock()
		f.host.err = err
		f.host.mu.Unlock()
		close(f.host.events)
		c.running.Done()
	}
	if err != nil {
		end(err)
		return nil, err
	}
	go func() { end(f.run(changes)) }()
	return f.host, nil
}

// listen makes the watch one that is told of consoles, or ends that.
func (c *Context) listen(w *watch, on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if on {
		c.listeners[w] = struct{}{}
	} else {
		delete(c.listeners, w)
	}
}

// consoleAvailable tells the watches of all domains that a new one's console can be opened.
func (c *Context) consoleAvailable(id idl.DomID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for w := range c.listeners {
		w.push(queued{Event: Event{Type: idl.EventTypeDomainCreateConsoleAvailable, Domain: id, Reason: idl.ShutdownReasonUnknown}})
	}
}

// run passes events on and follows the domains, until something ends it. It follows them
// also while nobody receives: a domain must not come and go unseen.
func (f *follower) run(changes <-chan string) error {
	for {
		var out chan Event // nil, so never ready, when there is nothing to send
		var next Event
		if len(f.pending) > 0 {
			out, next = f.host.events, f.pending[0]
		}
		select {
		case out <- next:
			f.pending = f.pending[1:]
		case path, ok := <-changes:
			if !ok {
				return f.why(fmt.Errorf("the watch on xenstore has ended: %w", xenstore.ErrConnectionLost))
			}
			if err := f.look(path); err != nil {
				return f.why(err)
			}
		case <-f.more:
			if err := f.sort(); err != nil {
				return f.why(err)
			}
		case <-f.ctx.Done():
			return f.why(nil)
		case <-f.c.closing:
			return ErrClosed
		case <-f.c.broken:
			return f.c.disaster
		}
	}
}

// why prefers what ended the watch on purpose to what followed from that.
func (f *follower) why(err error) error {
	select {
	case <-f.c.closing:
		return ErrClosed
	default:
	}
	if over := interrupt.Cause(f.ctx); over != nil {
		return over
	}
	return err
}

// sort makes what libxl has told ready to be sent, and acts on it.
func (f *follower) sort() error {
	for _, e := range f.take() {
		if f.repeats(e) || e.Type == idl.EventTypeDomainDeath && f.dead[e.Domain] {
			continue
		}
		f.pending = append(f.pending, e.Event)
		switch {
		case e.Type == idl.EventTypeDomainDeath:
			f.bury(e.Domain)
		case e.Type == idl.EventTypeDomainShutdown && e.Reason == idl.ShutdownReasonSuspend:
			if err := f.renew(e.Domain); err != nil {
				return err
			}
		}
	}
	return nil
}

func (f *follower) bury(id idl.DomID) {
	f.disable(func(s *source) bool { return s.domain == id })
	delete(f.alive, id)
	delete(f.told, id)
	f.dead[id] = true
}

// renew asks for the domain's events once more: libxl reports one shutdown for each time
// that it is asked, and a suspended domain can go on. The new source comes first, because
// libxl looks at once, and would tell of the same suspension, when it has no other.
func (f *follower) renew(id idl.DomID) error {
	old := map[*source]bool{}
	for _, s := range f.sources {
		old[s] = s.domain == id && s.death != nil
	}
	delete(f.told, id)
	if err := f.enableDeath(id); err != nil {
		return err
	}
	f.disable(func(s *source) bool { return old[s] })
	return nil
}

// Below /libxl libxl keeps a folder for each domain, with one for each of its disks.
var belowLibxl = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^/libxl/([0-9]{1,5})(/device/vbd/.*)?$`) })

// look acts on a change in xenstore.
func (f *follower) look(path string) error {
	if path == "@introduceDomain" {
		return f.followAll()
	}
	m := belowLibxl().FindStringSubmatch(path)
	if m == nil {
		return nil
	}
	n, err := strconv.ParseUint(m[1], 10, 32)
	if err != nil || n == 0 || n >= uint64(firstReservedID) {
		return nil
	}
	id := idl.DomID(n)
	if err := f.follow(id); err != nil || m[2] == "" || !f.alive[id] {
		return err
	}
	return f.followDisks(id)
}

// followAll asks for the events of all domains that are there.
func (f *follower) followAll() error {
	domains, err := f.c.ListDomains(f.ctx)
	if err != nil {
		return err
	}
	for _, d := range domains {
		if d.DomID == 0 || d.Dying && f.dead[d.DomID] {
			continue
		}
		isNew := !f.alive[d.DomID]
		if err := f.follow(d.DomID); err != nil {
			return err
		}
		if isNew && f.alive[d.DomID] {
			if err := f.followDisks(d.DomID); err != nil {
				return err
			}
		}
	}
	return nil
}

// follow asks for the domain's events, unless that has been done. A domain that has gone
// before is reported dead, once.
func (f *follower) follow(id idl.DomID) error {
	if f.alive[id] {
		return nil
	}
	if f.dead[id] {
		d, err := f.c.DomainInfo(f.ctx, id)
		if errors.Is(err, ErrDomainNotFound) || err == nil && d.Dying {
			return nil
		}
		if err != nil {
			return err
		}
		delete(f.dead, id) // the id has come back
	}
	if err := f.enableDeath(id); err != nil {
		return err
	}
	f.alive[id] = true
	return f.find(id, false)
}

// followDisks asks for the ejection of each removable disk that the domain has.
func (f *follower) followDisks(id idl.DomID) error {
	disks, err := f.c.DeviceDiskList(f.ctx, id)
	if err != nil {
		return f.unlessGone(id, err)
	}
	for _, d := range disks {
		if d.Removable == 0 || f.followsDisk(id, d.VDev) {
			continue
		}
		if err := f.enableEject(id, d.VDev); err != nil {
			return f.unlessGone(id, err)
		}
	}
	return nil
}

func (f *follower) followsDisk(id idl.DomID, vdev string) bool {
	for _, s := range f.sources {
		if s.domain == id && s.vdev == vdev {
			return true
		}
	}
	return false
}

// unlessGone drops the error of a call about a domain, or a disk, that has gone meanwhile.
func (f *follower) unlessGone(id idl.DomID, err error) error {
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if _, gone := f.c.DomainInfo(f.ctx, id); errors.Is(gone, ErrDomainNotFound) {
		return nil
	}
	return err
}
