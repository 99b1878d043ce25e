// Package fake is a toolstack.Host in memory, for tests of logic that needs
// hosts and no hypervisor. It passes the same contract tests as the real one
// (package hosttest). A guest here is a number that counts while it runs.
package fake

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/xenvoy/xenvoy/toolstack"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// Host is a fake machine. The zero value is not usable: see New.
type Host struct {
	mu      sync.Mutex
	domains map[toolstack.DomID]*guest
	lastID  toolstack.DomID
	freeKiB uint64
	info    toolstack.HostInfo

	// Fail, when set, is asked before each operation; its error is the
	// operation's.
	Fail func(op string, domain string) error
	// NoDrivers names the guests that have no drivers for Xen.
	NoDrivers []string
}

type guest struct {
	info     toolstack.DomainInfo
	cfg      []byte // JSON, so that nobody shares memory with the caller
	count    uint64 // the guest's own state: how often it has been looked at while it ran
	notes    map[string][]byte
	watchers []chan toolstack.Event
}

// New makes a host with some free memory in MiB.
func New(freeMiB uint64) *Host {
	return &Host{
		domains: map[toolstack.DomID]*guest{},
		freeKiB: freeMiB << 10,
		info: toolstack.HostInfo{Hostname: "fake", CPUs: 2, XenMajor: 4, XenMinor: 17,
			Caps: []string{"pv", "hvm", "hap"}, TotalMiB: freeMiB + 512},
	}
}

// Change edits what Info tells.
func (h *Host) Change(f func(*toolstack.HostInfo)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	f(&h.info)
}

func (h *Host) failure(op, domain string) error {
	if h.Fail == nil {
		return nil
	}
	return h.Fail(op, domain)
}

// Info describes the machine.
func (h *Host) Info(context.Context) (*toolstack.HostInfo, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	info := h.info
	info.FreeMiB = h.freeKiB >> 10
	return &info, nil
}

// CPUPools is the pool that every host has.
func (h *Host) CPUPools(context.Context) ([]string, error) { return []string{"Pool-0"}, nil }

// BootLog is empty: no hypervisor has booted.
func (h *Host) BootLog(context.Context) (string, error) { return "", nil }

// Domains lists all domains by id.
func (h *Host) Domains(context.Context) ([]toolstack.DomainInfo, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var all []toolstack.DomainInfo
	for _, g := range h.domains {
		all = append(all, g.info)
	}
	slices.SortFunc(all, func(a, b toolstack.DomainInfo) int { return int(a.ID) - int(b.ID) })
	return all, nil
}

// Domain describes one domain.
func (h *Host) Domain(_ context.Context, id toolstack.DomID) (toolstack.DomainInfo, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	g, err := h.guest(id)
	if err != nil {
		return toolstack.DomainInfo{}, err
	}
	return g.info, nil
}

func (h *Host) guest(id toolstack.DomID) (*guest, error) {
	g := h.domains[id]
	if g == nil {
		return nil, fmt.Errorf("domain %d: %w", id, toolstack.ErrNoDomain)
	}
	return g, nil
}

// Count lets a running guest count one further and gives its count.
func (h *Host) Count(id toolstack.DomID) (uint64, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	g, err := h.guest(id)
	if err != nil {
		return 0, err
	}
	if !g.info.Paused && !g.info.Shutdown {
		g.count++
	}
	return g.count, nil
}

// Config gives the configuration that the domain was made with.
func (h *Host) Config(_ context.Context, id toolstack.DomID) (*idl.DomainConfig, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	g, err := h.guest(id)
	if err != nil {
		return nil, err
	}
	var cfg idl.DomainConfig
	if err := json.Unmarshal(g.cfg, &cfg); err != nil {
		return nil, err
	}
	cfg.CInfo.Name, cfg.CInfo.DomID = g.info.Name, 0
	return &cfg, nil
}

// MemoryNeeded is the guest's memory and an overhead of 1 MiB.
func (h *Host) MemoryNeeded(_ context.Context, cfg *idl.DomainConfig) (uint64, error) {
	return memory(cfg) + 1024, nil
}

func memory(cfg *idl.DomainConfig) uint64 {
	if cfg.BInfo.MaxMemKB == nil {
		return 0
	}
	return uint64(*cfg.BInfo.MaxMemKB)
}

// Create makes a paused domain.
func (h *Host) Create(ctx context.Context, cfg *idl.DomainConfig) (toolstack.DomID, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.failure("create", cfg.CInfo.Name); err != nil {
		return 0, err
	}
	return h.add(cfg, 0)
}

// add makes a paused domain with the state of a guest. The caller holds mu.
func (h *Host) add(cfg *idl.DomainConfig, count uint64) (toolstack.DomID, error) {
	uuid := cfg.CInfo.UUID.String()
	for _, g := range h.domains {
		if g.info.Name == cfg.CInfo.Name || g.info.UUID == uuid {
			return 0, fmt.Errorf("domain %q: %w", cfg.CInfo.Name, toolstack.ErrNameTaken)
		}
	}
	need := memory(cfg) + 1024
	if need > h.freeKiB {
		return 0, fmt.Errorf("domain %q: %w", cfg.CInfo.Name, toolstack.ErrNoMemory)
	}
	stored := fill(cfg)
	for _, a := range []*idl.ActionOnShutdown{&stored.OnPoweroff, &stored.OnReboot, &stored.OnCrash, &stored.OnWatchdog, &stored.OnSoftReset} {
		if *a == idl.ActionOnShutdownDestroy {
			*a = 0 // libxl leaves its default out
		}
	}
	text, err := json.Marshal(stored)
	if err != nil {
		return 0, err
	}
	h.freeKiB -= need
	h.lastID++
	h.domains[h.lastID] = &guest{cfg: text, count: count, info: toolstack.DomainInfo{
		ID: h.lastID, Name: cfg.CInfo.Name, UUID: uuid, Type: cfg.CInfo.Type.String(),
		MemoryKiB: memory(cfg), MaxMemoryKiB: memory(cfg),
		VCPUs: max(1, len(cfg.BInfo.AvailVCPUs)), MaxVCPUs: max(1, int(cfg.BInfo.MaxVCPUs)),
		Paused: true, Reason: toolstack.ShutdownNone,
	}}
	return h.lastID, nil
}

// change runs f on a domain after asking Fail.
func (h *Host) change(op string, id toolstack.DomID, f func(*guest)) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	g, err := h.guest(id)
	if err == nil {
		err = h.failure(op, g.info.Name)
	}
	if err != nil {
		return err
	}
	f(g)
	return nil
}

// Pause stops the guest's virtual CPUs.
func (h *Host) Pause(_ context.Context, id toolstack.DomID) error {
	return h.change("pause", id, func(g *guest) { g.info.Paused, g.info.Running = true, false })
}

// Unpause lets them run.
func (h *Host) Unpause(_ context.Context, id toolstack.DomID) error {
	return h.change("unpause", id, func(g *guest) {
		g.info.Paused, g.info.Running = false, true
		g.info.CPUTime += time.Millisecond // it has run, if only for a moment
	})
}

// Rename gives the domain another name.
func (h *Host) Rename(_ context.Context, id toolstack.DomID, name string) error {
	h.mu.Lock()
	for _, g := range h.domains {
		if g.info.Name == name && g.info.ID != id {
			h.mu.Unlock()
			return fmt.Errorf("domain %q: %w", name, toolstack.ErrNameTaken)
		}
	}
	h.mu.Unlock()
	return h.change("rename", id, func(g *guest) { g.info.Name = name })
}

// Shutdown stops the guest at once.
func (h *Host) Shutdown(_ context.Context, id toolstack.DomID) error {
	return h.change("shutdown", id, func(g *guest) { g.stop(toolstack.ShutdownPoweroff) })
}

// Stop makes the guest stop by itself, for a reason.
func (h *Host) Stop(id toolstack.DomID, why toolstack.ShutdownReason) error {
	return h.change("stop", id, func(g *guest) { g.stop(why) })
}

func (g *guest) stop(why toolstack.ShutdownReason) {
	g.info.Shutdown, g.info.Running, g.info.Reason = true, false, why
	g.tell(toolstack.Event{Kind: toolstack.EventShutdown, Reason: why})
}

// tell sends an event to the watchers; their channels have room for all that a
// test makes happen.
func (g *guest) tell(e toolstack.Event) {
	for _, w := range g.watchers {
		w <- e
	}
}

// Resume lets a suspended guest run on.
func (h *Host) Resume(_ context.Context, id toolstack.DomID) error {
	var err error
	return firstOf(h.change("resume", id, func(g *guest) {
		if !g.info.Suspended() {
			err = fmt.Errorf("domain %d is not suspended", id)
			return
		}
		g.info.Shutdown, g.info.Running, g.info.Reason = false, true, toolstack.ShutdownNone
	}), &err)
}

func firstOf(first error, second *error) error {
	if first != nil {
		return first
	}
	return *second
}

// Destroy ends the domain.
func (h *Host) Destroy(_ context.Context, id toolstack.DomID) error {
	return h.change("destroy", id, func(g *guest) {
		h.freeKiB += g.info.MaxMemoryKiB + 1024
		delete(h.domains, id)
		g.tell(toolstack.Event{Kind: toolstack.EventDeath})
		for _, w := range g.watchers {
			close(w)
		}
		g.watchers = nil
	})
}

// Console is not there: nothing listens.
func (h *Host) Console(_ context.Context, id toolstack.DomID, _ toolstack.ConsoleKind) (string, error) {
	return "", fmt.Errorf("console of domain %d: %w", id, toolstack.ErrNotSupported)
}

// Watch reports what happens to the domain.
func (h *Host) Watch(ctx context.Context, id toolstack.DomID) (<-chan toolstack.Event, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	g, err := h.guest(id)
	if err != nil {
		return nil, err
	}
	ch := make(chan toolstack.Event, 16)
	g.watchers = append(g.watchers, ch)
	if g.info.Shutdown { // what happened before is told too
		ch <- toolstack.Event{Kind: toolstack.EventShutdown, Reason: g.info.Reason}
	}
	context.AfterFunc(ctx, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		if i := slices.Index(g.watchers, ch); i >= 0 {
			g.watchers = slices.Delete(g.watchers, i, i+1)
			close(ch)
		}
	})
	return ch, nil
}

// Close does nothing.
func (h *Host) Close() error { return nil }

var _ toolstack.Host = (*Host)(nil)

// Suspend writes a stream in the hypervisor's own formats; see stream.go.
func (h *Host) Suspend(ctx context.Context, id toolstack.DomID, w *os.File, o toolstack.SuspendOptions) error {
	h.mu.Lock()
	g, err := h.guest(id)
	if err == nil {
		err = h.failure("suspend", g.info.Name)
	}
	h.mu.Unlock()
	if err != nil {
		return err
	}
	if _, err := w.Write(headers()); err != nil {
		return err
	}
	if o.Live {
		if err := writePass(ctx, w, o.Progress); err != nil {
			return err
		}
	}
	h.mu.Lock()
	g.stop(toolstack.ShutdownSuspend)
	count := g.count
	h.mu.Unlock()
	return writeEnd(w, count)
}

// Restore builds a paused domain from what Suspend wrote.
func (h *Host) Restore(ctx context.Context, cfg *idl.DomainConfig, r *os.File) (toolstack.DomID, error) {
	h.mu.Lock()
	err := h.failure("restore", cfg.CInfo.Name)
	var id toolstack.DomID
	if err == nil {
		id, err = h.add(cfg, 0)
	}
	h.mu.Unlock()
	if err != nil {
		return 0, err
	}
	stop := context.AfterFunc(ctx, func() { r.Close() })
	count, err := readStream(r)
	if !stop() {
		err = context.Cause(ctx)
	}
	if err == nil {
		err = h.failure("restored", cfg.CInfo.Name)
	}
	if err != nil {
		h.Destroy(context.WithoutCancel(ctx), id)
		return 0, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.domains[id].count = count
	return id, nil
}
