package xl

import (
	"errors"
	"fmt"

	"github.com/xenvoy/xenvoy/xen/libxl"
)

// The statuses that xl ends with. Some commands end with a libxl code instead: see StatusOf.
const (
	StatusOK     = 0
	StatusFailed = 1
	StatusUsage  = 2
)

// A Failure ends a command.
type Failure struct {
	Status int    // what xl ends with, 0 to 255
	Text   string // what it says on standard error; "" says nothing more than libxl has said
	Usage  bool   // the command's help follows on standard output
	Err    error  // what lies behind it; may be nil
}

// Error is the text, or else that of what lies behind it.
func (f *Failure) Error() string {
	if f.Text == "" && f.Err != nil {
		return f.Err.Error()
	}
	if f.Text == "" {
		return fmt.Sprintf("exit status %d", f.Status)
	}
	return f.Text
}

// Unwrap is what lies behind it.
func (f *Failure) Unwrap() error { return f.Err }

// Failf is a Failure with a text. An operand of the verb %w lies behind it.
func Failf(status int, format string, args ...any) *Failure {
	err := fmt.Errorf(format, args...)
	return &Failure{Status: status, Text: err.Error(), Err: errors.Unwrap(err)}
}

// Fail ends a command with the status for an error of libxl, which has said what there is to say.
func Fail(status int, err error) *Failure { return &Failure{Status: status, Err: err} }

// CodeOf is the libxl code of an error as xl's functions return it: ERROR_FAIL, -3, when it has
// none, and 0 for no error.
func CodeOf(err error) int {
	if err == nil {
		return 0
	}
	var code libxl.Code
	if errors.As(err, &code) {
		return int(code)
	}
	return int(libxl.ErrFail)
}

// StatusOf is the status of a process that returns the libxl code from main, as some of xl's commands do.
func StatusOf(err error) int { return CodeOf(err) & 0xff }
