package libxl

import "github.com/xenvoy/xenvoy/xen/internal/xenlog"

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

// A Record is one message or progress report of libxl or the libraries below it. It is the
// same type as package libxc's, and prints as Xen's tools do. Its members:
//
//	Level    Level
//	Context  string     // which library: "libxl", "xc", "xencall" …
//	Text     string     // at most 4096 bytes
//	Cut      bool       // Text was longer
//	Errno    int        // the errno that goes with the message, or -1
//	Child    int        // pid of the forked child that wrote it, 0 for this process
//	Progress *Progress  // set when it reports progress rather than a message
type Record = xenlog.Record

// Progress is how far a step of an operation has come. Its members:
//
//	Doing       string // the library's words, such as "Frames iteration 2"
//	Percent     int    // 0 to 100; 0 when Total is 0
//	Done, Total uint64 // in the step's own unit, for frames: pages; both 0 for a step without size
type Progress = xenlog.Progress
