package toolstack

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/xenvoy/xenvoy/toolstack/domcfg"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// restartPause keeps a guest that fails at once from restarting without a rest,
// as xl does.
const restartPause = 2 * time.Second

// actionName is what xl calls an action.
func actionName(a idl.ActionOnShutdown) string { return string(domcfg.ActionOf(a)) }

// replace puts a new domain in the place of one that has stopped, or, for a soft reset, builds
// that one anew. A domain whose files have gone meanwhile is not touched. Once the old one is out of the way nothing else holds the guest: a
// cancelled context no longer counts.
func (m *Monitor) replace(ctx context.Context, id DomID, cfg *idl.DomainConfig, action idl.ActionOnShutdown) (DomID, error) {
	cfg = m.successor(ctx, id, cfg)
	suffix := m.suffix(ctx, cfg.CInfo.Name, time.Now().UTC())
	switch action {
	case idl.ActionOnShutdownRestart:
		m.Log.Info().Msgf("Domain %d needs to be cleaned up: destroying the domain", id)
	case idl.ActionOnShutdownRestartRename:
		m.Log.Info().Msgf("Preserving domain %d %s with suffix%s", id, cfg.CInfo.Name, suffix)
	}
	m.Log.Info().Msg("Done. Rebooting now")
	select {
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	case <-time.After(restartPause):
	}
	ctx = context.WithoutCancel(ctx)
	gone := missing(domcfg.FilesOf(cfg, nowhere{}))
	if len(gone) > 0 && action != idl.ActionOnShutdownSoftReset { // which needs none of them
		return 0, fmt.Errorf("domain %d has stopped and cannot be started again; it is kept as it is: %w", id, gone)
	}
	var err error
	switch action {
	case idl.ActionOnShutdownSoftReset:
		return id, m.softReset(ctx, id, cfg)
	case idl.ActionOnShutdownRestartRename:
		err = m.Host.Preserve(ctx, id, suffix)
	case idl.ActionOnShutdownRestart:
		err = m.Host.Destroy(ctx, id)
	default:
		err = fmt.Errorf("domain %d has stopped: there is no action %v; the domain is kept as it is", id, action)
	}
	if err != nil {
		return 0, err
	}
	return (&Plan{Config: cfg}).Create(ctx, m.Host, false)
}

// nowhere are the places of a configuration that no file says.
type nowhere struct{}

// Pos is no place.
func (nowhere) Pos(string) domcfg.Position { return domcfg.Position{} }

// Says is false.
func (nowhere) Says(string) bool { return false }

// suffix is what a preserved domain's name gets: xl's, the minute, or where one of that minute is
// kept already, which xl gives up over, the second.
func (m *Monitor) suffix(ctx context.Context, name string, now time.Time) string {
	short := now.Format("-20060102T1504Z")
	if _, err := Find(ctx, m.Host, name+short); err == nil {
		return now.Format("-20060102T150405Z")
	}
	return short
}

// softReset builds the domain anew. When that fails nothing is left of the guest that could
// run, so that the domain goes, as it does with xl.
func (m *Monitor) softReset(ctx context.Context, id DomID, cfg *idl.DomainConfig) error {
	err := m.Host.SoftReset(ctx, id, cfg)
	if err == nil {
		err = m.Host.Unpause(ctx, id)
	}
	if err != nil {
		return errors.Join(err, m.Host.Destroy(ctx, id))
	}
	return nil
}

// successor is what the domain is to be rebuilt with.
func (m *Monitor) successor(ctx context.Context, id DomID, running *idl.DomainConfig) *idl.DomainConfig {
	if m.Successor == nil {
		return running
	}
	next, err := m.Successor(ctx, id)
	switch {
	case err != nil:
		m.Log.Error().Err(err).Msg("the configuration that was left for the next start is of no use; reusing old configuration")
		return running
	case next == nil:
		return running
	}
	m.Log.Info().Msg(`"xl" configuration found, using it`)
	return next
}
