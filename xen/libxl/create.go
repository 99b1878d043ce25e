//go:build cgo

package libxl

// #include "glue.h"
import "C"

import (
	"context"
	"os"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// DomainCreateNew builds a domain and leaves it paused. cfg is not changed.
//
// When it fails, the id may be that of a half-built domain (always after
// ErrAborted): unless it is idl.InvalidDomID, the caller should destroy it, and
// take ErrDomainNotFound for an answer.
//
// Implements: int libxl_domain_create_new(libxl_ctx *ctx, libxl_domain_config *d_config, uint32_t *domid, const libxl_asyncop_how *ao_how, const libxl_asyncprogress_how *aop_console_how)
func (c *Context) DomainCreateNew(ctx context.Context, cfg *idl.DomainConfig) (idl.DomID, error) {
	id := idl.InvalidDomID
	err := c.run(ctx, asyncCall{
		name:     "libxl_domain_create_new",
		callSpec: callSpec{domain: idl.InvalidDomID},
		prepare:  func(op *C.struct_xv_op) error { return c.setConfig(op, cfg) },
		start: func(l *C.libxl_ctx, op *C.struct_xv_op) C.int {
			return C.libxl_domain_create_new(l, &op.config, &op.domid, &op.how, nil)
		},
		finish: func(_ *C.libxl_ctx, op *C.struct_xv_op, _ Code) error {
			id = idl.DomID(op.domid)
			return nil
		},
	})
	return id, err
}

// RestoreOptions are choices for DomainCreateRestore.
type RestoreOptions struct {
	// StreamVersion is that of libxl's migration stream: 2, which 0 stands for,
	// or 1 for a stream of Xen before 4.6, which libxl has converted.
	StreamVersion uint32
	// Progress receives what the restore helper reports. It must not block. With
	// more than one stream at a time on one Context it is not called, because
	// the reports do not say whose they are.
	Progress func(Progress)
}

// DomainCreateRestore builds a domain from the stream that DomainSuspend wrote, reading
// from f to its end record, and leaves the domain paused. f stays the caller's to
// close, and must not be used otherwise until this returns. The id after a failure
// is as with DomainCreateNew.
//
// Implements: int libxl_domain_create_restore(libxl_ctx *ctx, libxl_domain_config *d_config, uint32_t *domid, int restore_fd, int send_back_fd, const libxl_domain_restore_params *params, const libxl_asyncop_how *ao_how, const libxl_asyncprogress_how *aop_console_how)
func (c *Context) DomainCreateRestore(ctx context.Context, cfg *idl.DomainConfig, f *os.File, o RestoreOptions) (idl.DomID, error) {
	if o.StreamVersion == 0 {
		o.StreamVersion = 2
	}
	id := idl.InvalidDomID
	err := c.run(ctx, asyncCall{
		name:     "libxl_domain_create_restore",
		callSpec: callSpec{domain: idl.InvalidDomID, stream: true, progress: o.Progress},
		prepare: func(op *C.struct_xv_op) error {
			C.xv_op_set_stream_version(op, C.uint32_t(o.StreamVersion))
			if err := setFD(op, f); err != nil {
				return err
			}
			return c.setConfig(op, cfg)
		},
		start: func(l *C.libxl_ctx, op *C.struct_xv_op) C.int {
			return C.libxl_domain_create_restore(l, &op.config, &op.domid, op.fd, -1, &op.params, &op.how, nil)
		},
		finish: func(_ *C.libxl_ctx, op *C.struct_xv_op, _ Code) error {
			id = idl.DomID(op.domid)
			return nil
		},
	})
	return id, err
}
