//go:build cgo

package libxl

// #include "glue.h"
import "C"

import (
	"context"
	"encoding/json"
	"unsafe"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// RetrieveDomainConfiguration returns a guest's configuration, with which it can be
// created again. It does not work for dom0.
//
// Implements: int libxl_retrieve_domain_configuration(libxl_ctx *ctx, uint32_t domid, libxl_domain_config *d_config, const libxl_asyncop_how *ao_how)
func (c *Context) RetrieveDomainConfiguration(ctx context.Context, id idl.DomID) (*idl.DomainConfig, error) {
	cfg := new(idl.DomainConfig)
	if err := c.retrieve(ctx, id, func(p unsafe.Pointer) error { return c.store(cfg, p) }); err != nil {
		return nil, err
	}
	return cfg, nil
}

// DomainConfigurationText is RetrieveDomainConfiguration in libxl's own JSON, which tells an
// empty text from one that is not there.
func (c *Context) DomainConfigurationText(ctx context.Context, id idl.DomID) (json.RawMessage, error) {
	var text json.RawMessage
	err := c.retrieve(ctx, id, func(p unsafe.Pointer) (err error) {
		text, err = c.text(typeOf(&idl.DomainConfig{}), p)
		return err
	})
	return text, err
}

// retrieve gives take the configuration, as C has it.
func (c *Context) retrieve(ctx context.Context, id idl.DomID, take func(p unsafe.Pointer) error) error {
	return c.run(ctx, &asyncCall{
		name:     "libxl_retrieve_domain_configuration",
		callSpec: callSpec{domain: id},
		prepare: func(op *C.struct_xv_op) error {
			if rc := C.xv_value_init(&op.values[0], typeOf(&idl.DomainConfig{})); rc != 0 {
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
			return take(op.values[0].p)
		},
	})
}
