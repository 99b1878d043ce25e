package migrate

import (
	"context"
	"errors"
	"fmt"

	"github.com/xenvoy/xenvoy/toolstack"
)

// keep lets the guest run on at the source after a failure before the release,
// and sees to it that nothing is left at the destination.
func (m *sending) keep(cause error) (Outcome, error) {
	// The user may have cancelled: the guest must run on all the same.
	ctx, stop := context.WithTimeout(context.Background(), settleLimit)
	defer stop()
	err := resumeHere(ctx, m.Host, m.dom.ID)
	m.dismiss(ctx, cause)
	if m.journal != nil {
		err = errors.Join(err, m.journal.Write(Entry{Mark: MarkKept, Why: cause.Error()}))
	}
	if err != nil {
		return OutcomeKept, fmt.Errorf("%w; and then: %w", cause, err)
	}
	return OutcomeKept, cause
}

// dismiss makes the destination forget the guest: over the open link when it
// stands, else over a new one. A destination that cannot be reached forgets it
// by itself, since it has no release.
func (m *sending) dismiss(ctx context.Context, cause error) {
	if isAborted(cause) {
		return
	}
	if send(m.conn, message{Type: msgAbort, Why: cause.Error()}) == nil {
		for {
			if _, err := m.in.expect(ctx, msgAborted); err == nil || isAborted(err) {
				return
			} else if ctx.Err() != nil || m.in.ended() {
				break
			}
		}
	}
	m.conn.Close()
	if _, err := Settle(ctx, m.Transport, m.report.ID); err != nil {
		m.report.Notes = append(m.report.Notes,
			fmt.Sprintf("%s did not answer; it drops its unfinished copy by itself (%v)", m.Transport, err))
	}
}

// keepReleased lets the guest run on at the source after the destination,
// though it had the release, has given it up.
func (m *sending) keepReleased(cause error) (Outcome, error) {
	ctx, stop := context.WithTimeout(context.Background(), settleLimit)
	defer stop()
	err := errors.Join(
		resumeHere(ctx, m.Host, m.dom.ID),
		m.journal.Write(Entry{Mark: MarkKept, Why: cause.Error()}))
	return OutcomeKept, errors.Join(fmt.Errorf("%s could not start the guest: %w", m.Transport, cause), err)
}

// settleReleased finds out over a new connection what the destination did with
// the release before the link broke.
func (m *sending) settleReleased(ctx context.Context, cause error) (Outcome, error) {
	m.conn.Close()
	ctx, stop := context.WithTimeout(ctx, settleLimit)
	defer stop()
	fate, err := Settle(ctx, m.Transport, m.report.ID)
	switch {
	case err != nil:
		return OutcomeInDoubt, fmt.Errorf("%w: the link to %s broke after the release (%w) and it cannot be asked (%w); the guest is suspended here; when %s answers again, run: xenvoy migrate resolve %s",
			ErrInDoubt, m.Transport, cause, err, m.Transport, m.report.ID)
	case fate == FateStarted:
		m.report.Notes = append(m.report.Notes, fmt.Sprintf("the link broke after the release (%v); a new one told that the guest runs", cause))
		m.step(StepConfirm)
		return m.retire(ctx)
	}
	return m.keepReleased(fmt.Errorf("the link broke after the release (%w) and it had not started the guest", cause))
}

// resumeHere lets a domain run on if it had been suspended. A domain that never
// was suspended runs already.
func resumeHere(ctx context.Context, h toolstack.Host, id toolstack.DomID) error {
	d, err := h.Domain(ctx, id)
	if err != nil {
		return fmt.Errorf("look at domain %d here: %w", id, err)
	}
	if !d.Suspended() {
		return nil
	}
	if err := h.Resume(ctx, id); err != nil {
		return fmt.Errorf("resume domain %d here: %w", id, err)
	}
	return nil
}
