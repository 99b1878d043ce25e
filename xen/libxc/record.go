package libxc

import "github.com/xenvoy/xenvoy/xen/internal/xenlog"

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
type Level = xenlog.Level

// The levels, in ascending order.
const (
	LevelDebug    = xenlog.LevelDebug
	LevelVerbose  = xenlog.LevelVerbose
	LevelDetail   = xenlog.LevelDetail
	LevelProgress = xenlog.LevelProgress
	LevelInfo     = xenlog.LevelInfo
	LevelNotice   = xenlog.LevelNotice
	LevelWarn     = xenlog.LevelWarn
	LevelError    = xenlog.LevelError
	LevelCritical = xenlog.LevelCritical
)

// A Record is one message of libxc or the libraries below it. It is the same type as
// package libxl's, and prints as Xen's tools do. Its members, as far as libxc fills them:
//
//	Level   Level
//	Context string // which library: "xc", "xencall" …
//	Text    string // at most 4095 bytes
//	Cut     bool   // Text was longer
//	Errno   int    // the errno that goes with the message, or -1
type Record = xenlog.Record

// Progress is how far a step of a save has come. Its members:
//
//	Doing       string // libxc's words, such as "Frames iteration 2"
//	Percent     int    // 0 to 100; 0 when Total is 0
//	Done, Total uint64 // in pages; both 0 for a step without size
type Progress = xenlog.Progress
