// Package xenlog is what Xen's libraries log, as all bindings hand it on (xentoollog.h).
package xenlog

import (
	"fmt"
	"strings"
)

// A Level is the weight of a log record (enum xentoollog_level).
type Level int32

// The levels, in ascending order.
const (
	LevelDebug Level = iota + 1
	LevelVerbose
	LevelDetail
	LevelProgress
	LevelInfo
	LevelNotice
	LevelWarn
	LevelError
	LevelCritical
)

// String returns the name that Xen's own tools print.
func (l Level) String() string {
	names := [...]string{"debug", "verbose", "detail", "progress", "info", "notice", "warning", "error", "critical"}
	if l < LevelDebug || int(l) > len(names) {
		return fmt.Sprintf("level %d", int32(l))
	}
	return names[l-1]
}

// A Record is one message or progress report of a library.
type Record struct {
	Level   Level
	Context string // which library: "libxl", "xc", "xencall" …
	Text    string // of some 4000 bytes at most
	Cut     bool   // Text was longer
	Errno   int    // the errno that goes with the message, or -1
	Child   int    // pid of the forked child that wrote it, 0 for this process

	// Progress is set when the record reports progress rather than a message.
	Progress *Progress
}

// Progress is how far a step of an operation has come.
type Progress struct {
	Doing       string // the library's words, such as "Frames iteration 2"
	Percent     int    // 0 to 100; 0 when Total is 0
	Done, Total uint64 // in the step's own unit, for frames: pages; both 0 for a step without size
}

// String returns the record as Xen's tools print it.
func (r Record) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %v: ", r.Context, r.Level)
	b.WriteString(r.Text)
	if r.Progress != nil && r.Progress.Total > 0 {
		fmt.Fprintf(&b, ": %d/%d %d%%", r.Progress.Done, r.Progress.Total, r.Progress.Percent)
	}
	if r.Cut {
		b.WriteString(" …")
	}
	if r.Child != 0 {
		fmt.Fprintf(&b, " (child %d)", r.Child)
	}
	return b.String()
}
