package device

import (
	"context"
	"fmt"

	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/xen/libxl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// statusError is what xl's younger commands end with: ERROR_FAIL returned from main.
const statusError = int(libxl.ErrFail) & 0xff

// findDomain tells which domain a word means, as most commands do.
func findDomain(ctx context.Context, c *xl.Call, word string) (idl.DomID, error) {
	return c.Domain(ctx, word)
}

// plainDomain is findDomain in the words of some commands.
func plainDomain(ctx context.Context, c *xl.Call, word string) (idl.DomID, error) {
	id, err := c.Xen.FindDomain(ctx, word)
	if err != nil {
		return 0, &xl.Failure{Status: xl.StatusFailed, Text: word + " is an invalid domain identifier", Err: err}
	}
	return id, nil
}

// failed ends a command over an error of libxl in xl's words. libxl's own, which tell more,
// are the end of a strict session.
func failed(c *xl.Call, status int, err error, format string, args ...any) error {
	if c.Strict {
		return err
	}
	return &xl.Failure{Status: status, Text: fmt.Sprintf(format, args...), Err: err}
}

// passOver is for an error over which xl goes on without a word. A strict session gives it back.
func passOver(c *xl.Call, err error) error {
	if c.Strict {
		return err
	}
	return nil
}
