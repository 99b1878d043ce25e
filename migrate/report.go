package migrate

import (
	"fmt"
	"strings"
	"time"

	"github.com/xenvoy/xenvoy/migrate/stream"
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
)

// Report is the account of one migration.
type Report struct {
	ID      string    `json:"id"`
	Domain  string    `json:"domain"`
	UUID    string    `json:"uuid"`
	Type    string    `json:"type"`
	From    string    `json:"from"`
	To      string    `json:"to"`
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

	sending Duration // from the start of pre-copy to the stream's last byte
	clock   func() time.Time
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
}

// DownTime is how long the guest stood still, as the source's clock saw it.
type DownTime struct {
	Total   Duration `json:"total_s"`
	Final   Duration `json:"final_pages_s"` // suspended until the stream's last byte was sent
	Restore Duration `json:"restore_s"`     // until the destination had rebuilt it
	Start   Duration `json:"start_s"`       // until it ran there
}

// Duration is a time span that JSON shows in seconds.
type Duration time.Duration

// MarshalJSON gives seconds with a millisecond's precision.
func (d Duration) MarshalJSON() ([]byte, error) {
	return fmt.Appendf(nil, "%.3f", time.Duration(d).Seconds()), nil
}

// String gives seconds.
func (d Duration) String() string { return fmt.Sprintf("%.1f s", time.Duration(d).Seconds()) }

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

func (r *Report) finish(o Outcome, err error) {
	r.Outcome = o
	r.Total = Duration(r.clock().Sub(r.Start))
	if err != nil {
		r.Error = err.Error()
	}
	if o == OutcomeMoved {
		r.Down = DownTime{
			Total:   r.between(StepSuspend, StepConfirm),
			Final:   r.between(StepSuspend, StepVerify),
			Restore: r.between(StepVerify, StepRelease),
			Start:   r.between(StepRelease, StepConfirm),
		}
	}
}

// addPasses takes the page counts from the stream that was sent. starts holds
// when each pass began; the last one lasted until end.
func (r *Report) addPasses(s stream.Stats, starts []time.Time, end time.Time) {
	if at, ok := r.stepAt(StepPreCopy); ok && len(starts) > 0 {
		r.sending = Duration(end.Sub(r.Start) - at)
	}
	starts = append(starts, end)
	before := time.Duration(0)
	for i, p := range s.Passes {
		if i+1 >= len(starts) {
			break
		}
		took := starts[i+1].Sub(starts[i])
		out := Pass{Pages: p.Pages, Bytes: p.Bytes, Took: Duration(took)}
		if before > 0 {
			out.DirtyRate = float64(p.Pages) / before.Seconds()
		}
		r.Passes = append(r.Passes, out)
		before = took
	}
}

// Text is the report for a person.
func (r *Report) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "migration %s: %s %s (%s -> %s)\n", r.ID, r.Domain, r.Outcome, r.From, r.To)
	if r.Error != "" {
		fmt.Fprintf(&b, "  error       %s\n", r.Error)
	}
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "  %-11s %s\n", map[bool]string{true: "refused", false: "note"}[f.Fatal], f)
	}
	for _, n := range r.Notes {
		fmt.Fprintf(&b, "  note        %s\n", n)
	}
	if r.Bytes > 0 {
		fmt.Fprintf(&b, "  stream      %.1f MB in %s, %.1f MB/s\n", float64(r.Bytes)/1e6, r.sending, r.rate())
	}
	for i, p := range r.Passes {
		fmt.Fprintf(&b, "  pass %-6d %7d pages, %8.1f MB, %s", i+1, p.Pages, float64(p.Bytes)/1e6, p.Took)
		if p.DirtyRate > 0 {
			fmt.Fprintf(&b, ", guest wrote %.0f pages/s before it", p.DirtyRate)
		}
		b.WriteByte('\n')
	}
	if r.Outcome == OutcomeMoved {
		fmt.Fprintf(&b, "  downtime    %s = final pages %s + restore %s + start %s\n",
			r.Down.Total, r.Down.Final, r.Down.Restore, r.Down.Start)
	}
	fmt.Fprintf(&b, "  total       %s\n", r.Total)
	const perLine = 4
	for i, s := range r.Steps {
		switch {
		case i == 0:
			b.WriteString("  steps       ")
		case i%perLine == 0:
			b.WriteString(",\n              ")
		default:
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%d %s at %s", s.Step, s.Step, s.At)
	}
	return b.String() + "\n"
}

func (r *Report) rate() float64 {
	if s := time.Duration(r.sending).Seconds(); s > 0 {
		return float64(r.Bytes) / 1e6 / s
	}
	return 0
}
