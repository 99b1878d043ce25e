//go:build cgo

package libxl

// #include "glue.h"
import "C"

import (
	"context"
	"fmt"
	"unsafe"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// CPU pools are known by numbers; 0 is the one that is always there and has dom0. Their
// names are kept in xenstore. Methods about one pool return an error that matches
// ErrNotFound when there is no such pool.

// maxPoolID is the highest number whose name libxl can read: its path of 22 characters is
// cut after that (libxl_cpupoolid_to_name), and then no pool can be listed.
const maxPoolID = 99999

// onPool gives the failure of a call about a CPU pool a reason when that is that the pool
// does not exist: libxl says ERROR_NOMEM, ERROR_INVAL or ERROR_FAIL then.
func onPool(l *C.libxl_ctx, pool uint32, rc C.int) C.int {
	if rc < 0 && existing(l, pool) != 0 {
		return C.ERROR_NOTFOUND
	}
	return rc
}

// existing is ERROR_NOTFOUND when there is no such pool, and 0 otherwise.
func existing(l *C.libxl_ctx, pool uint32) C.int {
	if C.libxl_cpupoolid_is_valid(l, C.uint32_t(pool)) == 0 {
		return C.ERROR_NOTFOUND
	}
	return 0
}

// inPool says which pool the error is about.
func inPool(pool uint32, err error) error {
	if err != nil {
		return fmt.Errorf("CPU pool %d: %w", pool, err)
	}
	return nil
}

// doPool is do for a call about a CPU pool.
func (c *Context) doPool(ctx context.Context, name string, pool uint32, f func(l *C.libxl_ctx) C.int) error {
	return inPool(pool, c.do(ctx, name, idl.InvalidDomID, func(l *C.libxl_ctx) C.int { return onPool(l, pool, f(l)) }))
}

// ListCPUPools returns all CPU pools in ascending order of their numbers. A pool without
// a name in xenstore ends the list.
//
// Implements: libxl_cpupoolinfo * libxl_list_cpupool(libxl_ctx*, int *nb_pool_out)
// Implements: void libxl_cpupoolinfo_list_free(libxl_cpupoolinfo *list, int nb_pool)
func (c *Context) ListCPUPools(ctx context.Context) ([]idl.CPUPoolInfo, error) {
	return list[idl.CPUPoolInfo](ctx, c, "libxl_list_cpupool", idl.InvalidDomID, func(l *C.libxl_ctx) array {
		var n C.int
		p := C.libxl_list_cpupool(l, &n)
		return array{unsafe.Pointer(p), n, func(a *array) { C.libxl_cpupoolinfo_list_free((*C.libxl_cpupoolinfo)(a.p), a.n) }}
	})
}

// CPUPoolInfo describes one CPU pool.
//
// Implements: int libxl_cpupool_info(libxl_ctx *ctx, libxl_cpupoolinfo *info, uint32_t poolid)
func (c *Context) CPUPoolInfo(ctx context.Context, pool uint32) (idl.CPUPoolInfo, error) {
	var info idl.CPUPoolInfo
	err := c.doPoolWith(ctx, "libxl_cpupool_info", pool, &info, out, func(l *C.libxl_ctx, p unsafe.Pointer) C.int {
		return C.libxl_cpupool_info(l, (*C.libxl_cpupoolinfo)(p), C.uint32_t(pool))
	})
	return info, err
}

// CPUPoolCreate makes a CPU pool with the name, the scheduler and the CPUs of info, which
// must be free, and returns its number: info.PoolID, or one that Xen chooses when that is
// 0. info.NDom does not matter. When it fails there is no new pool. It is ErrFail for a
// number that is taken, a scheduler that this Xen does not have and a CPU that is not
// free; ErrInval for a number above 99999, which libxl could not list.
//
// Implements: int libxl_cpupool_create(libxl_ctx *ctx, const char *name, libxl_scheduler sched, libxl_bitmap cpumap, libxl_uuid *uuid, uint32_t *poolid)
func (c *Context) CPUPoolCreate(ctx context.Context, info idl.CPUPoolInfo, uuid idl.UUID) (uint32, error) {
	const name = "libxl_cpupool_create"
	if err := checkText(info.PoolName); err != nil {
		return 0, &Error{Op: name, Domain: idl.InvalidDomID, Cause: err}
	}
	text := C.CString(info.PoolName)
	defer C.free(unsafe.Pointer(text))
	id, cuuid := C.uint32_t(info.PoolID), cUUID(uuid)
	err := c.giveBitmap(ctx, name, idl.InvalidDomID, info.CPUMap, func(l *C.libxl_ctx, cpus *C.libxl_bitmap) C.int {
		if id > maxPoolID {
			return C.ERROR_INVAL
		}
		return C.libxl_cpupool_create(l, text, C.libxl_scheduler(info.Sched), *cpus, &cuuid, &id)
	})
	if err != nil {
		return 0, fmt.Errorf("CPU pool %q: %w", info.PoolName, err)
	}
	return uint32(id), nil
}

// CPUPoolDestroy ends a CPU pool; its CPUs are free then. With a domain in it, it is
// ErrInval.
//
// Implements: int libxl_cpupool_destroy(libxl_ctx *ctx, uint32_t poolid)
func (c *Context) CPUPoolDestroy(ctx context.Context, pool uint32) error {
	return c.doPool(ctx, "libxl_cpupool_destroy", pool, func(l *C.libxl_ctx) C.int {
		return C.libxl_cpupool_destroy(l, C.uint32_t(pool))
	})
}

// CPUPoolRename gives a CPU pool a new name. Nothing keeps two from having the same.
//
// Implements: int libxl_cpupool_rename(libxl_ctx *ctx, const char *name, uint32_t poolid)
func (c *Context) CPUPoolRename(ctx context.Context, pool uint32, to string) error {
	const name = "libxl_cpupool_rename"
	if err := checkText(to); err != nil {
		return inPool(pool, &Error{Op: name, Domain: idl.InvalidDomID, Cause: err})
	}
	text := C.CString(to)
	defer C.free(unsafe.Pointer(text))
	return c.doPool(ctx, name, pool, func(l *C.libxl_ctx) C.int {
		return C.libxl_cpupool_rename(l, text, C.uint32_t(pool))
	})
}

// CPUPoolMoveDomain moves a domain to another CPU pool, which must have a CPU; otherwise it
// is ErrFail. ErrDomainNotFound says that there is no such domain.
//
// Implements: int libxl_cpupool_movedomain(libxl_ctx *ctx, uint32_t poolid, uint32_t domid)
func (c *Context) CPUPoolMoveDomain(ctx context.Context, pool uint32, id idl.DomID) error {
	return inPool(pool, c.do(ctx, "libxl_cpupool_movedomain", id, func(l *C.libxl_ctx) C.int {
		rc := onDomain(l, id, func() C.int { return C.libxl_cpupool_movedomain(l, C.uint32_t(pool), C.uint32_t(id)) })
		if rc == C.ERROR_DOMAIN_NOTFOUND {
			return rc
		}
		return onPool(l, pool, rc)
	}))
}

// NameToCPUPoolID finds a CPU pool by its name; ErrNotFound when there is none.
//
// Implements: int libxl_name_to_cpupoolid(libxl_ctx *ctx, const char *name, uint32_t *poolid)
func (c *Context) NameToCPUPoolID(ctx context.Context, name string) (uint32, error) {
	return c.findPool(ctx, "libxl_name_to_cpupoolid", name, checkText(name), func(l *C.libxl_ctx, s *C.char, id *C.uint32_t) C.int {
		return C.libxl_name_to_cpupoolid(l, s, id)
	})
}

// FindCPUPool finds a CPU pool by what a user has typed: its number or its name, and says
// which it was. ErrNotFound says that there is no pool of this name; whether a number exists
// is not looked at: CPUPoolIDIsValid.
//
// Implements: int libxl_cpupool_qualifier_to_cpupoolid(libxl_ctx *ctx, const char *p, uint32_t *poolid_r, int *was_name_r)
func (c *Context) FindCPUPool(ctx context.Context, qualifier string) (pool uint32, wasName bool, err error) {
	var named C.int
	pool, err = c.findPool(ctx, "libxl_cpupool_qualifier_to_cpupoolid", qualifier, checkQualifier(qualifier), func(l *C.libxl_ctx, s *C.char, id *C.uint32_t) C.int {
		return C.libxl_cpupool_qualifier_to_cpupoolid(l, s, id, &named)
	})
	return pool, named != 0, err
}

// findPool runs a call that finds a CPU pool by a text, of which bad says that C must not
// have it.
func (c *Context) findPool(ctx context.Context, name, text string, bad error, f func(l *C.libxl_ctx, s *C.char, id *C.uint32_t) C.int) (uint32, error) {
	if bad != nil {
		return 0, &Error{Op: name, Domain: idl.InvalidDomID, Cause: bad}
	}
	s := C.CString(text)
	defer C.free(unsafe.Pointer(s))
	var id C.uint32_t
	err := c.do(ctx, name, idl.InvalidDomID, func(l *C.libxl_ctx) C.int {
		rc := f(l, s, &id)
		if rc == C.ERROR_INVAL { // what it returns when no pool has the name
			return C.ERROR_NOTFOUND
		}
		return rc
	})
	if err != nil {
		return 0, fmt.Errorf("CPU pool %q: %w", text, err)
	}
	return uint32(id), nil
}

// CPUPoolIDToName returns the name of a CPU pool.
//
// Implements: char *libxl_cpupoolid_to_name(libxl_ctx *ctx, uint32_t poolid)
func (c *Context) CPUPoolIDToName(ctx context.Context, pool uint32) (string, error) {
	var name string
	err := c.do(ctx, "libxl_cpupoolid_to_name", idl.InvalidDomID, func(l *C.libxl_ctx) C.int {
		s := C.libxl_cpupoolid_to_name(l, C.uint32_t(pool))
		if s == nil {
			return C.ERROR_NOTFOUND
		}
		defer C.free(unsafe.Pointer(s))
		name = C.GoString(s)
		return 0
	})
	return name, inPool(pool, err)
}

// CPUPoolIDIsValid says whether there is a CPU pool of this number, which is to say that
// xenstore has a name for it.
//
// Implements: int libxl_cpupoolid_is_valid(libxl_ctx *ctx, uint32_t poolid)
func (c *Context) CPUPoolIDIsValid(ctx context.Context, pool uint32) (bool, error) {
	n, err := c.count(ctx, "libxl_cpupoolid_is_valid", func(l *C.libxl_ctx) C.int {
		return C.libxl_cpupoolid_is_valid(l, C.uint32_t(pool))
	})
	return n != 0, inPool(pool, err)
}
