//go:build cgo

package libxl

// #include "glue.h"
import "C"

import (
	"context"
	"unsafe"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// DevicePCIAssignableAdd takes a PCI device of the host from its driver and gives it to
// pciback, so that DevicePCIAdd can give it to a domain. With rebind its driver is noted for
// DevicePCIAssignableRemove. A Name is noted with it. That pciback has the device already is
// no error; ErrFail comes for all others, such as a device that the host does not have.
//
// Implements: int libxl_device_pci_assignable_add(libxl_ctx *ctx, libxl_device_pci *pci, int rebind)
func (c *Context) DevicePCIAssignableAdd(ctx context.Context, dev idl.DevicePCI, rebind bool) error {
	return c.assignable(ctx, "libxl_device_pci_assignable_add", dev, func(l *C.libxl_ctx, p *C.libxl_device_pci) C.int {
		return C.libxl_device_pci_assignable_add(l, p, flag(rebind))
	})
}

// DevicePCIAssignableRemove takes a PCI device of the host from pciback; with rebind it goes
// back to the driver that was noted. It is found by its address, or by its Name: ErrNotFound
// when none has that. That pciback does not have it is no error.
//
// Implements: int libxl_device_pci_assignable_remove(libxl_ctx *ctx, libxl_device_pci *pci, int rebind)
func (c *Context) DevicePCIAssignableRemove(ctx context.Context, dev idl.DevicePCI, rebind bool) error {
	return c.assignable(ctx, "libxl_device_pci_assignable_remove", dev, func(l *C.libxl_ctx, p *C.libxl_device_pci) C.int {
		return C.libxl_device_pci_assignable_remove(l, p, flag(rebind))
	})
}

func (c *Context) assignable(ctx context.Context, name string, dev idl.DevicePCI, f func(l *C.libxl_ctx, p *C.libxl_device_pci) C.int) error {
	return c.doWith(ctx, name, idl.InvalidDomID, &dev, in, func(l *C.libxl_ctx, p unsafe.Pointer) C.int {
		return f(l, (*C.libxl_device_pci)(p))
	})
}

// flag is C's int for a boolean.
func flag(b bool) C.int {
	if b {
		return 1
	}
	return 0
}

// DevicePCIAssignableList returns the PCI devices of the host that pciback has and no domain
// has. ErrFail comes when dom0's kernel lacks pciback.
//
// Implements: libxl_device_pci *libxl_device_pci_assignable_list(libxl_ctx *ctx, int *num)
// Implements: void libxl_device_pci_assignable_list_free(libxl_device_pci *list, int num)
func (c *Context) DevicePCIAssignableList(ctx context.Context) ([]idl.DevicePCI, error) {
	all, err := list[idl.DevicePCI](ctx, c, "libxl_device_pci_assignable_list", idl.InvalidDomID, func(l *C.libxl_ctx) array {
		var n C.int
		p := C.libxl_device_pci_assignable_list(l, &n)
		return array{unsafe.Pointer(p), n, func(a *array) {
			C.libxl_device_pci_assignable_list_free((*C.libxl_device_pci)(a.p), a.n)
		}}
	})
	if failedSilently(err) { // none, as with listDevices
		return []idl.DevicePCI{}, nil
	}
	return all, err
}
