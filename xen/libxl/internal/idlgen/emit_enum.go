package main

// enum writes an enumeration's type, its values and methods.
func (w *writer) enum(e *enum) {
	name := goName(e.Name)
	w.printf("\n// %s is the C enumeration %s%s.\ntype %s int32\n\n", name, e.Name, w.since(e.since), name)
	w.printf("// Values of %s, with the names that libxl's JSON gives them.\nconst (\n", name)
	for _, v := range e.Values {
		w.printf("%s %s = %d // %q%s\n", goName(v.Name), name, v.Value, v.Text, w.since(v.since))
	}
	w.printf(")\n\n// Values returns every value of the enumeration, in the C header's order.\n")
	w.printf("func (%s) Values() []%s {\nreturn []%s{\n", name, name, name)
	for _, v := range e.Values {
		w.printf("%s,\n", goName(v.Name))
	}
	w.printf("}\n}\n\nfunc (x %s) name() string {\nswitch x {\n", name)
	for _, v := range e.Values {
		w.printf("case %s:\nreturn %q\n", goName(v.Name), v.Text)
	}
	w.printf("}\nreturn \"\"\n}\n\n")
	w.printf("// String returns libxl's name of the value.\nfunc (x %s) String() string { return enumString(%q, x) }\n\n", name, name)
	w.printf("// MarshalText returns libxl's name; a value without one is an [*EnumError].\n")
	w.printf("func (x %s) MarshalText() ([]byte, error) { return enumText(%q, x) }\n\n", name, name)
	w.printf("// UnmarshalText reads libxl's name, in any case; another one is an [*EnumError].\n")
	w.printf("func (x *%s) UnmarshalText(text []byte) error { return enumParse(%q, text, x) }\n", name, name)
	w.enumSince(name, e)
}

// enumSince writes the method that tells newer values, when there are some.
func (w *writer) enumSince(name string, e *enum) {
	byRelease := map[version][]string{}
	var order []version
	for _, v := range e.Values {
		if v.since == (version{}) {
			continue
		}
		if byRelease[v.since] == nil {
			order = append(order, v.since)
		}
		byRelease[v.since] = append(byRelease[v.since], goName(v.Name))
	}
	if len(order) == 0 {
		return
	}
	w.printf("\n// Since returns the release that brought the value, zero for one as old as the enumeration.\n")
	w.printf("func (x %s) Since() Release {\nswitch x {\n", name)
	for _, v := range order {
		w.printf("case ")
		for i, c := range byRelease[v] {
			if i > 0 {
				w.printf(", ")
			}
			w.printf("%s", c)
		}
		w.printf(":\nreturn Release{%d, %d}\n", v.major, v.minor)
	}
	w.printf("}\nreturn Release{}\n}\n")
}

// since continues a comment with the releases that have something.
func (*writer) since(v version) string {
	if v == (version{}) {
		return ""
	}
	return ", " + v.from()
}
