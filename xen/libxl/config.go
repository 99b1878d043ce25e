//go:build cgo

package libxl

// #include "glue.h"
import "C"

import (
	"context"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// RetrieveDomainConfiguration returns a guest's configuration, with which it can be
// created again. It does not work for dom0.
//
// Implements: int libxl_retrieve_domain_configuration(libxl_ctx *ctx, uint32_t domid, libxl_domain_config *d_config, const libxl_asyncop_how *ao_how)
func (c *Context) RetrieveDomainConfiguration(ctx context.Context, id idl.DomID) (*idl.DomainConfig, error) {
	cfg := new(idl.DomainConfig)
	err := c.run(ctx, &asyncCall{
		name:     "libxl_retrieve_domain_configuration",
		callSpec: callSpec{domain: id},
		prepare: func(op *C.struct_xv_op) error {
			if rc := C.xv_value_init(&op.values[0], typeOf(cfg)); rc != 0 {
				return Code(rc)
			}
			return nil
		},
		start: func(l *C.libxl_ctx, op *C.struct_xv_op) C.int {
			return C.libxl_retrieve_domain_configuration(l, C.uint32_t(id), (*C.libxl_domain_config)(op.values[0].p), &op.how)
		},
		finish: func(op *C.struct_xv_op, rc Code) error {
			if rc != 0 || op.values[0].p == nil { // or prepare has failed
				return nil
			}
			return c.store(cfg, op.values[0].p)
		},
	})
	if err != nil {
		return nil, err
	}
	return cfg, nil
}
