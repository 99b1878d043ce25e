package migrate

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"time"
)

// Work is how far the process is that works on a migration. It is for people to look at:
// nothing is decided by it, and so it is not synced.
type Work struct {
	Step Step      `json:"step"`
	Time time.Time `json:"time"` // when the step began
	PID  int       `json:"pid"`
}

// maxWork bounds what is read of it, in bytes.
const maxWork = 4096

// workPath is a file beside the journal, whose name no journal has.
func workPath(dir string, side Side, id string) (string, error) {
	path, err := journalPath(dir, side, id)
	return path + ".step", err
}

// noteWork writes down that a step begins. A failure only makes status say less.
func noteWork(dir string, side Side, id string, step Step) error {
	path, err := workPath(dir, side, id)
	if err != nil {
		return err
	}
	b, err := json.Marshal(Work{step, time.Now().UTC(), os.Getpid()})
	if err != nil {
		return err
	}
	if err := os.WriteFile(path+".part", b, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".part", path)
}

// readWork is how far it is, ok when that is known.
func readWork(dir string, side Side, id string) (w Work, ok bool) {
	path, err := workPath(dir, side, id)
	if err != nil {
		return w, false
	}
	f, err := os.Open(path)
	if err != nil {
		return w, false
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxWork))
	return w, err == nil && json.Unmarshal(b, &w) == nil && w.Step > 0
}

// dropWork removes what is only of use while a migration goes on.
func dropWork(dir string, side Side, id string) error {
	path, err := workPath(dir, side, id)
	if err == nil {
		err = errors.Join(removed(path), removed(path+".part"))
	}
	return err
}

func removed(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
