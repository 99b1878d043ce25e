package life

import (
	"context"
	"errors"

	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/xen/libxl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// An ending asks guests to shut down or to reboot.
type ending struct {
	name    string // of the command
	begin   string // what it says
	event   string // the ACPI event for guests without PV drivers
	button  string
	trigger idl.Trigger
	ask     func(xl.Xen, context.Context, idl.DomID) error
}

func shutdown() *xl.Command {
	e := &ending{
		name: "shutdown", begin: "Shutting down domain", event: "power", button: "power button", trigger: idl.TriggerPower,
		ask: xl.Xen.DomainShutdown,
	}
	return e.command("Ask a guest to power off")
}

func reboot() *xl.Command {
	e := &ending{
		name: "reboot", begin: "Rebooting domain", event: "reset", button: "reset button", trigger: idl.TriggerReset,
		ask: xl.Xen.DomainReboot,
	}
	return e.command("Ask a guest to reboot")
}

func (e *ending) command(summary string) *xl.Command {
	return &xl.Command{
		Name: e.name, Operands: "[options] <-a|Domain>", Summary: summary, Changes: true,
		Options: []xl.Option{
			{Short: 'a', Long: "all", Help: "All guests."},
			{Short: 'w', Long: "wait", Help: "Wait until they have stopped; twice: until their domains are gone."},
			{Short: 'F', Help: "Send an ACPI " + e.event + " event to a guest without PV drivers."},
		},
		Run: e.run,
	}
}

func (e *ending) run(ctx context.Context, c *xl.Call) error {
	ids, err := e.domains(ctx, c)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	wait := c.Count("wait")
	events := make(chan libxl.Event)
	for _, id := range ids {
		c.Warnf("%s %d", e.begin, id)
		if err := e.end(ctx, c, id); err != nil {
			return failed(e.name+" failed", err)
		}
		if wait == 0 {
			continue
		}
		one, err := c.Xen.WatchDomain(ctx, id)
		if err != nil {
			return xl.Failf(xl.StatusFailed, "wait for death failed (evgen, rc=%d)", xl.CodeOf(err))
		}
		go pass(ctx, id, one, events)
	}
	if wait == 0 {
		return nil
	}
	return waitForAll(ctx, c, events, len(ids), wait == 1)
}

// domains is which ones are meant. With --all a domain that must never stop is left out.
func (e *ending) domains(ctx context.Context, c *xl.Call) ([]idl.DomID, error) {
	if !c.Has("all") {
		if len(c.Args) == 0 {
			return nil, xl.Failf(xl.StatusFailed, "You must specify -a or a domain id.\n")
		}
		id, err := c.Domain(ctx, c.Args[0])
		return []idl.DomID{id}, err
	}
	all, err := c.Xen.ListDomains(ctx)
	if err != nil {
		return nil, xl.Failf(xl.StatusFailed, "libxl_list_domain failed.")
	}
	var ids []idl.DomID
	for _, d := range all {
		if d.DomID != 0 && !d.NeverStop {
			ids = append(ids, d.DomID)
		}
	}
	return ids, nil
}

// end asks one guest. One without PV drivers has buttons, which are pressed when -F says so.
func (e *ending) end(ctx context.Context, c *xl.Call, id idl.DomID) error {
	err := e.ask(c.Xen, ctx, id)
	if !errors.Is(err, libxl.ErrNoParavirt) {
		return err
	}
	if c.Has("F") {
		c.Warnf("PV control interface not available: sending ACPI %s event.", e.button)
		return c.Xen.SendTrigger(ctx, id, e.trigger, 0)
	}
	c.Warnf("PV control interface not available: external graceful %s not possible.", e.name)
	c.Warnf("Use \"-F\" to fallback to ACPI %s event.", e.event)
	return err
}

// pass gathers the events of one domain; the last one has no type.
func pass(ctx context.Context, id idl.DomID, from <-chan libxl.Event, to chan<- libxl.Event) {
	for more := true; more; {
		e := libxl.Event{Domain: id}
		if next, ok := <-from; ok {
			e = next
		} else {
			more = false
		}
		select {
		case to <- e:
		case <-ctx.Done():
			return
		}
	}
}

// waitForAll waits for the end of so many domains: until they are gone or, with
// shutdownCounts, have stopped.
func waitForAll(ctx context.Context, c *xl.Call, events <-chan libxl.Event, n int, shutdownCounts bool) error {
	c.Warnf("Waiting for %d domains", n)
	ended := map[idl.DomID]bool{}
	for len(ended) < n {
		var e libxl.Event
		select {
		case e = <-events:
		case <-ctx.Done():
			return xl.Failf(xl.StatusFailed, "%w", context.Cause(ctx))
		}
		switch {
		case ended[e.Domain]:
		case e.Type == 0:
			return xl.Failf(xl.StatusFailed, "Domain %d: failed to get event, quitting", e.Domain)
		case e.Type == idl.EventTypeDomainDeath:
			c.Warnf("Domain %d has been destroyed", e.Domain)
			ended[e.Domain] = true
		case e.Type == idl.EventTypeDomainShutdown:
			c.Warnf("Domain %d has been shut down, reason code %d", e.Domain, e.Reason)
			if shutdownCounts {
				ended[e.Domain] = true
			} else {
				c.Warnf("Domain %d continue waiting for death", e.Domain)
			}
		}
	}
	return nil
}
