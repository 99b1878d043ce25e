//go:build cgo

package libxl

// #include "glue.h"
import "C"

import (
	"context"
	"errors"
	"fmt"
	"unsafe"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// ListDomains returns all domains in ascending order of their ids. DomainType is the
// hypervisor's view, in which PVH is HVM; the configuration knows the difference. CPUTime
// is in nanoseconds.
//
// Implements: libxl_dominfo * libxl_list_domain(libxl_ctx*, int *nb_domain_out)
// Implements: void libxl_dominfo_list_free(libxl_dominfo *list, int nb_domain)
func (c *Context) ListDomains(ctx context.Context) ([]idl.DomInfo, error) {
	var domains []idl.DomInfo
	err := c.do(ctx, "libxl_list_domain", idl.InvalidDomID, func(l *C.libxl_ctx) C.int {
		var n C.int
		list := C.libxl_list_domain(l, &n)
		if list == nil && n == 0 {
			return C.ERROR_FAIL
		}
		defer C.libxl_dominfo_list_free(list, n)
		domains = make([]idl.DomInfo, n)
		for i := range domains {
			fillDomInfo(&domains[i], (*C.libxl_dominfo)(unsafe.Add(unsafe.Pointer(list), uintptr(i)*C.sizeof_libxl_dominfo)))
		}
		return 0
	})
	return domains, err
}

// DomainInfo describes one domain, as ListDomains does; ErrDomainNotFound when there is none.
//
// Implements: int libxl_domain_info(libxl_ctx*, libxl_dominfo *info_r, uint32_t domid)
func (c *Context) DomainInfo(ctx context.Context, id idl.DomID) (idl.DomInfo, error) {
	var info idl.DomInfo
	err := c.do(ctx, "libxl_domain_info", id, func(l *C.libxl_ctx) C.int {
		var d C.libxl_dominfo
		C.libxl_dominfo_init(&d)
		defer C.libxl_dominfo_dispose(&d)
		rc := C.libxl_domain_info(l, &d, C.uint32_t(id))
		if rc == 0 {
			fillDomInfo(&info, &d)
		}
		return rc
	})
	return info, err
}

// fillDomInfo copies member by member: a list of many domains is read often.
func fillDomInfo(info *idl.DomInfo, d *C.libxl_dominfo) {
	info.UUID = *(*idl.UUID)(unsafe.Pointer(&d.uuid))
	info.DomID = idl.DomID(d.domid)
	info.SSIDRef = uint32(d.ssidref)
	info.Running = bool(d.running)
	info.Blocked = bool(d.blocked)
	info.Paused = bool(d.paused)
	info.Shutdown = bool(d.shutdown)
	info.Dying = bool(d.dying)
	info.NeverStop = bool(d.never_stop)
	info.ShutdownReason = idl.ShutdownReason(d.shutdown_reason)
	info.OutstandingMemKB = idl.MemKB(d.outstanding_memkb)
	info.CurrentMemKB = idl.MemKB(d.current_memkb)
	info.SharedMemKB = idl.MemKB(d.shared_memkb)
	info.PagedMemKB = idl.MemKB(d.paged_memkb)
	info.MaxMemKB = idl.MemKB(d.max_memkb)
	info.CPUTime = uint64(d.cpu_time)
	info.VCPUMaxID = uint32(d.vcpu_max_id)
	info.VCPUOnline = uint32(d.vcpu_online)
	info.CPUPool = uint32(d.cpupool)
	info.GpaddrBits = uint8(d.gpaddr_bits)
	info.DomainType = idl.DomainType(d.domain_type)
	if d.ssid_label != nil {
		info.SSIDLabel = C.GoString(d.ssid_label)
	}
}

// NameToDomID finds a running domain by its name; ErrDomainNotFound when there is none.
//
// Implements: int libxl_name_to_domid(libxl_ctx *ctx, const char *name, uint32_t *domid)
func (c *Context) NameToDomID(ctx context.Context, name string) (idl.DomID, error) {
	if err := checkText(name); err != nil {
		return idl.InvalidDomID, &Error{Op: "libxl_name_to_domid", Domain: idl.InvalidDomID, Cause: err}
	}
	cname := C.CString(name)
	defer C.free(unsafe.Pointer(cname))
	var id C.uint32_t
	err := c.do(ctx, "libxl_name_to_domid", idl.InvalidDomID, func(l *C.libxl_ctx) C.int {
		rc := C.libxl_name_to_domid(l, cname, &id)
		if rc == C.ERROR_INVAL { // what it returns when no domain has the name
			return C.ERROR_DOMAIN_NOTFOUND
		}
		return rc
	})
	if errors.Is(err, ErrDomainNotFound) {
		return idl.InvalidDomID, fmt.Errorf("name %q: %w", name, err)
	}
	if err != nil {
		return idl.InvalidDomID, err
	}
	return idl.DomID(id), nil
}

// DomIDToName returns the name of a running domain; ErrDomainNotFound when there is
// none or it has no name.
//
// Implements: char *libxl_domid_to_name(libxl_ctx *ctx, uint32_t domid)
func (c *Context) DomIDToName(ctx context.Context, id idl.DomID) (string, error) {
	var name string
	err := c.do(ctx, "libxl_domid_to_name", id, func(l *C.libxl_ctx) C.int {
		s := C.libxl_domid_to_name(l, C.uint32_t(id))
		if s == nil {
			return C.ERROR_DOMAIN_NOTFOUND
		}
		defer C.free(unsafe.Pointer(s))
		name = C.GoString(s)
		return 0
	})
	return name, err
}
