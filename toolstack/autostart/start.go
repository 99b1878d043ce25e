package autostart

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/xenvoy/xenvoy/toolstack"
	"github.com/xenvoy/xenvoy/toolstack/domcfg"
)

// A Result is what became of one domain.
type Result struct {
	Name string
	ID   toolstack.DomID // 0 when it does not run
	Did  Deed
	Note string // why it came to more than its file says; may be empty
	Err  error
}

// A Deed is what was done with a domain.
type Deed string

// The deeds.
const (
	Started   Deed = "started"
	Restored  Deed = "restored" // as autostop has saved it
	Running   Deed = "running"  // before, too
	ShutDown  Deed = "shut down"
	Saved     Deed = "saved"
	Destroyed Deed = "destroyed"
	Failed    Deed = "failed"
)

// marked is the domains that start with the host, in their order: by the key, and then as
// they come.
func marked(files []*domcfg.Domain) []*domcfg.Domain {
	var all []*domcfg.Domain
	for _, d := range files {
		if d.Autostart.Enabled {
			all = append(all, d)
		}
	}
	slices.SortStableFunc(all, func(a, b *domcfg.Domain) int { return a.Autostart.Order - b.Autostart.Order })
	return all
}

// Start starts the marked domains that do not run, one after the other, and waits after each
// as its file says. Those that Stop has saved in the folder saves go on where they were. tell
// is called with each result; what it started has no monitor yet. The error is the host's when
// it cannot be asked at all, or ctx's.
func Start(ctx context.Context, h toolstack.Host, files []*domcfg.Domain, saves string, tell func(Result)) error {
	var wait time.Duration
	for _, d := range marked(files) {
		all, err := h.Domains(ctx)
		if err != nil {
			return err
		}
		if i := slices.IndexFunc(all, named(d.Name)); i >= 0 {
			note, err := setAside(savePath(saves, d.Name))
			tell(Result{Name: d.Name, ID: all[i].ID, Did: Running, Note: note, Err: err})
			continue
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		r := start(ctx, h, d, savePath(saves, d.Name))
		tell(r)
		wait = 0
		if r.Err == nil {
			wait = d.Autostart.Wait()
		}
	}
	return nil
}

// named finds a domain that is there, and not on its way out.
func named(name string) func(toolstack.DomainInfo) bool {
	return func(d toolstack.DomainInfo) bool { return d.Name == name && !d.Dying }
}

func start(ctx context.Context, h toolstack.Host, d *domcfg.Domain, saved string) Result {
	id, ok, err := restore(ctx, h, saved)
	switch {
	case err != nil: // a new start would lose what the guest knew
		return Result{Name: d.Name, Did: Failed, Err: fmt.Errorf("restore %s: %w; without %s it starts anew", d.Name, err, saved)}
	case ok:
		return Result{Name: d.Name, ID: id, Did: Restored}
	}
	plan, err := toolstack.NewPlan(ctx, h, d)
	if err != nil {
		return Result{Name: d.Name, Did: Failed, Err: err}
	}
	id, err = plan.Create(ctx, h, false)
	if err != nil {
		return Result{Name: d.Name, Did: Failed, Err: fmt.Errorf("start %s: %w", d.Name, err)}
	}
	return Result{Name: d.Name, ID: id, Did: Started}
}
