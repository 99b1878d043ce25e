package autostart

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/xenvoy/xenvoy/toolstack"
	"github.com/xenvoy/xenvoy/toolstack/domcfg"
)

// Stop ends the marked domains that run, the last in their order first; those of one order
// end at the same time. Each has the time that its file says: then it is destroyed, since
// the host will not wait. One that is to be saved goes to the folder saves; one that cannot be
// is asked to shut down instead. tell is called with each result, one at a time. The error is
// the host's when it cannot be asked at all.
func Stop(ctx context.Context, h toolstack.Host, files []*domcfg.Domain, saves string, tell func(Result)) error {
	var mu sync.Mutex
	one := func(r Result) {
		mu.Lock()
		defer mu.Unlock()
		tell(r)
	}
	all := marked(files)
	slices.Reverse(all)
	for len(all) > 0 {
		n := 1
		for n < len(all) && all[n].Autostart.Order == all[0].Autostart.Order {
			n++
		}
		if err := stopTogether(ctx, h, all[:n], saves, one); err != nil {
			return err
		}
		all = all[n:]
	}
	return nil
}

func stopTogether(ctx context.Context, h toolstack.Host, group []*domcfg.Domain, saves string, tell func(Result)) error {
	running, err := h.Domains(ctx)
	if err != nil {
		return err
	}
	var wg sync.WaitGroup
	for _, d := range group {
		i := slices.IndexFunc(running, named(d.Name))
		if i < 0 {
			continue
		}
		wg.Go(func() { tell(stop(ctx, h, d, running[i], savePath(saves, d.Name))) })
	}
	wg.Wait()
	return nil
}

// stop ends one domain. It runs, so that a file with its state is an old one: the next start must
// not find that, however the domain ends now.
func stop(ctx context.Context, h toolstack.Host, d *domcfg.Domain, running toolstack.DomainInfo, saved string) Result {
	r := Result{Name: d.Name, ID: running.ID}
	note, err := setAside(saved)
	r.Note = note
	if err == nil {
		err = end(ctx, h, d, running, saved, &r)
	}
	if err == nil { // also one that has stopped, before a monitor starts it again
		err = destroy(ctx, h, running.ID)
	}
	if err != nil {
		return Result{Name: d.Name, ID: running.ID, Did: Failed, Err: fmt.Errorf("stop %s: %w", d.Name, err)}
	}
	return r
}

// end brings a domain to where it can be destroyed, and says how. The error is ctx's: whoever
// waits has given up, and the guest runs on or still ends by itself.
func end(ctx context.Context, h toolstack.Host, d *domcfg.Domain, running toolstack.DomainInfo, saved string, r *Result) error {
	how := d.Autostart.AtHostShutdown()
	if how == domcfg.HostShutdownSave && !running.Shutdown {
		wait, done := context.WithTimeout(ctx, d.Autostart.StopTimeout())
		err := save(wait, h, running, saved)
		done()
		if err == nil {
			r.Did = Saved
			return nil
		}
		r.note(fmt.Sprintf("it could not be saved: %v", err))
	}
	r.Did = Destroyed
	if how == domcfg.HostShutdownDestroy || ctx.Err() != nil {
		return context.Cause(ctx)
	}
	wait, done := context.WithTimeout(ctx, d.Autostart.StopTimeout())
	defer done()
	switch err := shutdown(wait, h, running); {
	case err == nil:
		r.Did = ShutDown
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case wait.Err() != nil:
		r.note(fmt.Sprintf("it did not shut down in %v", d.Autostart.StopTimeout()))
	default:
		r.note(err.Error())
	}
	return nil
}

func (r *Result) note(text string) {
	if r.Note != "" {
		text = r.Note + "; " + text
	}
	r.Note = text
}

// destroy ends a domain that may have ended by itself.
func destroy(ctx context.Context, h toolstack.Host, id toolstack.DomID) error {
	d, err := h.Domain(ctx, id)
	if err == nil && !d.Dying {
		err = h.Destroy(ctx, id)
	}
	if errors.Is(err, toolstack.ErrNoDomain) {
		return nil
	}
	return err
}

// shutdown asks the guest to power off and waits until it has, or is gone. A paused one
// runs on to do so.
func shutdown(ctx context.Context, h toolstack.Host, d toolstack.DomainInfo) error {
	events, err := h.Watch(ctx, d.ID)
	if err != nil {
		return err
	}
	if d.Paused {
		if err := h.Unpause(ctx, d.ID); err != nil {
			return err
		}
	}
	if !d.Shutdown {
		if err := h.Shutdown(ctx, d.ID); err != nil {
			return err
		}
	}
	for e := range events {
		if e.Kind == toolstack.EventDeath || e.Reason != toolstack.ShutdownSuspend {
			return nil
		}
	}
	return toolstack.WatchEnd(ctx)
}
