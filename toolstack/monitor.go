package toolstack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/rs/zerolog"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// A Monitor stays with a domain until it is gone and carries out what its
// configuration says for each way of stopping. A guest that stops to be saved
// or moved is left alone. It follows the domain through restarts, and takes the
// disks out that the guest ejects.
//
// Its log has xl's lines, which scripts look for.
type Monitor struct {
	Host Host
	Log  zerolog.Logger

	// DumpDir is where memory dumps go; "" is Xen's own folder.
	DumpDir string
	// Successor is the configuration that somebody has left for the domain's next
	// start; nil, or an answer of nil, stands for the one that it runs with.
	Successor func(ctx context.Context, id DomID) (*idl.DomainConfig, error)
	// Watching is called once, when nothing that happens to the domain is missed
	// any more; may be nil.
	Watching func()
}

// dumpDir is Xen's folder for memory dumps (XEN_DUMP_DIR).
const dumpDir = "/var/lib/xen/dump"

// Run watches over the domain until it is gone. The error is the host's, ErrWatchLost or that of ctx; the
// domain is then as it was, or destroyed when its successor could not be built.
func (m *Monitor) Run(ctx context.Context, id DomID) error {
	for {
		next, again, err := m.watchOnce(ctx, id)
		if err != nil || !again {
			return err
		}
		id = next
	}
}

// watchOnce follows one domain to its end; again says that next has taken its
// place.
func (m *Monitor) watchOnce(ctx context.Context, id DomID) (next DomID, again bool, err error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	d, err := m.Host.Domain(ctx, id)
	if err != nil {
		return 0, false, err
	}
	events, err := m.Host.Watch(ctx, id)
	if err != nil {
		return 0, false, err
	}
	m.Log.Info().Uint32("domid", uint32(id)).Msgf("Waiting for domain %s (domid %d) to die [pid %d]", d.Name, id, os.Getpid())
	if m.Watching != nil {
		m.Watching()
		m.Watching = nil
	}
	for e := range events {
		switch {
		case e.Kind == EventDeath:
			m.Log.Info().Uint32("domid", uint32(id)).Msgf("Domain %d has been destroyed.", id)
			return 0, false, nil
		case e.Kind == EventEject:
			m.eject(ctx, id, e.Disk)
		case e.Reason == ShutdownSuspend:
			m.stopped(id, e.Reason)
			m.Log.Info().Uint32("domid", uint32(id)).Msg("Domain has suspended.")
		default:
			m.stopped(id, e.Reason)
			return m.act(ctx, id, e.Reason)
		}
	}
	return 0, false, WatchEnd(ctx)
}

func (m *Monitor) stopped(id DomID, why ShutdownReason) {
	m.Log.Info().Uint32("domid", uint32(id)).Stringer("reason", why).Msgf("Domain %d has shut down, reason code %d 0x%x", id, int(why), int(why))
}

// eject empties a drive that the guest has opened.
func (m *Monitor) eject(ctx context.Context, id DomID, empty idl.DeviceDisk) {
	if err := m.Host.ChangeDisc(ctx, id, empty); err != nil {
		m.Log.Error().Err(err).Uint32("domid", uint32(id)).Msgf("disk %s was ejected and is still in", empty.VDev)
	}
}

// act carries out the domain's action for the reason it stopped for.
func (m *Monitor) act(ctx context.Context, id DomID, why ShutdownReason) (DomID, bool, error) {
	cfg, err := m.Host.Config(ctx, id)
	if errors.Is(err, ErrNoDomain) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("domain %d has stopped (%s) and its configuration cannot be read: %w", id, why, err)
	}
	action, known := actionFor(cfg, why)
	if !known {
		m.Log.Warn().Msgf("Unknown shutdown reason code %d. Destroying domain.", int(why))
	}
	m.Log.Info().Uint32("domid", uint32(id)).Stringer("action", action).Msgf("Action for shutdown reason code %d is %s", int(why), actionName(action))
	switch action {
	case idl.ActionOnShutdownCoredumpDestroy:
		m.dump(ctx, id, cfg)
		action = idl.ActionOnShutdownDestroy
	case idl.ActionOnShutdownCoredumpRestart:
		m.dump(ctx, id, cfg)
		action = idl.ActionOnShutdownRestart
	}
	switch action {
	case idl.ActionOnShutdownDestroy:
		m.Log.Info().Msgf("Domain %d needs to be cleaned up: destroying the domain", id)
		err = m.Host.Destroy(ctx, id)
	case idl.ActionOnShutdownPreserve:
	default:
		next, err := m.replace(ctx, id, cfg, action)
		return next, err == nil, err
	}
	if err == nil {
		m.Log.Info().Msg("Done. Exiting now")
	}
	return 0, false, err
}

// dump writes the domain's memory to a file. That it cannot is no reason to leave the rest undone.
func (m *Monitor) dump(ctx context.Context, id DomID, cfg *idl.DomainConfig) {
	dir := m.DumpDir
	if dir == "" {
		dir = dumpDir
	}
	path := filepath.Join(dir, filepath.Base(cfg.CInfo.Name))
	m.Log.Info().Msgf("dumping core to %s", path)
	err := os.MkdirAll(dir, 0o700) // not every installation has it
	if err == nil {
		err = m.Host.CoreDump(ctx, id, path)
	}
	if err != nil {
		m.Log.Error().Err(err).Msg("core dump failed")
	}
}

// actionFor is the configuration's action. libxl leaves its default, destroy, out
// of the configuration that it stores (libxl_types.idl, action_on_shutdown).
func actionFor(cfg *idl.DomainConfig, why ShutdownReason) (action idl.ActionOnShutdown, known bool) {
	switch why {
	case ShutdownPoweroff:
		action = cfg.OnPoweroff
	case ShutdownReboot:
		action = cfg.OnReboot
	case ShutdownCrash:
		action = cfg.OnCrash
	case ShutdownWatchdog:
		action = cfg.OnWatchdog
	case ShutdownSoftReset:
		action = cfg.OnSoftReset
	default:
		return idl.ActionOnShutdownDestroy, false
	}
	if action == 0 {
		action = idl.ActionOnShutdownDestroy
	}
	return action, true
}
