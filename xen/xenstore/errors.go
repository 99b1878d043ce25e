package xenstore

import (
	"errors"
	"fmt"
)

// ErrClosed is what calls on a closed Client return.
var ErrClosed = errors.New("xenstore: the client is closed")

// An Error is a request that failed. errors.Is matches its Err: fs.ErrNotExist where
// the path does not exist, fs.ErrPermission where it may not be used.
type Error struct {
	Op   string // "read", "write", "list", "remove", "watch"
	Path string
	Err  error // usually a syscall.Errno
}

// Error names the request and the path.
func (e *Error) Error() string { return fmt.Sprintf("xenstore: %s %s: %v", e.Op, e.Path, e.Err) }

// Unwrap returns the error behind it.
func (e *Error) Unwrap() error { return e.Err }
