// Package hosttest is the contract that every toolstack.Host keeps, as tests. A
// fake host passes it on any machine, the native one in the dom0 of a real Xen.
package hosttest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/xenvoy/xenvoy/toolstack"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// patience bounds each wait: a real host under emulation is slow.
const patience = 3 * time.Minute

// Setup is what the tests need of a kind of host.
type Setup struct {
	Host toolstack.Host
	// Config gives a configuration for a guest with PV drivers, two virtual CPUs and this
	// name. Each call gives a new uuid.
	Config func(t *testing.T, name string) *idl.DomainConfig
	// Bridge is one of the host's, for a guest's network.
	Bridge string
	// Booted waits until a guest that was unpaused can answer a suspend.
	Booted func(ctx context.Context, id toolstack.DomID) error
}

// Run runs the contract's tests. Each leaves the host as it found it.
func Run(t *testing.T, s Setup) {
	for _, c := range []struct {
		name string
		test func(*testing.T, context.Context, Setup)
	}{
		{"create, look, destroy", lifecycle},
		{"names are unique", uniqueNames},
		{"pause and unpause", pausing},
		{"unknown domain", unknown},
		{"death is seen", death},
		{"suspend and resume", suspendResume},
		{"suspend and restore", suspendRestore},
		{"cancelled suspend", cancelSuspend},
		{"restore of a cut stream", restoreCut},
		{"memory", memory},
		{"CPU pools", pools},
		{"preserve", preserve},
		{"notes", notes},
		{"change memory, vcpus and scheduling", changeAmounts},
		{"change disks and networks", changeDevices},
		{"change an unknown domain", changeUnknown},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx, stop := context.WithTimeout(t.Context(), patience)
			defer stop()
			before := domains(t, ctx, s.Host)
			t.Cleanup(func() { // runs last: after the test's own removals
				if after := domains(t, context.WithoutCancel(ctx), s.Host); len(after) != len(before) {
					t.Errorf("domains before %v, after %v", before, after)
				}
			})
			c.test(t, ctx, s)
		})
	}
}

func domains(t *testing.T, ctx context.Context, h toolstack.Host) []string {
	t.Helper()
	all, err := h.Domains(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, d := range all {
		if !d.Dying { // a destroyed one goes when nobody holds its pages any more
			names = append(names, d.Name)
		}
	}
	return names
}

// create makes a paused domain that is destroyed when the test ends.
func create(t *testing.T, ctx context.Context, s Setup, name string) toolstack.DomID {
	t.Helper()
	id, err := s.Host.Create(ctx, s.Config(t, name))
	if err != nil {
		t.Fatal(err)
	}
	gone(t, ctx, s.Host, id)
	return id
}

// gone destroys the domain at the end of the test, before its leftovers are
// counted.
func gone(t *testing.T, ctx context.Context, h toolstack.Host, id toolstack.DomID) {
	t.Cleanup(func() {
		err := h.Destroy(context.WithoutCancel(ctx), id)
		if err != nil && !errors.Is(err, toolstack.ErrNoDomain) {
			t.Errorf("destroy: %v", err)
		}
	})
}

func start(t *testing.T, ctx context.Context, s Setup, name string) toolstack.DomID {
	t.Helper()
	id := create(t, ctx, s, name)
	if err := s.Host.Unpause(ctx, id); err != nil {
		t.Fatal(err)
	}
	if err := s.Booted(ctx, id); err != nil {
		t.Fatal(err)
	}
	return id
}

func look(t *testing.T, ctx context.Context, h toolstack.Host, id toolstack.DomID) toolstack.DomainInfo {
	t.Helper()
	d, err := h.Domain(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func lifecycle(t *testing.T, ctx context.Context, s Setup) {
	id := create(t, ctx, s, "contract-life")
	d := look(t, ctx, s.Host, id)
	if d.Name != "contract-life" || !d.Paused || d.Shutdown || d.Reason != toolstack.ShutdownNone || d.MemoryKiB == 0 {
		t.Errorf("a new domain is %+v", d)
	}
	cfg, err := s.Host.Config(ctx, id)
	if err != nil || cfg.CInfo.Name != "contract-life" || cfg.CInfo.UUID.String() != d.UUID {
		t.Errorf("its configuration: %+v, %v", cfg, err)
	}
	found, err := toolstack.Find(ctx, s.Host, "contract-life")
	if err != nil || found.ID != id {
		t.Errorf("found by name: %+v, %v", found, err)
	}
	if err := s.Host.Rename(ctx, id, "contract-renamed"); err != nil {
		t.Error(err)
	}
	if d := look(t, ctx, s.Host, id); d.Name != "contract-renamed" {
		t.Errorf("after the renaming it is %q", d.Name)
	}
	if err := s.Host.Destroy(ctx, id); err != nil {
		t.Fatal(err)
	}
	if d, err := s.Host.Domain(ctx, id); !errors.Is(err, toolstack.ErrNoDomain) && !d.Dying {
		t.Errorf("after its end: %+v, %v, want ErrNoDomain or a dying domain", d, err)
	}
}

func uniqueNames(t *testing.T, ctx context.Context, s Setup) {
	create(t, ctx, s, "contract-twin")
	id, err := s.Host.Create(ctx, s.Config(t, "contract-twin"))
	if err == nil {
		gone(t, ctx, s.Host, id)
		t.Fatal("a second domain of the same name was made")
	}
}

func pausing(t *testing.T, ctx context.Context, s Setup) {
	id := create(t, ctx, s, "contract-pause")
	for _, want := range []bool{false, true, false} {
		change := s.Host.Unpause
		if want {
			change = s.Host.Pause
		}
		if err := change(ctx, id); err != nil {
			t.Fatal(err)
		}
		if d := look(t, ctx, s.Host, id); d.Paused != want {
			t.Errorf("paused is %v, want %v", d.Paused, want)
		}
	}
}

func unknown(t *testing.T, ctx context.Context, s Setup) {
	const id = 31999
	_, domain := s.Host.Domain(ctx, id)
	_, config := s.Host.Config(ctx, id)
	_, note := s.Host.Note(ctx, id, "xl")
	for op, err := range map[string]error{
		"domain": domain, "config": config, "note": note, "preserve": s.Host.Preserve(ctx, id, "-kept"),
		"core dump": s.Host.CoreDump(ctx, id, filepath.Join(t.TempDir(), "core")),
		"pause":     s.Host.Pause(ctx, id), "destroy": s.Host.Destroy(ctx, id), "shutdown": s.Host.Shutdown(ctx, id),
	} {
		if !errors.Is(err, toolstack.ErrNoDomain) {
			t.Errorf("%s of an unknown domain: %v, want ErrNoDomain", op, err)
		}
	}
}

func death(t *testing.T, ctx context.Context, s Setup) {
	id := create(t, ctx, s, "contract-death")
	events, err := s.Host.Watch(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Host.Destroy(ctx, id); err != nil {
		t.Fatal(err)
	}
	var last toolstack.Event
	for e := range events {
		last = e
	}
	if last.Kind != toolstack.EventDeath {
		t.Errorf("the last event is %+v, want the death", last)
	}
}

// pools looks for the one that every host has until somebody renames it.
func pools(t *testing.T, ctx context.Context, s Setup) {
	if names, err := s.Host.CPUPools(ctx); err != nil || !slices.Contains(names, "Pool-0") {
		t.Errorf("the pools are %q, %v", names, err)
	}
}

func memory(t *testing.T, ctx context.Context, s Setup) {
	cfg := s.Config(t, "contract-memory")
	need, err := s.Host.MemoryNeeded(ctx, cfg)
	if err != nil || need < uint64(*cfg.BInfo.MaxMemKB) {
		t.Errorf("a domain of %d KiB needs %d KiB, %v", *cfg.BInfo.MaxMemKB, need, err)
	}
	info, err := s.Host.Info(ctx)
	if err != nil || info.FreeMiB == 0 || info.FreeMiB > info.TotalMiB {
		t.Errorf("host: %+v, %v", info, err)
	}
}

// pipe gives a pipe whose ends are closed when the test ends.
func pipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(); w.Close() })
	return r, w
}
