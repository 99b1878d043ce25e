package xlcompat

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"
	"time"
)

// maxOutput bounds what is kept of one file of the archive, in bytes.
const maxOutput = 4 << 20

// A Result is what one part of the script has left.
type Result struct {
	Stdout, Stderr string
	Status         int
	Time           time.Duration
	Hung           bool // it was ended because it took too long
}

// Results are those of all parts, by name: "17.real.run" is case 17 itself,
// ".before", ".then" and ".after" are what is run around it, and
// "FILE.setup.0" what is run around a file.
type Results map[string]*Result

// Parse reads the archive that the script writes.
func Parse(r io.Reader) (Results, error) {
	all := make(Results)
	for t := tar.NewReader(r); ; {
		head, err := t.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("results: %w", err)
		}
		if head.Typeflag != tar.TypeReg {
			continue
		}
		text, err := io.ReadAll(io.LimitReader(t, maxOutput))
		if err != nil {
			return nil, fmt.Errorf("results: %s: %w", head.Name, err)
		}
		if err := all.add(path.Base(head.Name), string(text)); err != nil {
			return nil, fmt.Errorf("results: %s: %w", head.Name, err)
		}
	}
	if len(all) == 0 {
		return nil, errors.New("results: there are none")
	}
	return all, nil
}

// add takes one file.
func (all Results) add(file, text string) error {
	ext := path.Ext(file)
	name := strings.TrimSuffix(file, ext)
	r := all[name]
	if r == nil {
		r = &Result{Status: -1}
		all[name] = r
	}
	switch ext {
	case ".out":
		r.Stdout = text
	case ".err":
		r.Stderr = text
	case ".hung":
		r.Hung = true
	case ".status":
		var ms int
		if _, err := fmt.Sscanf(text, "%d %d", &r.Status, &ms); err != nil {
			return fmt.Errorf("%q: %w", text, err)
		}
		r.Time = time.Duration(ms) * time.Millisecond
	default:
		return errors.New("of no part")
	}
	return nil
}

// Of gives a part of a case; one that has left nothing has status -1.
func (all Results) Of(c *Case, who, part string) *Result {
	if r := all[strconv.Itoa(c.ID)+"."+who+"."+part]; r != nil {
		return r
	}
	return &Result{Status: -1}
}
