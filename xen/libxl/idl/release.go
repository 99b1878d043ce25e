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
	w := &walk{than: than}
	w.visit("", reflect.ValueOf(v))
	return w.needs
}

type walk struct {
	than  Release
	needs []Need
}

// dated is implemented by the enumerations that have got values, and by the structures
// that came, with a newer release.
type dated interface{ Since() Release }

func (w *walk) visit(path string, v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			w.visit(path, v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			w.visit(fmt.Sprintf("%s[%d]", path, i), v.Index(i))
		}
	case reflect.Struct:
		if w.since(path, v) {
			return // as a whole
		}
		for i := range v.NumField() {
			w.field(path, v.Type().Field(i), v.Field(i))
		}
	case reflect.Int32:
		w.since(path, v)
	}
}

func (w *walk) field(path string, f reflect.StructField, v reflect.Value) {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	if path != "" {
		name = path + "." + name
	}
	release, err := ParseRelease(f.Tag.Get("xen"))
	if err == nil && w.than.Before(release) {
		if isSet(v) {
			w.needs = append(w.needs, Need{Path: name, Release: release})
		}
		return
	}
	w.visit(name, v)
}

// since asks a value itself, and reports whether it is newer.
func (w *walk) since(path string, v reflect.Value) bool {
	d, ok := v.Interface().(dated)
	if !ok || !w.than.Before(d.Since()) {
		return false
	}
	n := Need{Path: path, Release: d.Since()}
	if v.Kind() == reflect.Int32 {
		n.Value = fmt.Sprint(v.Interface())
	} else if path == "" {
		n.Path = v.Type().Name()
	}
	w.needs = append(w.needs, n)
	return true
}

// isSet reports whether JSON has the member.
func isSet(v reflect.Value) bool {
	if v.Kind() == reflect.Slice {
		return v.Len() > 0
	}
	if z, ok := v.Interface().(interface{ IsZero() bool }); ok {
		return !z.IsZero()
	}
	return !v.IsZero()
}
