package migrate

import (
	"fmt"
	"slices"
)

// Step numbers the stages of a migration. Code, logs, journals and reports use
// the same numbers and names.
type Step int

// The steps, in order.
const (
	StepConnect    Step = iota + 1 // reach the other host and greet
	StepPreflight                  // may the domain run there?
	StepPrepare                    // the destination reserves name and memory
	StepPreCopy                    // memory goes while the guest runs
	StepDrain                      // passes over what was changed meanwhile
	StepSuspend                    // the guest stops at the source
	StepFinalPages                 // what changed last, and the devices
	StepVerify                     // both ends compare the stream's digest
	StepRelease                    // the source gives the guest away
	StepStart                      // the destination starts it
	StepConfirm                    // the source hears that it runs
	StepRetire                     // the source destroys its suspended copy
)

// stepNames are the names by their numbers.
func stepNames() []string {
	return []string{"", "connect", "preflight", "prepare", "pre-copy", "drain", "suspend",
		"final pages", "verify", "release", "start", "confirm", "retire"}
}

// String is the step's name in journals, logs and reports.
func (s Step) String() string {
	names := stepNames()
	if s < 1 || int(s) >= len(names) {
		return "unknown"
	}
	return names[s]
}

// UnmarshalText reads the step's name.
func (s *Step) UnmarshalText(text []byte) error {
	i := slices.Index(stepNames(), string(text))
	if i < 1 {
		return fmt.Errorf("%.40q is no step of a migration", text)
	}
	*s = Step(i)
	return nil
}

// MarshalText gives the step's name.
func (s Step) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
