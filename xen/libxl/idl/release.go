package idl

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// A Release is a release series of Xen, such as 4.17. Zero is older than all.
type Release struct{ Major, Minor int }

// ParseRelease reads two numbers with a point between them.
func ParseRelease(s string) (Release, error) {
	major, minor, _ := strings.Cut(s, ".")
	a, errA := strconv.ParseUint(major, 10, 16)
	b, errB := strconv.ParseUint(minor, 10, 16)
	if errA != nil || errB != nil {
		return Release{}, fmt.Errorf("%q is not a release of Xen (such as 4.17)", s)
	}
	return Release{int(a), int(b)}, nil
}

// String returns the form that ParseRelease reads.
func (r Release) String() string { return fmt.Sprintf("%d.%d", r.Major, r.Minor) }

// Before reports whether r is older than other.
func (r Release) Before(other Release) bool {
	return r.Major < other.Major || r.Major == other.Major && r.Minor < other.Minor
}

// A Need is a part of a value that not every release of Xen has.
type Need struct {
	Path    string  // by libxl's names, such as "b_info.llc_colors" or "disks[0].grant_usage"
	Value   string  // the enumerator, when it and not the member is newer
	Release Release // the first that has it
}

// String says what needs which release.
func (n Need) String() string {
	what := n.Path
	if n.Value != "" {
		what += fmt.Sprintf(" %q", n.Value)
	}
	return fmt.Sprintf("%s needs Xen %v", what, n.Release)
}

// Newer returns what a value has set that releases before since do not know, in the
// order of the members. v is one of the structures of this package or points to one.
// What is unset never counts, whatever release has the member.
func Newer(v any, than Release) []Need {
	var needs []Need
	visit(place{value: reflect.ValueOf(v)}, func(p place) bool {
		n, newer := p.need(than)
		if newer && (p.release == "" || p.set) {
			needs = append(needs, n)
		}
		return !newer // as a whole
	})
	return needs
}

// dated is implemented by the enumerations that have got values, and by the structures
// that came, with a newer release.
type dated interface{ Since() Release }

// need returns what a place needs, and whether that is newer.
func (p place) need(than Release) (Need, bool) {
	if release, err := ParseRelease(p.release); err == nil && than.Before(release) {
		return Need{Path: p.path, Release: release}, true
	}
	d, ok := p.value.Interface().(dated)
	if !ok || !than.Before(d.Since()) {
		return Need{}, false
	}
	n := Need{Path: p.path, Release: d.Since()}
	if p.value.Kind() == reflect.Int32 {
		n.Value = fmt.Sprint(d)
	} else if n.Path == "" {
		n.Path = p.value.Type().Name()
	}
	return n, true
}
