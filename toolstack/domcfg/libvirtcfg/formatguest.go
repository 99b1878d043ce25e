package libvirtcfg

import (
	"cmp"
	"strings"

	"libvirt.org/go/libvirtxml"

	"github.com/xenvoy/xenvoy/toolstack/domcfg/xlcfg"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// cpu writes the features that differ from the host's, and nested virtualisation, which
// libvirt has as the feature vmx or svm: one of them switched off is enough.
func (w *writer) cpu() {
	b := &w.in.BInfo
	features := xlcfg.FeatureValues(b.CPUID)
	if len(features) == 0 && b.NestedHVM == idl.DefboolUnset {
		return
	}
	if w.out.CPU == nil {
		w.out.CPU = &libvirtxml.DomainCPU{}
	}
	w.out.CPU.Mode, w.out.CPU.Check = "host-passthrough", "none"
	if b.NestedHVM != idl.True {
		w.feature("vmx", "disable")
	}
	for _, f := range features {
		switch f.Value {
		case "0":
			w.feature(libvirtFeature(f.Name), "disable")
		case "1":
			w.feature(libvirtFeature(f.Name), "force")
		}
	}
}

func (w *writer) feature(name, policy string) {
	w.out.CPU.Features = append(w.out.CPU.Features, libvirtxml.DomainCPUFeature{Policy: policy, Name: name})
}

// libvirtFeature is libvirt's name for what libxl calls name, by its newer names or its
// older ones.
func libvirtFeature(name string) string {
	older := map[string]string{
		"cx16": "cx16", "htt": "ht", "clflush": "clflush", "sep": "sep", "cx8": "cx8", "nodeid-msr": "nodeid_msr",
		"cr8-legacy": "cr8legacy", "lahf-lm": "lahf_lm", "cmp-legacy": "cmp_legacy", "aesni": "aes", "eist": "est",
		"sse4-1": "sse4.1", "sse4-2": "sse4.2", "itsc": "invtsc", "tsc-adjust": "tsc_adjust",
	}
	if other, ok := older[name]; ok {
		return other
	}
	for theirs, ours := range featureNames() {
		if ours == name {
			return theirs
		}
	}
	return name
}

func (w *writer) boot() {
	b, os := &w.in.BInfo, w.out.OS
	os.Kernel, os.Initrd, os.Cmdline, os.DTB = b.Kernel, b.Ramdisk, b.Cmdline, b.DeviceTree
	u := b.TypeHVM
	if u == nil {
		w.out.Bootloader, w.out.BootloaderArgs = b.Bootloader, strings.Join(b.BootloaderArgs, " ")
		return
	}
	order := u.Boot
	if order == "" {
		order = "cda" // libxl's own
	}
	names := map[rune]string{'a': "fd", 'c': "hd", 'd': "cdrom", 'n': "network"}
	for _, letter := range order {
		if name, ok := names[letter]; ok {
			os.BootDevices = append(os.BootDevices, libvirtxml.DomainBootDevice{Dev: name})
		}
	}
	if u.ACPIFirmware != "" {
		os.ACPI = &libvirtxml.DomainACPI{Tables: []libvirtxml.DomainACPITable{{Type: "slic", Path: u.ACPIFirmware}}}
	}
	switch u.BIOS {
	case idl.BIOSTypeOVMF: // libvirt's Xen driver does not read firmware='efi'
		path := cmp.Or(u.SystemFirmware, "/usr/lib/xen/boot/ovmf.bin")
		os.Loader = &libvirtxml.DomainLoader{Path: path, Readonly: "yes", Type: "pflash"}
	case idl.BIOSTypeSeabios:
		os.Firmware = "bios"
	}
	if u.Firmware != "" && os.Loader == nil {
		os.Loader = &libvirtxml.DomainLoader{Path: u.Firmware, Type: "rom"}
	}
}

func (w *writer) features() {
	b := &w.in.BInfo
	f := &libvirtxml.DomainFeatureList{}
	if u := b.TypeHVM; u != nil {
		w.hvmFeatures(f, u)
	} else if b.TypePVH != nil && b.ACPI == idl.True {
		f.ACPI = &libvirtxml.DomainFeature{}
	}
	if hap := w.in.CInfo.HAP; hap != idl.DefboolUnset {
		f.HAP = &libvirtxml.DomainFeatureState{State: onOff(hap)}
	}
	if b.VPMU != idl.DefboolUnset {
		f.PMU = &libvirtxml.DomainFeatureState{State: onOff(b.VPMU)}
	}
	w.xenFeatures(f)
	if *f != (libvirtxml.DomainFeatureList{}) {
		w.out.Features = f
	}
}

// hvmFeatures: libxl switches on what is not set, but for Viridian.
func (w *writer) hvmFeatures(f *libvirtxml.DomainFeatureList, u *idl.DomainBuildInfoHVM) {
	b := &w.in.BInfo
	if u.PAE != idl.False {
		f.PAE = &libvirtxml.DomainFeature{}
	}
	if b.ACPI != idl.False {
		f.ACPI = &libvirtxml.DomainFeature{}
	}
	if b.APIC != idl.False {
		f.APIC = &libvirtxml.DomainFeatureAPIC{}
	}
	if u.Viridian == idl.True {
		f.Viridian = &libvirtxml.DomainFeature{}
	}
	w.hyperv(f, u)
	if u.MsVMGenID != (idl.VMGenID{}) {
		w.out.GenID = &libvirtxml.DomainGenID{Value: idl.UUID(u.MsVMGenID).String()}
	}
	if u.ACPIS3 == idl.DefboolUnset && u.ACPIS4 == idl.DefboolUnset {
		return
	}
	w.out.PM = &libvirtxml.DomainPM{}
	if u.ACPIS3 != idl.DefboolUnset {
		w.out.PM.SuspendToMem = &libvirtxml.DomainPMPolicy{Enabled: yesNo(u.ACPIS3)}
	}
	if u.ACPIS4 != idl.DefboolUnset {
		w.out.PM.SuspendToDisk = &libvirtxml.DomainPMPolicy{Enabled: yesNo(u.ACPIS4)}
	}
}

func (w *writer) hyperv(f *libvirtxml.DomainFeatureList, u *idl.DomainBuildInfoHVM) {
	states := map[string]*libvirtxml.DomainFeatureState{}
	for _, e := range enlightenments() {
		if state := groupState(u, e.group); state != idl.DefboolUnset {
			states[e.name] = &libvirtxml.DomainFeatureState{State: onOff(state)}
		}
	}
	if len(states) == 0 {
		return
	}
	h := &libvirtxml.DomainFeatureHyperV{
		Relaxed: states["relaxed"], VAPIC: states["vapic"], Synic: states["synic"], Frequencies: states["frequencies"], IPI: states["ipi"],
	}
	if s := states["stimer"]; s != nil {
		h.STimer = &libvirtxml.DomainFeatureHyperVSTimer{DomainFeatureState: *s}
	}
	if s := states["tlbflush"]; s != nil {
		h.TLBFlush = &libvirtxml.DomainFeatureHyperVTLBFlush{DomainFeatureState: *s}
	}
	f.HyperV = h
}

func groupState(u *idl.DomainBuildInfoHVM, group idl.ViridianEnlightenment) idl.Defbool {
	switch {
	case u.ViridianEnable.Has(uint32(group)):
		return idl.True
	case u.ViridianDisable.Has(uint32(group)):
		return idl.False
	}
	return idl.DefboolUnset
}

func (w *writer) xenFeatures(f *libvirtxml.DomainFeatureList) {
	x := &libvirtxml.DomainFeatureXen{}
	if pv := w.in.BInfo.TypePV; pv != nil && pv.E820Host != idl.DefboolUnset {
		x.E820Host = &libvirtxml.DomainFeatureXenE820Host{State: onOff(pv.E820Host)}
	}
	switch w.in.CInfo.Passthrough {
	case idl.PassthroughDisabled:
		x.Passthrough = &libvirtxml.DomainFeatureXenPassthrough{State: "off"}
	case idl.PassthroughEnabled:
		x.Passthrough = &libvirtxml.DomainFeatureXenPassthrough{State: "on"}
	case idl.PassthroughSyncPt:
		x.Passthrough = &libvirtxml.DomainFeatureXenPassthrough{State: "on", Mode: "sync_pt"}
	case idl.PassthroughSharePt:
		x.Passthrough = &libvirtxml.DomainFeatureXenPassthrough{State: "on", Mode: "share_pt"}
	}
	if *x != (libvirtxml.DomainFeatureXen{}) {
		f.Xen = x
	}
}

func (w *writer) clock() {
	b := &w.in.BInfo
	clock := &libvirtxml.DomainClock{Offset: "utc"}
	if b.Localtime == idl.True {
		clock.Offset = "localtime"
	}
	if b.RTCTimeOffset != 0 && b.TypeHVM != nil {
		clock.Basis, clock.Offset = clock.Offset, "variable"
		clock.Adjustment = decimal(int32(b.RTCTimeOffset))
	}
	modes := map[idl.TSCMode]string{idl.TSCModeAlwaysEmulate: "emulate", idl.TSCModeNative: "native", idl.TSCModeNativeParavirt: "paravirt"}
	if mode := modes[b.TSCMode]; mode != "" {
		clock.Timer = append(clock.Timer, libvirtxml.DomainTimer{Name: "tsc", Mode: mode})
	}
	if u := b.TypeHVM; u != nil {
		if u.HPET != idl.DefboolUnset {
			clock.Timer = append(clock.Timer, libvirtxml.DomainTimer{Name: "hpet", Present: yesNo(u.HPET)})
		}
		if state := groupState(u, idl.ViridianEnlightenmentTimeRefCount); state != idl.DefboolUnset {
			clock.Timer = append(clock.Timer, libvirtxml.DomainTimer{Name: "hypervclock", Present: yesNo(state)})
		}
	}
	w.out.Clock = clock
}
