package domcfg

import (
	"fmt"
	"slices"
	"strings"
)

// Position is a place in a domain file. Line and Column count from 1; Column
// counts characters, not bytes. The zero Position means "not from a file".
type Position struct {
	File   string `json:"file,omitempty"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
}

// IsValid reports whether p names a place in a file.
func (p Position) IsValid() bool { return p.Line > 0 && p.Column > 0 }

// String is "file:line:column", or "file" if the place in it is not known.
func (p Position) String() string {
	if !p.IsValid() {
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// Error is one thing that is wrong with a domain file.
type Error struct {
	Pos   Position // where the key or value stands
	Field string   // path of the key, as "disks[0].format"; empty for the file as a whole
	Msg   string   // what is wrong
	Hint  string   // what to do about it; may be empty
}

// Error is "file:line:column: field: what is wrong (what to do)".
func (e *Error) Error() string {
	var b strings.Builder
	if at := e.Pos.String(); at != "" {
		b.WriteString(at + ": ")
	}
	if e.Field != "" {
		b.WriteString(e.Field + ": ")
	}
	b.WriteString(e.Msg)
	if e.Hint != "" {
		b.WriteString(" (" + e.Hint + ")")
	}
	return b.String()
}

// Errors is all that is wrong with a domain file, in the order of the file.
// errors.As finds the single *Error values in it.
type Errors []*Error

// Error is one line for each error.
func (es Errors) Error() string {
	lines := make([]string, len(es))
	for i, e := range es {
		lines[i] = e.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap gives the single errors to errors.Is and errors.As.
func (es Errors) Unwrap() []error {
	out := make([]error, len(es))
	for i, e := range es {
		out[i] = e
	}
	return out
}

// Sort puts the errors in the order of the file.
func (es Errors) Sort() {
	slices.SortStableFunc(es, func(a, b *Error) int {
		if a.Pos.Line != b.Pos.Line {
			return a.Pos.Line - b.Pos.Line
		}
		return a.Pos.Column - b.Pos.Column
	})
}
