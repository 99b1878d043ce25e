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
// there, in the order of the schema: kernel, ramdisk, disks, and network
// scripts that are given by path. What serial ports write to is made by the
// device model and not listed.
func (d *Domain) Files() []FileRef {
	var refs []FileRef
	add := func(field, name string) {
		if name != "" {
			refs = append(refs, FileRef{Field: field, Path: name, Pos: d.Pos(field)})
		}
	}
	add("kernel", d.Kernel)
	add("ramdisk", d.Ramdisk)
	for i := range d.Disks {
		add(fmt.Sprintf("disks[%d].path", i), d.Disks[i].Path)
	}
	for i := range d.Networks {
		if path.IsAbs(d.Networks[i].Script) {
			add(fmt.Sprintf("networks[%d].script", i), d.Networks[i].Script)
		}
	}
	return refs
}
