package migrate

import (
	"context"
	"errors"
	"fmt"

	"github.com/xenvoy/xenvoy/toolstack"
)

// keep lets the guest run on at the source after a failure before the release,
// and sees to it that nothing is left at the destination. The guest comes first:
// all else can take long when the link is bad.
func (m *sending) keep(cause error) (Outcome, error) {
	// The user may have cancelled: the guest must run on all the same.
	ctx, stop := context.WithTimeout(context.Background(), m.limits().settle)
	defer stop()
	err := m.resume(ctx)
	m.dismiss(ctx, cause)
	return m.kept(m.explain(cause), err)
}

// keepReleased lets the guest run on at the source after the destination,
// though it had the release, has given it up.
func (m *sending) keepReleased(cause error) (Outcome, error) {
	ctx, stop := context.WithTimeout(context.Background(), m.limits().settle)
	defer stop()
	return m.kept(fmt.Errorf("%s could not start the guest: %w", m.Transport, cause), m.resume(ctx))
}

// resume lets the guest run on here, if it is this migration that stopped it. The error matches
// errEnded when there is none left to run.
func (m *sending) resume(ctx context.Context) error {
	if m.stopped {
		return resumeHere(ctx, m.Host, m.dom.ID)
	}
	if d, err := m.Host.Domain(ctx, m.dom.ID); errors.Is(err, toolstack.ErrNoDomain) || err == nil && stopped(d) {
		return errEnded
	}
	return nil
}

// kept writes down that the guest stays. While a guest that could not be resumed
// stands still the migration has not ended: resolve tries again.
func (m *sending) kept(cause, resume error) (Outcome, error) {
	if resume != nil && !errors.Is(resume, errEnded) {
		how, command := "it was not given away", resolveCommand(PeerXenvoy, m.report.ID)
		if m.journal.Has(MarkRelease) {
			how, command = "the other host has given it up", decideBy(m.journal.entries, m.report.ID)
		}
		return OutcomeInDoubt, fmt.Errorf("%w; %s, and it stands still here: %w; mend that and run: %s (the move failed because: %w)",
			ErrInDoubt, how, resume, command, cause)
	}
	outcome := OutcomeKept
	if resume != nil {
		outcome = OutcomeEnded
		cause = fmt.Errorf("domain %q ended here during its migration: it shut down or was destroyed (%w)", m.dom.Name, cause)
	}
	if m.journal == nil {
		return outcome, cause
	}
	if err := m.journal.Write(Entry{Mark: MarkKept, Why: cause.Error(), Ended: outcome == OutcomeEnded}); err != nil {
		return outcome, fmt.Errorf("%w; and the journal could not be written: %w", cause, err)
	}
	return outcome, cause
}

// dismiss makes the destination forget the guest. One that does not hear it forgets it by itself,
// since it has no release.
func (m *sending) dismiss(ctx context.Context, cause error) {
	if isAborted(cause) {
		return
	}
	if err := m.remote.forget(ctx, cause); err != nil {
		m.report.Notes = append(m.report.Notes,
			fmt.Sprintf("%s did not answer; it drops its unfinished copy by itself (%v)", m.Transport, err))
	}
}

// settleReleased finds out over a new connection what the destination did with
// the release before the link broke.
func (m *sending) settleReleased(ctx context.Context, cause error) (Outcome, error) {
	m.remote.close()
	ctx, stop := context.WithTimeout(ctx, m.limits().settle)
	defer stop()
	fate, err := m.remote.settle(ctx)
	if err == nil {
		m.heard(fate)
	}
	switch {
	case errors.Is(err, ErrXLCannotTell):
		return OutcomeInDoubt, fmt.Errorf("%w: the link to %s broke after the release (%w) and %w; the guest is suspended here; look there whether it runs, and run: %s",
			ErrInDoubt, m.Transport, cause, err, resolveCommand(PeerXL, m.report.ID))
	case err != nil:
		return OutcomeInDoubt, fmt.Errorf("%w: the link to %s broke after the release (%w) and it cannot be asked (%w); the guest is suspended here; when %s answers again, run: %s",
			ErrInDoubt, m.Transport, cause, err, m.Transport, resolveCommand(PeerXenvoy, m.report.ID))
	case fate == FateStarted:
		m.report.Notes = append(m.report.Notes, fmt.Sprintf("the link broke after the release (%v); a new one told that the guest runs", cause))
		m.step(StepConfirm)
		return m.retire(ctx)
	}
	return m.keepReleased(fmt.Errorf("the link broke after the release (%w) and it had not started the guest", cause))
}

// errEnded says that a guest has ended here: nothing is left to run.
var errEnded = errors.New("it has shut down or is gone")

// stopped says that a guest has shut down by itself, or that its domain is being destroyed.
func stopped(d toolstack.DomainInfo) bool { return d.Dying || d.Shutdown && !d.Suspended() }

// resumeHere lets a domain run on if it had been suspended. A domain that never
// was suspended runs already. errEnded when there is none left to run.
func resumeHere(ctx context.Context, h toolstack.Host, id toolstack.DomID) error {
	d, err := h.Domain(ctx, id)
	switch {
	case errors.Is(err, toolstack.ErrNoDomain) || err == nil && stopped(d):
		return errEnded
	case err != nil:
		return fmt.Errorf("look at domain %d here: %w", id, err)
	case !d.Suspended():
		return nil
	}
	if err := h.Resume(ctx, id); err != nil {
		return fmt.Errorf("resume domain %d here: %w", id, err)
	}
	return nil
}

// outcomeOf is how a migration ended at the source, by its journal; "" when it has not.
func outcomeOf(entries []Entry) Outcome {
	for _, e := range entries {
		switch {
		case e.Mark == MarkRetired:
			return OutcomeMoved
		case e.Mark == MarkKept && e.Ended:
			return OutcomeEnded
		case e.Mark == MarkKept:
			return OutcomeKept
		}
	}
	return ""
}
