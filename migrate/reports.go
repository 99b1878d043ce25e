package migrate

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/xenvoy/xenvoy/toolstack/durable"
)

// What is kept of reports. A report has some KiB, and less than maxReportBytes whatever a peer says.
const (
	maxReports     = 500
	maxReportAge   = 400 * 24 * time.Hour
	maxReportBytes = 4 << 20
)

// ErrNoReport says that no report is kept of a migration.
var ErrNoReport = errors.New("no report is kept of this migration")

func reportsDir(dir string) string { return filepath.Join(dir, "reports") }

// reportPath is where a report lies: ID.json at the source. A destination's has a name of its own,
// since its id is the other host's choice.
func reportPath(dir string, side Side, id string) (string, error) {
	if !validID().MatchString(id) {
		return "", errNoID(id)
	}
	if side == SideDestination {
		id += "." + string(side)
	}
	return filepath.Join(reportsDir(dir), id+".json"), nil
}

// saveReport keeps a report, whole or not at all, and drops those that are too old or too many.
func saveReport(dir string, r *Report) error {
	path, err := reportPath(dir, r.Side, r.ID)
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := durable.Create(path, 0o600)
	if err != nil {
		return err
	}
	defer f.Discard()
	if _, err := f.Write(append(text, '\n')); err != nil {
		return err
	}
	if err := f.Commit(); err != nil {
		return err
	}
	return thinReports(filepath.Dir(path), time.Now())
}

// thinReports removes the oldest reports.
func thinReports(dir string, now time.Time) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	type file struct {
		path string
		at   time.Time
	}
	var all []file
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() { // else another process has removed it
			all = append(all, file{filepath.Join(dir, e.Name()), info.ModTime()})
		}
	}
	slices.SortFunc(all, func(a, b file) int { return b.at.Compare(a.at) })
	var failed []error
	for i, f := range all {
		if i < maxReports && now.Sub(f.at) <= maxReportAge {
			continue
		}
		if err := os.Remove(f.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

// LoadReport is the report that is kept of a migration: of its source when this host was that, else
// of its destination. ErrNoReport when there is none.
func LoadReport(dir, id string) (*Report, error) {
	for _, side := range []Side{SideSource, SideDestination} {
		path, err := reportPath(dir, side, id)
		if err != nil {
			return nil, err
		}
		r, err := readReport(path)
		if !errors.Is(err, fs.ErrNotExist) {
			return r, err
		}
	}
	return nil, fmt.Errorf("%s: %w; \"xenvoy migrate report\" lists those that are", id, ErrNoReport)
}

func readReport(path string) (*Report, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxReportBytes+1))
	if err == nil && len(text) > maxReportBytes {
		err = fmt.Errorf("more than %d bytes long: not a report", maxReportBytes)
	}
	var r *Report
	if err == nil {
		r, err = decodeReport(text)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

// decodeReport reads a report's JSON. Members that are null are as if they were empty, so that
// it is written again as it was read.
func decodeReport(text []byte) (*Report, error) {
	r := &Report{}
	d := json.NewDecoder(bytes.NewReader(text))
	if err := d.Decode(r); err != nil {
		return nil, err
	}
	if !validID().MatchString(r.ID) {
		return nil, errNoID(r.ID)
	}
	if r.Side != SideSource && r.Side != SideDestination {
		return nil, fmt.Errorf("%.40q is no side of a migration", r.Side)
	}
	if slices.ContainsFunc(r.Steps, func(s StepTime) bool { return s.Step == 0 }) {
		return nil, errors.New("a step has no name")
	}
	fill(&r.Findings)
	fill(&r.Steps)
	fill(&r.Passes)
	fill(&r.Decisions)
	return r, nil
}

func fill[T any](list *[]T) {
	if *list == nil {
		*list = []T{}
	}
}

// LoadReports are all reports that are kept, the oldest first. The error is for those that cannot
// be read; the others are there in spite of it.
func LoadReports(dir string) ([]*Report, error) {
	entries, err := os.ReadDir(reportsDir(dir))
	if errors.Is(err, fs.ErrNotExist) {
		return []*Report{}, nil
	}
	all, failed := []*Report{}, []error{err}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".json") {
			continue
		}
		r, err := readReport(filepath.Join(reportsDir(dir), e.Name()))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			failed = append(failed, err)
			continue
		}
		all = append(all, r)
	}
	slices.SortStableFunc(all, func(a, b *Report) int { return a.Start.Compare(b.Start) })
	return all, errors.Join(failed...)
}

// reportResolved brings the report of a migration up to date that was decided after its end. One
// that is not there is no error.
func reportResolved(dir, id string, o Outcome, how string) error {
	path, err := reportPath(dir, SideSource, id)
	if err != nil {
		return err
	}
	r, err := readReport(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && r.Outcome == o {
		return nil
	}
	if err != nil {
		return err
	}
	r.Outcome = o
	r.decide("resolved later", "%s: the guest is %s", how, o)
	return saveReport(dir, r)
}
