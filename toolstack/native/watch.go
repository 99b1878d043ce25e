//go:build cgo

package native

import (
	"context"
	"errors"

	"github.com/xenvoy/xenvoy/toolstack"
	"github.com/xenvoy/xenvoy/xen/libxl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// Watch reports the domain's shutdowns and its death.
//
// libxl reports one shutdown for each watch that is set. A guest that was
// suspended may run on and stop again, so after a suspend a second watch is set.
// It is set before the first is dropped: libxl looks at once when the first watch
// of all is set, and would report the same suspend again and again; with one
// standing it looks when a domain next stops anywhere on the host. A guest that is
// still suspended then is reported once more, which tells nothing new.
func (h *Host) Watch(ctx context.Context, id toolstack.DomID) (<-chan toolstack.Event, error) {
	one, drop := context.WithCancel(ctx)
	events, err := h.xl.WatchDomain(one, idl.DomID(id))
	if err != nil {
		drop()
		return nil, h.about(ctx, id, err)
	}
	w := &watch{host: h, id: idl.DomID(id), out: make(chan toolstack.Event), events: events, drop: drop}
	go w.run(ctx)
	return w.out, nil
}

type watch struct {
	host   *Host
	id     idl.DomID
	out    chan toolstack.Event
	events <-chan libxl.Event
	drop   context.CancelFunc // ends events
}

func (w *watch) run(ctx context.Context) {
	defer close(w.out)
	defer func() { w.drop() }()
	for {
		e, ok := <-w.events
		if !ok || !w.tell(ctx, eventOf(e)) {
			return
		}
		if e.Type == idl.EventTypeDomainShutdown && e.Reason == idl.ShutdownReasonSuspend && !w.renew(ctx) {
			return
		}
	}
}

func (w *watch) tell(ctx context.Context, e toolstack.Event) bool {
	select {
	case w.out <- e:
		return true
	case <-ctx.Done():
		return false
	}
}

// renew sets the next watch and looks at what may have happened before it stood.
func (w *watch) renew(ctx context.Context) bool {
	two, drop := context.WithCancel(ctx)
	events, err := w.host.xl.WatchDomain(two, w.id)
	if err != nil {
		drop()
		return true // the first watch still reports the death
	}
	w.drop()
	w.events, w.drop = events, drop
	d, err := w.host.Domain(ctx, toolstack.DomID(w.id))
	switch {
	case errors.Is(err, toolstack.ErrNoDomain), err == nil && d.Dying:
		w.tell(ctx, toolstack.Event{Kind: toolstack.EventDeath, Reason: toolstack.ShutdownNone})
		return false
	case err == nil && d.Shutdown && d.Reason != toolstack.ShutdownSuspend:
		return w.tell(ctx, toolstack.Event{Kind: toolstack.EventShutdown, Reason: d.Reason})
	}
	return true
}

func eventOf(e libxl.Event) toolstack.Event {
	if e.Type == idl.EventTypeDomainDeath {
		return toolstack.Event{Kind: toolstack.EventDeath, Reason: toolstack.ShutdownNone}
	}
	return toolstack.Event{Kind: toolstack.EventShutdown, Reason: toolstack.ShutdownReason(e.Reason)}
}
