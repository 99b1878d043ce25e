//go:build cgo

package libxl

// #include "glue.h"
import "C"

import (
	"context"
	"fmt"
	"math"
	"unsafe"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// UserdataStore keeps data with the domain, under the application's own user id
// (libxl.h lists those in use), until the domain is destroyed. No data removes it.
//
// Implements: int libxl_userdata_store(libxl_ctx *ctx, uint32_t domid, const char *userdata_userid, const uint8_t *data, int datalen)
func (c *Context) UserdataStore(ctx context.Context, id idl.DomID, user string, data []byte) error {
	const name = "libxl_userdata_store"
	err := checkText(user)
	if len(data) > math.MaxInt32 {
		err = fmt.Errorf("%d bytes: %w", len(data), ErrInval)
	}
	if err != nil {
		return &Error{Op: name, Domain: id, Cause: err}
	}
	cuser := C.CString(user)
	defer C.free(unsafe.Pointer(cuser))
	return c.do(ctx, name, id, func(l *C.libxl_ctx) C.int {
		return C.libxl_userdata_store(l, C.uint32_t(id), cuser, (*C.uint8_t)(unsafe.SliceData(data)), C.int(len(data)))
	})
}

// UserdataRetrieve returns what UserdataStore kept, and nil when there is nothing.
//
// Implements: int libxl_userdata_retrieve(libxl_ctx *ctx, uint32_t domid, const char *userdata_userid, uint8_t **data_r, int *datalen_r)
func (c *Context) UserdataRetrieve(ctx context.Context, id idl.DomID, user string) ([]byte, error) {
	const name = "libxl_userdata_retrieve"
	if err := checkText(user); err != nil {
		return nil, &Error{Op: name, Domain: id, Cause: err}
	}
	cuser := C.CString(user)
	defer C.free(unsafe.Pointer(cuser))
	var data []byte
	err := c.do(ctx, name, id, func(l *C.libxl_ctx) C.int {
		var p *C.uint8_t
		var n C.int
		rc := C.libxl_userdata_retrieve(l, C.uint32_t(id), cuser, &p, &n)
		if rc == 0 && p != nil {
			data = C.GoBytes(unsafe.Pointer(p), n)
			C.free(unsafe.Pointer(p))
		}
		return rc
	})
	return data, err
}

// UserdataUnlink removes what UserdataStore kept.
//
// Implements: int libxl_userdata_unlink(libxl_ctx *ctx, uint32_t domid, const char *userdata_userid)
func (c *Context) UserdataUnlink(ctx context.Context, id idl.DomID, user string) error {
	const name = "libxl_userdata_unlink"
	if err := checkText(user); err != nil {
		return &Error{Op: name, Domain: id, Cause: err}
	}
	cuser := C.CString(user)
	defer C.free(unsafe.Pointer(cuser))
	return c.do(ctx, name, id, func(l *C.libxl_ctx) C.int {
		return C.libxl_userdata_unlink(l, C.uint32_t(id), cuser)
	})
}
