//go:build cgo

package native

import (
	"context"
	"errors"

	"github.com/xenvoy/xenvoy/toolstack"
	"github.com/xenvoy/xenvoy/xen/libxl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// Watch reports the domain's shutdowns, its death, and the disks that its guest ejects.
//
// libxl reports one shutdown for each watch that is set. A guest that was
// suspended may run on and stop again, so after a suspend a second watch is set,
// before the first is dropped: libxl looks at once when a context has no watch
// yet, and would report the same suspend again and again. A guest that is still
// suspended when a domain on the host next ends is reported once more.
func (h *Host) Watch(ctx context.Context, id toolstack.DomID) (<-chan toolstack.Event, error) {
	xl, err := h.xl.get(ctx)
	if err != nil {
		return nil, err
	}
	one, drop := context.WithCancel(ctx)
	drives, err := removable(ctx, xl, idl.DomID(id))
	if err != nil {
		drop()
		return nil, h.about(ctx, id, err)
	}
	events, err := xl.WatchDomain(one, idl.DomID(id), drives...)
	if err != nil {
		drop()
		return nil, h.about(ctx, id, err)
	}
	w := &watch{xl: xl, id: idl.DomID(id), drives: drives, out: make(chan toolstack.Event), events: events, drop: drop}
	go w.run(ctx)
	return w.out, nil
}

type watch struct {
	xl     *libxl.Context
	id     idl.DomID
	drives []string
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

// renew sets the next watch. Where that fails nobody would see the next shutdown: false, unless
// the domain is gone, whose death the first watch reports.
func (w *watch) renew(ctx context.Context) bool {
	two, drop := context.WithCancel(ctx)
	events, err := w.xl.WatchSuspended(two, w.id, w.drives...)
	if err != nil {
		drop()
		return errors.Is(err, libxl.ErrDomainNotFound)
	}
	w.drop()
	w.events, w.drop = events, drop
	return true
}

// removable is which of the domain's disks its guest can eject.
func removable(ctx context.Context, xl *libxl.Context, id idl.DomID) ([]string, error) {
	disks, err := xl.DeviceDiskList(ctx, id)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, d := range disks {
		if d.Removable != 0 {
			names = append(names, d.VDev)
		}
	}
	return names, nil
}

func eventOf(e libxl.Event) toolstack.Event {
	switch {
	case e.Type == idl.EventTypeDomainDeath:
		return toolstack.Event{Kind: toolstack.EventDeath, Reason: toolstack.ShutdownNone}
	case e.Type == idl.EventTypeDiskEject && e.Disk != nil:
		return toolstack.Event{Kind: toolstack.EventEject, Reason: toolstack.ShutdownNone, Disk: *e.Disk}
	}
	return toolstack.Event{Kind: toolstack.EventShutdown, Reason: toolstack.ShutdownReason(e.Reason)}
}
