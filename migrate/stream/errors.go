package stream

import "fmt"

// Error is what is wrong with a stream, and where.
type Error struct {
	Offset int64  // in bytes from the start of the stream: where the record begins
	Record string // name of the header or record
	Msg    string // what is wrong with it
}

// Error names the record and its offset.
func (e *Error) Error() string {
	return fmt.Sprintf("migration stream: %s at offset %d: %s", e.Record, e.Offset, e.Msg)
}
