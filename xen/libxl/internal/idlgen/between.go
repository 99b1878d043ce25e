package main

import "slices"

// betweenData names what came with a release that there is no data of, by that
// release. There is data of the releases that distributions have; the others are known
// from Xen's own libxl_types.idl where each branched off.
func betweenData() map[version][]string {
	return map[version][]string{
		{4, 18}: {
			"LIBXL_TEE_TYPE_FFA",
			"libxl_smbios_type",
			"libxl_sve_type",
			"libxl_virtio_transport",
			"libxl_device_virtio",
			"libxl_smbios",
			"libxl_domain_build_info.arch_arm.sve_vl",
			"libxl_domain_build_info.bootloader_restrict",
			"libxl_domain_build_info.bootloader_user",
			"libxl_domain_build_info.u.LIBXL_DOMAIN_TYPE_HVM.smbios",
			"libxl_domain_config.virtios",
			"libxl_physinfo.arch_capabilities",
		},
		{4, 19}: {
			"libxl_p9_type",
			"libxl_device_disk.grant_usage",
			"libxl_device_nic.vlan",
			"libxl_device_p9.auto_delete",
			"libxl_device_p9.max_files",
			"libxl_device_p9.max_open_files",
			"libxl_device_p9.max_space",
			"libxl_device_p9.type",
			"libxl_domain_build_info.arch_arm.nr_spis",
			"libxl_domain_build_info.u.LIBXL_DOMAIN_TYPE_HVM.pirq",
		},
	}
}

// between returns the release of a part that betweenData names, zero for another.
func between(where string) version {
	for v, parts := range betweenData() {
		if slices.Contains(parts, where) {
			return v
		}
	}
	return version{}
}
