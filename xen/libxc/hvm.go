//go:build cgo

package libxc

// #include "glue.h"
import "C"

import (
	"context"
	"fmt"
	"unsafe"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// maxHVMContext bounds an HVM context in bytes: a thousand vCPUs with 16 KiB each,
// most of it XSAVE state.
const maxHVMContext = 1000 * 16 << 10

// HVMContext returns the state of a domain's virtual hardware, records as
// xen/hvm/save.h lays them out. The domain should be paused, or the records are not of one
// moment. EINVAL says that it is a PV domain.
//
// Implements: int xc_domain_hvm_getcontext(xc_interface *xch, uint32_t domid, uint8_t *ctxt_buf, uint32_t size)
func (x *Interface) HVMContext(ctx context.Context, id idl.DomID) ([]byte, error) {
	const op = "xc_domain_hvm_getcontext"
	size, err := x.hvmContext(ctx, op, id, nil)
	if err != nil {
		return nil, err
	}
	if size == 0 || size > maxHVMContext {
		return nil, &Error{Op: op, Domain: id, Cause: fmt.Errorf("a context of %d bytes, not of 1 to %d", size, maxHVMContext)}
	}
	buf := make([]byte, size)
	n, err := x.hvmContext(ctx, op, id, buf)
	if err != nil {
		return nil, err
	}
	return buf[:min(n, len(buf))], nil
}

// hvmContext fills buf and returns how much of it, or with no buf how much there is.
func (x *Interface) hvmContext(ctx context.Context, op string, id idl.DomID, buf []byte) (int, error) {
	var n C.int
	err := x.doDomain(ctx, op, id, func() (bool, error) {
		var err error
		n, err = C.xc_domain_hvm_getcontext(x.xch, C.uint32_t(id), (*C.uint8_t)(unsafe.SliceData(buf)), C.uint32_t(len(buf)))
		return n >= 0, err
	})
	return int(n), err
}

// HVMParam returns a parameter of an HVM or PVH domain. EINVAL says that it is a PV
// domain, or that the hypervisor does not know the parameter.
//
// Implements: int xc_hvm_param_get(xc_interface *handle, uint32_t dom, uint32_t param, uint64_t *value)
func (x *Interface) HVMParam(ctx context.Context, id idl.DomID, p HVMParam) (uint64, error) {
	var value C.uint64_t
	err := x.doDomain(ctx, "xc_hvm_param_get", id, func() (bool, error) {
		rc, err := C.xc_hvm_param_get(x.xch, C.uint32_t(id), C.uint32_t(p), &value)
		return rc == 0, err
	})
	if err != nil {
		return 0, err
	}
	return uint64(value), nil
}
