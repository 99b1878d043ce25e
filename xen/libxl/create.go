//go:build cgo

package libxl

// #include "glue.h"
import "C"

import (
	"context"
	"errors"
	"os"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// DomainCreateNew builds a domain and leaves it paused. cfg is not changed.
//
// When it fails, what has been built is destroyed, and the id is idl.InvalidDomID. Only
// when that fails too, as the error then says, the id is that of the half-built domain.
//
// Implements: int libxl_domain_create_new(libxl_ctx *ctx, libxl_domain_config *d_config, uint32_t *domid, const libxl_asyncop_how *ao_how, const libxl_asyncprogress_how *aop_console_how)
func (c *Context) DomainCreateNew(ctx context.Context, cfg *idl.DomainConfig, o CreateOptions) (idl.DomID, error) {
	return c.build(ctx, cfg, asyncCall{
		name:    "libxl_domain_create_new",
		console: c.tellConsole(o.ConsoleAvailable),
		start: func(l *C.libxl_ctx, op *C.struct_xv_op) C.int {
			return C.libxl_domain_create_new(l, (*C.libxl_domain_config)(op.values[0].p), &op.domid, &op.how, &op.console_how)
		},
	}, c.run)
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
	params := &idl.DomainRestoreParams{
		StreamVersion: new(uint32(streamVersion)), CheckpointedStream: int32(o.Checkpointed), ColoProxyScript: o.ColoProxyScript,
	}
	if o.UserspaceColoProxy {
		params.UserspaceColoProxy = idl.True
	}
	return c.build(ctx, cfg, asyncCall{
		name:     "libxl_domain_create_restore",
		callSpec: callSpec{stream: true, progress: o.Progress},
		console:  c.tellConsole(o.ConsoleAvailable),
		prepare: func(op *C.struct_xv_op) (err error) {
			if o.SendBack != nil {
				if op.fds[1], err = duplicate(o.SendBack); err != nil {
					return err
				}
			}
			return c.load(&op.values[1], params)
		},
		start: func(l *C.libxl_ctx, op *C.struct_xv_op) C.int {
			return C.libxl_domain_create_restore(l, (*C.libxl_domain_config)(op.values[0].p), &op.domid, op.fds[0], op.fds[1],
				(*C.libxl_domain_restore_params)(op.values[1].p), &op.how, &op.console_how)
		},
	}, func(ctx context.Context, a *asyncCall) error { return c.runStream(ctx, f, *a, false) })
}

// tellConsole tells whoever called, and the Context's watches, of a new domain's console.
func (c *Context) tellConsole(call func(idl.DomID)) func(idl.DomID) {
	return func(id idl.DomID) {
		c.consoleAvailable(id)
		if call != nil {
			call(id)
		}
	}
}

// build runs an operation that makes a domain of cfg, op.values[0], and undoes what a
// failed one has left.
func (c *Context) build(ctx context.Context, cfg *idl.DomainConfig, a asyncCall, run func(context.Context, *asyncCall) error) (idl.DomID, error) {
	a.domain = idl.InvalidDomID
	if err := c.enter(ctx, a.name, a.domain); err != nil {
		return idl.InvalidDomID, err
	}
	defer c.running.Done()
	id := idl.InvalidDomID
	prepare := a.prepare
	a.prepare = func(op *C.struct_xv_op) error {
		if err := c.load(&op.values[0], cfg); err != nil || prepare == nil {
			return err
		}
		return prepare(op)
	}
	a.finish = func(op *C.struct_xv_op, _ Code) error {
		id = idl.DomID(op.domid)
		return nil
	}
	err := run(ctx, &a)
	if err == nil || id == idl.InvalidDomID {
		return id, err
	}
	if undo := c.undoBuild(context.WithoutCancel(ctx), id); undo != nil {
		return id, &Error{Op: a.name, Domain: id, Cause: both(err, undo)}
	}
	return idl.InvalidDomID, err
}

// undoBuild removes what a failed creation has left. libxl does so itself, but not when
// the creation was aborted.
func (c *Context) undoBuild(ctx context.Context, id idl.DomID) error {
	if err := c.Err(); err != nil {
		return err
	}
	err := c.endDeviceModels(id)
	destroyed := c.operate(ctx, destroyCall(id))
	if errors.Is(destroyed, ErrDomainNotFound) {
		destroyed = nil
	}
	return both(both(err, destroyed), forgetDeviceModel(ctx, id))
}
