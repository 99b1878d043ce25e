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

// ErrMapping says that a mapping names what the domain has not, or gives a disk what cannot be its path.
var ErrMapping = errors.New("the mapping does not fit the domain")

// apply is the configuration with the names that count at the destination. The error, ErrMapping, has all
// that is wrong with the mapping.
func (m Mapping) apply(cfg *idl.DomainConfig) (*idl.DomainConfig, error) {
	c := *cfg
	c.Disks, c.NICs = slices.Clone(cfg.Disks), slices.Clone(cfg.NICs)
	used := map[string]bool{}
	var bridges, disks []string
	var wrong []error
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
				if strings.HasPrefix(path, "/") && to != "" && !strings.HasPrefix(to, "/") {
					wrong = append(wrong, fmt.Errorf("%w: the disk %s (%s) needs an absolute path there, not %q", ErrMapping, d.VDev, path, to))
				}
			}
		}
	}
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
