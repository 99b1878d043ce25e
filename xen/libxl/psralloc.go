//go:build cgo && (386 || amd64)

package libxl

// #include "glue.h"
import "C"

import (
	"context"
	"fmt"
	"unsafe"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// PSRCATSetCBM is PSRSetVal, under the name that it had before Xen 4.12.
//
// Implements: int libxl_psr_cat_set_cbm(libxl_ctx *ctx, uint32_t domid, libxl_psr_cbm_type type, libxl_bitmap *target_map, uint64_t cbm)
func (c *Context) PSRCATSetCBM(ctx context.Context, id idl.DomID, t idl.PSRCBMType, sockets idl.Bitmap, cbm uint64) error {
	return c.setPSR(ctx, "libxl_psr_cat_set_cbm", id, t, sockets, func(l *C.libxl_ctx, m *C.libxl_bitmap) C.int {
		return C.libxl_psr_cat_set_cbm(l, C.uint32_t(id), C.libxl_psr_cbm_type(t), m, C.uint64_t(cbm))
	})
}

// PSRSetVal says which part of the sockets' caches the domain may fill, a mask of adjacent
// bits (t is idl.PSRCBMTypeL3CBM and so on; Code and Data only where CDP is enabled), or by
// how much its memory accesses are held back (idl.PSRCBMTypeMBAThrtl; percent where
// PSRHwInfoMBA.Linear is set). PSRHwInfo tells what is possible. No socket, one that libxl
// does not count (it divides the number of online CPUs by that of a socket), and a type
// that does not exist match ErrInval. After ErrFail it may be set for some of the sockets.
//
// Implements: int libxl_psr_set_val(libxl_ctx *ctx, uint32_t domid, libxl_psr_type type, libxl_bitmap *target_map, uint64_t val)
func (c *Context) PSRSetVal(ctx context.Context, id idl.DomID, t idl.PSRCBMType, sockets idl.Bitmap, val uint64) error {
	return c.setPSR(ctx, "libxl_psr_set_val", id, t, sockets, func(l *C.libxl_ctx, m *C.libxl_bitmap) C.int {
		return C.libxl_psr_set_val(l, C.uint32_t(id), C.libxl_psr_type(t), m, C.uint64_t(val))
	})
}

func (c *Context) setPSR(ctx context.Context, name string, id idl.DomID, t idl.PSRCBMType, sockets idl.Bitmap, f func(l *C.libxl_ctx, m *C.libxl_bitmap) C.int) error {
	return c.giveBitmap(ctx, name, id, sockets, func(l *C.libxl_ctx, m *C.libxl_bitmap) C.int {
		if !allocated(t) || len(sockets) == 0 {
			return C.ERROR_INVAL
		}
		n, rc := countSockets(l)
		if rc == 0 && sockets[len(sockets)-1] >= n { // libxl would pass it over and report success
			rc = C.ERROR_INVAL
		}
		if rc != 0 {
			return rc
		}
		return onDomain(l, id, func() C.int { return f(l, m) })
	})
}

// countSockets returns how many sockets libxl thinks there are: too few when some of their
// CPUs are offline.
func countSockets(l *C.libxl_ctx) (uint32, C.int) {
	var p C.libxl_physinfo
	C.libxl_physinfo_init(&p)
	defer C.libxl_physinfo_dispose(&p)
	if rc := C.libxl_get_physinfo(l, &p); rc != 0 {
		return 0, rc
	}
	if p.threads_per_core == 0 || p.cores_per_socket == 0 { // by which libxl would divide
		return 0, C.ERROR_FAIL
	}
	return uint32(p.nr_cpus / p.threads_per_core / p.cores_per_socket), 0
}

// allocated says whether there is such a type: libxl looks its name up by its number.
func allocated(t idl.PSRCBMType) bool {
	return t >= idl.PSRCBMTypeL3CBM && t <= idl.PSRCBMTypeMBAThrtl
}

// PSRCATGetCBM is PSRGetVal, under the name that it had before Xen 4.12.
//
// Implements: int libxl_psr_cat_get_cbm(libxl_ctx *ctx, uint32_t domid, libxl_psr_cbm_type type, uint32_t target, uint64_t *cbm_r)
func (c *Context) PSRCATGetCBM(ctx context.Context, id idl.DomID, t idl.PSRCBMType, socket uint32) (uint64, error) {
	return c.getPSR(ctx, "libxl_psr_cat_get_cbm", id, t, func(l *C.libxl_ctx, cbm *C.uint64_t) C.int {
		return C.libxl_psr_cat_get_cbm(l, C.uint32_t(id), C.libxl_psr_cbm_type(t), C.uint32_t(socket), cbm)
	})
}

// PSRGetVal returns what PSRSetVal has set for one socket. No such type matches ErrInval.
//
// Implements: int libxl_psr_get_val(libxl_ctx *ctx, uint32_t domid, libxl_psr_type type, unsigned int target, uint64_t *val)
func (c *Context) PSRGetVal(ctx context.Context, id idl.DomID, t idl.PSRCBMType, socket uint32) (uint64, error) {
	return c.getPSR(ctx, "libxl_psr_get_val", id, t, func(l *C.libxl_ctx, val *C.uint64_t) C.int {
		return C.libxl_psr_get_val(l, C.uint32_t(id), C.libxl_psr_type(t), C.uint(socket), val)
	})
}

func (c *Context) getPSR(ctx context.Context, name string, id idl.DomID, t idl.PSRCBMType, f func(l *C.libxl_ctx, val *C.uint64_t) C.int) (uint64, error) {
	var val C.uint64_t
	err := c.doDomain(ctx, name, id, func(l *C.libxl_ctx) C.int {
		if !allocated(t) {
			return C.ERROR_INVAL
		}
		return f(l, &val)
	})
	return uint64(val), err
}

// PSRCATInfo tells of each socket what its cache of a level, 2 or 3, can be told: the
// number of classes less one, the width of a mask in bits, and whether code and data
// have masks of their own. Another level matches ErrInval. It is ErrFail also when so many
// CPUs are offline that libxl would write beyond its list.
//
// Implements: int libxl_psr_cat_get_info(libxl_ctx *ctx, libxl_psr_cat_info **info, unsigned int *nr, unsigned int lvl)
// Implements: void libxl_psr_cat_info_list_free(libxl_psr_cat_info *list, int nr)
func (c *Context) PSRCATInfo(ctx context.Context, level uint) ([]idl.PSRCATInfo, error) {
	const name = "libxl_psr_cat_get_info"
	if err := checkLevel(level); err != nil {
		return nil, &Error{Op: name, Domain: idl.InvalidDomID, Cause: err}
	}
	return list[idl.PSRCATInfo](ctx, c, name, idl.InvalidDomID, func(l *C.libxl_ctx) array {
		if !roomForSockets(l) {
			return array{}
		}
		var p *C.libxl_psr_cat_info
		var n C.uint
		C.libxl_psr_cat_get_info(l, &p, &n, C.uint(level)) // leaves p alone when it fails
		return array{unsafe.Pointer(p), C.int(n), freeCATInfo}
	})
}

// PSRCATL3Info is PSRCATInfo for level 3.
//
// Implements: int libxl_psr_cat_get_l3_info(libxl_ctx *ctx, libxl_psr_cat_info **info, int *nr)
func (c *Context) PSRCATL3Info(ctx context.Context) ([]idl.PSRCATInfo, error) {
	return list[idl.PSRCATInfo](ctx, c, "libxl_psr_cat_get_l3_info", idl.InvalidDomID, func(l *C.libxl_ctx) array {
		if !roomForSockets(l) {
			return array{}
		}
		var p *C.libxl_psr_cat_info
		var n C.int
		C.libxl_psr_cat_get_l3_info(l, &p, &n) // leaves p alone when it fails
		return array{unsafe.Pointer(p), n, freeCATInfo}
	})
}

func freeCATInfo(a *array) { C.libxl_psr_cat_info_list_free((*C.libxl_psr_cat_info)(a.p), a.n) }

// roomForSockets says whether libxl's list, which it makes as long as it counts sockets, has
// room for all those that it then writes to it (libxl_psr_get_hw_info, 4.17 to 4.22).
func roomForSockets(l *C.libxl_ctx) bool {
	counted, rc := countSockets(l)
	if rc != 0 {
		return false
	}
	var online C.libxl_bitmap
	C.libxl_bitmap_init(&online)
	defer C.libxl_bitmap_dispose(&online)
	if roomForCPUs(l, &online) != 0 || C.libxl_get_online_socketmap(l, &online) != 0 {
		return false
	}
	return len(bits(&online)) <= int(counted)
}

// checkLevel refuses levels for which libxl would abort the process.
func checkLevel(level uint) error {
	if level != 2 && level != 3 {
		return fmt.Errorf("cache level %d is neither 2 nor 3: %w", level, ErrInval)
	}
	return nil
}

// PSRHwInfo tells of each socket what it can be told: for idl.PSRFeatTypeCAT about its
// cache of a level, 2 or 3, as PSRCATInfo; for idl.PSRFeatTypeMBA, where the level does not
// matter, the number of classes less one, the highest throttling, and whether it is
// linear. Another type or level matches ErrInval; ErrFail as with PSRCATInfo.
//
// Implements: int libxl_psr_get_hw_info(libxl_ctx *ctx, libxl_psr_feat_type type, unsigned int lvl, unsigned int *nr, libxl_psr_hw_info **info)
// Implements: void libxl_psr_hw_info_list_free(libxl_psr_hw_info *list, unsigned int nr)
func (c *Context) PSRHwInfo(ctx context.Context, t idl.PSRFeatType, level uint) ([]idl.PSRHwInfo, error) {
	const name = "libxl_psr_get_hw_info"
	var err error
	switch t {
	case idl.PSRFeatTypeCAT:
		err = checkLevel(level)
	case idl.PSRFeatTypeMBA:
	default: // for which libxl would abort the process
		err = fmt.Errorf("%v: %w", t, ErrInval)
	}
	if err != nil {
		return nil, &Error{Op: name, Domain: idl.InvalidDomID, Cause: err}
	}
	return list[idl.PSRHwInfo](ctx, c, name, idl.InvalidDomID, func(l *C.libxl_ctx) array {
		if !roomForSockets(l) {
			return array{}
		}
		var p *C.libxl_psr_hw_info
		var n C.uint
		C.libxl_psr_get_hw_info(l, C.libxl_psr_feat_type(t), C.uint(level), &n, &p) // leaves p alone when it fails
		info := unsafe.Slice(p, n)
		for i := range info {
			info[i]._type = C.libxl_psr_feat_type(t) // libxl leaves it unset (4.17 to 4.22)
		}
		return array{unsafe.Pointer(p), C.int(n), func(a *array) { C.libxl_psr_hw_info_list_free((*C.libxl_psr_hw_info)(a.p), C.uint(a.n)) }}
	})
}
