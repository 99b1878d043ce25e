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
// Known fault: when ctx ends just as libxl starts the device model of an HVM domain,
// libxl (4.17) can lose track of that process. DomainDestroy then succeeds, but
// qemu-system (with "-xen-domid ID") goes on and keeps the domain dying.
//
// Implements: int libxl_domain_create_new(libxl_ctx *ctx, libxl_domain_config *d_config, uint32_t *domid, const libxl_asyncop_how *ao_how, const libxl_asyncprogress_how *aop_console_how)
func (c *Context) DomainCreateNew(ctx context.Context, cfg *idl.DomainConfig) (idl.DomID, error) {
	id := idl.InvalidDomID
	err := c.run(ctx, &asyncCall{
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
	// Progress receives what the restore helper reports. It must not block. With
	// more than one stream at a time on one Context it is not called, because
	// the reports do not say whose they are.
	Progress func(Progress)
}

// DomainCreateRestore builds a domain from the stream that DomainSuspend wrote, and
// leaves the domain paused. It may read f further than the stream goes. f stays the
// caller's to close, and must not be used otherwise until this returns. The id after a
// failure is as with DomainCreateNew.
//
// Streams of libxl's version 2 are read, which Xen has written since 4.6.
//
// Implements: int libxl_domain_create_restore(libxl_ctx *ctx, libxl_domain_config *d_config, uint32_t *domid, int restore_fd, int send_back_fd, const libxl_domain_restore_params *params, const libxl_asyncop_how *ao_how, const libxl_asyncprogress_how *aop_console_how)
func (c *Context) DomainCreateRestore(ctx context.Context, cfg *idl.DomainConfig, f *os.File, o RestoreOptions) (idl.DomID, error) {
	id := idl.InvalidDomID
	err := c.runStream(ctx, f, asyncCall{
		name:     "libxl_domain_create_restore",
		callSpec: callSpec{domain: idl.InvalidDomID, stream: true, progress: o.Progress},
		prepare: func(op *C.struct_xv_op) error {
			C.xv_op_set_stream_version(op, streamVersion)
			return c.setConfig(op, cfg)
		},
		start: func(l *C.libxl_ctx, op *C.struct_xv_op) C.int {
			return C.libxl_domain_create_restore(l, &op.config, &op.domid, op.fd, -1, &op.params, &op.how, nil)
		},
		finish: func(_ *C.libxl_ctx, op *C.struct_xv_op, _ Code) error {
			id = idl.DomID(op.domid)
			return nil
		},
	}, false)
	return id, err
}
