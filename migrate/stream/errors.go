package stream

import "fmt"

// Error is what is wrong with a stream, and where.
type Error struct {
	Offset int64  // in bytes from the start of the stream (or file): where the record begins
	Record string // name of the header or record
	Rule   Rule   // the rule that it breaks
	Msg    string // what is wrong with it
}

// Error names the record, its offset and the rule.
func (e *Error) Error() string {
	return fmt.Sprintf("migration stream: %s at offset %d: %s (rule %s)", e.Record, e.Offset, e.Msg, e.Rule)
}

// fault is an Error that does not know its place yet.
type fault struct {
	rule Rule
	msg  string
}

func faultf(rule Rule, format string, args ...any) *fault {
	return &fault{rule, fmt.Sprintf(format, args...)}
}
