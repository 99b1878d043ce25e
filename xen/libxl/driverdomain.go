//go:build cgo

package libxl

// #include "glue.h"
import "C"

import (
	"context"
	"fmt"
	"runtime"

	"github.com/xenvoy/xenvoy/xen/internal/interrupt"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// DeviceEventsHandler makes this process the daemon that serves the back ends of a driver
// domain, as xl devd does: it runs their hotplug scripts and QEMU. It always returns an
// error, which is the context's when ctx has ended.
//
// libxl cannot end what it has begun here: once ctx has ended the handler goes on until the
// process exits, which it should do then. So the Context is broken (see Err), and Close
// frees nothing of it, and returns Err's error. Before, Close waits for ctx to end, as it
// waits for other calls. While the handler runs the process should start no programs of its
// own, for they could inherit file descriptors.
//
// Implements: int libxl_device_events_handler(libxl_ctx *ctx, const libxl_asyncop_how *ao_how)
func (c *Context) DeviceEventsHandler(ctx context.Context) error {
	const name = "libxl_device_events_handler"
	if err := c.enter(ctx, name, idl.InvalidDomID); err != nil {
		return err
	}
	defer c.running.Done()
	call := c.log.begin(callSpec{domain: idl.InvalidDomID})
	ended := make(chan C.int, 1)
	go func() { ended <- c.handleDeviceEvents(call) }()
	var rc C.int
	var cause error
	select {
	case rc = <-ended:
	case <-c.broken:
		cause = c.disaster
	case <-ctx.Done():
		cause = interrupt.Cause(ctx)
		c.breakDown(fmt.Errorf("%w: a device events handler cannot be ended", ErrDisaster))
	}
	return &Error{Op: name, Domain: idl.InvalidDomID, Code: Code(rc), Log: c.log.end(call, true), Cause: cause}
}

// handleDeviceEvents returns only when the handler could not begin. The call is synchronous,
// because libxl keeps the handler's state on the stack of the function (libxl_device.c). It
// does not hold syscall.ForkLock, or no program could start any more.
func (c *Context) handleDeviceEvents(call *call) C.int {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	C.xv_call_begin(C.uint64_t(call.id))
	defer C.xv_call_end()
	return C.libxl_device_events_handler(c.x.ctx, nil)
}
