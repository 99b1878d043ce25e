//go:build cgo

// Package native is the toolstack.Host of the machine that this program runs on,
// over libxl.
package native

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/rs/zerolog"

	"github.com/xenvoy/xenvoy/toolstack"
	"github.com/xenvoy/xenvoy/xen/libxl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
	"github.com/xenvoy/xenvoy/xen/xenstore"
)

// Host is this machine's Xen.
type Host struct {
	xl    *libxl.Context
	store *xenstore.Client
}

var _ toolstack.Host = (*Host)(nil)

// Open connects to this machine's hypervisor. The error matches
// xen.ErrNoHypervisor when there is none, fs.ErrPermission when the user may not
// use it. What libxl says goes to log, at the debug level up to its own info.
func Open(log zerolog.Logger) (toolstack.Host, error) {
	o := libxl.Options{Log: func(r libxl.Record) { record(log, r) }}
	if log.GetLevel() <= zerolog.DebugLevel {
		o.MinLevel = libxl.LevelDebug
	}
	xl, err := libxl.Open(o)
	if err != nil {
		return nil, err
	}
	store, err := xenstore.Open()
	if err != nil {
		return nil, errors.Join(err, xl.Close())
	}
	return &Host{xl: xl, store: store}, nil
}

// record passes on what libxl logs. Errors travel inside the error of their
// call, so here they are for the curious.
func record(log zerolog.Logger, r libxl.Record) {
	if r.Progress != nil {
		return
	}
	log.Debug().Str("from", r.Context).Stringer("xen_level", r.Level).Msg(r.Text)
}

// Close ends the connection; twice is fine.
func (h *Host) Close() error { return errors.Join(h.store.Close(), h.xl.Close()) }

// about makes libxl's answer about a domain one that all hosts give. libxl has
// a code for a domain that does not exist and seldom uses it, so after a failure
// it is asked.
func (h *Host) about(ctx context.Context, id toolstack.DomID, err error) error {
	if err == nil || errors.Is(err, toolstack.ErrNoDomain) {
		return err
	}
	_, look := h.xl.DomainInfo(context.WithoutCancel(ctx), idl.DomID(id))
	if errors.Is(look, libxl.ErrDomainNotFound) || errors.Is(err, libxl.ErrDomainNotFound) {
		return fmt.Errorf("domain %d: %w (%w)", id, toolstack.ErrNoDomain, err)
	}
	return err
}

// Domains lists all domains, in the order of their ids.
func (h *Host) Domains(ctx context.Context) ([]toolstack.DomainInfo, error) {
	all, err := h.xl.ListDomains(ctx)
	if err != nil {
		return nil, err
	}
	return h.describe(ctx, all)
}

// Domain describes one domain.
func (h *Host) Domain(ctx context.Context, id toolstack.DomID) (toolstack.DomainInfo, error) {
	d, err := h.xl.DomainInfo(ctx, idl.DomID(id))
	if err != nil {
		return toolstack.DomainInfo{}, h.about(ctx, id, err)
	}
	out, err := h.describe(ctx, []idl.DomInfo{d})
	if err != nil {
		return toolstack.DomainInfo{}, err
	}
	return out[0], nil
}

// describe adds what lies in xenstore: the name, which a domain that is being built or is
// dying may lack (xl shows it as (null)), and what it was built as: libxl_dominfo tells hvm
// from pv only (libxl__domain_type).
func (h *Host) describe(ctx context.Context, all []idl.DomInfo) ([]toolstack.DomainInfo, error) {
	paths := make([]string, 0, 2*len(all))
	for i := range all {
		id := strconv.FormatUint(uint64(all[i].DomID), 10)
		paths = append(paths, "/local/domain/"+id+"/name", "/libxl/"+id+"/type")
	}
	values, err := h.store.ReadEach(ctx, paths)
	if err != nil {
		return nil, err
	}
	out := make([]toolstack.DomainInfo, len(all))
	for i := range all {
		out[i] = domainInfo(&all[i])
		if name := values[2*i]; name.Err == nil {
			out[i].Name = name.Text
		}
		if kind := values[2*i+1]; kind.Err == nil && kind.Text != "" {
			out[i].Type = kind.Text
		}
	}
	return out, nil
}

func domainInfo(d *idl.DomInfo) toolstack.DomainInfo {
	out := toolstack.DomainInfo{
		ID: toolstack.DomID(d.DomID), Name: "(null)", UUID: d.UUID.String(), Type: d.DomainType.String(),
		MemoryKiB: uint64(d.CurrentMemKB), OutstandingKiB: uint64(d.OutstandingMemKB), MaxMemoryKiB: uint64(d.MaxMemKB),
		VCPUs: int(d.VCPUOnline), MaxVCPUs: int(d.VCPUMaxID) + 1, CPUTime: time.Duration(d.CPUTime),
		Running: d.Running, Blocked: d.Blocked, Paused: d.Paused, Shutdown: d.Shutdown, Dying: d.Dying,
		Reason: toolstack.ShutdownNone,
	}
	if d.Shutdown {
		out.Reason = toolstack.ShutdownReason(d.ShutdownReason)
	}
	return out
}

// Config is the configuration that the domain runs with.
func (h *Host) Config(ctx context.Context, id toolstack.DomID) (*idl.DomainConfig, error) {
	cfg, err := h.xl.RetrieveDomainConfiguration(ctx, idl.DomID(id))
	return cfg, h.about(ctx, id, err)
}

// MemoryNeeded is what libxl takes for the configuration, in KiB.
func (h *Host) MemoryNeeded(ctx context.Context, cfg *idl.DomainConfig) (uint64, error) {
	kb, err := h.xl.DomainNeedMemory(ctx, cfg)
	return uint64(kb), err
}

// Create builds a domain and leaves it paused.
func (h *Host) Create(ctx context.Context, cfg *idl.DomainConfig) (toolstack.DomID, error) {
	id, err := h.xl.DomainCreateNew(ctx, cfg, libxl.CreateOptions{})
	return built(id, err)
}

// Restore builds a domain from a stream and leaves it paused.
func (h *Host) Restore(ctx context.Context, cfg *idl.DomainConfig, r *os.File) (toolstack.DomID, error) {
	id, err := h.xl.DomainCreateRestore(ctx, cfg, r, libxl.RestoreOptions{})
	return built(id, err)
}

// built is what a build has come to. libxl's binding removes what a failed one has left.
func built(id idl.DomID, err error) (toolstack.DomID, error) {
	if err != nil {
		return 0, err
	}
	return toolstack.DomID(id), nil
}

// Suspend writes the domain's state to w.
func (h *Host) Suspend(ctx context.Context, id toolstack.DomID, w *os.File, o toolstack.SuspendOptions) error {
	so := libxl.SuspendOptions{Live: o.Live}
	if o.Progress != nil {
		so.Progress = func(p libxl.Progress) {
			o.Progress(toolstack.CopyProgress{Phase: p.Doing, Done: p.Done, Total: p.Total})
		}
	}
	return h.about(ctx, id, h.xl.DomainSuspend(ctx, idl.DomID(id), w, so))
}

// Resume lets a suspended domain run on, telling the guest that its suspension
// was called off.
func (h *Host) Resume(ctx context.Context, id toolstack.DomID) error {
	return h.about(ctx, id, h.xl.DomainResume(ctx, idl.DomID(id), true))
}

// Pause stops the domain's virtual CPUs.
func (h *Host) Pause(ctx context.Context, id toolstack.DomID) error {
	return h.about(ctx, id, h.xl.DomainPause(ctx, idl.DomID(id)))
}

// Unpause lets them run.
func (h *Host) Unpause(ctx context.Context, id toolstack.DomID) error {
	return h.about(ctx, id, h.xl.DomainUnpause(ctx, idl.DomID(id)))
}

// Rename gives the domain another name.
func (h *Host) Rename(ctx context.Context, id toolstack.DomID, name string) error {
	return h.about(ctx, id, h.xl.DomainRename(ctx, idl.DomID(id), "", name))
}

// Shutdown asks the guest to power off; one without PV drivers gets the ACPI
// power button.
func (h *Host) Shutdown(ctx context.Context, id toolstack.DomID) error {
	err := h.xl.DomainShutdown(ctx, idl.DomID(id))
	if errors.Is(err, libxl.ErrNoParavirt) {
		err = h.xl.SendTrigger(ctx, idl.DomID(id), idl.TriggerPower, 0)
	}
	return h.about(ctx, id, err)
}

// Destroy ends the domain.
func (h *Host) Destroy(ctx context.Context, id toolstack.DomID) error {
	return h.about(ctx, id, h.xl.DomainDestroy(ctx, idl.DomID(id)))
}
