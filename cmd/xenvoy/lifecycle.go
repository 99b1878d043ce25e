package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/xenvoy/xenvoy/toolstack"
)

func newPauseCommand(a *app) *cobra.Command {
	return a.domainCommand("pause", "Stop a domain's virtual CPUs",
		func(ctx context.Context, h toolstack.Host, d toolstack.DomainInfo) error { return h.Pause(ctx, d.ID) })
}

func newUnpauseCommand(a *app) *cobra.Command {
	return a.domainCommand("unpause", "Let a paused domain run on",
		func(ctx context.Context, h toolstack.Host, d toolstack.DomainInfo) error { return h.Unpause(ctx, d.ID) })
}

func newDestroyCommand(a *app) *cobra.Command {
	return a.domainCommand("destroy", "End a domain at once, like pulling its plug",
		func(ctx context.Context, h toolstack.Host, d toolstack.DomainInfo) error { return h.Destroy(ctx, d.ID) })
}

func newShutdownCommand(a *app) *cobra.Command {
	var wait bool
	c := a.domainCommand("shutdown", "Ask a guest to power off",
		func(ctx context.Context, h toolstack.Host, d toolstack.DomainInfo) error {
			return shutdown(ctx, h, d, wait)
		})
	c.Flags().BoolVarP(&wait, "wait", "w", false, "wait until the guest has stopped")
	return c
}

// shutdown asks the guest, and with wait watches for its end. The watch is set
// before the question, so that a quick guest is not missed.
func shutdown(ctx context.Context, h toolstack.Host, d toolstack.DomainInfo, wait bool) error {
	if d.Paused {
		return fmt.Errorf("shutdown: domain %q is paused and cannot answer; unpause it first, or destroy it", d.Name)
	}
	if !wait {
		return h.Shutdown(ctx, d.ID)
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	events, err := h.Watch(ctx, d.ID)
	if err != nil {
		return err
	}
	if err := h.Shutdown(ctx, d.ID); err != nil {
		return err
	}
	for e := range events {
		if e.Kind == toolstack.EventDeath || e.Reason != toolstack.ShutdownSuspend {
			return nil
		}
	}
	return context.Cause(ctx)
}

// domainCommand makes a command that does one thing to each domain it is given.
// It goes on after a failure and reports all. Domain 0 is refused: it is the
// host.
func (a *app) domainCommand(name, short string, do func(context.Context, toolstack.Host, toolstack.DomainInfo) error) *cobra.Command {
	return &cobra.Command{
		Use:   name + " DOMAIN…",
		Short: short,
		Args:  args(cobra.MinimumNArgs(1)),
		RunE: func(c *cobra.Command, names []string) error {
			var all []error
			for _, n := range names {
				all = append(all, a.withDomain(c.Context(), n, func(h toolstack.Host, d toolstack.DomainInfo) error {
					if d.ID == 0 {
						return fmt.Errorf("%s: domain 0 is the host itself", name)
					}
					return do(c.Context(), h, d)
				}))
			}
			return errors.Join(all...)
		},
	}
}
