//go:build cgo

package libxl

// #include "glue.h"
import "C"

import (
	"context"
	"errors"
	"strings"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// PhysInfo describes the machine: CPUs, memory in pages of 4 KiB, what it can do.
//
// Implements: int libxl_get_physinfo(libxl_ctx *ctx, libxl_physinfo *physinfo)
func (c *Context) PhysInfo(ctx context.Context) (idl.PhysInfo, error) {
	var info idl.PhysInfo
	err := c.do(ctx, "libxl_get_physinfo", idl.InvalidDomID, func(l *C.libxl_ctx) C.int {
		var p C.libxl_physinfo
		C.libxl_physinfo_init(&p)
		defer C.libxl_physinfo_dispose(&p)
		rc := C.libxl_get_physinfo(l, &p)
		if rc == 0 {
			info = physInfo(&p)
		}
		return rc
	})
	return info, err
}

func physInfo(p *C.libxl_physinfo) idl.PhysInfo {
	info := idl.PhysInfo{
		ThreadsPerCore: uint32(p.threads_per_core),
		CoresPerSocket: uint32(p.cores_per_socket),
		MaxCPUID:       uint32(p.max_cpu_id),
		NrCPUs:         uint32(p.nr_cpus),
		CPUKHz:         uint32(p.cpu_khz),

		TotalPages:        uint64(p.total_pages),
		FreePages:         uint64(p.free_pages),
		ScrubPages:        uint64(p.scrub_pages),
		OutstandingPages:  uint64(p.outstanding_pages),
		SharingFreedPages: uint64(p.sharing_freed_pages),
		SharingUsedFrames: uint64(p.sharing_used_frames),
		MaxPossibleMFN:    uint64(p.max_possible_mfn),
		NrNodes:           uint32(p.nr_nodes),

		CapHVM:             bool(p.cap_hvm),
		CapPV:              bool(p.cap_pv),
		CapHVMDirectio:     bool(p.cap_hvm_directio),
		CapHAP:             bool(p.cap_hap),
		CapShadow:          bool(p.cap_shadow),
		CapIOMMUHAPPtShare: bool(p.cap_iommu_hap_pt_share),
		CapVMTrace:         bool(p.cap_vmtrace),
		CapVPMU:            bool(p.cap_vpmu),
		CapGntTabV1:        bool(p.cap_gnttab_v1),
		CapGntTabV2:        bool(p.cap_gnttab_v2),
	}
	info.ArchCapabilities = uint32(C.xv_arch_capabilities(p))
	for i := range info.HwCap {
		info.HwCap[i] = uint32(p.hw_cap[i])
	}
	return info
}

// VersionInfo describes the hypervisor: its version, how it was built and started.
//
// Implements: const libxl_version_info* libxl_get_version_info(libxl_ctx *ctx)
func (c *Context) VersionInfo(ctx context.Context) (idl.VersionInfo, error) {
	c.versionMu.Lock()
	defer c.versionMu.Unlock()
	var info idl.VersionInfo
	err := c.do(ctx, "libxl_get_version_info", idl.InvalidDomID, func(l *C.libxl_ctx) C.int {
		v := C.libxl_get_version_info(l) // stays libxl's
		if v == nil {
			return C.ERROR_FAIL
		}
		info = idl.VersionInfo{
			XenVersionMajor: int32(v.xen_version_major),
			XenVersionMinor: int32(v.xen_version_minor),
			XenVersionExtra: C.GoString(v.xen_version_extra),
			Compiler:        C.GoString(v.compiler),
			CompileBy:       C.GoString(v.compile_by),
			CompileDomain:   C.GoString(v.compile_domain),
			CompileDate:     C.GoString(v.compile_date),
			Capabilities:    C.GoString(v.capabilities),
			Changeset:       C.GoString(v.changeset),
			VirtStart:       uint64(v.virt_start),
			Pagesize:        int32(v.pagesize),
			Commandline:     C.GoString(v.commandline),
			BuildID:         C.GoString(v.build_id),
		}
		return 0
	})
	return info, err
}

// count runs a call that returns a number or an error code.
func (c *Context) count(ctx context.Context, name string, f func(l *C.libxl_ctx) C.int) (int, error) {
	var n C.int
	err := c.do(ctx, name, idl.InvalidDomID, func(l *C.libxl_ctx) C.int {
		n = f(l)
		return min(n, 0)
	})
	return int(max(n, 0)), err
}

// Scheduler returns the scheduler of the default CPU pool.
//
// Implements: int libxl_get_scheduler(libxl_ctx *ctx)
func (c *Context) Scheduler(ctx context.Context) (idl.Scheduler, error) {
	n, err := c.count(ctx, "libxl_get_scheduler", func(l *C.libxl_ctx) C.int { return C.libxl_get_scheduler(l) })
	return idl.Scheduler(n), err
}

// XenConsole returns the hypervisor's message buffer, oldest first; clear empties it.
//
// Implements: libxl_xen_console_reader * libxl_xen_console_read_start(libxl_ctx *ctx, int clear)
// Implements: int libxl_xen_console_read_line(libxl_ctx *ctx, libxl_xen_console_reader *cr, char **line_r)
// Implements: void libxl_xen_console_read_finish(libxl_ctx *ctx, libxl_xen_console_reader *cr)
func (c *Context) XenConsole(ctx context.Context, clear bool) (string, error) {
	var text strings.Builder
	var reader *C.libxl_xen_console_reader
	err := c.do(ctx, "libxl_xen_console_read_line", idl.InvalidDomID, func(l *C.libxl_ctx) C.int {
		var empty C.int
		if clear {
			empty = 1
		}
		reader = C.libxl_xen_console_read_start(l, empty)
		if reader == nil {
			return C.ERROR_FAIL
		}
		defer C.libxl_xen_console_read_finish(l, reader)
		for {
			var line *C.char // libxl's, until the next call
			rc := C.libxl_xen_console_read_line(l, reader, &line)
			if rc <= 0 {
				return rc
			}
			text.WriteString(C.GoString(line))
		}
	})
	var e *Error
	if reader == nil && errors.As(err, &e) {
		e.Op = "libxl_xen_console_read_start"
	}
	return text.String(), err
}
