package migrate

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/xenvoy/xenvoy/toolstack/durable"
)

// Mark is what one line of a journal says has happened. Only these decide who
// may run the guest; everything else about a migration is in its report.
type Mark string

// The marks. The source writes begin, release, the destination's word (started or
// aborted) when it hears it, and one of retired and kept; the destination writes begin,
// release, starting, and one of started and aborted.
const (
	MarkBegin    Mark = "begin"    // the migration exists
	MarkRelease  Mark = "release"  // the source has given the guest away
	MarkStarting Mark = "starting" // from here on the guest may run at the destination
	MarkStarted  Mark = "started"  // the destination runs the guest
	MarkAborted  Mark = "aborted"  // the destination will never start it
	MarkRetired  Mark = "retired"  // the source has destroyed its copy
	MarkKept     Mark = "kept"     // the guest stays at the source
)

// known says whether this version gives the mark a meaning. A journal with
// another one was written by a later version, and is not to be decided by this.
func (m Mark) known() bool {
	switch m {
	case MarkBegin, MarkRelease, MarkStarting, MarkStarted, MarkAborted, MarkRetired, MarkKept:
		return true
	}
	return false
}

// Side is the end of a migration that a journal belongs to.
type Side string

// The two ends.
const (
	SideSource      Side = "source"
	SideDestination Side = "destination"
)

// Entry is one line of a journal.
type Entry struct {
	Mark   Mark      `json:"mark"`
	Time   time.Time `json:"time"`
	Domain string    `json:"domain,omitempty"` // name; in begin
	UUID   string    `json:"uuid,omitempty"`   // in begin
	DomID  uint32    `json:"domid,omitempty"`  // at the source; in begin
	Host   string    `json:"host,omitempty"`   // the other end; in begin, the source's as ssh knows it
	SSH    []string  `json:"ssh,omitempty"`    // command that reaches it; in the source's begin
	Peer   Peer      `json:"peer,omitempty"`   // the program there; in the source's begin, none means xenvoy
	Why    string    `json:"why,omitempty"`
	Ended  bool      `json:"ended,omitempty"` // in the source's kept: the guest had shut down or was gone
}

// Journal is one end's record of one migration: a file of JSON lines that only
// grows. A line counts once it is on disk. While a process works on the
// migration it holds the file's lock, so whoever gets the lock knows that the
// worker is gone. Written in docs/migration.md.
type Journal struct {
	file    *os.File
	size    int64 // bytes of whole lines
	entries []Entry
}

// maxJournal bounds a journal's size in bytes: a migration writes a handful of
// short lines.
const maxJournal = 1 << 20

var validID = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9a-z][0-9a-z-]{7,63}$`) })

func errNoID(id string) error {
	return fmt.Errorf("%.80q is no migration id: want 8 to 64 letters, digits and hyphens", id)
}

func journalPath(dir string, side Side, id string) (string, error) {
	if !validID().MatchString(id) {
		return "", errNoID(id)
	}
	return filepath.Join(dir, id+"."+string(side)+".jsonl"), nil
}

// CreateJournal starts the journal of a new migration in dir, which it makes
// when needed. It fails with fs.ErrExist when the id is taken. The journal gets
// its name once it is locked and begun, so nobody finds one that is neither.
func CreateJournal(dir string, side Side, id string, begin Entry) (*Journal, error) {
	path, err := journalPath(dir, side, id)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	f, err := os.CreateTemp(dir, id+"."+string(side)+".*.draft") // mode 0600
	if err != nil {
		return nil, err
	}
	defer os.Remove(f.Name())
	j := &Journal{file: f}
	begin.Mark = MarkBegin
	err = lockFile(context.Background(), f)
	if err == nil {
		err = j.Write(begin)
	}
	if err == nil {
		err = os.Link(f.Name(), path)
	}
	if err == nil {
		err = durable.SyncFolder(dir)
	}
	if err != nil {
		j.Close()
		return nil, err
	}
	return j, nil
}

// OpenJournal opens a migration's journal and waits, until ctx ends, for the
// process that works on it to let go. fs.ErrNotExist when there is none.
func OpenJournal(ctx context.Context, dir string, side Side, id string) (*Journal, error) {
	path, err := journalPath(dir, side, id)
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND, 0)
	if err != nil {
		return nil, err
	}
	if err := lockFile(ctx, f); err != nil {
		f.Close()
		return nil, err
	}
	j := &Journal{file: f}
	if j.entries, j.size, err = readEntries(f); err == nil {
		err = j.cutBack()
	}
	if err != nil {
		f.Close()
		return nil, errUnread(path, err)
	}
	return j, nil
}

// errUnread is the error of a journal that cannot be read. Nothing decides by it again what
// becomes of its guest: somebody must find out.
func errUnread(path string, err error) error {
	return fmt.Errorf("the journal %s cannot be read: %w; look on both hosts where its guest runs, and once one copy is left move that file away", path, err)
}

// errNotBegun is what is wrong with a journal that has no beginning.
var errNotBegun = fmt.Errorf("it does not begin with %q", MarkBegin)

// lockFile takes the file's lock. The kernel has no call that waits for a lock
// and for a context, so a helper goroutine waits in the kernel; if ctx ends
// first it is left to release the lock by closing its own descriptor.
func lockFile(ctx context.Context, f *os.File) error {
	if syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
		return nil
	}
	own, err := os.OpenFile(f.Name(), os.O_RDONLY, 0)
	if err != nil {
		return err
	}
	free := make(chan error, 1)
	go func() {
		err := syscall.Flock(int(own.Fd()), syscall.LOCK_EX)
		own.Close()
		free <- err
	}()
	select {
	case <-ctx.Done():
		return fmt.Errorf("%s: another process still works on it: %w", f.Name(), ctx.Err())
	case err := <-free:
		if err != nil {
			return err
		}
		return lockFile(ctx, f)
	}
}

// readEntries reads all whole lines and gives their length in bytes. A last line
// without its newline was being written when the machine died: it does not
// count. After an error it gives the entries before the faulty one.
func readEntries(f *os.File) (all []Entry, size int64, err error) {
	st, err := f.Stat()
	if err != nil {
		return nil, 0, err
	}
	if st.Size() > maxJournal {
		return nil, 0, &lineError{0, fmt.Errorf("%d bytes long, at most %d: not a journal", st.Size(), maxJournal)}
	}
	r := bufio.NewReader(io.LimitReader(f, maxJournal))
	for n := 1; ; n++ {
		line, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return all, size, nil
		}
		var e Entry
		if err == nil {
			err = json.Unmarshal(line, &e)
		}
		if err == nil && !e.Mark.known() {
			err = fmt.Errorf("unknown mark %.20q", e.Mark)
		}
		if err != nil {
			return all, size, &lineError{n, err}
		}
		all, size = append(all, e), size+int64(len(line))
	}
}

// A lineError is a journal that is damaged at a line, counted from 1; 0: as a whole.
type lineError struct {
	line int
	err  error
}

func (e *lineError) Error() string {
	if e.line == 0 {
		return e.err.Error()
	}
	return fmt.Sprintf("line %d: %v", e.line, e.err)
}

func (e *lineError) Unwrap() error { return e.err }

// Write appends an entry and returns once it is on disk. After an error the
// entry does not count, and what was written of it is taken back, so that it
// does not spoil the next line.
func (j *Journal) Write(e Entry) error {
	if e.Time.IsZero() {
		e.Time = time.Now().UTC()
	}
	e.Why = clip(e.Why, maxWhy)
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	line = append(line, '\n')
	if _, err = j.file.Write(line); err == nil {
		err = j.file.Sync()
	}
	if err != nil {
		return errors.Join(err, j.cutBack())
	}
	j.size += int64(len(line))
	j.entries = append(j.entries, e)
	return nil
}

// cutBack takes away what follows the last whole line.
func (j *Journal) cutBack() error {
	if err := j.file.Truncate(j.size); err != nil {
		return err
	}
	_, err := j.file.Seek(j.size, io.SeekStart)
	return err
}

// Has says whether the journal holds the mark.
func (j *Journal) Has(m Mark) bool { return has(j.entries, m) }

func has(entries []Entry, m Mark) bool {
	return slices.ContainsFunc(entries, func(e Entry) bool { return e.Mark == m })
}

// Begin is the journal's first entry; ok is false when it has none, which only
// a damaged disk can bring about.
func (j *Journal) Begin() (e Entry, ok bool) { return begin(j.entries) }

func begin(entries []Entry) (e Entry, ok bool) {
	if len(entries) == 0 || entries[0].Mark != MarkBegin {
		return Entry{}, false
	}
	return entries[0], true
}

// Close lets the lock go.
func (j *Journal) Close() error { return j.file.Close() }

// Journals lists the ids of the migrations that have a journal in dir.
func Journals(dir string, side Side) ([]string, error) {
	names, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var ids []string
	suffix := "." + string(side) + ".jsonl"
	for _, n := range names {
		if id, ok := strings.CutSuffix(n.Name(), suffix); ok && validID().MatchString(id) {
			ids = append(ids, id)
		}
	}
	return ids, err
}
