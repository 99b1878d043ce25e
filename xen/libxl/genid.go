//go:build cgo

package libxl

// #include "glue.h"
import "C"

import (
	"context"
	"unsafe"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// MSVMGenIDGenerate returns a new generation ID for a guest that is to know when it has
// been copied or taken back in time. It is ErrFail without /dev/urandom, and needs no
// hypervisor.
//
// Implements: int libxl_ms_vm_genid_generate(libxl_ctx *ctx, libxl_ms_vm_genid *id)
func (c *Context) MSVMGenIDGenerate(ctx context.Context) (idl.VMGenID, error) {
	var id C.libxl_ms_vm_genid
	err := c.do(ctx, "libxl_ms_vm_genid_generate", idl.InvalidDomID, func(l *C.libxl_ctx) C.int {
		if C.libxl_ms_vm_genid_generate(l, &id) != 0 { // an errno, too
			return C.ERROR_FAIL
		}
		return 0
	})
	return *(*idl.VMGenID)(unsafe.Pointer(&id)), err
}
