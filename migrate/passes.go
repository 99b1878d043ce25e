package migrate

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/xenvoy/xenvoy/migrate/stream"
)

// milestones are when the parts of the stream that is being sent began.
type milestones struct {
	passes []time.Time
	state  time.Time // of CPUs and devices; zero: not yet
	end    time.Time // the last byte was sent
}

// note takes an event of the stream.
func (t *milestones) note(e stream.Event) {
	switch {
	case e.Kind == stream.PassStarted:
		t.passes = append(t.passes, time.Now())
	case e.Kind == stream.StateStarted && t.state.IsZero():
		t.state = time.Now()
	}
}

// addPasses takes the page counts from the stream that was sent, and when its parts began.
func (r *Report) addPasses(s stream.Stats, t milestones) {
	if at, ok := r.stepAt(StepPreCopy); ok && len(t.passes) > 0 {
		r.Sending = Duration(t.end.Sub(r.Start) - at)
	}
	ends := slices.Concat(t.passes, []time.Time{t.end})
	before := time.Duration(0)
	for i, p := range s.Passes {
		if i+1 >= len(ends) {
			break
		}
		end := ends[i+1]
		if i+2 == len(ends) && !t.state.IsZero() {
			end = t.state
		}
		took := end.Sub(ends[i])
		out := Pass{Pages: p.Pages, Bytes: p.Bytes, Took: Duration(took)}
		out.LinkRate = perSecond(float64(p.Bytes), took)
		out.DirtyRate = perSecond(float64(p.Pages), before)
		r.Passes = append(r.Passes, out)
		before = took
	}
	r.splitFinal(t)
}

// perSecond is a rate, 0 when it took no time.
func perSecond(n float64, took time.Duration) float64 {
	if took <= 0 {
		return 0
	}
	return n / took.Seconds()
}

// splitFinal divides the time from the guest's stop to the stream's last byte. A last pass that
// began before the word of the stop came took the time since that word.
func (r *Report) splitFinal(t milestones) {
	at, ok := r.stepAt(StepSuspend)
	if !ok || t.end.IsZero() {
		return
	}
	stop := r.Start.Add(at)
	pages := t.end
	if !t.state.IsZero() {
		pages = later(t.state, stop)
	}
	first := pages // without a last pass all of the time before the state is the suspend's
	if n := len(t.passes); n > 1 {
		first = later(t.passes[n-1], stop)
	}
	if first.After(pages) {
		first = pages
	}
	r.Down.Suspend, r.Down.LastPass = Duration(first.Sub(stop)), Duration(pages.Sub(first))
	r.Down.Device = Duration(max(0, t.end.Sub(pages)))
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// Xen's policy of pre-copy (tools/libs/guest/xg_sr_save.c, simple_precopy_policy), which libxl
// leaves in place.
const (
	mostLivePasses = 5
	fewDirtyPages  = 50
)

// liveEnd says why pre-copy ended, as far as the library's own count of its passes tells: it
// numbers the live ones from 0 and gives the last one no number.
func (r *Report) liveEnd(passes int) {
	switch {
	case passes >= mostLivePasses:
		r.decide("pre-copy ended", "%d passes were made while the guest ran, the most that libxl makes", passes)
	case passes > 0:
		r.decide("pre-copy ended", "fewer than %d pages were left to send after %s, and libxl then stops the guest", fewDirtyPages, times(passes))
	default:
		r.decide("pre-copy ended", "libxl decided it, and did not tell how many passes it had made")
	}
}

func times(passes int) string {
	if passes == 1 {
		return "1 pass"
	}
	return fmt.Sprintf("%d passes", passes)
}

// livePass is the number of the live pass, from 1, that the library's name for it holds; 0 when
// it holds none.
func livePass(phase string) int {
	var n int
	if _, err := fmt.Sscanf(strings.TrimSpace(phase), "Frames iteration %d", &n); err != nil || n < 0 || n > 1<<16 {
		return 0
	}
	return n + 1
}
