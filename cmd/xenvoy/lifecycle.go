package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/xenvoy/xenvoy/toolstack"
)

// A domainDeed is one thing that a command does to each domain it is given.
type domainDeed func(context.Context, toolstack.Host, toolstack.DomainInfo) error

func newPauseCommand(a *app) *cobra.Command {
	return a.domainCommand("pause", "Stop a domain's virtual CPUs",
		func(ctx context.Context, h toolstack.Host, d toolstack.DomainInfo) error { return h.Pause(ctx, d.ID) })
}

func newUnpauseCommand(a *app) *cobra.Command {
	return a.domainCommand("unpause", "Let a paused domain run on",
		func(ctx context.Context, h toolstack.Host, d toolstack.DomainInfo) error {
			if d.Suspended() {
				return fmt.Errorf("unpause: the guest of domain %q is suspended, as by a save that was cut short; \"xenvoy resume %s\" lets it run on", d.Name, d.Name)
			}
			return h.Unpause(ctx, d.ID)
		})
}

func newDestroyCommand(a *app) *cobra.Command {
	var force bool
	c := a.domainCommand("destroy", "End a domain at once, like pulling its plug", nil)
	c.RunE = func(c *cobra.Command, names []string) error {
		return a.toEach(c.Context(), names, func(ctx context.Context, h toolstack.Host, d toolstack.DomainInfo) error {
			if d.ID == 0 && !force {
				return errDomain0("destroy")
			}
			return h.Destroy(ctx, d.ID)
		})
	}
	c.Flags().BoolVarP(&force, "force", "f", false, "also domain 0, where that is not the host itself")
	return c
}

func newShutdownCommand(a *app) *cobra.Command {
	var (
		wait int
		all  bool
	)
	c := a.domainCommand("shutdown", "Ask a guest to power off", nil)
	c.Long = `Ask guests to power off: by their PV drivers, or by the ACPI power button when they have none.`
	c.Use = "shutdown [--all | DOMAIN…]"
	c.Args = args(func(_ *cobra.Command, names []string) error {
		if all == (len(names) > 0) {
			return errors.New("want either --all or domains")
		}
		return nil
	})
	c.RunE = func(c *cobra.Command, names []string) error {
		deed := func(ctx context.Context, h toolstack.Host, d toolstack.DomainInfo) error {
			return shutdown(ctx, h, d, wait)
		}
		if all {
			return a.toAll(c.Context(), deed)
		}
		return a.toEach(c.Context(), names, notDomain0("shutdown", deed))
	}
	f := c.Flags()
	f.CountVarP(&wait, "wait", "w", "wait until the guest has stopped; twice: until its domain is gone")
	f.BoolVarP(&all, "all", "a", false, "all guests, all at once")
	f.BoolP("fallback", "F", false, "accepted as xl's: the ACPI power button is pressed in any case")
	return c
}

// shutdown asks the guest, and with wait watches for its end, or for 2 and more for that of its
// domain. The watch is set before the question, so that a quick guest is not missed.
func shutdown(ctx context.Context, h toolstack.Host, d toolstack.DomainInfo, wait int) error {
	if d.Paused {
		return fmt.Errorf("shutdown: domain %q is paused and cannot answer; unpause it first, or destroy it", d.Name)
	}
	if wait == 0 {
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
		stopped := e.Kind == toolstack.EventShutdown && e.Reason != toolstack.ShutdownSuspend
		if e.Kind == toolstack.EventDeath || stopped && wait == 1 {
			return nil
		}
	}
	return toolstack.WatchEnd(ctx)
}

// domainCommand makes a command that does one thing to each domain it is given.
// It goes on after a failure and reports all. Domain 0 is refused: it is the
// host.
func (a *app) domainCommand(name, short string, do domainDeed) *cobra.Command {
	return &cobra.Command{
		Use:   name + " DOMAIN…",
		Short: short,
		Args:  args(cobra.MinimumNArgs(1)),
		RunE: func(c *cobra.Command, names []string) error {
			return a.toEach(c.Context(), names, notDomain0(name, do))
		},
	}
}

func errDomain0(name string) error { return fmt.Errorf("%s: domain 0 is the host itself", name) }

// notDomain0 refuses to do it to the host.
func notDomain0(name string, do domainDeed) domainDeed {
	return func(ctx context.Context, h toolstack.Host, d toolstack.DomainInfo) error {
		if d.ID == 0 {
			return errDomain0(name)
		}
		return do(ctx, h, d)
	}
}

// toEach does it to one domain after the other.
func (a *app) toEach(ctx context.Context, names []string, do domainDeed) error {
	var all []error
	for _, n := range names {
		all = append(all, a.withDomain(ctx, n, func(h toolstack.Host, d toolstack.DomainInfo) error { return do(ctx, h, d) }))
	}
	return errors.Join(all...)
}

// toAll does it to all domains but the host and those that must not stop, all at once.
func (a *app) toAll(ctx context.Context, do domainDeed) error {
	h, err := a.host()
	if err != nil {
		return err
	}
	defer h.Close()
	domains, err := h.Domains(ctx)
	if err != nil {
		return err
	}
	results := make(chan error)
	n := 0
	for _, d := range domains {
		if d.ID != 0 && !d.NeverStop && !d.Dying {
			n++
			go func() { results <- do(ctx, h, d) }()
		}
	}
	var failed []error
	for range n {
		failed = append(failed, <-results)
	}
	return errors.Join(failed...)
}
