package xenstore

import (
	"errors"
	"fmt"
	"syscall"
)

var (
	// ErrClosed is what calls on a closed Client return.
	ErrClosed = errors.New("xenstore: the client is closed")

	// ErrTransactionEnded is what calls on a Tx return when its transaction is over.
	ErrTransactionEnded = errors.New("xenstore: the transaction has ended")

	// ErrConnectionLost says that xenstored has ended the connection, or has sent
	// what is not an answer. The Client is of no more use and should be closed.
	ErrConnectionLost = errors.New("xenstore: the connection is lost")

	// ErrUnanswered says that xenstored had not answered when the wait for it ended.
	// It may carry out the request, now or later, or not.
	ErrUnanswered = errors.New("xenstore: xenstored has not answered")
)

// An Error is a request that failed. errors.Is matches its Err: fs.ErrNotExist where
// the path does not exist, fs.ErrPermission where it may not be used, and
// context.Canceled or context.DeadlineExceeded where ctx ended the wait. Without
// ErrUnanswered as well, such a request has never been sent.
type Error struct {
	Op   string // such as "read" or "commit transaction"
	Path string // "" when the request is not about one
	Err  error  // a syscall.Errno, a *SizeError, or one of this package's errors
}

// Error names the request and the path.
func (e *Error) Error() string {
	if e.Path == "" {
		return fmt.Sprintf("xenstore: %s: %v", e.Op, e.Err)
	}
	return fmt.Sprintf("xenstore: %s %s: %v", e.Op, shown(e.Path), e.Err)
}

// Unwrap returns the error behind it.
func (e *Error) Unwrap() error { return e.Err }

// shown is a path in a message: a long one loses its end.
func shown(path string) string {
	const most = 200
	if len(path) > most {
		return path[:most] + "…"
	}
	return path
}

// A SizeError is a request that is larger than xenstore's protocol can carry. It has
// not been sent. It matches syscall.E2BIG.
type SizeError struct {
	What  string // "path", "value" or "permissions"
	Size  int    // bytes
	Limit int    // bytes; that of a value depends on its path's length
}

// Error gives the size and the limit.
func (e *SizeError) Error() string {
	return fmt.Sprintf("%s of %d bytes, of which xenstore carries at most %d", e.What, e.Size, e.Limit)
}

// Is makes it match syscall.E2BIG, which is what libxenstore says.
func (e *SizeError) Is(target error) bool { return target == syscall.E2BIG }
