package main

import (
	"strings"
	"testing"
)

// TestEmitMarks looks at what a union of three releases becomes.
func TestEmitMarks(t *testing.T) {
	a, b, c := sample(t, version{4, 30}), sample(t, version{4, 31}), sample(t, version{4, 32})
	for _, r := range []*release{b, c} {
		r.Enums[0].Values = append(r.Enums[0].Values, enumerator{Name: "LIBXL_COLOUR_NEW", Value: 9, Text: "new"})
		r.Structs = append(r.Structs, &structure{Name: "libxl_later", Plain: true})
		r.Structs[0].Members[3].Arms = append(r.Structs[0].Members[3].Arms, arm{Value: "LIBXL_COLOUR_NEW"})
	}
	c.Structs = append(c.Structs, &structure{Name: "libxl_last", Members: []member{{Name: "x", Type: "int", Default: "-1"}}})
	c.Structs[0].Members = append(c.Structs[0].Members, member{Name: "last", Type: "int", Default: "-1"})
	u, err := merge([]*release{a, b, c})
	if err != nil {
		t.Fatal(err)
	}
	files, err := emit(u)
	if err != nil {
		t.Fatal(err)
	}
	for file, parts := range map[string][]string{
		"enums_gen.go": {
			"ColourNew  Colour = 9  // \"new\", Xen 4.31 and later\n",
			"func (x Colour) Since() Release {\n\tswitch x {\n\tcase ColourNew:\n\t\treturn Release{4, 31}\n\t}\n\treturn Release{}\n}\n",
		},
		"structs_gen.go": {
			"// Later is the C structure libxl_later, Xen 4.31 and later.\ntype Later struct {\n}\n",
			"func (Last) Since() Release { return Release{4, 32} }\n",
			"ColourNew  *ThingNew  `json:\"colour.new,omitempty\" xen:\"4.31\"` // Xen 4.31 and later\n",
			"`json:\"last,omitempty\" xen:\"4.32\"` // nil: libxl's default, -1; Xen 4.32 and later\n",
		},
		"../types_gen.h": {
			"#define XV_TYPES(X, PLAIN) \\\n    X(libxl_thing) \\\n    PLAIN(libxl_plain) \\\n    XV_TYPES_431(X, PLAIN) \\\n    XV_TYPES_432(X, PLAIN)\n",
			"#define XV_MISSING(X) XV_MISSING_431(X) XV_MISSING_432(X)\n",
			"#if XV_RELEASE >= 431\n#define XV_TYPES_431(X, PLAIN) \\\n    PLAIN(libxl_later)\n#define XV_MISSING_431(X)\n" +
				"#else\n#define XV_TYPES_431(X, PLAIN)\n#define XV_MISSING_431(X) X(libxl_later)\n#endif\n",
		},
		"../types_gen.go":      {"case *idl.Last:\n\t\treturn &C.xv_libxl_last\n"},
		"../types_gen_test.go": {"new(idl.Thing),\n\t\tnew(idl.Plain),\n\t\tnew(idl.Later),\n"},
	} {
		for _, part := range parts {
			if !strings.Contains(string(files[file]), part) {
				t.Errorf("%s lacks\n%s\nin\n%s", file, part, files[file])
			}
		}
	}
}
