package jsoncfg

import (
	"crypto/rand"
	"io"
	"strings"

	"github.com/xenvoy/xenvoy/toolstack/domcfg"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// A Domain is a configuration together with the places where it is written: what a
// toolstack needs to create it.
type Domain struct {
	*reader
	config *idl.DomainConfig
}

// LibxlConfig is the configuration. One without a UUID gets a new random one at
// each call: libxl itself would give the domain a UUID of zeros. The error is that
// of the system's random numbers.
func (d *Domain) LibxlConfig() (*idl.DomainConfig, error) { return d.libxlConfig(rand.Reader) }

func (d *Domain) libxlConfig(random io.Reader) (*idl.DomainConfig, error) {
	config := *d.config
	if config.CInfo.UUID == (idl.UUID{}) {
		var err error
		if config.CInfo.UUID, err = idl.NewUUID(random); err != nil {
			return nil, err
		}
	}
	return &config, nil
}

// Pos is the place of a value, by the name that it has in a YAML file or by
// libxl's: of the member, or of the innermost around it that is there.
func (d *Domain) Pos(field string) domcfg.Position {
	return d.position(d.places[d.nearest(member(field))])
}

// Says tells whether the file has the member.
func (d *Domain) Says(field string) bool {
	_, ok := d.places[member(field)]
	return ok
}

// nearest is the innermost member around a path that the file has; "" is the file.
func (r *reader) nearest(path string) string {
	for path != "" {
		if _, ok := r.places[path]; ok {
			return path
		}
		path = path[:max(0, strings.LastIndexAny(path, ".["))]
	}
	return ""
}

// member is libxl's name for what a YAML file calls field.
func member(field string) string {
	first, rest, _ := strings.Cut(field, "[")
	switch first {
	case "name", "uuid", "type":
		return "c_info." + field
	case "memory":
		return "b_info.target_memkb"
	case "max_memory":
		return "b_info.max_memkb"
	case "vcpus":
		return "b_info.avail_vcpus"
	case "max_vcpus", "kernel", "ramdisk", "cmdline", "nested_hvm":
		return "b_info." + field
	case "firmware":
		return "b_info.type.hvm.bios"
	case "disks":
		return strings.ReplaceAll("disks["+rest, "].path", "].pdev_path")
	case "networks":
		return "nics[" + rest
	}
	return field
}

// Files lists the files that the host must have before the domain can start there: see domcfg.FilesOf.
func (d *Domain) Files() []domcfg.FileRef { return domcfg.FilesOf(d.config, d) }
