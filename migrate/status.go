package migrate

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"
)

// State says how a migration stands by its journal.
type State string

// The states. Only the last two need somebody.
const (
	StateAtWork   State = "at work"   // a process works on it
	StateMoved    State = "moved"     // of a source: the guest runs at the destination
	StateKept     State = "kept"      // of a source: the guest runs here
	StateEnded    State = "ended"     // of a source: the guest was not moved, and had shut down or was gone
	StateStarted  State = "started"   // of a destination: the guest was started here
	StateGivenUp  State = "given up"  // of a destination: the guest never runs here
	StateInDoubt  State = "in doubt"  // released, and then nobody has written what became of it
	StateCutShort State = "cut short" // its process died with nothing in doubt, but the guest or its copy may stand still at the source
	StateDamaged  State = "damaged"   // its journal cannot be read
)

// Status is what a host knows of one migration.
type Status struct {
	ID     string    `json:"id"`
	Side   Side      `json:"side"` // that this host is
	Domain string    `json:"domain"`
	UUID   string    `json:"uuid"`
	DomID  uint32    `json:"domid,omitempty"` // at the source, of the source
	Host   string    `json:"host,omitempty"`  // the other end
	State  State     `json:"state"`
	Start  time.Time `json:"start"`
	Age    Duration  `json:"age_s"`
	// AtWork says that a process works on it, PID which, when that is known.
	AtWork bool `json:"at_work"`
	PID    int  `json:"pid,omitempty"`
	// Step is the last that its process has begun; 0 when that is not known.
	Step     *Step  `json:"step,omitempty"`
	Released bool   `json:"released"` // the source has given the guest away
	Why      string `json:"why,omitempty"`
	// Decide is the command that decides it, to be run at DecideAt; "" when nothing is to be decided.
	Decide   string `json:"decide,omitempty"`
	DecideAt Side   `json:"decide_at,omitempty"`
}

// Statuses are all migrations that this host has journals of, the oldest first. The error
// is the file system's, for those that are left out.
func Statuses(dir string) ([]Status, error) {
	all := []Status{}
	var failed []error
	for _, side := range []Side{SideSource, SideDestination} {
		ids, err := Journals(dir, side)
		failed = append(failed, err)
		for _, id := range ids {
			s, err := statusOf(dir, side, id, time.Now())
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			failed = append(failed, err)
			if err == nil {
				all = append(all, s)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b Status) int { return a.Start.Compare(b.Start) })
	return all, errors.Join(failed...)
}

// StatusOf is one migration, on each side that this host is of it. With an error it gives what
// could be read all the same.
func StatusOf(dir, id string) ([]Status, error) {
	all, err := Statuses(dir)
	all = slices.DeleteFunc(all, func(s Status) bool { return s.ID != id })
	if len(all) == 0 {
		return nil, cmp.Or(err, fmt.Errorf("this host has no journal of a migration %.80q", id))
	}
	return all, err
}

func statusOf(dir string, side Side, id string, now time.Time) (Status, error) {
	s := Status{ID: id, Side: side}
	entries, locked, err := peek(dir, side, id)
	var lines *lineError
	if err != nil && !errors.As(err, &lines) {
		return s, err
	}
	b, ok := begin(entries)
	s.Domain, s.UUID, s.DomID, s.Host, s.Start = b.Domain, b.UUID, b.DomID, b.Host, b.Time
	s.AtWork, s.Released = locked, has(entries, MarkRelease)
	if !s.Start.IsZero() {
		s.Age = Duration(max(0, now.Sub(s.Start)))
	}
	if n := len(entries); n > 0 {
		s.Why = entries[n-1].Why
	}
	s.State = stateOf(side, entries, locked)
	if err != nil || !ok {
		s.State = StateDamaged
		path, _ := journalPath(dir, side, id) // it is an id, by Journals
		s.Why = errUnread(path, cmp.Or(err, errNotBegun)).Error()
	}
	if w, known := readWork(dir, side, id); known && s.open() {
		s.Step = &w.Step
		if locked {
			s.PID = w.PID
		}
	}
	if s.State == StateInDoubt || s.State == StateCutShort {
		s.Decide, s.DecideAt = decideBy(entries, id), SideSource
	}
	return s, nil
}

// open says that it has not ended.
func (s *Status) open() bool {
	return s.State == StateAtWork || s.State == StateInDoubt || s.State == StateCutShort
}

// stateOf is the state that whole lines make, of a journal whose lock somebody has or nobody.
func stateOf(side Side, entries []Entry, locked bool) State {
	if side == SideSource && outcomeOf(entries) == OutcomeEnded {
		return StateEnded
	}
	for _, end := range []struct {
		side  Side
		mark  Mark
		state State
	}{
		{SideSource, MarkRetired, StateMoved}, {SideSource, MarkKept, StateKept},
		{SideDestination, MarkStarted, StateStarted}, {SideDestination, MarkAborted, StateGivenUp},
	} {
		if end.side == side && has(entries, end.mark) {
			return end.state
		}
	}
	switch {
	case locked:
		return StateAtWork
	case has(entries, MarkRelease) && (side == SideDestination || verdict(entries) == ""):
		return StateInDoubt
	}
	return StateCutShort
}
