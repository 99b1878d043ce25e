package domcfg

import (
	"fmt"
	"path"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// FileRef is a file of the host that a domain needs to run there.
type FileRef struct {
	Field string   // the key that names it, as "disks[0].path"
	Path  string   // absolute
	Pos   Position // where it is written
}

// Files is FilesOf what LibxlConfig gives. A Domain that it refuses has none.
func (d *Domain) Files() []FileRef {
	cfg, err := d.LibxlConfig()
	if err != nil {
		return nil
	}
	return FilesOf(cfg, d)
}

// Places tells where a domain file says what, by the names of a YAML file.
type Places interface {
	Pos(field string) Position
	Says(field string) bool
}

// FilesOf lists the files that a host must have before the domain can start
// there, in the order of the schema: what is given by an absolute path, by a key
// or under libxl, and is made neither by a boot loader or a script nor in another
// domain. What serial ports write to is made by the device model and not listed.
func FilesOf(cfg *idl.DomainConfig, d Places) []FileRef {
	l := fileList{d: d}
	l.start(&cfg.BInfo)
	for i := range cfg.Disks {
		disk, at := &cfg.Disks[i], fmt.Sprintf("disks[%d]", i)
		if disk.BackendDomID != 0 || disk.BackendDomName != "" {
			continue
		}
		l.add(disk.Script, at+".script", at+".libxl.script", "libxl."+at+".script")
		if disk.Script == "" {
			l.add(disk.PDevPath, at+".path", at+".libxl.pdev_path", "libxl."+at+".pdev_path")
		}
	}
	for i := range cfg.NICs {
		if nic := &cfg.NICs[i]; nic.BackendDomID == 0 && nic.BackendDomName == "" {
			at := fmt.Sprintf("networks[%d]", i)
			l.add(nic.Script, at+".script", at+".libxl.script", fmt.Sprintf("libxl.nics[%d].script", i))
		}
	}
	return l.refs
}

// fileList collects files and where they are named.
type fileList struct {
	d    Places
	refs []FileRef
}

// start adds what a domain starts from.
func (l *fileList) start(b *idl.DomainBuildInfo) {
	if b.Bootloader == "" {
		l.add(b.Kernel, "kernel", "libxl.b_info.kernel")
		l.add(b.Ramdisk, "ramdisk", "libxl.b_info.ramdisk")
	}
	l.add(b.Bootloader, "bootloader", "libxl.b_info.bootloader")
	if h := b.TypeHVM; h != nil {
		l.add(h.SystemFirmware, "firmware_path", "libxl.b_info.type.hvm.system_firmware")
		l.add(h.Firmware, "firmware_override", "libxl.b_info.type.hvm.firmware")
		l.add(h.SMBIOSFirmware, "smbios_firmware", "libxl.b_info.type.hvm.smbios_firmware")
		l.add(h.ACPIFirmware, "acpi_firmware", "libxl.b_info.type.hvm.acpi_firmware")
	}
}

// add adds a file that the last of fields names that the domain has.
func (l *fileList) add(name string, fields ...string) {
	if !path.IsAbs(name) {
		return
	}
	field := fields[0]
	for _, f := range fields[1:] {
		if l.d.Says(f) {
			field = f
		}
	}
	l.refs = append(l.refs, FileRef{Field: field, Path: name, Pos: l.d.Pos(field)})
}
