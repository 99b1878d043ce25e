package xlcfg

import (
	"github.com/xenvoy/xenvoy/toolstack/domcfg"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// identity is c_info and what belongs to it.
func (w *writer) identity() {
	info := &w.config.CInfo
	w.text("name", info.Name)
	named(w, "type", info.Type)
	if info.UUID != (idl.UUID{}) {
		w.set("uuid", quote(info.UUID.String()))
	}
	w.text("pool", info.PoolName)
	if label := w.config.BInfo.ExecSSIDLabel; label != "" {
		w.anyText("init_seclabel", info.SSIDLabel)
		w.text("seclabel", label)
	} else {
		w.text("seclabel", info.SSIDLabel)
	}
	w.boolean("driver_domain", info.DriverDomain)
	w.boolean("xend_suspend_evtchn_compat", info.XendSuspendEvtchnCompat)
}

func (w *writer) memory() {
	b := &w.config.BInfo
	w.group()
	w.mib("memory", b.TargetMemKB)
	// Without maxmem it is memory; the sum of vnuma needs it in any case.
	if limit, target := b.MaxMemKB, b.TargetMemKB; limit != nil && (len(b.VNUMANodes) > 0 || target == nil || *limit != *target) {
		w.mib("maxmem", limit)
	}
	w.mib("shadow_memory", b.ShadowMemKB)
	w.mib("videoram", b.VideoMemKB)
}

func (w *writer) processors() {
	b := &w.config.BInfo
	n := len(b.AvailVCPUs)
	if n > 0 && int(b.AvailVCPUs[n-1]) == n-1 { // the first n
		w.number("vcpus", int64(n))
	}
	if int(b.MaxVCPUs) != n || vnumaVCPUs(b) > 0 {
		w.number("maxvcpus", int64(b.MaxVCPUs))
	}
	w.affinity()
	w.vnuma()
	s := &b.SchedParams
	w.optional("cpu_weight", s.Weight)
	w.optional("cap", s.Cap)
	w.optional("period", s.Period)
	w.optional("slice", s.Slice)
	w.optional("latency", s.Latency)
	w.optional("extratime", s.Extratime)
	w.cpuid()
}

// boot is what the guest starts with.
func (w *writer) boot() {
	b := &w.config.BInfo
	w.group()
	if b.Kernel == "" && b.Bootloader == "" && b.TypeHVM == nil {
		w.anyText("kernel", "") // xl wants one of them
	}
	w.text("kernel", b.Kernel)
	w.text("ramdisk", b.Ramdisk)
	w.text("cmdline", b.Cmdline)
	w.text("device_tree", b.DeviceTree)
	w.text("bootloader", b.Bootloader)
	w.list("bootloader_args", b.BootloaderArgs)
	if u := b.TypeHVM; u != nil {
		named(w, "bios", u.BIOS)
		w.text("bios_path_override", u.SystemFirmware)
		w.text("firmware_override", u.Firmware)
		w.text("boot", u.Boot)
	}
	if u := b.TypePVH; u != nil {
		w.boolean("pvshim", u.PVShim)
		w.text("pvshim_path", u.PVShimPath)
		w.text("pvshim_cmdline", u.PVShimCmdline)
		w.text("pvshim_extra", u.PVShimExtra)
	}
}

// platform is what every type of guest may have.
func (w *writer) platform() {
	info, b := &w.config.CInfo, &w.config.BInfo
	w.group()
	w.boolean("hap", info.HAP)
	w.boolean("oos", info.OOS)
	w.boolean("acpi", b.ACPI)
	w.boolean("nestedhvm", b.NestedHVM)
	named(w, "altp2m", b.AltP2M)
	w.boolean("vpmu", b.VPMU)
	w.boolean("msr_relaxed", b.ArchX86.MSRRelaxed)
	named(w, "passthrough", info.Passthrough)
	w.boolean("nomigrate", b.DisableMigrate)
	named(w, "gic_version", b.ArchArm.GICVersion)
	named(w, "vuart", b.ArchArm.Vuart)
	named(w, "tee", b.TEE)
	if u := b.TypePV; u != nil && len(w.config.PCIDevs) == 0 { // with PCI devices it is always set
		w.boolean("e820_host", u.E820Host)
	}
	w.number("vmtrace_buf_kb", int64(b.VMTraceBufKB))
	w.number("max_event_channels", int64(b.EventChannels))
	if b.MaxGrantFrames != nil {
		w.anyNumber("max_grant_frames", int64(*b.MaxGrantFrames))
	}
	if b.MaxMaptrackFrames != nil {
		w.anyNumber("max_maptrack_frames", int64(*b.MaxMaptrackFrames))
	}
	w.optional("max_grant_version", b.MaxGrantVersion)
	w.time()
}

func (w *writer) time() {
	b := &w.config.BInfo
	w.number("rtc_timeoffset", int64(int32(b.RTCTimeOffset)))
	w.boolean("localtime", b.Localtime)
	named(w, "tsc_mode", b.TSCMode)
	if b.TimerMode != nil && b.TypePV == nil {
		w.set("timer_mode", quote(b.TimerMode.String()))
	}
}

// deviceModel is QEMU's program and arguments, and its stub domain.
func (w *writer) deviceModel() {
	b := &w.config.BInfo
	w.group()
	switch b.DeviceModelVersion {
	case idl.DeviceModelVersionQEMUXen:
		w.text("device_model_version", "qemu-xen")
	case idl.DeviceModelVersionQEMUXenTraditional:
		w.text("device_model_version", "qemu-xen-traditional")
	}
	w.text("device_model_override", b.DeviceModel)
	w.text("device_model_user", b.DeviceModelUser)
	w.boolean("dm_restrict", b.DMRestrict)
	w.list("device_model_args", b.Extra)
	w.list("device_model_args_pv", b.ExtraPV)
	w.list("device_model_args_hvm", b.ExtraHVM)
	w.boolean("device_model_stubdomain_override", b.DeviceModelStubdomain)
	w.text("device_model_stubdomain_seclabel", b.DeviceModelSSIDLabel)
	w.text("stubdomain_kernel", b.StubdomainKernel)
	w.text("stubdomain_ramdisk", b.StubdomainRamdisk)
	w.text("stubdomain_cmdline", b.StubdomainCmdline)
	w.mib("stubdomain_memory", b.StubdomainMemKB)
}

// actions leaves out what xl does by itself.
func (w *writer) actions() {
	c := w.config
	w.group()
	for _, a := range []struct {
		key    string
		action idl.ActionOnShutdown
		usual  domcfg.Action
	}{
		{"on_poweroff", c.OnPoweroff, domcfg.Destroy},
		{"on_reboot", c.OnReboot, domcfg.Restart},
		{"on_watchdog", c.OnWatchdog, domcfg.Destroy},
		{"on_crash", c.OnCrash, domcfg.Destroy},
		{"on_soft_reset", c.OnSoftReset, domcfg.SoftReset},
	} {
		action := domcfg.Destroy // libxl's zero
		if a.action != 0 {
			action = domcfg.ActionOf(a.action)
		}
		if action != a.usual {
			w.text(a.key, string(action))
		}
	}
}
