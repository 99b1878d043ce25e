package domcfg

import (
	"slices"
	"strings"
)

// otherNames are the words of xl.cfg for which a domain file has another.
func otherNames() map[string]string {
	return map[string]string{
		"maxmem": "max_memory", "maxvcpus": "max_vcpus", "disk": "disks", "vif": "networks", "nestedhvm": "nested_hvm",
		"hdtype": "disk_controller", "bios": "firmware", "extra": "cmdline", "root": "cmdline", "builder": "type",
		"initrd": "ramdisk", "target": "path", "vdev": "target", "access": "readonly", "devtype": "cdrom", "stdvga": "vga",
		"nomigrate": "migratable", "cpu_weight": "scheduler", "cap": "scheduler", "vfb": "framebuffers", "vkb": "keyboards",
		"videoram": "video_memory", "vnclisten": "vnc", "vncpasswd": "vnc", "vncdisplay": "vnc", "vncunused": "vnc",
		"spiceport": "spice", "spicehost": "spice", "opengl": "sdl", "bios_path_override": "firmware_path",
		"rtc_timeoffset": "rtc_offset", "ms_vm_genid": "generation_id", "mca_caps": "lmce", "vmtrace_buf_kb": "trace_buffer",
		"device_model_override": "device_model", "device_model_version": "device_model", "device_model_args": "device_model",
		"dm_restrict": "device_model", "device_model_stubdomain_override": "stubdomain", "soundhw": "sound", "channel": "channels",
		"usbdevice": "usb_device", "usbversion": "usb_version", "usbctrl": "usb_controllers", "usbdev": "usb_host_devices",
		"vtpm": "vtpms", "vdispl": "displays", "vsnd": "sound_cards", "dtdev": "dtdevs", "device_tree": "arm", "vifname": "name",
	}
}

// Nearest is the known name that the user most likely meant by name, or "". It
// knows the words that xl.cfg and domain files have for the same thing.
func Nearest(name string, known []string) string {
	if len(name) > 64 {
		return ""
	}
	name = strings.ReplaceAll(strings.ToLower(name), "-", "_")
	if other := otherNames()[name]; slices.Contains(known, other) {
		return other
	}
	best, bound := "", 1+len(name)/3
	for _, k := range known {
		if dist := distance(name, k); dist < bound || dist == bound && best == "" {
			best, bound = k, dist
		}
	}
	return best
}

// distance is Levenshtein's: how many characters to add, drop or change.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
