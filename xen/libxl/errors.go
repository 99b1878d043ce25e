package libxl

import (
	"errors"
	"fmt"
	"strings"

	"github.com/xenvoy/xenvoy/xen/internal/xenlog"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// ErrClosed is what calls on a closed Context return.
var ErrClosed = errors.New("libxl: the context is closed")

// ErrDisaster says that libxl's event machinery broke down (libxl_event.h,
// "disaster"): the Context is of no more use and should be closed. Operations that
// were running may have been carried out or not.
var ErrDisaster = errors.New("libxl: the event machinery broke down")

// An Error is a libxl call that failed. errors.Is matches it with its Code, and
// with context.Canceled or context.DeadlineExceeded when that is why it was aborted.
type Error struct {
	Op     string    // the C function, such as "libxl_domain_suspend"
	Domain idl.DomID // idl.InvalidDomID when the call is not about one domain
	Code   Code      // 0 when the call failed before it reached libxl
	Log    []Record  // what libxl logged during the call, oldest first
	Cause  error     // what lies behind the code, such as the context's error; may be nil
}

// Error returns one line: operation, domain, code and the most telling log record.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Op)
	if e.Domain != idl.InvalidDomID {
		fmt.Fprintf(&b, ": domain %d", e.Domain)
	}
	if e.Cause != nil {
		fmt.Fprintf(&b, ": %v", e.Cause)
	}
	if e.Code != 0 {
		fmt.Fprintf(&b, ": %v (%d)", e.Code, int32(e.Code))
	}
	xenlog.WriteTelling(&b, e.Log)
	return b.String()
}

// Format prints one line for %v and %s, and all log records after it for %+v.
func (e *Error) Format(f fmt.State, verb rune) { xenlog.Format(f, verb, e, e.Log) }

// Unwrap returns the code and the cause, for errors.Is and errors.As.
func (e *Error) Unwrap() []error {
	var errs []error
	if e.Code != 0 {
		errs = append(errs, e.Code)
	}
	if e.Cause != nil {
		errs = append(errs, e.Cause)
	}
	return errs
}
