package migrate

import (
	"errors"
	"fmt"
	"time"
)

// Outcome says where the guest is after a migration.
type Outcome string

// The outcomes.
const (
	OutcomeMoved   Outcome = "moved"    // it runs at the destination
	OutcomeKept    Outcome = "kept"     // it runs at the source
	OutcomeInDoubt Outcome = "in doubt" // it is suspended at the source, for Resolve to decide
	OutcomeEnded   Outcome = "ended"    // it shut down or was destroyed at the source meanwhile
	OutcomeChecked Outcome = "checked"  // a dry run: nothing was changed
	OutcomeGivenUp Outcome = "given up" // of a destination: it is not here, and its source has it
)

// Report is the account of one migration.
type Report struct {
	ID      string    `json:"id"`
	Side    Side      `json:"side"` // that it was written at
	Domain  string    `json:"domain"`
	UUID    string    `json:"uuid"`
	Type    string    `json:"type"`
	From    string    `json:"from"`
	To      string    `json:"to"`
	Peer    Peer      `json:"peer,omitempty"` // the program at the other end, once it is known
	Start   time.Time `json:"start"`
	Outcome Outcome   `json:"outcome"`
	Error   string    `json:"error,omitempty"`

	Findings []Finding  `json:"findings"`
	Steps    []StepTime `json:"steps"`
	Passes   []Pass     `json:"passes"`
	Bytes    int64      `json:"stream_bytes"` // all of the stream; every byte of it crossed the wire
	Digest   string     `json:"stream_sha256,omitempty"`
	Total    Duration   `json:"total_s"`
	Down     DownTime   `json:"downtime"`
	NewDomID uint32     `json:"domid_at_destination,omitempty"`
	Notes    []string   `json:"notes,omitempty"`
	// Decisions are what was decided on the way, in order, with the reasons.
	Decisions []Decision `json:"decisions"`
	Sending   Duration   `json:"sending_s"` // from the start of pre-copy to the stream's last byte

	clock func() time.Time
}

// Decision is one thing that was decided, and why.
type Decision struct {
	What string `json:"what"`
	Why  string `json:"why"`
}

// StepTime is when a step began, counted from the start of the migration.
type StepTime struct {
	Step Step     `json:"step"`
	At   Duration `json:"at_s"`
}

// Pass is one pass over the guest's memory.
type Pass struct {
	Pages uint64   `json:"pages"`
	Bytes int64    `json:"bytes"`
	Took  Duration `json:"took_s"`
	// DirtyRate is how fast the guest wrote these pages during the pass before,
	// in pages a second; 0 for the first pass, which sends all.
	DirtyRate float64 `json:"dirty_pages_per_s"`
	// LinkRate is how fast the link took it, in bytes a second.
	LinkRate float64 `json:"link_bytes_per_s"`
}

// DownTime is how long the guest stood still, as the source's clock saw it: Total is Final,
// Restore and Start, and Final is Suspend, LastPass and Device.
type DownTime struct {
	Total    Duration `json:"total_s"`
	Final    Duration `json:"final_pages_s"`  // stopped until the stream's last byte was sent
	Suspend  Duration `json:"suspend_s"`      // stopped until the first byte of the last pass
	LastPass Duration `json:"last_pass_s"`    // until the last page was sent
	Device   Duration `json:"device_state_s"` // until the state of CPUs and devices was sent, too
	Restore  Duration `json:"restore_s"`      // until the destination had rebuilt it
	Start    Duration `json:"start_s"`        // until it ran there
}

// at notes that a step begins.
func (r *Report) at(s Step) {
	r.Steps = append(r.Steps, StepTime{s, Duration(r.clock().Sub(r.Start))})
}

// stepAt gives when a step began; ok is false when it did not.
func (r *Report) stepAt(s Step) (time.Duration, bool) {
	for _, t := range r.Steps {
		if t.Step == s {
			return time.Duration(t.At), true
		}
	}
	return 0, false
}

// began says whether a step has.
func (r *Report) began(s Step) bool {
	_, ok := r.stepAt(s)
	return ok
}

// between is the time from one step's beginning to another's, 0 when either
// did not happen.
func (r *Report) between(from, to Step) Duration {
	a, okA := r.stepAt(from)
	b, okB := r.stepAt(to)
	if !okA || !okB {
		return 0
	}
	return Duration(b - a)
}

// decide notes a decision and its reason.
func (r *Report) decide(what, why string, args ...any) {
	r.Decisions = append(r.Decisions, Decision{what, fmt.Sprintf(why, args...)})
}

// maxReason bounds an error that is kept in a report, in bytes.
const maxReason = 16 << 10

// why notes the reason for an outcome, where it needs one.
func (r *Report) why(o Outcome, err error) {
	if err == nil || o == OutcomeMoved || o == OutcomeChecked {
		return
	}
	what := map[Outcome]string{
		OutcomeKept: "the guest was kept at the source", OutcomeInDoubt: "the guest stands still at the source",
		OutcomeEnded: "nothing was moved", OutcomeGivenUp: "the destination gave the guest up",
	}[o]
	r.decide(what, "%v", err)
}

func (r *Report) finish(o Outcome, err error) {
	r.Outcome = o
	r.Total = Duration(r.clock().Sub(r.Start))
	if err != nil {
		err = errors.New(clip(err.Error(), maxReason))
		r.Error = err.Error()
	}
	r.why(o, err)
	if o != OutcomeMoved {
		r.Down = DownTime{}
	} else {
		r.Down.Total = r.between(StepSuspend, StepConfirm)
		r.Down.Final = r.between(StepSuspend, StepVerify)
		r.Down.Device = max(0, r.Down.Final-r.Down.Suspend-r.Down.LastPass)
		r.Down.Restore = r.between(StepVerify, StepRelease)
		r.Down.Start = r.between(StepRelease, StepConfirm)
	}
}
