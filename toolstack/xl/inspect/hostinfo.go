package inspect

import (
	"context"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/xenvoy/xenvoy/toolstack"
	"github.com/xenvoy/xenvoy/toolstack/domcfg/xlcfg"
	"github.com/xenvoy/xenvoy/toolstack/room"
	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// Host describes the machine as xl info does, and says what dom0 gives away for new domains.
func Host(ctx context.Context, x xl.Xen, conf *xlcfg.Conf) (*toolstack.HostInfo, error) {
	d := description{missing: func(err error, _ string) error { return err }}
	if err := d.node(); err != nil {
		return nil, err
	}
	if err := d.machine(ctx, x); err != nil {
		return nil, err
	}
	if err := d.hypervisor(ctx, x); err != nil {
		return nil, err
	}
	return &d.info, d.spare(ctx, x, conf)
}

// spare is what dom0 gives away for new domains.
func (d *description) spare(ctx context.Context, x xl.Xen, conf *xlcfg.Conf) error {
	kib, err := room.Spare(ctx, x, conf)
	d.info.BalloonMiB = uint64(kib) >> 10
	return err
}

// A description is what is known of the machine, and xl info's lines about it.
type description struct {
	info  toolstack.HostInfo
	lines []line

	// missing is told of a part that cannot be had, with xl's words for that; the error that it
	// returns ends the description.
	missing func(err error, words string) error
}

// A line is one of xl info's. Lines of a table have no key.
type line struct{ key, text string }

func (d *description) add(key string, value any) {
	d.lines = append(d.lines, line{key, fmt.Sprintf("%-23s: %v\n", key, value)})
}

// node is dom0's kernel.
func (d *description) node() error {
	var kernel unix.Utsname
	if err := unix.Uname(&kernel); err != nil {
		return d.missing(err, "uname failed.")
	}
	i := &d.info
	for _, l := range []struct {
		key  string
		into *string
		from []byte
	}{
		{"host", &i.Hostname, kernel.Nodename[:]}, {"release", &i.Release, kernel.Release[:]},
		{"version", &i.Version, kernel.Version[:]}, {"machine", &i.Machine, kernel.Machine[:]},
	} {
		*l.into = unix.ByteSliceToString(l.from)
		d.add(l.key, *l.into)
	}
	return nil
}

// machine is CPUs and memory.
func (d *description) machine(ctx context.Context, x xl.Xen) error {
	phys, err := x.PhysInfo(ctx)
	if err != nil {
		return d.missing(err, "libxl_physinfo failed.")
	}
	d.cpus(&phys)
	d.memory(&phys)
	if d.info.FreeCPUs, err = x.FreeCPUs(ctx); err != nil {
		return d.missing(err, "libxl_get_freecpus failed.")
	}
	d.add("free_cpus", d.info.FreeCPUs)
	return nil
}

func (d *description) cpus(p *idl.PhysInfo) {
	i := &d.info
	i.CPUs, i.MaxCPUID, i.Nodes = int(p.NrCPUs), int(p.MaxCPUID), int(p.NrNodes)
	i.CoresPerSocket, i.ThreadsPerCore = int(p.CoresPerSocket), int(p.ThreadsPerCore)
	i.CPUKHz, i.HWCaps, i.Caps = uint64(p.CPUKHz), p.HwCap, capabilities(p)
	words := make([]string, len(i.HWCaps))
	for n, word := range i.HWCaps {
		words[n] = fmt.Sprintf("%08x", word)
	}
	d.add("nr_cpus", i.CPUs)
	d.add("max_cpu_id", i.MaxCPUID)
	d.add("nr_nodes", i.Nodes)
	d.add("cores_per_socket", i.CoresPerSocket)
	d.add("threads_per_core", i.ThreadsPerCore)
	d.add("cpu_mhz", fmt.Sprintf("%d.%03d", i.CPUKHz/1000, i.CPUKHz%1000))
	d.add("hw_caps", strings.Join(words, ":"))
	text := fmt.Sprintf("%-23s:", "virt_caps") // without a blank when there is none
	for _, name := range i.Caps {
		text += " " + name
	}
	d.lines = append(d.lines, line{"virt_caps", text + "\n"})
}

// pagesPerMiB turns libxl's counts of 4 KiB pages into MiB.
const pagesPerMiB = 1 << 20 / 4096

func (d *description) memory(p *idl.PhysInfo) {
	i := &d.info
	i.TotalMiB, i.FreeMiB = p.TotalPages/pagesPerMiB, (p.FreePages-p.OutstandingPages)/pagesPerMiB
	i.SharingFreedMiB, i.SharingUsedMiB = p.SharingFreedPages/pagesPerMiB, p.SharingUsedFrames/pagesPerMiB
	i.OutstandingClaimsMiB = p.OutstandingPages / pagesPerMiB
	d.add("total_memory", i.TotalMiB)
	d.add("free_memory", i.FreeMiB)
	d.add("sharing_freed_memory", i.SharingFreedMiB)
	d.add("sharing_used_memory", i.SharingUsedMiB)
	d.add("outstanding_claims", i.OutstandingClaimsMiB)
}

// capabilities names what the host offers, in xl's order.
func capabilities(p *idl.PhysInfo) []string {
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

// hypervisor is Xen itself.
func (d *description) hypervisor(ctx context.Context, x xl.Xen) error {
	v, err := x.VersionInfo(ctx)
	if err != nil {
		return d.missing(err, "libxl_get_version_info failed.")
	}
	sched, err := x.Scheduler(ctx)
	if err != nil {
		return d.missing(err, "get_scheduler sysctl failed.")
	}
	i := &d.info
	i.XenMajor, i.XenMinor, i.XenExtra = int(v.XenVersionMajor), int(v.XenVersionMinor), v.XenVersionExtra
	i.Scheduler, i.PageSize, i.PlatformParams = sched.String(), int(v.Pagesize), v.VirtStart
	d.add("xen_major", i.XenMajor)
	d.add("xen_minor", i.XenMinor)
	d.add("xen_extra", i.XenExtra)
	d.add("xen_version", fmt.Sprintf("%d.%d%s", i.XenMajor, i.XenMinor, i.XenExtra))
	for _, l := range []struct {
		key  string
		into *string
		from string
	}{
		{"xen_caps", &i.XenCaps, v.Capabilities}, {"xen_scheduler", &i.Scheduler, i.Scheduler},
		{"xen_pagesize", nil, fmt.Sprint(i.PageSize)}, {"platform_params", nil, fmt.Sprintf("virt_start=0x%x", i.PlatformParams)},
		{"xen_changeset", &i.Changeset, v.Changeset}, {"xen_commandline", &i.CommandLine, v.Commandline},
		{"cc_compiler", &i.Compiler, v.Compiler}, {"cc_compile_by", &i.CompileBy, v.CompileBy},
		{"cc_compile_domain", &i.CompileDomain, v.CompileDomain}, {"cc_compile_date", &i.CompileDate, v.CompileDate},
		{"build_id", &i.BuildID, v.BuildID},
	} {
		if l.into != nil {
			*l.into = l.from
		}
		d.add(l.key, l.from)
	}
	return nil
}
