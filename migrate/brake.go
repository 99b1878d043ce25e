package migrate

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// ErrCancelled is the cause of a migration that "xenvoy migrate cancel" has called off.
var ErrCancelled = errors.New(`called off by "xenvoy migrate cancel"`)

// A Brake stops one migration, while that is safe: until the source gives the guest away. It and
// the release exclude each other, so that what Pull says is what happens. The zero value is ready
// and may be pulled before the migration begins.
type Brake struct {
	mu     sync.Mutex
	state  brakeState
	cause  error
	cancel context.CancelCauseFunc // nil: the migration has not begun
	to     string                  // the other host
	told   bool                    // Pull has said that it calls the migration off
}

type brakeState int

const (
	brakeOff      brakeState = iota // it goes on
	brakePulled                     // it is being called off
	brakeReleased                   // the guest is given away
	brakeKept                       // it could not be given away, and nothing is left to call off
)

// Pull calls the migration off, for a cause, if the guest has not been given away, and says in a
// line for the user what happens now. "" says that there is no migration to stop.
func (b *Brake) Pull(cause error) string {
	b.pull(cause)
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.cancel == nil:
		return ""
	case b.state == brakeReleased:
		return fmt.Sprintf("the guest is given to %s: waiting to hear that it runs there, %s at most and as long again over a new link, for it must not run here as well; another interrupt changes nothing",
			b.to, settleLimit)
	case b.state == brakeKept:
		return "the migration has failed already; the guest runs on here"
	case b.told:
		return "the migration is being called off already; the guest runs on here"
	}
	b.told = true
	return fmt.Sprintf("calling the migration off: the guest runs on here, and %s drops its unfinished copy", b.to)
}

// pull calls it off and says nothing.
func (b *Brake) pull(cause error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.state != brakeOff {
		return
	}
	b.state, b.cause = brakePulled, cause
	if b.cancel != nil {
		b.cancel(cause)
	}
}

// engage ties the brake to a migration, which cancel ends.
func (b *Brake) engage(to string, cancel context.CancelCauseFunc) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.to, b.cancel = to, cancel
	if b.state == brakePulled {
		cancel(b.cause)
	}
}

// release makes the brake do nothing from here on; false says that it was pulled before.
func (b *Brake) release() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.state == brakePulled {
		return false
	}
	b.state = brakeReleased
	return true
}

// keep takes a release back that could not be written down.
func (b *Brake) keep() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.state = brakeKept
}
