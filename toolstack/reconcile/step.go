package reconcile

import "context"

// A phase is when a step's turn is: what gives back comes before what takes, and nothing that
// is new runs before all else has gone well.
type phase int

const (
	phaseShrink  phase = iota // less memory
	phaseLimit                // other limits: below the new target they cannot be, nor a target above them
	phaseDetach               // devices that go
	phaseCreate               // new domains, paused
	phaseGrow                 // all that running domains get
	phaseStart                // new domains run
	phaseDestroy              // domains that no file names; it cannot be undone
)

// A step is one change of one domain.
type step struct {
	domain, what string
	phase        phase
	memoryKiB    uint64 // that it takes of the host's free memory
	do           func(context.Context) error
	undo         func(context.Context) error // nil: nothing is left to undo
}

// String is "web: vcpus 1 -> 2".
func (s step) String() string { return s.domain + ": " + s.what }
