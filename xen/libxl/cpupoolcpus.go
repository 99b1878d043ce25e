//go:build cgo

package libxl

// #include "glue.h"
import "C"

import (
	"context"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// CPUPoolCPUAdd gives a CPU pool a free CPU. For one that is not free it is ErrFail.
//
// Implements: int libxl_cpupool_cpuadd(libxl_ctx *ctx, uint32_t poolid, int cpu)
func (c *Context) CPUPoolCPUAdd(ctx context.Context, pool, cpu uint32) error {
	return c.doPool(ctx, "libxl_cpupool_cpuadd", pool, func(l *C.libxl_ctx) C.int {
		return C.libxl_cpupool_cpuadd(l, C.uint32_t(pool), number(cpu))
	})
}

// CPUPoolCPUAddNode gives a CPU pool those CPUs of a NUMA node that are free, and returns
// how many it got. One that the pool could not get is no error.
//
// Implements: int libxl_cpupool_cpuadd_node(libxl_ctx *ctx, uint32_t poolid, int node, int *cpus)
func (c *Context) CPUPoolCPUAddNode(ctx context.Context, pool, node uint32) (int, error) {
	var n C.int
	err := c.doPool(ctx, "libxl_cpupool_cpuadd_node", pool, func(l *C.libxl_ctx) C.int {
		rc := C.libxl_cpupool_cpuadd_node(l, C.uint32_t(pool), number(node), &n)
		if rc == 0 && n == 0 {
			rc = existing(l, pool) // a failure with each CPU is none to libxl
		}
		return rc
	})
	return int(n), err
}

// CPUPoolCPUAddCPUMap is CPUPoolCPUAdd for many CPUs. It goes on after a failure, and is
// ErrFail then.
//
// Implements: int libxl_cpupool_cpuadd_cpumap(libxl_ctx *ctx, uint32_t poolid, const libxl_bitmap *cpumap)
func (c *Context) CPUPoolCPUAddCPUMap(ctx context.Context, pool uint32, cpus idl.Bitmap) error {
	return inPool(pool, c.giveBitmap(ctx, "libxl_cpupool_cpuadd_cpumap", idl.InvalidDomID, cpus, func(l *C.libxl_ctx, m *C.libxl_bitmap) C.int {
		return onPool(l, pool, C.libxl_cpupool_cpuadd_cpumap(l, C.uint32_t(pool), m))
	}))
}

// CPUPoolCPURemove takes a CPU from a CPU pool; it is free then. It is ErrFail for a CPU
// that the pool does not have, for CPU 0 of pool 0, and for the last CPU of a pool with a
// domain. It can be ErrFail also when a domain holds on to the CPU for the moment: then
// the CPU is in neither state, and must be given to the same pool or taken away again.
//
// Implements: int libxl_cpupool_cpuremove(libxl_ctx *ctx, uint32_t poolid, int cpu)
func (c *Context) CPUPoolCPURemove(ctx context.Context, pool, cpu uint32) error {
	return c.doPool(ctx, "libxl_cpupool_cpuremove", pool, func(l *C.libxl_ctx) C.int {
		return C.libxl_cpupool_cpuremove(l, C.uint32_t(pool), number(cpu))
	})
}

// CPUPoolCPURemoveNode takes all CPUs of a NUMA node from a CPU pool, and returns how many
// it could. One that had to stay is no error.
//
// Implements: int libxl_cpupool_cpuremove_node(libxl_ctx *ctx, uint32_t poolid, int node, int *cpus)
func (c *Context) CPUPoolCPURemoveNode(ctx context.Context, pool, node uint32) (int, error) {
	var n C.int
	err := c.doPool(ctx, "libxl_cpupool_cpuremove_node", pool, func(l *C.libxl_ctx) C.int {
		rc := C.libxl_cpupool_cpuremove_node(l, C.uint32_t(pool), number(node), &n)
		if rc == 0 && n == 0 {
			rc = existing(l, pool) // a failure with each CPU is none to libxl
		}
		return rc
	})
	return int(n), err
}

// CPUPoolCPURemoveCPUMap is CPUPoolCPURemove for many CPUs. It goes on after a failure,
// and is ErrFail then.
//
// Implements: int libxl_cpupool_cpuremove_cpumap(libxl_ctx *ctx, uint32_t poolid, const libxl_bitmap *cpumap)
func (c *Context) CPUPoolCPURemoveCPUMap(ctx context.Context, pool uint32, cpus idl.Bitmap) error {
	return inPool(pool, c.giveBitmap(ctx, "libxl_cpupool_cpuremove_cpumap", idl.InvalidDomID, cpus, func(l *C.libxl_ctx, m *C.libxl_bitmap) C.int {
		return onPool(l, pool, C.libxl_cpupool_cpuremove_cpumap(l, C.uint32_t(pool), m))
	}))
}
