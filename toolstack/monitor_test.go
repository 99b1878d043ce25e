package toolstack_test

import (
	"context"
	"errors"
	"testing"

	"github.com/rs/zerolog"

	"github.com/xenvoy/xenvoy/toolstack"
	"github.com/xenvoy/xenvoy/toolstack/fake"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// monitored makes a domain with a monitor. watched gives each domain that the
// monitor begins to follow after the first; ended gives the monitor's error.
func monitored(t *testing.T, actions string) (h *fake.Host, id toolstack.DomID, watched <-chan toolstack.DomID, ended <-chan error) {
	t.Helper()
	return monitoredWith(t, actions, t.TempDir())
}

func monitoredWith(t *testing.T, actions, dumps string) (h *fake.Host, id toolstack.DomID, watched <-chan toolstack.DomID, ended <-chan error) {
	t.Helper()
	h = fake.New(256)
	plan, err := toolstack.NewPlan(t.Context(), h, parse(t, web+actions))
	if err != nil {
		t.Fatal(err)
	}
	if id, err = plan.Create(t.Context(), h, false); err != nil {
		t.Fatal(err)
	}
	w := &tellWatch{Host: h, ids: make(chan toolstack.DomID, 4)}
	done := make(chan error, 1)
	go func() { done <- (&toolstack.Monitor{Host: w, Log: zerolog.Nop(), DumpDir: dumps}).Run(t.Context(), id) }()
	<-w.ids
	return h, id, w.ids, done
}

// tellWatch tells which domains are watched.
type tellWatch struct {
	toolstack.Host
	ids chan toolstack.DomID
}

func (h *tellWatch) Watch(ctx context.Context, id toolstack.DomID) (<-chan toolstack.Event, error) {
	ch, err := h.Host.Watch(ctx, id)
	h.ids <- id
	return ch, err
}

func list(t *testing.T, h toolstack.Host) []toolstack.DomainInfo {
	t.Helper()
	all, err := h.Domains(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestMonitorDestroys(t *testing.T) {
	h, id, _, ended := monitored(t, "on_crash: destroy\n")
	h.Stop(id, toolstack.ShutdownCrash)
	if err := <-ended; err != nil || len(list(t, h)) != 0 {
		t.Fatalf("%v, %+v", err, list(t, h))
	}
}

func TestMonitorPreserves(t *testing.T) {
	h, id, _, ended := monitored(t, "on_crash: preserve\n")
	h.Stop(id, toolstack.ShutdownCrash)
	if err := <-ended; err != nil || len(list(t, h)) != 1 {
		t.Fatalf("%v, %+v", err, list(t, h))
	}
}

func TestMonitorRestartsAndFollows(t *testing.T) {
	h, id, watched, ended := monitored(t, "")
	h.Stop(id, toolstack.ShutdownReboot) // its default is to restart
	next := <-watched
	if all := list(t, h); len(all) != 1 || all[0].ID != next || next == id || all[0].Name != "web" || all[0].Paused {
		t.Fatalf("after the restart: %+v", all)
	}
	h.Destroy(t.Context(), next)
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
}

func TestMonitorLeavesASuspendedGuestAlone(t *testing.T) {
	h, id, _, ended := monitored(t, "")
	h.Stop(id, toolstack.ShutdownSuspend)
	h.Resume(t.Context(), id)
	h.Stop(id, toolstack.ShutdownPoweroff)
	if err := <-ended; err != nil || len(list(t, h)) != 0 {
		t.Fatalf("%v, %+v", err, list(t, h))
	}
}

// TestMonitorInterruptedKeepsTheGuest ends the monitor in the rest before a
// restart: the stopped domain must still be there to restart by hand.
func TestMonitorInterruptedKeepsTheGuest(t *testing.T) {
	h := fake.New(256)
	plan, err := toolstack.NewPlan(t.Context(), h, parse(t, web))
	if err != nil {
		t.Fatal(err)
	}
	id, err := plan.Create(t.Context(), h, false)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	w := &tellConfig{Host: h, read: make(chan struct{}, 1)}
	done := make(chan error, 1)
	go func() { done <- (&toolstack.Monitor{Host: w, Log: zerolog.Nop()}).Run(ctx, id) }()
	h.Stop(id, toolstack.ShutdownReboot)
	<-w.read
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("the monitor's error: %v", err)
	}
	if all := list(t, h); len(all) != 1 {
		t.Errorf("the guest is lost: %+v", all)
	}
}

// tellConfig tells when a domain's configuration was read.
type tellConfig struct {
	toolstack.Host
	read chan struct{}
}

func (h *tellConfig) Config(ctx context.Context, id toolstack.DomID) (*idl.DomainConfig, error) {
	defer func() { h.read <- struct{}{} }()
	return h.Host.Config(ctx, id)
}

// TestMonitorSaysThatItSeesNothingMore: a monitor that ended in silence would be missed only when
// the guest stops.
func TestMonitorSaysThatItSeesNothingMore(t *testing.T) {
	h := fake.New(256)
	plan, err := toolstack.NewPlan(t.Context(), h, parse(t, web))
	if err != nil {
		t.Fatal(err)
	}
	id, err := plan.Create(t.Context(), h, false)
	if err != nil {
		t.Fatal(err)
	}
	m := toolstack.Monitor{Host: blind{h}, Log: zerolog.Nop()}
	if err := m.Run(t.Context(), id); !errors.Is(err, toolstack.ErrWatchLost) {
		t.Error(err)
	}
}

// blind is a host whose watches end at once.
type blind struct{ toolstack.Host }

func (blind) Watch(context.Context, toolstack.DomID) (<-chan toolstack.Event, error) {
	none := make(chan toolstack.Event)
	close(none)
	return none, nil
}
