package domcfg

import (
	"fmt"
	"path"
)

// FileRef is a file of the host that a domain needs to run there.
type FileRef struct {
	Field string   // the key that names it, as "disks[0].path"
	Path  string   // absolute
	Pos   Position // where it is written
}

// Files lists the files that a host must have before the domain can start
// there, in the order of the schema: what is given by path and is made neither
// by a boot loader nor in another domain. What serial ports write to is made by
// the device model and not listed, what is under libxl is left to it.
func (d *Domain) Files() []FileRef {
	var refs []FileRef
	add := func(field, name string) {
		if path.IsAbs(name) {
			refs = append(refs, FileRef{Field: field, Path: name, Pos: d.Pos(field)})
		}
	}
	if d.Bootloader == "" {
		add("kernel", d.Kernel)
		add("ramdisk", d.Ramdisk)
	}
	add("bootloader", d.Bootloader)
	add("firmware_path", d.FirmwarePath)
	add("firmware_override", d.FirmwareOverride)
	add("smbios_firmware", d.SMBIOSFirmware)
	add("acpi_firmware", d.ACPIFirmware)
	for i := range d.Disks {
		disk := &d.Disks[i]
		if disk.Backend == "" {
			add(fmt.Sprintf("disks[%d].script", i), disk.Script)
		}
		if disk.Backend == "" && disk.Script == "" {
			add(fmt.Sprintf("disks[%d].path", i), disk.Path)
		}
	}
	for i := range d.Networks {
		if d.Networks[i].Backend == "" {
			add(fmt.Sprintf("networks[%d].script", i), d.Networks[i].Script)
		}
	}
	return refs
}
