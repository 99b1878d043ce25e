//go:build cgo

package native

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/rs/zerolog"

	"github.com/xenvoy/xenvoy/toolstack"
	"github.com/xenvoy/xenvoy/toolstack/domcfg/xlcfg"
	"github.com/xenvoy/xenvoy/xen/libxc"
	"github.com/xenvoy/xenvoy/xen/libxl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
	"github.com/xenvoy/xenvoy/xen/xenstore"
)

// Host is this machine's Xen.
type Host struct {
	xc *libxc.Interface

	// xl.conf as it was when the Host was opened, as with xl: who restarts a domain has
	// destroyed it by the time that a fault would show. confErr is for those who need it.
	conf    *xlcfg.Conf
	confErr error

	// These take longer to open than a look at the domains takes.
	xl    *lazy[*libxl.Context]
	store *lazy[*xenstore.Client]
}

var _ toolstack.Host = (*Host)(nil)

// Open connects to this machine's hypervisor. The error matches
// xen.ErrNoHypervisor when there is none, fs.ErrPermission when the user may not
// use it. What libxl says goes to log, at the debug level up to its own info.
func Open(log zerolog.Logger) (toolstack.Host, error) {
	o := libxl.Options{Log: func(r libxl.Record) { Log(log, r) }}
	if log.GetLevel() <= zerolog.DebugLevel {
		o.MinLevel = libxl.LevelDebug
	}
	xc, err := libxc.Open(libxc.Options{})
	if err != nil {
		return nil, err
	}
	conf, _, confErr := xlcfg.LoadConf(xlcfg.ConfPath)
	return &Host{
		xc: xc, conf: conf, confErr: confErr,
		xl:    newLazy(func(ctx context.Context) (*libxl.Context, error) { return libxl.Open(ctx, o) }),
		store: newLazy(xenstore.OpenContext),
	}, nil
}

// Build gives the path of another build of this program that has the libraries of this
// machine's Xen. This one has some, so there is none: "".
func Build() (string, error) { return "", nil }

// withDomain has libxl do something about a domain.
func (h *Host) withDomain(ctx context.Context, id toolstack.DomID, f func(xl *libxl.Context, id idl.DomID) error) error {
	xl, err := h.xl.get(ctx)
	if err != nil {
		return err
	}
	return h.about(ctx, id, f(xl, idl.DomID(id)))
}

// Close ends the connection; twice is fine.
func (h *Host) Close() error { return errors.Join(h.xc.Close(), h.store.close(), h.xl.close()) }

// about makes libxl's answer about a domain one that all hosts give. libxl has
// a code for a domain that does not exist and seldom uses it, so after a failure
// it is asked.
func (h *Host) about(ctx context.Context, id toolstack.DomID, err error) error {
	if err == nil || errors.Is(err, toolstack.ErrNoDomain) {
		return err
	}
	_, look := h.xc.DomainInfo(context.WithoutCancel(ctx), idl.DomID(id))
	if errors.Is(look, libxc.ErrDomainNotFound) || errors.Is(err, libxl.ErrDomainNotFound) {
		return fmt.Errorf("domain %d: %w (%w)", id, toolstack.ErrNoDomain, err)
	}
	return err
}

// Domains lists all domains, in the order of their ids.
func (h *Host) Domains(ctx context.Context) ([]toolstack.DomainInfo, error) {
	all, err := h.xc.ListDomains(ctx, 0, libxc.MaxDomains)
	if err != nil {
		return nil, err
	}
	return describe(ctx, all)
}

// Domain describes one domain.
func (h *Host) Domain(ctx context.Context, id toolstack.DomID) (toolstack.DomainInfo, error) {
	d, err := h.xc.DomainInfo(ctx, idl.DomID(id))
	if err != nil {
		return toolstack.DomainInfo{}, h.about(ctx, id, err)
	}
	out, err := describe(ctx, []libxc.DomainInfo{d})
	if err != nil {
		return toolstack.DomainInfo{}, err
	}
	return out[0], nil
}

// Config is the configuration that the domain runs with, without the number that it may have been
// created with: libxl gives no number out again within a minute, so that a restart would lose
// the domain, and another host may have a domain of that number.
func (h *Host) Config(ctx context.Context, id toolstack.DomID) (cfg *idl.DomainConfig, err error) {
	err = h.withDomain(ctx, id, func(xl *libxl.Context, id idl.DomID) (err error) {
		cfg, err = xl.RetrieveDomainConfiguration(ctx, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	cfg.CInfo.DomID = 0
	return cfg, nil
}

// MemoryNeeded is what libxl takes for the configuration, in KiB.
func (h *Host) MemoryNeeded(ctx context.Context, cfg *idl.DomainConfig) (uint64, error) {
	xl, err := h.xl.get(ctx)
	if err != nil {
		return 0, err
	}
	kb, err := xl.DomainNeedMemory(ctx, cfg)
	return uint64(kb), err
}

// Create builds a domain and leaves it paused. Where dom0 gives memory away for new domains, it
// does.
func (h *Host) Create(ctx context.Context, cfg *idl.DomainConfig) (toolstack.DomID, error) {
	return h.withRoom(ctx, cfg, false, func(xl *libxl.Context, cfg *idl.DomainConfig) (idl.DomID, error) {
		return xl.DomainCreateNew(ctx, cfg, libxl.CreateOptions{})
	})
}

// Restore builds a domain from a stream and leaves it paused.
func (h *Host) Restore(ctx context.Context, cfg *idl.DomainConfig, r *os.File) (toolstack.DomID, error) {
	return h.withRoom(ctx, cfg, true, func(xl *libxl.Context, cfg *idl.DomainConfig) (idl.DomID, error) {
		return xl.DomainCreateRestore(ctx, cfg, r, libxl.RestoreOptions{})
	})
}

// Suspend writes the domain's state to w.
func (h *Host) Suspend(ctx context.Context, id toolstack.DomID, w *os.File, o toolstack.SuspendOptions) error {
	so := libxl.SuspendOptions{Live: o.Live}
	if o.Progress != nil {
		so.Progress = func(p libxl.Progress) {
			o.Progress(toolstack.CopyProgress{Phase: p.Doing, Done: p.Done, Total: p.Total})
		}
	}
	return h.withDomain(ctx, id, func(xl *libxl.Context, id idl.DomID) error { return xl.DomainSuspend(ctx, id, w, so) })
}

// Resume lets a suspended domain run on, telling the guest that its suspension
// was called off.
func (h *Host) Resume(ctx context.Context, id toolstack.DomID) error {
	return h.withDomain(ctx, id, func(xl *libxl.Context, id idl.DomID) error { return xl.DomainResume(ctx, id, true) })
}

// Pause stops the domain's virtual CPUs.
func (h *Host) Pause(ctx context.Context, id toolstack.DomID) error {
	return h.withDomain(ctx, id, func(xl *libxl.Context, id idl.DomID) error { return xl.DomainPause(ctx, id) })
}

// Unpause lets them run.
func (h *Host) Unpause(ctx context.Context, id toolstack.DomID) error {
	return h.withDomain(ctx, id, func(xl *libxl.Context, id idl.DomID) error { return xl.DomainUnpause(ctx, id) })
}

// Rename gives the domain another name.
func (h *Host) Rename(ctx context.Context, id toolstack.DomID, name string) error {
	return h.withDomain(ctx, id, func(xl *libxl.Context, id idl.DomID) error { return xl.DomainRename(ctx, id, "", name) })
}

// Shutdown asks the guest to power off; one without PV drivers gets the ACPI
// power button.
func (h *Host) Shutdown(ctx context.Context, id toolstack.DomID) error {
	return h.withDomain(ctx, id, func(xl *libxl.Context, id idl.DomID) error {
		err := xl.DomainShutdown(ctx, id)
		if errors.Is(err, libxl.ErrNoParavirt) {
			err = xl.SendTrigger(ctx, id, idl.TriggerPower, 0)
		}
		return err
	})
}

// Destroy ends the domain.
func (h *Host) Destroy(ctx context.Context, id toolstack.DomID) error {
	return h.withDomain(ctx, id, func(xl *libxl.Context, id idl.DomID) error { return xl.DomainDestroy(ctx, id) })
}
