package idl

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
)

func TestParseRelease(t *testing.T) {
	if r, err := ParseRelease("4.17"); err != nil || r != (Release{4, 17}) || r.String() != "4.17" {
		t.Errorf("4.17 = %v, %v", r, err)
	}
	for _, s := range []string{"", "4", "4.", ".17", "4.17.1", "4.x", "-4.17", "4.99999999"} {
		if r, err := ParseRelease(s); err == nil {
			t.Errorf("%q = %v", s, r)
		}
	}
}

func TestReleaseOrder(t *testing.T) {
	ascending := []Release{{}, {3, 4}, {4, 9}, {4, 17}, {4, 20}, {5, 0}}
	for i, a := range ascending {
		for j, b := range ascending {
			if a.Before(b) != (i < j) {
				t.Errorf("%v before %v: %v", a, b, a.Before(b))
			}
		}
	}
}

func TestNewer(t *testing.T) {
	for name, c := range map[string]struct {
		v    any
		than Release
		want string
	}{
		"nothing set":     {&DomainConfig{Virtios: []DeviceVirtio{}}, Release{4, 17}, "[]"},
		"a member":        {&DomainConfig{BInfo: DomainBuildInfo{LLCColors: []uint32{1}}}, Release{4, 17}, "[b_info.llc_colors needs Xen 4.20]"},
		"it has it":       {&DomainConfig{BInfo: DomainBuildInfo{LLCColors: []uint32{1}}}, Release{4, 20}, "[]"},
		"just before":     {&DomainConfig{BInfo: DomainBuildInfo{LLCColors: []uint32{1}}}, Release{4, 19}, "[b_info.llc_colors needs Xen 4.20]"},
		"in a list":       {&DomainConfig{Disks: []DeviceDisk{{}, {GrantUsage: False}}}, Release{4, 18}, "[disks[1].grant_usage needs Xen 4.19]"},
		"in an arm":       {&DomainConfig{BInfo: DomainBuildInfo{TypeHVM: &DomainBuildInfoHVM{PIRQ: True}}}, Release{4, 17}, "[b_info.type.hvm.pirq needs Xen 4.19]"},
		"anonymous":       {&DomainConfig{BInfo: DomainBuildInfo{ArchArm: DomainBuildInfoArchArm{SVEVL: SVETypeHw}}}, Release{4, 17}, "[b_info.arch_arm.sve_vl needs Xen 4.18]"},
		"an enumerator":   {&DomainConfig{BInfo: DomainBuildInfo{TEE: TEETypeFFA}}, Release{4, 17}, `[b_info.tee "ffa" needs Xen 4.18]`},
		"an older one":    {&DomainConfig{BInfo: DomainBuildInfo{TEE: TEETypeOptee}}, Release{4, 17}, "[]"},
		"a structure":     {&DeviceVirtio{}, Release{4, 17}, "[DeviceVirtio needs Xen 4.18]"},
		"it has that too": {&DeviceVirtio{IRQ: 3}, Release{4, 18}, "[]"},
		"by value":        {DeviceNIC{VLAN: "3"}, Release{4, 17}, "[vlan needs Xen 4.19]"},
		"structures":      {&DomainConfig{Virtios: make([]DeviceVirtio, 2)}, Release{4, 17}, "[virtios needs Xen 4.18]"},
		"a bool":          {&DeviceP9{AutoDelete: true}, Release{4, 18}, "[auto_delete needs Xen 4.19]"},
		"no structure":    {(*DeviceP9)(nil), Release{}, "[]"},
		"nothing":         {nil, Release{}, "[]"},
		"all at once": {&DomainConfig{BInfo: DomainBuildInfo{LLCColors: []uint32{1}, BootloaderUser: "x"}, NICs: []DeviceNIC{{VLAN: "1"}}}, Release{4, 17},
			"[b_info.llc_colors needs Xen 4.20 b_info.bootloader_user needs Xen 4.18 nics[0].vlan needs Xen 4.19]"},
	} {
		if got := fmt.Sprint(Newer(c.v, c.than)); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// TestNewerSeesAnExplicitZero: behind a pointer zero is a value.
func TestNewerSeesAnExplicitZero(t *testing.T) {
	type later struct {
		Old *MemKB `json:"old,omitempty"`
		New *MemKB `json:"new,omitempty" xen:"4.20"`
	}
	if got := fmt.Sprint(Newer(later{Old: new(MemKB(0)), New: new(MemKB(0))}, Release{4, 19})); got != "[new needs Xen 4.20]" {
		t.Errorf("zero: %s", got)
	}
	if got := Newer(&later{}, Release{4, 19}); got != nil {
		t.Errorf("nil: %v", got)
	}
}

// TestTagsAreReleases: a tag that cannot be read would let its member pass everywhere.
func TestTagsAreReleases(t *testing.T) {
	tags := 0
	for _, sample := range allTypes() {
		for _, f := range reflect.VisibleFields(reflect.TypeOf(sample).Elem()) {
			tag, ok := f.Tag.Lookup("xen")
			if !ok {
				continue
			}
			tags++
			if _, err := ParseRelease(tag); err != nil {
				t.Errorf("%T.%s: %v", sample, f.Name, err)
			}
		}
	}
	if tags < 10 {
		t.Errorf("only %d members have a tag", tags)
	}
}

func TestCheckNumbers(t *testing.T) {
	for name, c := range map[string]struct {
		v    any
		want string
	}{
		"none":      {&DomainConfig{}, ""},
		"largest":   {&DomainConfig{BInfo: DomainBuildInfo{MaxMemKB: new(MemKB(MaxNumber))}}, ""},
		"above":     {&DomainConfig{BInfo: DomainBuildInfo{MaxMemKB: new(MemKB(MaxNumber + 1))}}, "b_info.max_memkb is 9223372036854775807, above"},
		"in a list": {&DomainConfig{RDMs: []DeviceRDM{{}, {Start: math.MaxUint64}}}, "rdms[1].start is 18446744073709551615, above"},
		"nothing":   {nil, ""},
	} {
		err := CheckNumbers(c.v)
		if c.want == "" && err == nil {
			continue
		}
		var e *NumberError
		if !errors.As(err, &e) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestNeedsAreFound sets each tagged member alone, wherever it lies.
func TestNeedsAreFound(t *testing.T) {
	found := 0
	for _, sample := range allTypes() {
		v := reflect.New(reflect.TypeOf(sample).Elem())
		if _, ok := v.Interface().(dated); ok {
			continue // TestNewer
		}
		found += setAlone(t, v, "", v.Elem())
	}
	if found < 15 {
		t.Errorf("only %d members were tried", found)
	}
}

// setAlone sets each tagged member of the structure at, which lies in root, and looks
// whether it is found.
func setAlone(t *testing.T, root reflect.Value, path string, at reflect.Value) int {
	n := 0
	for i := range at.NumField() {
		f, v := at.Type().Field(i), at.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		where := strings.TrimPrefix(path+"."+name, ".")
		switch {
		case f.Tag.Get("xen") != "":
			v.Set(nonZero(v.Type()))
			if needs := Newer(root.Interface(), Release{4, 17}); len(needs) != 1 || needs[0].Path != where {
				t.Errorf("%s.%s: %v", root.Type(), where, needs)
			}
			n++
		case v.Kind() == reflect.Struct:
			n += setAlone(t, root, where, v)
		case v.Kind() == reflect.Pointer && v.Type().Elem().Kind() == reflect.Struct:
			v.Set(reflect.New(v.Type().Elem()))
			n += setAlone(t, root, where, v.Elem())
		}
		v.SetZero()
	}
	return n
}

func nonZero(typ reflect.Type) reflect.Value {
	v := reflect.New(typ).Elem()
	switch typ.Kind() {
	case reflect.Slice:
		v.Set(reflect.MakeSlice(typ, 1, 1))
	case reflect.String:
		v.SetString("x")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Uint32:
		v.SetUint(1)
	default:
		v.SetInt(1)
	}
	return v
}
