package main

import (
	"bytes"
	"slices"
)

// typeOf writes the way from a Go type to C's description of it.
func (w *writer) typeOf() {
	w.printf("%s// #include \"glue.h\"\nimport \"C\"\n\nimport \"github.com/xenvoy/xenvoy/xen/libxl/idl\"\n\n", cgoFile)
	w.printf("// typeOf returns C's description of the structure that v points to, nil when it is none.\n")
	w.printf("// Of one that the headers' release lacks only the name is to be used: see release.c.\n")
	w.printf("func typeOf(v any) *C.struct_xv_type {\nswitch v.(type) {\n")
	for _, t := range w.release.Structs {
		w.printf("case *idl.%s:\nreturn &C.xv_%s\n", goName(t.Name), t.Name)
	}
	w.printf("}\nreturn nil\n}\n")
}

// typesHeader writes for C the list of what there is to take across: one for each
// release that brought structures.
func (w *writer) typesHeader() {
	w.printf("/* %s */\n\n#include \"release.h\"\n\n", generated)
	w.printf("/*\n * Every structure of libxl_types.idl; PLAIN for those without X_dispose. Those that the\n")
	w.printf(" * headers' release lacks are in XV_MISSING.\n */\n#define XV_TYPES(X, PLAIN)")
	w.types(version{})
	var since []version
	for _, t := range w.release.Structs {
		if t.since != (version{}) && !slices.Contains(since, t.since) {
			since = append(since, t.since)
		}
	}
	slices.SortFunc(since, func(a, b version) int { return a.number() - b.number() })
	for _, v := range since {
		w.printf(" \\\n    XV_TYPES_%d(X, PLAIN)", v.number())
	}
	w.printf("\n#define XV_MISSING(X)")
	for _, v := range since {
		w.printf(" XV_MISSING_%d(X)", v.number())
	}
	w.printf("\n")
	for _, v := range since {
		n := v.number()
		w.printf("\n#if XV_RELEASE >= %d\n#define XV_TYPES_%d(X, PLAIN)", n, n)
		w.types(v)
		w.printf("\n#define XV_MISSING_%d(X)\n#else\n#define XV_TYPES_%d(X, PLAIN)\n#define XV_MISSING_%d(X)", n, n, n)
		for _, t := range w.release.Structs {
			if t.since == v {
				w.printf(" X(%s)", t.Name)
			}
		}
		w.printf("\n#endif\n")
	}
	w.printf("\n#define XV_DECLARE_MISSING(T) extern const struct xv_type xv_##T;\nXV_MISSING(XV_DECLARE_MISSING)\n")
	w.files["../types_gen.h"] = bytes.Clone(w.buf.Bytes())
	w.buf.Reset()
}

// types lists the structures that this release brought.
func (w *writer) types(v version) {
	for _, t := range w.release.Structs {
		if t.since != v {
			continue
		}
		kind := "X"
		if t.Plain {
			kind = "PLAIN"
		}
		w.printf(" \\\n    %s(%s)", kind, t.Name)
	}
}
