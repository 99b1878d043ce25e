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

// ConsoleExec replaces this program by xenconsole on that console, and so returns only when
// it fails. Xenvoy's own console does without: a program that holds anything open
// should start another one for this.
//
// Implements: int libxl_console_exec(libxl_ctx *ctx, uint32_t domid, int cons_num, libxl_console_type type, int notify_fd)
func (c *Context) ConsoleExec(ctx context.Context, id idl.DomID, number int32, t idl.ConsoleType) error {
	return c.do(ctx, "libxl_console_exec", id, func(l *C.libxl_ctx) C.int {
		return C.xv_console_exec(l, C.uint32_t(id), C.int(number), C.libxl_console_type(t))
	})
}

// PrimaryConsoleExec is ConsoleExec for the domain's main console.
//
// Implements: int libxl_primary_console_exec(libxl_ctx *ctx, uint32_t domid_vm, int notify_fd)
func (c *Context) PrimaryConsoleExec(ctx context.Context, id idl.DomID) error {
	return c.do(ctx, "libxl_primary_console_exec", id, func(l *C.libxl_ctx) C.int {
		return C.xv_primary_console_exec(l, C.uint32_t(id))
	})
}

// VNCViewerExec replaces this program by a VNC viewer (vncviewer, or $VNCVIEWER) of the
// domain's screen, and so returns only when it fails. With pass the viewer gets the
// password from libxl.
//
// Implements: int libxl_vncviewer_exec(libxl_ctx *ctx, uint32_t domid, int autopass)
func (c *Context) VNCViewerExec(ctx context.Context, id idl.DomID, pass bool) error {
	var autopass C.int
	if pass {
		autopass = 1
	}
	return c.do(ctx, "libxl_vncviewer_exec", id, func(l *C.libxl_ctx) C.int {
		return C.libxl_vncviewer_exec(l, C.uint32_t(id), autopass)
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
