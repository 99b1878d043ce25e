package migrate

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// ErrBusy says that another migration of the same domain is going on at the
// source, or is in doubt: two of them could both let the guest run.
var ErrBusy = errors.New("another migration of this domain has not ended")

// aloneWith makes sure that no migration but own decides where a domain of the
// source runs. The caller holds its own journal's lock: of two that begin at
// the same time each sees the other's, and at most one goes on.
func aloneWith(dir, own string, dom Entry) error {
	ids, err := Journals(dir, SideSource)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if id == own {
			continue
		}
		entries, locked, err := peek(dir, SideSource, id)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		b, ok := begin(entries)
		other := ok && (b.UUID != dom.UUID || b.DomID != dom.DomID)
		switch {
		case other:
		case err != nil:
			path, _ := journalPath(dir, SideSource, id) // it is an id, by Journals
			return errUnread(path, err)
		case locked:
			return fmt.Errorf("%w: %s, which is at work", ErrBusy, id)
		case has(entries, MarkRelease) && !has(entries, MarkRetired) && !has(entries, MarkKept):
			return fmt.Errorf("%w: %s is %s; run: %s", ErrBusy, id, stateOf(SideSource, entries, false), decideBy(entries, id))
		}
	}
	return nil
}

// peek reads a journal without waiting for its lock. After an error of
// a line, a *lineError, it still gives those before it.
func peek(dir string, side Side, id string) (entries []Entry, locked bool, err error) {
	path, err := journalPath(dir, side, id)
	if err != nil {
		return nil, false, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, false, err
	}
	defer f.Close()
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB)
	if locked = errors.Is(err, syscall.EWOULDBLOCK); err != nil && !locked {
		return nil, false, fmt.Errorf("lock %s: %w", path, err)
	}
	entries, _, err = readEntries(f)
	return entries, locked, err
}
