package reconcile

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/xenvoy/xenvoy/toolstack"
)

// An Outcome is what Apply has done.
type Outcome struct {
	Done   []string // steps, in their order
	Undone []string // those of them that were taken back after a failure
	Left   []string // those that could not be, each with the reason
}

// Observer follows Apply. Both may be nil.
type Observer struct {
	// Step is called before each step.
	Step func(step string)
	// Started is called for each new domain that runs; it has no monitor yet.
	Started func(id toolstack.DomID, name string)
}

// Apply carries the plan out, but for the domains that it refuses. New domains run when all
// else has gone well. When a step fails, those before it are undone, the last first, whether
// or not ctx has ended; the outcome has what could not be undone, and so has the error.
//
// Domains that no file names are destroyed last, and a failure there undoes nothing: what the
// files say holds by then.
func (p *Plan) Apply(ctx context.Context, o Observer) (Outcome, error) {
	var (
		out  Outcome
		done []step
	)
	for _, s := range p.steps(o.Started) {
		if o.Step != nil {
			o.Step(s.String())
		}
		err := context.Cause(ctx)
		if err == nil {
			err = s.do(ctx)
		}
		switch {
		case err != nil && s.phase == phaseDestroy:
			return out, fmt.Errorf("%s: %w; all that the files say is done", s, err)
		case err != nil:
			return out, out.undo(context.WithoutCancel(ctx), done, fmt.Errorf("%s: %w", s, err))
		}
		done = append(done, s)
		out.Done = append(out.Done, s.String())
	}
	return out, nil
}

// undo takes back what was done, the last first, and goes on after a failure.
func (out *Outcome) undo(ctx context.Context, done []step, why error) error {
	all := []error{why}
	for _, s := range slices.Backward(done) {
		if s.undo == nil {
			continue
		}
		if err := s.undo(ctx); err != nil {
			out.Left = append(out.Left, fmt.Sprintf("%s: %v", s, err))
			all = append(all, fmt.Errorf("%s: could not be undone: %w", s, err))
			continue
		}
		out.Undone = append(out.Undone, s.String())
	}
	return errors.Join(all...)
}

// steps is all that the plan does, in the order of the phases.
func (p *Plan) steps(started func(toolstack.DomID, string)) []step {
	var all []step
	for i := range p.Domains {
		d := &p.Domains[i]
		switch d.Action {
		case Create:
			all = append(all, d.creation(p.host, started)...)
		case Change:
			for _, diff := range d.Differences {
				all = append(all, diff.steps...)
			}
		case Destroy:
			all = append(all, step{domain: d.Name, what: "destroy", phase: phaseDestroy,
				do: func(ctx context.Context) error { return p.host.Destroy(ctx, d.ID) }})
		}
	}
	slices.SortStableFunc(all, func(a, b step) int { return int(a.phase) - int(b.phase) })
	return all
}

// creation is the two steps that make a domain and let it run.
func (d *Domain) creation(h toolstack.Host, started func(toolstack.DomID, string)) []step {
	return []step{
		{domain: d.Name, what: "create", phase: phaseCreate,
			do: func(ctx context.Context) (err error) {
				d.ID, err = d.create.Create(ctx, h, true)
				return err
			},
			undo: func(ctx context.Context) error { return h.Destroy(ctx, d.ID) }},
		{domain: d.Name, what: "start", phase: phaseStart,
			do: func(ctx context.Context) error {
				if err := h.Unpause(ctx, d.ID); err != nil {
					return err
				}
				if started != nil {
					started(d.ID, d.Name)
				}
				return nil
			}},
	}
}
