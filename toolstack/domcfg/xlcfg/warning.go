package xlcfg

import (
	"slices"
	"strings"

	"github.com/xenvoy/xenvoy/toolstack/domcfg"
)

// A Warning is something in a file that xl accepts, often without a word, and
// that is probably not what the writer meant.
type Warning struct {
	Pos  domcfg.Position
	Key  string // empty for the grammar
	Msg  string
	Hint string // what to do; may be empty
}

// String is "file:line:column: warning: key: what is odd (what to do)".
func (w Warning) String() string {
	e := domcfg.Error{Field: w.Key, Msg: w.Msg, Hint: w.Hint}
	if at := w.Pos.String(); at != "" {
		return at + ": warning: " + e.Error()
	}
	return "warning: " + e.Error()
}

// Warnings is all that is odd in a file.
type Warnings []Warning

// String is one line for each warning.
func (ws Warnings) String() string {
	lines := make([]string, len(ws))
	for i, w := range ws {
		lines[i] = w.String()
	}
	return strings.Join(lines, "\n")
}

func (ws Warnings) sort() {
	slices.SortStableFunc(ws, func(a, b Warning) int {
		if a.Pos.Line != b.Pos.Line {
			return a.Pos.Line - b.Pos.Line
		}
		return a.Pos.Column - b.Pos.Column
	})
}
