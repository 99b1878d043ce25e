//go:build cgo

package libxl

// #include "glue.h"
import "C"

import (
	"context"
	"fmt"
	"strings"
	"unsafe"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// SendDebugKeys makes the hypervisor print what the keys stand for to its console: see
// XenConsole. "h" lists them.
//
// Implements: int libxl_send_debug_keys(libxl_ctx *ctx, char *keys)
func (c *Context) SendDebugKeys(ctx context.Context, keys string) error {
	return c.doText(ctx, "libxl_send_debug_keys", keys, func(l *C.libxl_ctx, s *C.char) C.int {
		return C.libxl_send_debug_keys(l, s)
	})
}

// SetParameters sets runtime parameters of the hypervisor, written as on its command
// line, with a space between. ErrFail comes for an unknown one too; ErrInval for a word
// that is neither name=value nor noNAME, over which libxl would crash.
//
// Implements: int libxl_set_parameters(libxl_ctx *ctx, char *params)
func (c *Context) SetParameters(ctx context.Context, params string) error {
	for word := range strings.SplitSeq(params, " ") {
		word = strings.TrimLeft(word, " \t")
		if word != "" && !strings.Contains(word, "=") && !strings.HasPrefix(word, "no") {
			return &Error{Op: "libxl_set_parameters", Domain: idl.InvalidDomID,
				Cause: fmt.Errorf("%.40q: want name=value or noNAME: %w", word, ErrInval)}
		}
	}
	return c.doText(ctx, "libxl_set_parameters", params, func(l *C.libxl_ctx, s *C.char) C.int {
		return C.libxl_set_parameters(l, s)
	})
}

// doText runs a call about the whole host that has one text parameter.
func (c *Context) doText(ctx context.Context, name, text string, f func(l *C.libxl_ctx, s *C.char) C.int) error {
	if err := checkText(text); err != nil {
		return &Error{Op: name, Domain: idl.InvalidDomID, Cause: err}
	}
	s := C.CString(text)
	defer C.free(unsafe.Pointer(s))
	return c.do(ctx, name, idl.InvalidDomID, func(l *C.libxl_ctx) C.int { return f(l, s) })
}

// ClearDomIDHistory makes libxl forget which ids were in use a short time ago. It is for
// the start of a host, before any domain: later, an id could come back while
// something still means its former owner.
//
// Implements: int libxl_clear_domid_history(libxl_ctx *ctx)
func (c *Context) ClearDomIDHistory(ctx context.Context) error {
	return c.do(ctx, "libxl_clear_domid_history", idl.InvalidDomID, func(l *C.libxl_ctx) C.int {
		return C.libxl_clear_domid_history(l)
	})
}

// CreateLogfile makes room for a new log of this name in Xen's log folder, by renaming
// older ones, and returns the path that the new one is to have. A name with a slash,
// which would lead to another folder, is an error that matches ErrInval.
//
// Implements: int libxl_create_logfile(libxl_ctx *ctx, const char *name, char **full_name)
func (c *Context) CreateLogfile(ctx context.Context, name string) (string, error) {
	if strings.Contains(name, "/") {
		return "", &Error{Op: "libxl_create_logfile", Domain: idl.InvalidDomID, Cause: fmt.Errorf("name %q: %w", name, ErrInval)}
	}
	var path string
	err := c.doText(ctx, "libxl_create_logfile", name, func(l *C.libxl_ctx, s *C.char) C.int {
		var full *C.char
		rc := C.libxl_create_logfile(l, s, &full)
		if rc == 0 {
			path = C.GoString(full)
			C.free(unsafe.Pointer(full))
		}
		return rc
	})
	return path, err
}
