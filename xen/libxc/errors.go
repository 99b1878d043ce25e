package libxc

import (
	"errors"
	"fmt"
	"strings"
	"syscall"

	"github.com/xenvoy/xenvoy/xen/internal/xenlog"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

var (
	// ErrClosed is what calls on a closed Interface, Bitmap or Mapping return.
	ErrClosed = errors.New("libxc: closed")
	// ErrDomainNotFound says that no domain has the id.
	ErrDomainNotFound = errors.New("libxc: no such domain")
	// ErrAborted says that a save's policy gave it up.
	ErrAborted = errors.New("libxc: the pre-copy policy gave up")
	// ErrIncompatible says that a guest with one CPU policy cannot run under another.
	ErrIncompatible = errors.New("libxc: the CPU policies are not compatible")
)

// An Error is a call of libxc that failed. errors.Is matches it with its errno, with
// its cause, and with ErrDomainNotFound when that is what the errno says.
type Error struct {
	Op     string        // the C function, such as "xc_vcpu_getinfo"
	Domain idl.DomID     // idl.InvalidDomID when the call is not about one domain
	Errno  syscall.Errno // 0 when the call failed before it reached C, or C did not say why
	Log    []Record      // what libxc logged during the call, oldest first
	Cause  error         // what lies behind it, such as the context's error; may be nil
}

// Error returns one line: operation, domain, why, and the most telling log record.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Op)
	if e.Domain != idl.InvalidDomID {
		fmt.Fprintf(&b, ": domain %d", e.Domain)
	}
	if e.Cause != nil {
		fmt.Fprintf(&b, ": %v", e.Cause)
	}
	switch {
	case e.Errno != 0 && e.notFound():
		b.WriteString(": no such domain")
	case e.Errno != 0:
		fmt.Fprintf(&b, ": %v", e.Errno)
	case e.Cause == nil:
		b.WriteString(": failed")
	}
	xenlog.WriteTelling(&b, e.Log)
	return b.String()
}

// notFound says whether the errno means that the domain is not there: Xen's domctl,
// hvm_op and memory_op answer ESRCH then.
func (e *Error) notFound() bool { return e.Domain != idl.InvalidDomID && e.Errno == syscall.ESRCH }

// Format prints one line for %v and %s, and all log records after it for %+v.
func (e *Error) Format(f fmt.State, verb rune) { xenlog.Format(f, verb, e, e.Log) }

// Unwrap returns the errno, what it stands for, and the cause, for errors.Is and errors.As.
func (e *Error) Unwrap() []error {
	var errs []error
	if e.Errno != 0 {
		errs = append(errs, e.Errno)
	}
	if e.notFound() {
		errs = append(errs, ErrDomainNotFound)
	}
	if e.Cause != nil {
		errs = append(errs, e.Cause)
	}
	return errs
}
