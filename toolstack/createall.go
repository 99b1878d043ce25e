package toolstack

import (
	"context"
	"errors"
	"fmt"

	"github.com/xenvoy/xenvoy/toolstack/domcfg"
)

// NewPlans is NewPlan for domains that are created together: it finds all that stands against
// any of them, and against all at once.
func NewPlans(ctx context.Context, h Host, files []Source) ([]*Plan, error) {
	var (
		plans []*Plan
		found domcfg.Errors
	)
	for _, f := range files {
		p, err := NewPlan(ctx, h, f)
		var faults domcfg.Errors
		if err != nil && !errors.As(err, &faults) {
			return nil, err
		}
		found = append(found, faults...)
		plans = append(plans, p)
	}
	if len(found) > 0 {
		return nil, found
	}
	return plans, checkTogether(ctx, h, files, plans)
}

// checkTogether finds those that do not fit into the free memory beside the ones before them.
func checkTogether(ctx context.Context, h Host, files []Source, plans []*Plan) error {
	info, err := h.Info(ctx)
	if err != nil {
		return err
	}
	free := (info.FreeMiB + info.BalloonMiB) << 10
	var found domcfg.Errors
	for i, p := range plans {
		need, err := h.MemoryNeeded(ctx, p.Config)
		switch {
		case err != nil:
			return err
		case need > free:
			found = append(found, fault(files[i], "memory", fmt.Sprintf("the domain needs %d MiB with overhead, and those before it leave %d MiB",
				(need+1023)>>10, free>>10), "stop a domain or give dom0 less memory"))
		default:
			free -= need
		}
	}
	if len(found) > 0 {
		return found
	}
	return nil
}

// CreateAll builds the domains of all plans, and when all are there starts them, or with
// paused leaves them paused. After an error nothing of any is left.
func CreateAll(ctx context.Context, h Host, plans []*Plan, paused bool) (ids []DomID, err error) {
	defer func() {
		if err == nil {
			return
		}
		all := []error{err}
		for _, id := range ids {
			all = append(all, h.Destroy(context.WithoutCancel(ctx), id))
		}
		ids, err = nil, errors.Join(all...)
	}()
	for _, p := range plans {
		id, err := p.Create(ctx, h, true)
		if err != nil {
			return ids, err
		}
		ids = append(ids, id)
	}
	for _, id := range ids {
		if paused {
			break
		}
		if err := h.Unpause(ctx, id); err != nil {
			return ids, err
		}
	}
	return ids, nil
}
