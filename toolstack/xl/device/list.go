package device

import (
	"context"
	"errors"
	"io"
	"strings"

	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// A Device is what all kinds of devices tell in JSON and YAML.
type Device struct {
	Domain       idl.DomID `json:"domain_id"`
	DevID        idl.DevID `json:"devid"`      // its number among those of its kind
	Backend      uint32    `json:"backend_id"` // the domain that serves it
	State        int32     `json:"state"`      // of the connection, in xenbus' numbers; 4: connected
	BackendPath  string    `json:"backend_path"`
	FrontendPath string    `json:"frontend_path,omitempty"`
}

// A listing is a command that prints the devices of one kind that domains have.
type listing[R any] struct {
	lenient bool // xl goes on after a domain that is not there
	rows    func(ctx context.Context, c *xl.Call, id idl.DomID) ([]R, error)
	text    func(rows []R) string
}

// run lists the domains that are named. What libxl fails with xl passes over, and so a
// domain that is not there seems to have no devices; a strict session lists what there is and
// then ends with all errors.
func (l listing[R]) run(ctx context.Context, c *xl.Call) error {
	rows := []R{} // an empty array, not null
	var faults []error
	find := findDomain
	if l.lenient {
		find = plainDomain
	}
	for _, word := range c.Args {
		id, err := find(ctx, c, word)
		switch {
		case err == nil:
			var more []R
			more, err = l.rows(ctx, c, id)
			rows, err = append(rows, more...), passOver(c, err)
		case l.lenient && !c.Strict:
			c.Warnf("%v", err)
			continue
		}
		if err != nil {
			faults = append(faults, err)
			if !c.Strict {
				break
			}
		}
	}
	err := c.Print(rows, func(w io.Writer) error {
		_, err := io.WriteString(w, l.text(rows))
		return err
	})
	return errors.Join(append(faults, err)...)
}

// each makes the row of every device of a list; one that cannot be looked at has none.
func each[D, R any](all []D, err error, row func(D) (R, error)) ([]R, error) {
	var rows []R
	faults := []error{err}
	for _, d := range all {
		r, err := row(d)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		rows = append(rows, r)
	}
	return rows, errors.Join(faults...)
}

// orNull is a text as C prints it when there may be none.
func orNull(s string) string {
	if s == "" {
		return "(null)"
	}
	return s
}

// number is the number of a device as libxl has it.
func number(id *idl.DevID) idl.DevID {
	if id == nil {
		return -1
	}
	return *id
}

// lines is a header and a line for each row.
func lines[R any](header string, rows []R, line func(R) string) string {
	var b strings.Builder
	b.WriteString(header)
	for _, r := range rows {
		b.WriteString(line(r))
	}
	return b.String()
}
