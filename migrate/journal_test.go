package migrate

import (
	"errors"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
)

const testID = "20261123-000000-00000001"

// TestJournalSurvivesAFullDisk lets a write stop half way: the next entry must
// stand on a line of its own.
func TestJournalSurvivesAFullDisk(t *testing.T) {
	dir := t.TempDir()
	j, err := CreateJournal(dir, SideDestination, testID, Entry{Domain: "web"})
	if err != nil {
		t.Fatal(err)
	}
	limited(t, j.size+10, func() {
		if err := j.Write(Entry{Mark: MarkRelease}); !errors.Is(err, syscall.EFBIG) {
			t.Errorf("past the limit: %v", err)
		}
	})
	if j.Has(MarkRelease) {
		t.Error("an entry counts that was not written")
	}
	if err := j.Write(Entry{Mark: MarkAborted}); err != nil {
		t.Fatal(err)
	}
	j.Close()
	j, err = OpenJournal(t.Context(), dir, SideDestination, testID)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	if !j.Has(MarkAborted) || j.Has(MarkRelease) || len(j.entries) != 2 {
		t.Errorf("read again: %+v", j.entries)
	}
}

// limited runs f while no file of this process may grow past limit bytes.
func limited(t *testing.T, limit int64, f func()) {
	t.Helper()
	signal.Ignore(syscall.SIGXFSZ)
	defer signal.Reset(syscall.SIGXFSZ)
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: uint64(limit), Max: old.Max}); err != nil {
		t.Fatal(err)
	}
	defer syscall.Setrlimit(syscall.RLIMIT_FSIZE, &old)
	f()
}

// TestJournalIsBornWhole opens journals the moment that they appear: each must
// have begun, or a sweep would decide a migration that has only just started.
func TestJournalIsBornWhole(t *testing.T) {
	for range 200 {
		dir := t.TempDir()
		created := make(chan error, 1)
		go func() {
			j, err := CreateJournal(dir, SideDestination, testID, Entry{Domain: "web"})
			if err == nil {
				j.Close()
			}
			created <- err
		}()
		for {
			j, err := OpenJournal(t.Context(), dir, SideDestination, testID)
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			if _, ok := j.Begin(); !ok {
				t.Fatalf("opened a journal that has not begun: %+v", j.entries)
			}
			j.Close()
			break
		}
		if err := <-created; err != nil {
			t.Fatal(err)
		}
	}
}

func TestCreateJournalRefusesATakenID(t *testing.T) {
	dir := t.TempDir()
	j, err := CreateJournal(dir, SideSource, testID, Entry{})
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	if _, err := CreateJournal(dir, SideSource, testID, Entry{}); !errors.Is(err, fs.ErrExist) {
		t.Errorf("the same id again: %v, want fs.ErrExist", err)
	}
	if files, err := filepath.Glob(filepath.Join(dir, "*")); err != nil || len(files) != 1 {
		t.Errorf("the folder holds %v, %v", files, err)
	}
}

// spoil writes a line that is none into a file.
func spoil(t *testing.T, path string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString("no line of a journal\n"); err != nil {
		t.Fatal(err)
	}
}
