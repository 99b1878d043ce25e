//go:build cgo

package libxl

// #include "glue.h"
import "C"

import (
	"context"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// MaxCPUs returns how many physical CPUs the hypervisor can have: their numbers are below
// it. The C library asks once in the life of the process.
//
// Implements: int libxl_get_max_cpus(libxl_ctx *ctx)
func (c *Context) MaxCPUs(ctx context.Context) (int, error) {
	return c.count(ctx, "libxl_get_max_cpus", func(l *C.libxl_ctx) C.int { return C.libxl_get_max_cpus(l) })
}

// MaxNodes returns how many NUMA nodes the hypervisor can have; otherwise it is as MaxCPUs.
//
// Implements: int libxl_get_max_nodes(libxl_ctx *ctx)
func (c *Context) MaxNodes(ctx context.Context) (int, error) {
	return c.count(ctx, "libxl_get_max_nodes", func(l *C.libxl_ctx) C.int { return C.libxl_get_max_nodes(l) })
}

// OnlineCPUs returns how many physical CPUs are online.
//
// Implements: int libxl_get_online_cpus(libxl_ctx *ctx)
func (c *Context) OnlineCPUs(ctx context.Context) (int, error) {
	return c.count(ctx, "libxl_get_online_cpus", func(l *C.libxl_ctx) C.int { return C.libxl_get_online_cpus(l) })
}

// FreeCPUMap returns the physical CPUs that belong to no CPU pool.
//
// Implements: int libxl_get_freecpus(libxl_ctx *ctx, libxl_bitmap *cpumap)
func (c *Context) FreeCPUMap(ctx context.Context) (idl.Bitmap, error) {
	return c.askBitmap(ctx, "libxl_get_freecpus", idl.InvalidDomID, nil, func(l *C.libxl_ctx, m *C.libxl_bitmap) C.int {
		return C.libxl_get_freecpus(l, m) // it takes the memory itself
	})
}

// FreeCPUs returns how many physical CPUs belong to no CPU pool.
func (c *Context) FreeCPUs(ctx context.Context) (int, error) {
	cpus, err := c.FreeCPUMap(ctx)
	return len(cpus), err
}

// askBitmap runs a call that fills a bitmap, for which room makes room. The functions of
// libxl pass over bits for which there is none, or write where the bitmap has ended.
func (c *Context) askBitmap(ctx context.Context, name string, id idl.DomID, room, fill func(l *C.libxl_ctx, m *C.libxl_bitmap) C.int) (idl.Bitmap, error) {
	var set idl.Bitmap
	err := c.do(ctx, name, id, func(l *C.libxl_ctx) (rc C.int) {
		var m C.libxl_bitmap
		C.libxl_bitmap_init(&m)
		defer C.libxl_bitmap_dispose(&m)
		if room != nil {
			rc = room(l, &m)
		}
		if rc == 0 {
			rc = fill(l, &m)
		}
		if rc == 0 {
			set = bits(&m)
		}
		return rc
	})
	return set, err
}

// giveBitmap runs a call that reads a bitmap.
func (c *Context) giveBitmap(ctx context.Context, name string, id idl.DomID, set idl.Bitmap, f func(l *C.libxl_ctx, m *C.libxl_bitmap) C.int) error {
	return c.do(ctx, name, id, func(l *C.libxl_ctx) C.int {
		var m C.libxl_bitmap
		C.libxl_bitmap_init(&m)
		defer C.libxl_bitmap_dispose(&m)
		if rc := c.bitmap(&m, set); rc != 0 {
			return rc
		}
		return f(l, &m)
	})
}

// Room for as many CPUs or NUMA nodes as there can be.
func roomForCPUs(l *C.libxl_ctx, m *C.libxl_bitmap) C.int  { return C.libxl_cpu_bitmap_alloc(l, m, 0) }
func roomForNodes(l *C.libxl_ctx, m *C.libxl_bitmap) C.int { return C.libxl_node_bitmap_alloc(l, m, 0) }
