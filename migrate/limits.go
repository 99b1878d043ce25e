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
	stall   time.Duration // for the destination to get ready, and for the link to take one more piece of the stream
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

// within bounds a wait; what says what did not happen in time.
func within(ctx context.Context, d time.Duration, what string) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, d, fmt.Errorf("%s within %s", what, d))
}
