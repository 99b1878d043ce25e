//go:build cgo

package libxc

// #include "glue.h"
import "C"

import (
	"context"
	"fmt"
	"iter"
	"math/bits"
	"syscall"
	"unsafe"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// MaxPFNs bounds a Bitmap: a guest of 16 TiB, for which it takes 512 MiB.
const MaxPFNs = 16 << 40 / PageSize

// A Bitmap has one bit a pfn, in memory that the hypervisor can write to. It has one
// owner, who closes it, and is used by one goroutine at a time. A closed one is empty.
type Bitmap struct {
	x     *Interface
	c     *C.struct_xvc_buffer // nil when it is closed
	words []uint64             // c's memory: bit 0 of word 0 is pfn 0
	pfns  uint64
}

// NewBitmap makes a bitmap for the pfns below pfns, which NrGPFNs tells, all clear. It
// takes pfns/8 bytes of this machine's memory at once, 512 MiB for MaxPFNs: more than a
// small dom0 has, whose kernel then ends other programs.
//
// Implements: void *xc__hypercall_buffer_alloc_pages(xc_interface *xch, xc_hypercall_buffer_t *b, int nr_pages)
func (x *Interface) NewBitmap(ctx context.Context, pfns uint64) (*Bitmap, error) {
	const op = "xc_hypercall_buffer_alloc_pages"
	if pfns == 0 || pfns > MaxPFNs {
		return nil, invalid(op, idl.InvalidDomID, "a bitmap of %d pfns, not of 1 to %d", pfns, uint64(MaxPFNs))
	}
	pages := (pfns + PageSize*8 - 1) / (PageSize * 8)
	b := &Bitmap{x: x, pfns: pfns}
	err := x.do(ctx, op, func() (bool, error) {
		var err error
		if b.c, err = C.xvc_buffer_new(x.xch, C.int(pages)); b.c == nil {
			return false, err
		}
		x.hold()
		return true, nil
	})
	if err != nil {
		return nil, err
	}
	b.words = unsafe.Slice((*uint64)(b.c.buffer.hbuf), pages*PageSize/8)
	return b, nil
}

// Close gives the memory back. Closing twice is fine.
//
// Implements: void xc__hypercall_buffer_free_pages(xc_interface *xch, xc_hypercall_buffer_t *b, int nr_pages)
func (b *Bitmap) Close() error {
	if b.c == nil {
		return nil
	}
	C.xvc_buffer_free(b.x.xch, b.c)
	b.c, b.words, b.pfns = nil, nil, 0
	return b.x.release()
}

// Len returns how many pfns the bitmap covers; 0 when it is closed.
func (b *Bitmap) Len() uint64 { return b.pfns }

// Test says whether the bit of a pfn is set. Beyond Len none is.
func (b *Bitmap) Test(pfn uint64) bool { return pfn < b.pfns && b.words[pfn/64]>>(pfn%64)&1 != 0 }

// Count returns how many bits are set.
func (b *Bitmap) Count() uint64 {
	n := 0
	for i := range b.used() {
		n += bits.OnesCount64(b.word(i))
	}
	return uint64(n)
}

// All ranges over the pfns whose bits are set, in ascending order.
func (b *Bitmap) All() iter.Seq[uint64] {
	return func(yield func(uint64) bool) {
		for i := uint64(0); i < b.used(); i++ { // the loop's body may close the bitmap
			for w := b.word(i); w != 0; w &= w - 1 {
				if !yield(i*64 + uint64(bits.TrailingZeros64(w))) {
					return
				}
			}
		}
	}
}

// used returns how many words have bits of pfns.
func (b *Bitmap) used() uint64 { return (b.pfns + 63) / 64 }

// word returns a word without the bits that lie beyond Len: the hypervisor rounds up.
func (b *Bitmap) word(i uint64) uint64 {
	w := b.words[i]
	if left := b.pfns - i*64; left < 64 {
		w &= 1<<left - 1
	}
	return w
}

// open returns an error when the bitmap is closed, or another Interface's.
func (b *Bitmap) open(x *Interface, op string, id idl.DomID) error {
	switch {
	case b.c == nil:
		return &Error{Op: op, Domain: id, Cause: fmt.Errorf("bitmap: %w", ErrClosed)}
	case b.x != x:
		return &Error{Op: op, Domain: id, Errno: syscall.EINVAL, Cause: fmt.Errorf("the bitmap is of another Interface")}
	}
	return nil
}
