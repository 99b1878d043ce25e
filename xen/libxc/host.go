//go:build cgo

package libxc

// #include "glue.h"
import "C"

import (
	"context"
	"unsafe"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// PhysInfo describes the machine.
//
// Implements: int xc_physinfo(xc_interface *xch, xc_physinfo_t *info)
func (x *Interface) PhysInfo(ctx context.Context) (PhysInfo, error) {
	var c C.xc_physinfo_t
	err := x.do(ctx, "xc_physinfo", func() (bool, error) {
		rc, err := C.xc_physinfo(x.xch, &c)
		return rc == 0, err
	})
	if err != nil {
		return PhysInfo{}, err
	}
	p := PhysInfo{
		ThreadsPerCore: uint32(c.threads_per_core),
		CoresPerSocket: uint32(c.cores_per_socket),
		NrCPUs:         uint32(c.nr_cpus),
		MaxCPUID:       uint32(c.max_cpu_id),
		NrNodes:        uint32(c.nr_nodes),
		MaxNodeID:      uint32(c.max_node_id),
		CPUKHz:         uint32(c.cpu_khz),

		Capabilities:     Capabilities(c.capabilities),
		ArchCapabilities: uint32(c.arch_capabilities),

		TotalPages:       uint64(c.total_pages),
		FreePages:        uint64(c.free_pages),
		ScrubPages:       uint64(c.scrub_pages),
		OutstandingPages: uint64(c.outstanding_pages),
		MaxMFN:           uint64(c.max_mfn),
	}
	for i := range p.HWCap {
		p.HWCap[i] = uint32(c.hw_cap[i])
	}
	return p, nil
}

// Version describes the hypervisor.
//
// Implements: int xc_version(xc_interface *xch, int cmd, void *arg)
func (x *Interface) Version(ctx context.Context) (Version, error) {
	n, err := x.version(ctx, C.XENVER_version, nil)
	if err != nil {
		return Version{}, err
	}
	v := Version{Major: n >> 16, Minor: n & 0xffff}
	for _, part := range []struct {
		command C.int
		size    int
		text    *string
	}{
		{C.XENVER_extraversion, C.sizeof_xen_extraversion_t, &v.Extra},
		{C.XENVER_changeset, C.sizeof_xen_changeset_info_t, &v.Changeset},
		{C.XENVER_capabilities, C.sizeof_xen_capabilities_info_t, &v.Capabilities},
	} {
		buf := make([]byte, part.size)
		if _, err := x.version(ctx, part.command, buf); err != nil {
			return Version{}, err
		}
		*part.text = cString(buf)
	}
	return v, nil
}

// version asks one thing; buf has the size that libxc derives from the command.
func (x *Interface) version(ctx context.Context, command C.int, buf []byte) (int, error) {
	var rc C.int
	err := x.do(ctx, "xc_version", func() (bool, error) {
		var err error
		rc, err = C.xc_version(x.xch, command, unsafe.Pointer(unsafe.SliceData(buf)))
		return rc >= 0, err
	})
	return int(rc), err
}

// cString returns the text before the first NUL.
func cString(buf []byte) string {
	for i, b := range buf {
		if b == 0 {
			return string(buf[:i])
		}
	}
	return string(buf)
}

// Scheduler returns the scheduler of the default CPU pool.
//
// Implements: int xc_sched_id(xc_interface *xch, int *sched_id)
func (x *Interface) Scheduler(ctx context.Context) (idl.Scheduler, error) {
	var id C.int
	err := x.do(ctx, "xc_sched_id", func() (bool, error) {
		rc, err := C.xc_sched_id(x.xch, &id)
		return rc == 0, err
	})
	return idl.Scheduler(id), err
}
