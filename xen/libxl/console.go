//go:build cgo

package libxl

// #include "glue.h"
import "C"

import (
	"context"
	"unsafe"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// PrimaryConsoleTTY returns the path of the terminal of the domain's main console:
// the emulated serial port where an HVM domain has one, else the PV console. Soon
// after creation there may be none yet.
//
// Implements: int libxl_primary_console_get_tty(libxl_ctx *ctx, uint32_t domid_vm, char **path)
func (c *Context) PrimaryConsoleTTY(ctx context.Context, id idl.DomID) (string, error) {
	return c.tty(ctx, "libxl_primary_console_get_tty", id, func(l *C.libxl_ctx, path **C.char) C.int {
		return C.libxl_primary_console_get_tty(l, C.uint32_t(id), path)
	})
}

// ConsoleTTY returns the path of the terminal of the domain's console of this type
// and number.
//
// Implements: int libxl_console_get_tty(libxl_ctx *ctx, uint32_t domid, int cons_num, libxl_console_type type, char **path)
func (c *Context) ConsoleTTY(ctx context.Context, id idl.DomID, number int32, t idl.ConsoleType) (string, error) {
	return c.tty(ctx, "libxl_console_get_tty", id, func(l *C.libxl_ctx, path **C.char) C.int {
		return C.libxl_console_get_tty(l, C.uint32_t(id), C.int(number), C.libxl_console_type(t), path)
	})
}

func (c *Context) tty(ctx context.Context, name string, id idl.DomID, f func(l *C.libxl_ctx, path **C.char) C.int) (string, error) {
	var tty string
	err := c.do(ctx, name, id, func(l *C.libxl_ctx) C.int {
		var path *C.char
		rc := f(l, &path)
		if rc == 0 {
			tty = C.GoString(path)
			C.free(unsafe.Pointer(path))
		}
		return rc
	})
	return tty, err
}
