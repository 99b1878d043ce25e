//go:build cgo

package libxc

// #include "glue.h"
import "C"

import (
	"context"
	"fmt"
	"syscall"
	"unsafe"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// MaxMapping bounds the pages of a Mapping: 256 MiB.
const MaxMapping = 256 << 20 / PageSize

// A Mapping lets this process read pages of a domain. It has one owner, who closes it,
// and is used by one goroutine at a time.
type Mapping struct {
	x      *Interface
	domain idl.DomID
	gfns   []uint64
	errs   []C.int
	memory []byte // nil when it is closed
}

// MapForeign maps pages of a domain, to be read. That some of them cannot be mapped is
// no failure: Mapping.Page tells. A page that is paged out is waited for, and that wait
// cannot be interrupted.
//
// Implements: void *xenforeignmemory_map(xenforeignmemory_handle *fmem, uint32_t dom, int prot, size_t pages, const xen_pfn_t arr[/*pages*/], int err[/*pages*/])
// Implements: struct xenforeignmemory_handle *xc_interface_fmem_handle(xc_interface *xch)
func (x *Interface) MapForeign(ctx context.Context, id idl.DomID, gfns []uint64) (*Mapping, error) {
	const op = "xenforeignmemory_map"
	if len(gfns) == 0 || len(gfns) > MaxMapping {
		return nil, invalid(op, id, "%d pages, not 1 to %d", len(gfns), MaxMapping)
	}
	m := &Mapping{x: x, domain: id, gfns: append([]uint64(nil), gfns...), errs: make([]C.int, len(gfns))}
	err := x.doDomain(ctx, op, id, func() (bool, error) {
		p, err := C.xenforeignmemory_map(C.xc_interface_fmem_handle(x.xch), C.uint32_t(id), C.PROT_READ,
			C.size_t(len(gfns)), (*C.xen_pfn_t)(unsafe.Pointer(&m.gfns[0])), &m.errs[0])
		if p == nil {
			return false, err
		}
		x.hold()
		m.memory = unsafe.Slice((*byte)(p), len(gfns)*PageSize)
		return true, nil
	})
	if err != nil {
		return nil, err
	}
	return m, nil
}

// Page returns the memory of the i-th of the gfns. It is the domain's own: it changes
// while one reads, it must not be written to, and not be touched after Close. The error
// says why the page could not be mapped.
func (m *Mapping) Page(i int) ([]byte, error) {
	const op = "xenforeignmemory_map"
	switch {
	case m.memory == nil:
		return nil, &Error{Op: op, Domain: m.domain, Cause: fmt.Errorf("mapping: %w", ErrClosed)}
	case i < 0 || i >= len(m.gfns):
		return nil, invalid(op, m.domain, "page %d of %d", i, len(m.gfns))
	}
	if e := m.errs[i]; e != 0 { // negative, in spite of the header
		return nil, &Error{Op: op, Domain: m.domain, Errno: syscall.Errno(max(e, -e)), Cause: fmt.Errorf("gfn %#x", m.gfns[i])}
	}
	return m.memory[i*PageSize : (i+1)*PageSize : (i+1)*PageSize], nil
}

// Len returns how many pages were asked for.
func (m *Mapping) Len() int { return len(m.gfns) }

// Close unmaps the pages. Closing twice is fine.
//
// Implements: int xenforeignmemory_unmap(xenforeignmemory_handle *fmem, void *addr, size_t pages)
func (m *Mapping) Close() error {
	if m.memory == nil {
		return nil
	}
	p := unsafe.Pointer(&m.memory[0])
	m.memory = nil
	rc, errno := C.xenforeignmemory_unmap(C.xc_interface_fmem_handle(m.x.xch), p, C.size_t(len(m.gfns)))
	err := m.x.release()
	if rc != 0 {
		return &Error{Op: "xenforeignmemory_unmap", Domain: m.domain, Errno: errnoOf(errno)}
	}
	return err
}
