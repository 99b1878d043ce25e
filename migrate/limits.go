package migrate

import (
	"context"
	"fmt"
	"time"
)

// limits bound the source's waits for a destination that is there (its pings
// arrive) and does not do its part. While the guest stands still no wait may be
// without end.
type limits struct {
	grace   time.Duration // for what is being sent when the migration is called off
	stall   time.Duration // for the link to take one more piece of the stream
	restore time.Duration // from the stream's end until the guest is rebuilt
	settle  time.Duration // to hear what became of the guest
}

var defaultLimits = limits{grace: 10 * time.Second, stall: 2 * time.Minute, restore: 5 * time.Minute, settle: settleLimit}

func (s *Sender) limits() limits {
	if s.bounds != nil {
		return *s.bounds
	}
	return defaultLimits
}

// cutOff closes the link a moment after ctx has ended, unless stop is called
// before: a peer that does not read cannot hold up what is being sent.
func (m *sending) cutOff(ctx context.Context) (stop func()) {
	done := make(chan struct{})
	go func() {
		select {
		case <-ctx.Done():
		case <-done:
			return
		}
		t := time.NewTimer(m.limits().grace)
		defer t.Stop()
		select {
		case <-t.C:
			m.conn.Close()
		case <-done:
		}
	}()
	return func() { close(done) }
}

// tell sends a message to the destination. When ctx ends meanwhile the error is
// its cause.
func (m *sending) tell(ctx context.Context, msg message) error {
	defer m.cutOff(ctx)()
	err := send(m.conn, msg)
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		return fmt.Errorf("lost the destination: %w", err)
	}
	return nil
}

// within bounds a wait; what says what did not happen in time.
func within(ctx context.Context, d time.Duration, what string) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, d, fmt.Errorf("%s within %s", what, d))
}
