package libxc

import "fmt"

// Options are choices for Open.
type Options struct {
	// Log receives every record as it comes, also those that an error carries as well.
	// It is called inside the C call that logs, on its goroutine, perhaps on several
	// at a time; it must neither block nor use the Interface.
	Log func(Record)
	// MinLevel drops messages below this level; 0 means LevelInfo.
	MinLevel Level
}

// A Level is the weight of a log record (enum xentoollog_level in xentoollog.h).
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

// A Record is one message of libxc or the libraries below it.
type Record struct {
	Level   Level
	Context string // which library: "xc", "xencall" …
	Text    string // at most 4095 bytes; what was longer is cut
	Errno   int    // the errno that goes with the message, or -1
}

// String returns the record as Xen's tools print it.
func (r Record) String() string { return fmt.Sprintf("%s: %v: %s", r.Context, r.Level, r.Text) }

// Progress is how far a step of a save has come.
type Progress struct {
	Doing       string // libxc's words, such as "Frames iteration 2"
	Done, Total uint64 // in pages; both 0 for a step without size
}
