package xlcfg

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode"

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

// add keeps at most maxWarnings, and a last one that says so.
func (ws Warnings) add(w Warning) Warnings {
	switch {
	case len(ws) > maxWarnings:
		return ws
	case len(ws) == maxWarnings:
		w.Key, w.Msg, w.Hint = "", "more warnings are not shown", ""
	}
	w.Msg, w.Hint = oneLine(w.Msg), oneLine(w.Hint)
	return append(ws, w)
}

// oneLine writes what would move a terminal's cursor as Go does in a text.
func oneLine(message string) string {
	var b strings.Builder
	for _, r := range message {
		if unicode.IsPrint(r) {
			b.WriteRune(r)
			continue
		}
		quoted := strconv.QuoteRuneToASCII(r)
		b.WriteString(quoted[1 : len(quoted)-1])
	}
	return b.String()
}

// String is one line for each warning.
func (ws Warnings) String() string {
	lines := make([]string, len(ws))
	for i, w := range ws {
		lines[i] = w.String()
	}
	return strings.Join(lines, "\n")
}

// sort puts the warnings in the order of the file, and those of what was added
// to it behind.
func (ws Warnings) sort(file string) {
	slices.SortStableFunc(ws, func(a, b Warning) int {
		switch {
		case a.Pos.File == b.Pos.File:
			return cmp.Or(a.Pos.Line-b.Pos.Line, a.Pos.Column-b.Pos.Column)
		case a.Pos.File == file:
			return -1
		case b.Pos.File == file:
			return 1
		}
		return strings.Compare(a.Pos.File, b.Pos.File)
	})
}
