package toolstack

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rs/zerolog"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// Monitor stays with a domain until it is gone and carries out what its
// configuration says for each way of stopping. A guest that stops to be saved
// or moved is left alone. It follows the domain through restarts.
func Monitor(ctx context.Context, h Host, id DomID, log zerolog.Logger) error {
	for {
		next, again, err := watchOnce(ctx, h, id, log)
		if err != nil || !again {
			return err
		}
		id = next
	}
}

// watchOnce follows one domain to its end; again says that next has taken its
// place.
func watchOnce(ctx context.Context, h Host, id DomID, log zerolog.Logger) (next DomID, again bool, err error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	events, err := h.Watch(ctx, id)
	if err != nil {
		return 0, false, err
	}
	log.Info().Uint32("domid", uint32(id)).Msg("waiting for the domain to stop")
	for e := range events {
		if e.Kind == EventDeath {
			log.Info().Uint32("domid", uint32(id)).Msg("the domain is gone")
			return 0, false, nil
		}
		if e.Reason == ShutdownSuspend {
			continue
		}
		return act(ctx, h, id, e.Reason, log)
	}
	return 0, false, context.Cause(ctx)
}

// act carries out the domain's action for the reason it stopped for.
func act(ctx context.Context, h Host, id DomID, why ShutdownReason, log zerolog.Logger) (DomID, bool, error) {
	cfg, err := h.Config(ctx, id)
	if errors.Is(err, ErrNoDomain) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("domain %d has stopped (%s) and its configuration cannot be read: %w", id, why, err)
	}
	action := actionFor(cfg, why)
	log.Info().Uint32("domid", uint32(id)).Stringer("reason", why).Stringer("action", action).Msg("the domain has stopped")
	switch action {
	case idl.ActionOnShutdownDestroy:
		return 0, false, h.Destroy(ctx, id)
	case idl.ActionOnShutdownRestart:
		next, err := restart(ctx, h, id, cfg)
		return next, err == nil, err
	case idl.ActionOnShutdownPreserve:
		return 0, false, nil
	}
	return 0, false, fmt.Errorf("domain %d has stopped (%s): action %s is not carried out by this version; the domain is kept as it is", id, why, action)
}

// restartPause keeps a guest that fails at once from restarting without a rest,
// as xl does.
const restartPause = 2 * time.Second

// restart puts a new domain in the place of one that has stopped. Once that is
// destroyed nothing else holds the guest: a cancelled context no longer counts.
func restart(ctx context.Context, h Host, id DomID, cfg *idl.DomainConfig) (DomID, error) {
	select {
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	case <-time.After(restartPause):
	}
	ctx = context.WithoutCancel(ctx)
	if err := h.Destroy(ctx, id); err != nil {
		return 0, err
	}
	return (&Plan{Config: cfg}).Create(ctx, h, false)
}

// actionFor is the configuration's action. libxl leaves its default, destroy, out
// of the configuration that it stores (libxl_types.idl, action_on_shutdown).
func actionFor(cfg *idl.DomainConfig, why ShutdownReason) idl.ActionOnShutdown {
	action := cfg.OnPoweroff
	switch why {
	case ShutdownReboot:
		action = cfg.OnReboot
	case ShutdownCrash:
		action = cfg.OnCrash
	case ShutdownWatchdog:
		action = cfg.OnWatchdog
	case ShutdownSoftReset:
		action = cfg.OnSoftReset
	}
	if action == 0 {
		return idl.ActionOnShutdownDestroy
	}
	return action
}
