//go:build cgo

package libxl

// #include "glue.h"
import "C"

import (
	"context"
	"unsafe"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// lookUp runs a call that finds one device of a domain.
func lookUp[T any](ctx context.Context, c *Context, name string, id idl.DomID, f func(l *C.libxl_ctx, p unsafe.Pointer) C.int) (T, error) {
	var dev T
	err := c.doWith(ctx, name, id, &dev, out, func(l *C.libxl_ctx, p unsafe.Pointer) C.int {
		if rc := domainIsThere(l, id); rc != 0 {
			return rc
		}
		rc := f(l, p)
		if rc > 0 { // what some return when there is no such device
			return C.ERROR_NOTFOUND
		}
		return rc
	})
	return dev, err
}

// VDevToDeviceDisk finds a disk of the domain by its virtual device, such as "xvda", or by
// the number of that. ErrInval comes for what is no virtual device, ErrFail when the domain
// has no such disk, and ErrDomainNotFound when there is no domain. Format and Script are not
// known.
//
// Implements: int libxl_vdev_to_device_disk(libxl_ctx *ctx, uint32_t domid, const char *vdev, libxl_device_disk *disk)
func (c *Context) VDevToDeviceDisk(ctx context.Context, id idl.DomID, vdev string) (idl.DeviceDisk, error) {
	const name = "libxl_vdev_to_device_disk"
	if err := checkText(vdev); err != nil {
		return idl.DeviceDisk{}, &Error{Op: name, Domain: id, Cause: err}
	}
	s := C.CString(vdev)
	defer C.free(unsafe.Pointer(s))
	return lookUp[idl.DeviceDisk](ctx, c, name, id, func(l *C.libxl_ctx, p unsafe.Pointer) C.int {
		return C.libxl_vdev_to_device_disk(l, C.uint32_t(id), s, (*C.libxl_device_disk)(p))
	})
}

// MACToDeviceNIC finds a network interface of the domain by its address. Model and IfName
// are not known. ErrNotFound comes when the domain has none with it, ErrDomainNotFound when
// there is no domain.
//
// Implements: int libxl_mac_to_device_nic(libxl_ctx *ctx, uint32_t domid, const char *mac, libxl_device_nic *nic)
func (c *Context) MACToDeviceNIC(ctx context.Context, id idl.DomID, mac idl.MAC) (idl.DeviceNIC, error) {
	s := C.CString(mac.String())
	defer C.free(unsafe.Pointer(s))
	dev, err := lookUp[idl.DeviceNIC](ctx, c, "libxl_mac_to_device_nic", id, func(l *C.libxl_ctx, p unsafe.Pointer) C.int {
		rc := C.libxl_mac_to_device_nic(l, C.uint32_t(id), s, (*C.libxl_device_nic)(p))
		if rc == C.ERROR_INVAL { // what it returns when the domain has only others
			return C.ERROR_NOTFOUND
		}
		return rc
	})
	return dev, notFound(err)
}

// DevIDToDeviceNIC finds a network interface of the domain by its number. Model and IfName
// are not known. ErrNotFound comes when the domain has none with it, ErrDomainNotFound when
// there is no domain.
//
// Implements: int libxl_devid_to_device_nic(libxl_ctx *ctx, uint32_t domid, int devid, libxl_device_nic *nic)
func (c *Context) DevIDToDeviceNIC(ctx context.Context, id idl.DomID, devid idl.DevID) (idl.DeviceNIC, error) {
	return lookUp[idl.DeviceNIC](ctx, c, "libxl_devid_to_device_nic", id, func(l *C.libxl_ctx, p unsafe.Pointer) C.int {
		return C.libxl_devid_to_device_nic(l, C.uint32_t(id), C.int(devid), (*C.libxl_device_nic)(p))
	})
}

// UUIDToDeviceVTPM finds a virtual TPM of the domain by its UUID. ErrNotFound comes when the
// domain has none with it, ErrDomainNotFound when there is no domain.
//
// Implements: int libxl_uuid_to_device_vtpm(libxl_ctx *ctx, uint32_t domid, libxl_uuid *uuid, libxl_device_vtpm *vtpm)
func (c *Context) UUIDToDeviceVTPM(ctx context.Context, id idl.DomID, uuid idl.UUID) (idl.DeviceVTPM, error) {
	dev, err := lookUp[idl.DeviceVTPM](ctx, c, "libxl_uuid_to_device_vtpm", id, func(l *C.libxl_ctx, p unsafe.Pointer) C.int {
		var u C.libxl_uuid
		copy(unsafe.Slice((*byte)(unsafe.Pointer(&u)), unsafe.Sizeof(u)), uuid[:])
		return C.libxl_uuid_to_device_vtpm(l, C.uint32_t(id), &u, (*C.libxl_device_vtpm)(p))
	})
	return dev, notFound(err)
}

// DevIDToDeviceVTPM finds a virtual TPM of the domain by its number. ErrNotFound comes when
// the domain has none with it, ErrDomainNotFound when there is no domain.
//
// Implements: int libxl_devid_to_device_vtpm(libxl_ctx *ctx, uint32_t domid, int devid, libxl_device_vtpm *vtpm)
func (c *Context) DevIDToDeviceVTPM(ctx context.Context, id idl.DomID, devid idl.DevID) (idl.DeviceVTPM, error) {
	dev, err := lookUp[idl.DeviceVTPM](ctx, c, "libxl_devid_to_device_vtpm", id, func(l *C.libxl_ctx, p unsafe.Pointer) C.int {
		return C.libxl_devid_to_device_vtpm(l, C.uint32_t(id), C.int(devid), (*C.libxl_device_vtpm)(p))
	})
	return dev, notFound(err)
}

// DevIDToDeviceUSBCtrl finds a USB controller of the domain by its number. ErrNotFound comes
// when the domain has none with it, ErrDomainNotFound when there is no domain.
//
// Implements: int libxl_devid_to_device_usbctrl(libxl_ctx *ctx, uint32_t domid, int devid, libxl_device_usbctrl *usbctrl)
func (c *Context) DevIDToDeviceUSBCtrl(ctx context.Context, id idl.DomID, devid idl.DevID) (idl.DeviceUSBCtrl, error) {
	return lookUp[idl.DeviceUSBCtrl](ctx, c, "libxl_devid_to_device_usbctrl", id, func(l *C.libxl_ctx, p unsafe.Pointer) C.int {
		return C.libxl_devid_to_device_usbctrl(l, C.uint32_t(id), C.int(devid), (*C.libxl_device_usbctrl)(p))
	})
}

// DevIDToDeviceVKB finds a virtual keyboard of the domain by its number. ErrNotFound comes
// when the domain has none with it, ErrDomainNotFound when there is no domain.
//
// Implements: int libxl_devid_to_device_vkb(libxl_ctx *ctx, uint32_t domid, int devid, libxl_device_vkb *vkb)
func (c *Context) DevIDToDeviceVKB(ctx context.Context, id idl.DomID, devid idl.DevID) (idl.DeviceVKB, error) {
	return lookUp[idl.DeviceVKB](ctx, c, "libxl_devid_to_device_vkb", id, func(l *C.libxl_ctx, p unsafe.Pointer) C.int {
		return C.libxl_devid_to_device_vkb(l, C.uint32_t(id), C.int(devid), (*C.libxl_device_vkb)(p))
	})
}

// DevIDToDeviceVdispl finds a virtual display of the domain by its number. Its connectors are
// not known. ErrNotFound comes when the domain has none with it, ErrDomainNotFound when there
// is no domain.
//
// Implements: int libxl_devid_to_device_vdispl(libxl_ctx *ctx, uint32_t domid, int devid, libxl_device_vdispl *vdispl)
func (c *Context) DevIDToDeviceVdispl(ctx context.Context, id idl.DomID, devid idl.DevID) (idl.DeviceVdispl, error) {
	return lookUp[idl.DeviceVdispl](ctx, c, "libxl_devid_to_device_vdispl", id, func(l *C.libxl_ctx, p unsafe.Pointer) C.int {
		return C.libxl_devid_to_device_vdispl(l, C.uint32_t(id), C.int(devid), (*C.libxl_device_vdispl)(p))
	})
}

// DevIDToDeviceVsnd finds a virtual sound card of the domain by its number. ErrNotFound comes
// when the domain has none with it, ErrDomainNotFound when there is no domain.
//
// Implements: int libxl_devid_to_device_vsnd(libxl_ctx *ctx, uint32_t domid, int devid, libxl_device_vsnd *vsnd)
func (c *Context) DevIDToDeviceVsnd(ctx context.Context, id idl.DomID, devid idl.DevID) (idl.DeviceVsnd, error) {
	return lookUp[idl.DeviceVsnd](ctx, c, "libxl_devid_to_device_vsnd", id, func(l *C.libxl_ctx, p unsafe.Pointer) C.int {
		return C.libxl_devid_to_device_vsnd(l, C.uint32_t(id), C.int(devid), (*C.libxl_device_vsnd)(p))
	})
}

// CtrlPortToDeviceUSBDev finds a USB device of the domain by its controller's number and by
// the port there, which counts from 1. ErrNotFound comes when nothing is there,
// ErrDomainNotFound when there is no domain.
//
// Implements: int libxl_ctrlport_to_device_usbdev(libxl_ctx *ctx, uint32_t domid, int ctrl, int port, libxl_device_usbdev *usbdev)
func (c *Context) CtrlPortToDeviceUSBDev(ctx context.Context, id idl.DomID, ctrl idl.DevID, port int32) (idl.DeviceUSBDev, error) {
	dev, err := lookUp[idl.DeviceUSBDev](ctx, c, "libxl_ctrlport_to_device_usbdev", id, func(l *C.libxl_ctx, p unsafe.Pointer) C.int {
		return C.xv_ctrlport_to_device_usbdev(l, C.uint32_t(id), C.int(ctrl), C.int(port), (*C.libxl_device_usbdev)(p))
	})
	return dev, notFound(err)
}
