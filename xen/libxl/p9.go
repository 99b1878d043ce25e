//go:build cgo

package libxl

// #include "glue.h"
import "C"

import (
	"context"
	"fmt"

	"github.com/xenvoy/xenvoy/xen"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// haveP9Add says whether this program is built for a Xen that has it.
const haveP9Add = C.XV_HAVE_P9_ADD != 0

// DeviceP9Add attaches a shared directory (9pfs) to the domain, starts its daemon when it
// needs one, and returns it with what libxl has set; its number is not when the daemon had to
// be started. The domain's configuration will lack it.
//
// It needs Xen 4.19: a program built for an older one gets an error that matches
// xen.ErrNotSupported. ErrInval comes when Tag, Path or SecurityModel is missing,
// ErrDomainNotFound or ErrDeviceExists as for other devices.
//
// Implements (4.19): int libxl_device_9pfs_add(libxl_ctx *ctx, uint32_t domid, libxl_device_p9 *p9, const libxl_asyncop_how *ao_how)
func (c *Context) DeviceP9Add(ctx context.Context, id idl.DomID, dev idl.DeviceP9) (idl.DeviceP9, error) {
	var refused error
	if !haveP9Add {
		refused = fmt.Errorf("this program is built for a Xen before 4.19: %w", xen.ErrNotSupported)
	}
	return addDevice(ctx, c, "libxl_device_9pfs_add", id, dev, refused, func(l *C.libxl_ctx, op *C.struct_xv_op) C.int {
		return C.xv_device_9pfs_add(l, C.uint32_t(id), (*C.libxl_device_p9)(op.values[0].p), &op.how)
	})
}
