package xlcfg

import (
	"strings"

	"github.com/xenvoy/xenvoy/toolstack/domcfg"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// A Domain is what a file gives libxl on one host, together with the places where it is
// written: what a toolstack needs to create it.
type Domain struct {
	file   *File
	config *idl.DomainConfig
}

// NewDomain is Config that keeps the places.
func NewDomain(f *File, host Host) (*Domain, Warnings, error) {
	c, warnings, err := Config(f, host)
	if err != nil {
		return nil, warnings, err
	}
	return &Domain{file: f, config: c}, warnings, nil
}

// LibxlConfig is the configuration. It does not fail.
func (d *Domain) LibxlConfig() (*idl.DomainConfig, error) { return d.config, nil }

// Pos is the place of what a YAML file calls field, as domcfg.Domain.Pos has it: of the key
// in the file, or the file as a whole when no key says it.
func (d *Domain) Pos(field string) domcfg.Position {
	if s := d.setting(field); s != nil {
		return s.Value.Pos
	}
	return domcfg.Position{File: d.file.Name}
}

// Says tells whether the file has a key for the field.
func (d *Domain) Says(field string) bool { return d.setting(field) != nil }

func (d *Domain) setting(field string) *Setting {
	if strings.Contains(field, "libxl.") { // a YAML file's alone
		return nil
	}
	name, _, _ := strings.Cut(field, "[")
	keys := []string{name}
	switch name {
	case "disks":
		keys = []string{"disk"}
	case "networks":
		keys = []string{"vif"}
	case "type":
		keys = []string{"type", "builder"}
	case "memory":
		keys = []string{"memory", "maxmem"}
	case "max_memory":
		keys = []string{"maxmem"}
	case "max_vcpus":
		keys = []string{"maxvcpus"}
	}
	for _, key := range keys {
		if s := d.file.Lookup(key); s != nil {
			return s
		}
	}
	return nil
}

// Files lists the files that the host must have before the domain can start there: see domcfg.FilesOf.
func (d *Domain) Files() []domcfg.FileRef { return domcfg.FilesOf(d.config, d) }
