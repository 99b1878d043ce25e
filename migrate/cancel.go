package migrate

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// ErrTooLate says that a migration cannot be called off any more.
var ErrTooLate = errors.New("too late to call the migration off")

// cancelPoll is how often a migration looks whether it shall be called off. A file says so: unlike
// a signal to a number it cannot reach another process.
const cancelPoll = 200 * time.Millisecond

func cancelPath(dir, id string) (string, error) {
	if !validID().MatchString(id) {
		return "", errNoID(id)
	}
	return filepath.Join(dir, id+".cancel"), nil
}

// heedCancel pulls the brake when somebody asks for it, until ctx ends.
func (m *sending) heedCancel(ctx context.Context) {
	path, err := cancelPath(m.StateDir, m.report.ID)
	if err != nil {
		return
	}
	tick := time.NewTicker(cancelPoll)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if _, err := os.Stat(path); err == nil {
			m.brake.pull(ErrCancelled)
			return
		}
	}
}

// Cancellable finds the migration that Cancel would call off, by its id or by the name, id or
// uuid of its domain. ErrTooLate when the guest has been given away, or nobody works on it.
func Cancellable(dir, word string) (*Status, error) {
	all, err := Statuses(dir)
	var found *Status
	for i := range all {
		s := &all[i]
		is := s.ID == word || s.AtWork && (s.Domain == word || s.UUID == word || s.Side == SideSource && strconv.Itoa(int(s.DomID)) == word)
		if is && (found == nil || s.Side == SideSource) {
			found = s
		}
	}
	switch {
	case found == nil && err != nil:
		return nil, err
	case found == nil:
		return nil, fmt.Errorf("no migration of %q is at work here; \"xenvoy migrate status\" lists all", word)
	case found.Side == SideDestination:
		return nil, fmt.Errorf("this host is the destination of migration %s: call it off at the source", found.ID)
	case !found.AtWork && found.Decide != "":
		return nil, fmt.Errorf("%w: nobody works on %s any more; it is %s: run: %s", ErrTooLate, found.ID, found.State, found.Decide)
	case !found.AtWork:
		return nil, fmt.Errorf("%w: %s has ended, its guest is %s", ErrTooLate, found.ID, found.State)
	case found.Released:
		return nil, fmt.Errorf("%w: the guest of %s has been given to %s, which may run it already: it must not run here as well", ErrTooLate, found.ID, found.Host)
	}
	return found, nil
}

// Cancel asks the process that works on a migration to call it off, and waits, until ctx ends, for
// that process to let go. The guest then runs on at the source: OutcomeKept; or it has ended there
// by itself: OutcomeEnded. ErrTooLate when the
// guest had been given away, ErrInDoubt when the process has not said where it is.
func Cancel(ctx context.Context, dir, word string) (id string, o Outcome, err error) {
	s, err := Cancellable(dir, word)
	if err != nil {
		return "", "", err
	}
	path, err := cancelPath(dir, s.ID)
	if err != nil {
		return s.ID, "", err
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		return s.ID, "", err
	}
	defer os.Remove(path)
	j, err := OpenJournal(ctx, dir, SideSource, s.ID)
	if err != nil {
		return s.ID, "", err
	}
	defer j.Close()
	switch o := outcomeOf(j.entries); o {
	case OutcomeKept, OutcomeEnded:
		return s.ID, o, nil
	case OutcomeMoved:
		return s.ID, OutcomeMoved, fmt.Errorf("%w: the guest had been given to %s and runs there", ErrTooLate, s.Host)
	}
	return s.ID, OutcomeInDoubt, fmt.Errorf("%w: run: %s", ErrInDoubt, decideBy(j.entries, s.ID))
}
