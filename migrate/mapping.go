package migrate

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// Mapping gives devices of the domain other names at the destination.
type Mapping struct {
	// Bridges has the bridge there for a bridge here.
	Bridges map[string]string
	// Disks has the path there for a path here, or for a disk as the guest sees it (xvda).
	Disks map[string]string
}

// ErrMapping says that a mapping names what the domain has not.
var ErrMapping = errors.New("the domain has not what is to be mapped")

// apply is the configuration with the names that count at the destination. The error, ErrMapping, has all
// old names that the domain does not have.
func (m Mapping) apply(cfg *idl.DomainConfig) (*idl.DomainConfig, error) {
	c := *cfg
	c.Disks, c.NICs = slices.Clone(cfg.Disks), slices.Clone(cfg.NICs)
	used := map[string]bool{}
	var bridges, disks []string
	for i := range c.NICs {
		old := c.NICs[i].Bridge
		if to, ok := m.Bridges[old]; ok && old != "" {
			c.NICs[i].Bridge, used["bridge "+old] = to, true
		}
		bridges = append(bridges, old)
	}
	for i := range c.Disks {
		d := &c.Disks[i]
		disks = append(disks, fmt.Sprintf("%s (%s)", d.VDev, cmp.Or(d.PDevPath, "empty")))
		path := d.PDevPath
		for _, old := range []string{path, d.VDev} { // the disk's own name goes before that of its file
			if to, ok := m.Disks[old]; ok && old != "" {
				d.PDevPath, used["disk "+old] = to, true
			}
		}
	}
	var wrong []error
	missing := func(kind string, names map[string]string, have []string) {
		for _, old := range slices.Sorted(maps.Keys(names)) {
			switch {
			case names[old] == "":
				wrong = append(wrong, fmt.Errorf("%w: no name there for the %s %q", ErrMapping, kind, old))
			case !used[kind+" "+old]:
				wrong = append(wrong, fmt.Errorf("%w: no %s %q; it has %s", ErrMapping, kind, old, listOf(have)))
			}
		}
	}
	missing("bridge", m.Bridges, bridges)
	missing("disk", m.Disks, disks)
	return &c, errors.Join(wrong...)
}

func listOf(names []string) string {
	names = slices.Compact(slices.Sorted(slices.Values(names)))
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}
