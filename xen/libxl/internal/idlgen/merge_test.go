package main

import (
	"errors"
	"strings"
	"testing"
)

// TestUnionIsMarked looks at parts of the real data, one of each kind.
func TestUnionIsMarked(t *testing.T) {
	all, err := readAll(data)
	if err != nil {
		t.Fatal(err)
	}
	u, err := merge(all)
	if err != nil {
		t.Fatal(err)
	}
	marks := marksOf(u)
	for part, want := range map[string]version{
		"libxl_device_virtio":                         {4, 18},
		"libxl_device_virtio.irq":                     {},
		"libxl_domain_build_info.llc_colors":          {4, 20},
		"libxl_domain_build_info.kernel":              {},
		"libxl_domain_build_info.u":                   {},
		"libxl_domain_build_info.arch_x86":            {},
		"libxl_device_p9.type":                        {4, 19},
		"libxl_p9_type":                               {4, 19},
		"LIBXL_P9_TYPE_QEMU":                          {},
		"LIBXL_TEE_TYPE_FFA":                          {4, 18},
		"LIBXL_TEE_TYPE_OPTEE":                        {},
		"libxl_domain_build_info.arch_arm":            {},
		"libxl_physinfo.arch_capabilities":            {4, 18},
		"libxl_domain_build_info.claim_mode":          {},
		"libxl_domain_create_info.xsdata":             {},
		"libxl_domain_build_info.cpuid":               {},
		"libxl_domain_config.virtios":                 {4, 18},
		"libxl_psr_hw_info.u":                         {},
		"libxl_psr_hw_info.u.LIBXL_PSR_FEAT_TYPE_CAT": {},
	} {
		if got, ok := marks[part]; !ok || got != want {
			t.Errorf("%s is of %v (found: %v), want %v", part, got, ok, want)
		}
	}
	for v, parts := range betweenData() {
		for _, part := range parts {
			if got, ok := marks[part]; !ok || got != v {
				t.Errorf("betweenData has %s, of %v; the union has it of %v (found: %v)", part, v, got, ok)
			}
		}
	}
}

// marksOf returns the release that brought each part of a union.
func marksOf(u *release) map[string]version {
	marks := map[string]version{}
	for _, e := range u.Enums {
		marks[e.Name] = e.since
		for _, v := range e.Values {
			marks[v.Name] = v.since
		}
	}
	var members func(path string, members []member)
	members = func(path string, list []member) {
		for _, m := range list {
			where := path + "." + m.Name
			marks[where] = m.since
			members(where, m.Members)
			for _, a := range m.Arms {
				marks[where+"."+a.Value] = a.since
				members(where+"."+a.Value, a.Members)
			}
		}
	}
	for _, t := range u.Structs {
		marks[t.Name] = t.since
		members(t.Name, t.Members)
	}
	return marks
}

// TestMergeMarks adds one part of each kind to a release, and then another release.
func TestMergeMarks(t *testing.T) {
	a, b, c := sample(t, version{4, 30}), sample(t, version{4, 31}), sample(t, version{4, 32})
	for _, r := range []*release{b, c} {
		r.Enums = append(r.Enums, &enum{Name: "libxl_new"})
		r.Enums[0].Values = append(r.Enums[0].Values, enumerator{Name: "LIBXL_COLOUR_NEW"})
		r.Structs = append(r.Structs, &structure{Name: "libxl_newer"})
		thing := r.Structs[0]
		thing.Members[4].Members = append(thing.Members[4].Members, member{Name: "y", Type: "int"})
		thing.Members[3].Arms = append(thing.Members[3].Arms, arm{Value: "LIBXL_COLOUR_NEW"})
		thing.Members[3].Arms[0].Members = append(thing.Members[3].Arms[0].Members, member{Name: "z", Type: "int"})
	}
	c.Structs[0].Members = append(c.Structs[0].Members, member{Name: "last", Type: "int"})
	u, err := merge([]*release{a, b, c})
	if err != nil {
		t.Fatal(err)
	}
	marks := marksOf(u)
	for part, want := range map[string]version{
		"libxl_new": {4, 31}, "LIBXL_COLOUR_NEW": {4, 31}, "libxl_newer": {4, 31}, "libxl_thing.inner.y": {4, 31},
		"libxl_thing.u.LIBXL_COLOUR_NEW": {4, 31}, "libxl_thing.u.LIBXL_COLOUR_RED.z": {4, 31},
		"libxl_thing.last": {4, 32}, "libxl_thing.name": {},
	} {
		if got, ok := marks[part]; !ok || got != want {
			t.Errorf("%s is of %v, want %v", part, got, want)
		}
	}
}

func TestMergeRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		change func(r *release)
		where  string
	}{
		"enum gone":        {func(r *release) { r.Enums = nil }, "libxl_colour"},
		"value gone":       {func(r *release) { r.Enums[0].Values = r.Enums[0].Values[:1] }, "LIBXL_COLOUR_BLUE"},
		"value changed":    {func(r *release) { r.Enums[0].Values[1].Value = 3 }, "LIBXL_COLOUR_BLUE"},
		"text changed":     {func(r *release) { r.Enums[0].Values[1].Text = "azure" }, "LIBXL_COLOUR_BLUE"},
		"struct gone":      {func(r *release) { r.Structs = r.Structs[:1] }, "libxl_plain"},
		"memory":           {func(r *release) { r.Structs[1].Plain = false }, "libxl_plain"},
		"member gone":      {func(r *release) { r.Structs[1].Members = nil }, "libxl_plain.on"},
		"type changed":     {func(r *release) { r.Structs[1].Members[0].Type = "int" }, "libxl_plain.on"},
		"array":            {func(r *release) { r.Structs[1].Members[0].Array = true }, "libxl_plain.on"},
		"default changed":  {func(r *release) { r.Structs[0].Members[2].Default = "1" }, "libxl_thing.size"},
		"inner no more":    {func(r *release) { r.Structs[0].Members[4] = member{Name: "inner", Type: "int"} }, "libxl_thing.inner"},
		"inner type":       {func(r *release) { r.Structs[0].Members[4].Members[0].Type = "int" }, "libxl_thing.inner.x"},
		"another key":      {func(r *release) { r.Structs[0].Members[3].Key = "paint" }, "libxl_thing.u"},
		"arm gone":         {func(r *release) { r.Structs[0].Members[3].Arms = r.Structs[0].Members[3].Arms[:1] }, "libxl_thing.u.LIBXL_COLOUR_BLUE"},
		"arm's member":     {func(r *release) { r.Structs[0].Members[3].Arms[0].Members[0].Default = "" }, "libxl_thing.u.LIBXL_COLOUR_RED.depth"},
		"not between them": {func(r *release) { r.Structs = append(r.Structs, &structure{Name: "libxl_smbios"}) }, "libxl_smbios"},
	} {
		old, now := sample(t, version{4, 30}), sample(t, version{4, 31})
		c.change(now)
		_, err := merge([]*release{old, now})
		var e *DataError
		if !errors.As(err, &e) || e.Where != c.where || e.Release != now.Release || !strings.Contains(e.Error(), "Xen 4.31: ") {
			t.Errorf("%s: %v, want one about %s", name, err, c.where)
		}
	}
}
