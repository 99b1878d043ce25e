package xlcfg

import (
	"fmt"
	"slices"
	"strings"

	"github.com/xenvoy/xenvoy/toolstack/domcfg"
)

// Keys is every key of a domain file that xl of Xen 4.17 reads, sorted.
func Keys() []string {
	return strings.Fields(`
		acpi acpi_firmware acpi_laptop_slate acpi_s3 acpi_s4 altp2m altp2mhvm apic bios bios_path_override
		boot bootloader bootloader_args builder cap channel cmdline cpu_weight cpuid cpus cpus_soft
		device_model device_model_args device_model_args_hvm device_model_args_pv device_model_override
		device_model_stubdomain_override device_model_stubdomain_seclabel device_model_user
		device_model_version device_tree disk display dm_restrict driver_domain dtdev e820_host extra
		extratime firmware firmware_override gfx_passthru gic_version hap hdtype hpet init_seclabel iomem
		ioports irqs kernel keymap latency localtime max_event_channels max_grant_frames max_grant_version
		max_maptrack_frames maxmem maxvcpus mca_caps memory mmio_hole ms_vm_genid msr_relaxed name nestedhvm
		nographic nomigrate nx on_crash on_poweroff on_reboot on_soft_reset on_watchdog oos opengl p9 pae
		passthrough pci pci_msitranslate pci_permissive pci_power_mgmt pci_seize period pool pvcalls pvshim
		pvshim_cmdline pvshim_extra pvshim_path ramdisk rdm rdm_mem_boundary root rtc_timeoffset sdl
		seclabel serial shadow_memory slice smbios_firmware soundhw spice spice_clipboard_sharing
		spice_image_compression spice_streaming_video spiceagent_mouse spicedisable_ticketing spicehost
		spicepasswd spiceport spicetls_port spiceusbredirection spicevdagent stdvga stubdomain_cmdline
		stubdomain_kernel stubdomain_memory stubdomain_ramdisk tee timer_mode tsc_mode type usb usbctrl
		usbdev usbdevice usbversion uuid vcpus vdispl vendor_device vfb vga videoram vif vif2 viridian vkb
		vkb_device vmtrace_buf_kb vnc vncdisplay vnclisten vncpasswd vncunused vncviewer vnuma vpmu
		vpt_align vsnd vtpm vuart xauthority xen_platform_pci xend_suspend_evtchn_compat`)
}

// newerKeys is what xl learned after 4.17, with the release.
func newerKeys() map[string]string {
	return map[string]string{
		"bootloader_restrict": "4.18", "bootloader_user": "4.18", "smbios": "4.18", "sve": "4.18", "virtio": "4.18",
		"hvm_pirq": "4.19", "nr_spis": "4.19", "llc_colors": "4.20",
		"trap_unmapped_accesses": "4.21", "xen_platform_pci_bar_uc": "4.21", "xenstore_feature_mask": "4.21",
		"altp2m_count": "4.21", "arm_sci": "4.21", "xenstore_quota": "4.22",
	}
}

// leftOver warns of what the file sets and nothing asked for.
func (c *converter) leftOver() {
	known := Keys()
	newer := newerKeys()
	for _, s := range c.file.Settings {
		switch {
		case c.full():
			return
		case c.asked[s.Name]:
		case slices.Contains(known, s.Name):
			c.warn(s.Pos, s.Name, "is ignored", c.whyIgnored(s.Name))
		case newer[s.Name] != "":
			c.warn(s.Pos, s.Name, "is ignored", "xl knows it from Xen "+newer[s.Name]+" on")
		default:
			c.warn(s.Pos, s.Name, "is an unknown key", "it is ignored"+didYouMean(s.Name, known))
		}
	}
}

// didYouMean is the end of a hint, or nothing. Two letters that changed their
// places are the likeliest of mistakes.
func didYouMean(name string, known []string) string {
	near := domcfg.Nearest(name, known)
	for i := 1; i < len(name); i++ {
		swapped := name[:i-1] + name[i:i+1] + name[i-1:i] + name[i+1:]
		if slices.Contains(known, swapped) {
			near = swapped
		}
	}
	if near == "" || near == name {
		return ""
	}
	return "; did you mean " + near + "?"
}

// whyIgnored is why a key that xl knows is not read.
func (c *converter) whyIgnored(key string) string {
	if key == "stdvga" {
		return "vga is given too"
	}
	return fmt.Sprintf("a %v guest does not have it", strings.ToUpper(c.kind.String()))
}
