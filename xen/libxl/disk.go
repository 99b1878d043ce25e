//go:build cgo

package libxl

// #include "glue.h"
import "C"

import (
	"context"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// DeviceDiskSafeRemove is DeviceDiskRemove without force: when the domain does not let go of
// the disk in 10 seconds it stays, and the error is ErrTimedOut.
//
// Implements: int libxl_device_disk_safe_remove(libxl_ctx *ctx, uint32_t domid, libxl_device_disk *disk, const libxl_asyncop_how *ao_how)
func (c *Context) DeviceDiskSafeRemove(ctx context.Context, id idl.DomID, dev idl.DeviceDisk) error {
	return c.changeDevice(ctx, "libxl_device_disk_safe_remove", id, &dev, hasVDev(dev.VDev), func(l *C.libxl_ctx, op *C.struct_xv_op) C.int {
		return C.libxl_device_disk_safe_remove(l, C.uint32_t(id), (*C.libxl_device_disk)(op.values[0].p), &op.how)
	})
}

// CDROMInsert changes what is in a CD-ROM drive of an HVM domain, found by VDev, to PDevPath
// in Format; with an empty PDevPath it ejects. The drive's back end stays as it is.
//
// ErrInval comes when the domain is not HVM, or PDevPath cannot be looked at, ErrFail when it
// has no such drive, and ErrDomainNotFound when there is no domain. After another error the
// drive may be empty.
//
// Implements: int libxl_cdrom_insert(libxl_ctx *ctx, uint32_t domid, libxl_device_disk *disk, const libxl_asyncop_how *ao_how)
func (c *Context) CDROMInsert(ctx context.Context, id idl.DomID, disk idl.DeviceDisk) error {
	return c.changeDevice(ctx, "libxl_cdrom_insert", id, &disk, hasVDev(disk.VDev), func(l *C.libxl_ctx, op *C.struct_xv_op) C.int {
		return C.libxl_cdrom_insert(l, C.uint32_t(id), (*C.libxl_device_disk)(op.values[0].p), &op.how)
	})
}
