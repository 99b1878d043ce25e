package reconcile

import (
	"strings"
)

// defaultOf is the value that libxl takes where none is given (tools/libs/light:
// libxl__domain_create_info_setdefault, libxl__domain_build_info_setdefault), for what xl's
// configuration files give and YAML files leave out, or the other way round. "" where there
// is none, or where the host decides.
func defaultOf(path string) string {
	switch strings.TrimPrefix(path, "b_info.type.hvm.") {
	case "on_poweroff", "on_reboot", "on_watchdog", "on_crash", "on_soft_reset":
		return "destroy"
	case "c_info.run_hotplug_scripts", "c_info.hap", "c_info.oos", "b_info.acpi", "b_info.apic", "b_info.numa_placement",
		"pae", "apic", "acpi", "acpi_s3", "acpi_s4", "nx", "hpet", "vpt_align", "vnc.enable", "vnc.findunused", "xen_platform_pci":
		return "True"
	case "c_info.driver_domain", "b_info.nested_hvm", "b_info.device_model_stubdomain", "b_info.disable_migrate", "b_info.localtime",
		"b_info.dm_restrict", "b_info.vpmu", "b_info.type.pv.e820_host", "b_info.type.pvh.pvshim",
		"viridian", "nested_hvm", "altp2m", "acpi_laptop_slate", "nographic", "sdl.enable", "spice.enable", "gfx_passthru", "usb":
		return "False"
	case "c_info.passthrough":
		return "disabled"
	case "b_info.device_model_version":
		return "qemu_xen"
	case "b_info.tsc_mode":
		return "default"
	case "b_info.altp2m":
		return "disabled"
	case "bios":
		return "seabios"
	case "hdtype":
		return "ide"
	case "vga.kind":
		return "cirrus"
	case "boot":
		return "cda"
	case "vnc.listen":
		return "127.0.0.1"
	}
	return ""
}

// fieldOf is the key of a domain file that gives libxl the value at a path: YAML's word, or in
// another language the last part of the path, where that says it.
func (c *comparison) fieldOf(path string) string {
	path = strings.TrimPrefix(path, "b_info.")
	path = strings.TrimPrefix(path, "c_info.")
	for _, t := range []string{"hvm", "pvh", "pv"} {
		path = strings.TrimPrefix(path, "type."+t+".")
	}
	name, rest := path, ""
	if i := strings.IndexByte(path, '['); i >= 0 {
		name, rest = path[:i], path[i:]
	}
	field := path
	if word, ok := otherWords()[name]; ok {
		field = word + rest
	}
	for _, said := range []string{field, path, path[strings.LastIndexByte(path, '.')+1:]} {
		if c.src.Says(said) {
			return said
		}
	}
	return field
}

// otherWords are libxl's names for which a YAML file has another.
func otherWords() map[string]string {
	return map[string]string{
		"pool_name": "pool", "ssid_label": "init_seclabel", "exec_ssid_label": "seclabel",
		"cpumap": "cpus", "vcpu_hard_affinity": "cpus", "vcpu_soft_affinity": "cpus_soft", "vnuma_nodes": "vnuma",
		"sched_params.period": "scheduler.period", "sched_params.budget": "scheduler.budget", "sched_params.extratime": "scheduler.extratime",
		"bios": "firmware", "system_firmware": "firmware_path", "firmware": "firmware_override", "hdtype": "disk_controller",
		"serial_list": "serial", "vga.kind": "vga", "vnc.enable": "vnc", "sdl.enable": "sdl", "spice.enable": "spice",
		"viridian_enable": "viridian", "viridian_disable": "viridian", "soundhw": "sound",
		"usbversion": "usb_version", "usbdevice": "usb_device", "usbdevice_list": "usb_device",
		"video_memkb": "video_memory", "shadow_memkb": "shadow_memory", "mmio_hole_memkb": "mmio_hole", "rdm_mem_boundary_memkb": "rdm_boundary",
		"rtc_timeoffset": "rtc_offset", "disable_migrate": "migratable", "event_channels": "max_event_channels", "vmtrace_buf_kb": "trace_buffer",
		"device_model_version": "device_model.version", "device_model": "device_model.path", "device_model_user": "device_model.user",
		"extra": "device_model.args", "extra_pv": "device_model.args_pv", "extra_hvm": "device_model.args_hvm",
		"device_model_stubdomain": "stubdomain.enabled", "stubdomain_memkb": "stubdomain.memory",
		"pcidevs": "pci", "vfbs": "framebuffers", "vkbs": "keyboards", "usbctrls": "usb_controllers", "usbdevs": "usb_host_devices",
		"vdispls": "displays", "vsnds": "sound_cards", "pvcallsifs": "pvcalls", "p9s": "p9",
	}
}
