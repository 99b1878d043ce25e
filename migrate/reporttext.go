package migrate

import (
	"fmt"
	"strings"
	"time"
)

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
		fmt.Fprintf(&b, "  stream      %.1f MB in %s, %.1f MB/s\n", float64(r.Bytes)/1e6, r.Sending, r.rate())
	}
	for i, p := range r.Passes {
		fmt.Fprintf(&b, "  pass %-6d %7d pages, %8.1f MB, %s, %.1f MB/s", i+1, p.Pages, float64(p.Bytes)/1e6, p.Took, p.LinkRate/1e6)
		if p.DirtyRate > 0 {
			fmt.Fprintf(&b, ", guest wrote %.0f pages/s before it", p.DirtyRate)
		}
		b.WriteByte('\n')
	}
	if r.Outcome == OutcomeMoved {
		r.writeDown(&b)
	}
	for _, d := range r.Decisions {
		fmt.Fprintf(&b, "  decided     %s: %s\n", d.What, d.Why)
	}
	fmt.Fprintf(&b, "  total       %s\n", r.Total)
	r.writeSteps(&b)
	return printable(b.String()) + "\n" // a peer's words are in it
}

// writeDown says how long the guest stood still, which only the source knows.
func (r *Report) writeDown(b *strings.Builder) {
	d := r.Down
	if d.Total == 0 {
		return
	}
	fmt.Fprintf(b, "  downtime    %s = final pages %s (suspend %s, last pass %s, device state %s) + restore %s + start %s\n",
		d.Total, d.Final, d.Suspend, d.LastPass, d.Device, d.Restore, d.Start)
}

func (r *Report) writeSteps(b *strings.Builder) {
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
		fmt.Fprintf(b, "%d %s at %s", s.Step, s.Step, s.At)
	}
}

func (r *Report) rate() float64 {
	if s := time.Duration(r.Sending).Seconds(); s > 0 {
		return float64(r.Bytes) / 1e6 / s
	}
	return 0
}
