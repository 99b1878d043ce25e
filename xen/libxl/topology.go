//go:build cgo

package libxl

// #include "glue.h"
import "C"

import (
	"context"
	"math"
	"unsafe"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// InvalidEntry stands in a CPUTopology, PCITopology or NUMAInfo for what the hypervisor
// does not know, such as the core of a CPU that is offline (libxl.h,
// LIBXL_CPUTOPOLOGY_INVALID_ENTRY and so on).
const InvalidEntry = math.MaxUint32

// CPUTopology tells of each physical CPU, by its number, in which core of which socket
// and NUMA node it is; InvalidEntry for one that is offline.
//
// Implements: libxl_cputopology *libxl_get_cpu_topology(libxl_ctx *ctx, int *nb_cpu_out)
// Implements: void libxl_cputopology_list_free(libxl_cputopology *, int nb_cpu)
func (c *Context) CPUTopology(ctx context.Context) ([]idl.CPUTopology, error) {
	return list[idl.CPUTopology](ctx, c, "libxl_get_cpu_topology", idl.InvalidDomID, func(l *C.libxl_ctx) array {
		var n C.int
		p := C.libxl_get_cpu_topology(l, &n)
		return array{unsafe.Pointer(p), n, func(a *array) { C.libxl_cputopology_list_free((*C.libxl_cputopology)(a.p), a.n) }}
	})
}

// PCITopology tells of each PCI device that dom0's Linux shows (/sys/bus/pci/devices) to
// which NUMA node it belongs; InvalidEntry when Xen does not know.
//
// Implements: libxl_pcitopology *libxl_get_pci_topology(libxl_ctx *ctx, int *num_devs)
// Implements: void libxl_pcitopology_list_free(libxl_pcitopology *, int num_devs)
func (c *Context) PCITopology(ctx context.Context) ([]idl.PCITopology, error) {
	return list[idl.PCITopology](ctx, c, "libxl_get_pci_topology", idl.InvalidDomID, func(l *C.libxl_ctx) array {
		var n C.int
		p := C.libxl_get_pci_topology(l, &n)
		return array{unsafe.Pointer(p), n, func(a *array) { C.libxl_pcitopology_list_free((*C.libxl_pcitopology)(a.p), a.n) }}
	})
}

// NUMAInfo tells of each NUMA node, by its number, its memory in bytes and its distance
// to each node: 10 to itself, as ACPI's SLIT counts. Size is InvalidEntry for a node
// that is offline.
//
// Implements: libxl_numainfo *libxl_get_numainfo(libxl_ctx *ctx, int *nr)
// Implements: void libxl_numainfo_list_free(libxl_numainfo *, int nr)
func (c *Context) NUMAInfo(ctx context.Context) ([]idl.NUMAInfo, error) {
	return list[idl.NUMAInfo](ctx, c, "libxl_get_numainfo", idl.InvalidDomID, func(l *C.libxl_ctx) array {
		var n C.int
		p := C.libxl_get_numainfo(l, &n)
		return array{unsafe.Pointer(p), n, func(a *array) { C.libxl_numainfo_list_free((*C.libxl_numainfo)(a.p), a.n) }}
	})
}

// OnlineSocketMap returns the sockets that have an online CPU. One whose number is not
// below MaxCPUs, rounded up to whole bytes, is not in it.
//
// Implements: int libxl_get_online_socketmap(libxl_ctx *ctx, libxl_bitmap *socketmap)
func (c *Context) OnlineSocketMap(ctx context.Context) (idl.Bitmap, error) {
	// libxl_socket_bitmap_alloc would count sockets by the CPUs that are online, and have
	// no room for the last one when another is offline.
	return c.askBitmap(ctx, "libxl_get_online_socketmap", idl.InvalidDomID, roomForCPUs, func(l *C.libxl_ctx, m *C.libxl_bitmap) C.int {
		return C.libxl_get_online_socketmap(l, m)
	})
}

// NodeMapToCPUMap returns the online CPUs of the NUMA nodes. A node that does not exist
// has none.
//
// Implements: int libxl_nodemap_to_cpumap(libxl_ctx *ctx, const libxl_bitmap *nodemap, libxl_bitmap *cpumap)
func (c *Context) NodeMapToCPUMap(ctx context.Context, nodes idl.Bitmap) (idl.Bitmap, error) {
	return c.convert(ctx, "libxl_nodemap_to_cpumap", nodes, roomForCPUs, func(l *C.libxl_ctx, from, to *C.libxl_bitmap) C.int {
		return C.libxl_nodemap_to_cpumap(l, from, to)
	})
}

// CPUMapToNodeMap returns the NUMA nodes of the CPUs. A CPU that is offline or does not
// exist has none.
//
// Implements: int libxl_cpumap_to_nodemap(libxl_ctx *ctx, const libxl_bitmap *cpumap, libxl_bitmap *nodemap)
func (c *Context) CPUMapToNodeMap(ctx context.Context, cpus idl.Bitmap) (idl.Bitmap, error) {
	return c.convert(ctx, "libxl_cpumap_to_nodemap", cpus, roomForNodes, func(l *C.libxl_ctx, from, to *C.libxl_bitmap) C.int {
		return C.libxl_cpumap_to_nodemap(l, from, to)
	})
}

// convert runs a call that makes one bitmap of another.
func (c *Context) convert(ctx context.Context, name string, set idl.Bitmap, room func(l *C.libxl_ctx, m *C.libxl_bitmap) C.int, f func(l *C.libxl_ctx, from, to *C.libxl_bitmap) C.int) (idl.Bitmap, error) {
	return c.askBitmap(ctx, name, idl.InvalidDomID, room, func(l *C.libxl_ctx, to *C.libxl_bitmap) C.int {
		var from C.libxl_bitmap
		C.libxl_bitmap_init(&from)
		defer C.libxl_bitmap_dispose(&from)
		if rc := c.bitmap(&from, set); rc != 0 {
			return rc
		}
		return f(l, &from, to)
	})
}

// NodeToCPUMap returns the online CPUs of one NUMA node, none when it does not exist.
//
// Implements: int libxl_node_to_cpumap(libxl_ctx *ctx, int node, libxl_bitmap *cpumap)
func (c *Context) NodeToCPUMap(ctx context.Context, node uint32) (idl.Bitmap, error) {
	return c.askBitmap(ctx, "libxl_node_to_cpumap", idl.InvalidDomID, roomForCPUs, func(l *C.libxl_ctx, m *C.libxl_bitmap) C.int {
		return C.libxl_node_to_cpumap(l, number(node), m)
	})
}

// number is a CPU's or node's number as libxl takes it. Those that no machine has become
// one that surely does not exist: negative, they would mean "any", or match what is unknown.
func number(n uint32) C.int { return C.int(min(n, idl.MaxBit+1)) }
