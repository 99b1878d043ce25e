//go:build cgo

package native

import (
	"context"

	"golang.org/x/sys/unix"

	"github.com/xenvoy/xenvoy/toolstack"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// pagesPerMiB turns libxl's counts of 4 KiB pages into MiB.
const pagesPerMiB = 1 << 20 / 4096

// Info describes the machine as xl info does.
func (h *Host) Info(ctx context.Context) (*toolstack.HostInfo, error) {
	xl, err := h.xl.get(ctx)
	if err != nil {
		return nil, err
	}
	phys, err := xl.PhysInfo(ctx)
	if err != nil {
		return nil, err
	}
	xen, err := xl.VersionInfo(ctx)
	if err != nil {
		return nil, err
	}
	sched, err := xl.Scheduler(ctx)
	if err != nil {
		return nil, err
	}
	free, err := xl.FreeCPUs(ctx)
	if err != nil {
		return nil, err
	}
	spare, err := balloon(ctx, xl)
	if err != nil {
		return nil, err
	}
	var kernel unix.Utsname
	if err := unix.Uname(&kernel); err != nil {
		return nil, err
	}
	return &toolstack.HostInfo{
		Hostname: unix.ByteSliceToString(kernel.Nodename[:]), Release: unix.ByteSliceToString(kernel.Release[:]),
		Version: unix.ByteSliceToString(kernel.Version[:]), Machine: unix.ByteSliceToString(kernel.Machine[:]),
		CPUs: int(phys.NrCPUs), MaxCPUID: int(phys.MaxCPUID), Nodes: int(phys.NrNodes),
		CoresPerSocket: int(phys.CoresPerSocket), ThreadsPerCore: int(phys.ThreadsPerCore), CPUKHz: uint64(phys.CPUKHz),
		HWCaps: phys.HwCap, Caps: caps(&phys),
		TotalMiB: phys.TotalPages / pagesPerMiB, FreeMiB: (phys.FreePages - phys.OutstandingPages) / pagesPerMiB, BalloonMiB: uint64(spare) >> 10,
		SharingFreedMiB: phys.SharingFreedPages / pagesPerMiB, SharingUsedMiB: phys.SharingUsedFrames / pagesPerMiB,
		OutstandingClaimsMiB: phys.OutstandingPages / pagesPerMiB, FreeCPUs: free,
		XenMajor: int(xen.XenVersionMajor), XenMinor: int(xen.XenVersionMinor), XenExtra: xen.XenVersionExtra,
		XenCaps: xen.Capabilities, Scheduler: sched.String(), PageSize: int(xen.Pagesize), PlatformParams: xen.VirtStart,
		Changeset: xen.Changeset, CommandLine: xen.Commandline, Compiler: xen.Compiler, CompileBy: xen.CompileBy,
		CompileDomain: xen.CompileDomain, CompileDate: xen.CompileDate, BuildID: xen.BuildID,
	}, nil
}

// caps names what the host offers, in the order of xl info's virt_caps.
func caps(p *idl.PhysInfo) []string {
	names := []string{}
	for _, c := range []struct {
		has  bool
		name string
	}{
		{p.CapPV, "pv"}, {p.CapHVM, "hvm"},
		{p.CapHVM && p.CapHVMDirectio, "hvm_directio"}, {p.CapPV && p.CapHVMDirectio, "pv_directio"},
		{p.CapHAP, "hap"}, {p.CapShadow, "shadow"}, {p.CapIOMMUHAPPtShare, "iommu_hap_pt_share"},
		{p.CapVMTrace, "vmtrace"}, {p.CapVPMU, "vpmu"}, {p.CapGntTabV1, "gnttab-v1"}, {p.CapGntTabV2, "gnttab-v2"},
	} {
		if c.has {
			names = append(names, c.name)
		}
	}
	return names
}

// BootLog is the hypervisor's message buffer.
func (h *Host) BootLog(ctx context.Context) (string, error) {
	xl, err := h.xl.get(ctx)
	if err != nil {
		return "", err
	}
	return xl.XenConsole(ctx, false)
}
