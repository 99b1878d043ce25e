//go:build cgo

package libxl

// #include "glue.h"
import "C"

import (
	"context"
	"errors"
	"fmt"
	"unsafe"

	"github.com/xenvoy/xenvoy/xen/internal/xenlog"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

//go:generate go run ./internal/devgen -o devices_gen.go

// domainIsThere returns libxl's code for a domain that is not. Many functions for devices do
// not look: they fail for another reason, find nothing, or write to xenstore all the same.
func domainIsThere(l *C.libxl_ctx, id idl.DomID) C.int {
	return C.libxl_domain_info(l, nil, C.uint32_t(id))
}

// deviceCall is an operation on the device that dev points to, op.values[0]. It is not begun
// when refused says why.
func (c *Context) deviceCall(name string, id idl.DomID, dev any, refused error, start func(l *C.libxl_ctx, op *C.struct_xv_op) C.int) *asyncCall {
	return &asyncCall{
		name:     name,
		callSpec: callSpec{domain: id},
		prepare: func(op *C.struct_xv_op) error {
			if refused != nil {
				return refused
			}
			return c.load(&op.values[0], dev)
		},
		start: func(l *C.libxl_ctx, op *C.struct_xv_op) C.int {
			if rc := domainIsThere(l, id); rc != 0 {
				return rc
			}
			return start(l, op)
		},
	}
}

// changeDevice runs an operation on the device that dev points to.
func (c *Context) changeDevice(ctx context.Context, name string, id idl.DomID, dev any, refused error, start func(l *C.libxl_ctx, op *C.struct_xv_op) C.int) error {
	return c.run(ctx, c.deviceCall(name, id, dev, refused, start))
}

// addDevice runs an operation that completes dev, and returns it so, after a failure too:
// its number may be needed to remove what is there.
func addDevice[T any](ctx context.Context, c *Context, name string, id idl.DomID, dev T, refused error, start func(l *C.libxl_ctx, op *C.struct_xv_op) C.int) (T, error) {
	started := false
	a := c.deviceCall(name, id, &dev, refused, func(l *C.libxl_ctx, op *C.struct_xv_op) C.int {
		started = true
		return start(l, op)
	})
	a.finish = func(op *C.struct_xv_op, _ Code) error {
		if !started {
			return nil
		}
		var made T // libxl leaves out what has its default, which would stay as it was in dev
		if err := c.store(&made, op.values[0].p); err != nil {
			return err
		}
		dev = made
		return nil
	}
	err := c.run(ctx, a)
	return dev, err
}

// listDevices runs a call that lists a domain's devices. libxl returns no array for a domain
// that has none and, for most kinds, after a failure; only what it logs tells them apart.
func listDevices[T any](ctx context.Context, c *Context, name string, id idl.DomID, f func(l *C.libxl_ctx) array) ([]T, error) {
	var rc C.int
	all, err := list[T](ctx, c, name, id, func(l *C.libxl_ctx) array {
		if rc = domainIsThere(l, id); rc != 0 {
			return array{}
		}
		return f(l)
	})
	var e *Error
	switch {
	case rc != 0 && errors.As(err, &e):
		e.Code = Code(rc)
	case failedSilently(err):
		return []T{}, nil
	}
	return all, err
}

// failedSilently reports whether libxl has said no more than ERROR_FAIL. It does so for a
// device that is not there, and hardly ever else.
func failedSilently(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == ErrFail && xenlog.Telling(e.Log) == nil
}

// notFound gives a silent failure the code that it stands for.
func notFound(err error) error {
	var e *Error
	if failedSilently(err) && errors.As(err, &e) {
		e.Code = ErrNotFound
	}
	return err
}

// deviceInfo runs a call that tells the state of the device that dev points to; info points
// to where.
func (c *Context) deviceInfo(ctx context.Context, name string, id idl.DomID, dev, info any, refused error, f func(l *C.libxl_ctx, dev, info unsafe.Pointer) C.int) error {
	var device, state C.struct_xv_value
	defer func() {
		C.xv_value_free(&device)
		C.xv_value_free(&state)
	}()
	failed := refused
	err := c.do(ctx, name, id, func(l *C.libxl_ctx) C.int {
		if failed == nil {
			failed = c.load(&device, dev)
		}
		if failed != nil {
			return 0
		}
		if rc := C.xv_value_init(&state, typeOf(info)); rc != 0 {
			return rc
		}
		if rc := domainIsThere(l, id); rc != 0 {
			return rc
		}
		rc := f(l, device.p, state.p)
		if rc != 0 {
			// Some leave there what they have freed (disk), or have not set (vsnd).
			C.xv_value_forget(&state)
			return rc
		}
		failed = c.store(info, state.p)
		return 0
	})
	if err == nil && failed != nil {
		return &Error{Op: name, Domain: id, Cause: failed}
	}
	return notFound(err)
}

// hasVDev refuses a disk without a name: libxl would read it through a null pointer.
func hasVDev(vdev string) error {
	if vdev == "" {
		return fmt.Errorf("the disk has no vdev: %w", ErrInval)
	}
	return nil
}

// hasDevID refuses a device without a number: libxl would find nothing under -1, and take
// it for removed.
func hasDevID(id *idl.DevID) error {
	if id == nil || *id < 0 {
		return fmt.Errorf("the device has no devid: %w", ErrInval)
	}
	return nil
}

// isUSBCtrl refuses what hasDevID does, and a controller of no type, over which libxl aborts.
func isUSBCtrl(dev idl.DeviceUSBCtrl) error {
	if dev.Type == idl.USBCtrlTypeAuto {
		return fmt.Errorf("the USB controller has no type: %w", ErrInval)
	}
	return hasDevID(dev.DevID)
}
