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

// fieldOf is the key of a domain file that gives libxl the value at a path: another word for
// some, the last part of the path, or the list that it is in.
func (c *comparison) fieldOf(path string) string {
	path = strings.TrimPrefix(path, "b_info.")
	path = strings.TrimPrefix(path, "c_info.")
	for _, t := range []string{"hvm", "pvh", "pv"} {
		path = strings.TrimPrefix(path, "type."+t+".")
	}
	switch path {
	case "bios":
		return "firmware"
	case "hdtype":
		return "disk_controller"
	case "vga.kind":
		return "vga"
	case "vnc.enable":
		return "vnc"
	case "serial_list":
		return "serial"
	case "viridian_enable", "viridian_disable":
		return "viridian"
	}
	if last := path[strings.LastIndexByte(path, '.')+1:]; !c.src.Says(path) && c.src.Says(last) {
		return last
	}
	return path
}
