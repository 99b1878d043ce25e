package main

import (
	"fmt"
	"slices"
	"strings"
)

// structure writes a structure that has a name in C.
func (w *writer) structure(name string, t *structure) {
	w.printf("\n// %s is the C structure %s%s.\n", name, t.Name, w.since(t.since))
	s := &structWriter{writer: w, output: isOutput(t.Name)}
	s.body(name, t.Name, t.Name, t.Members)
	if t.since != (version{}) {
		w.printf("\n// Since returns the release that brought the structure.\n")
		w.printf("func (%s) Since() Release { return Release{%d, %d} }\n", name, t.since.major, t.since.minor)
	}
}

// A structWriter writes one structure and the anonymous ones in it.
type structWriter struct {
	*writer
	output bool // libxl fills it and never reads it
}

// body writes a type's members, and after it the types of its anonymous members.
// owner is the structure's C name where an arm of a union is named after it.
func (w *structWriter) body(name, owner, path string, members []member) {
	var later []func()
	w.printf("type %s struct {\n", name)
	for _, m := range members {
		switch {
		case m.Members != nil:
			inner := name + goName(m.Name)
			w.member(m, inner, fmt.Sprintf("%q", m.Name), nil)
			later = append(later, func() { w.anonymous(inner, path+"."+m.Name, m.Members) })
		case m.Key != "":
			later = append(later, w.union(name, owner, m)...)
		default:
			w.field(m)
		}
	}
	w.printf("}\n")
	if w.output && path == owner {
		w.outputDefaults(name, members)
	}
	for _, f := range later {
		f()
	}
}

func (w *structWriter) anonymous(name, path string, members []member) {
	w.printf("\n// %s is the anonymous structure %s.\n", name, path)
	w.body(name, "", path, members)
}

// member writes one line of a structure, with its tags and its remarks.
func (w *structWriter) member(m member, typ, json string, remarks []string) {
	tag := "json:" + json
	if m.since != (version{}) {
		tag += fmt.Sprintf(" xen:%q", m.since)
		remarks = append(remarks, m.since.from())
	}
	w.printf("%s %s `%s`", goName(m.Name), typ, tag)
	if len(remarks) > 0 {
		w.printf(" // %s", strings.Join(remarks, "; "))
	}
	w.printf("\n")
}

// field writes one ordinary member.
func (w *structWriter) field(m member) {
	typ, option := goType(m), "omitempty"
	switch typ {
	case "UUID", "MAC", "VMGenID", "HWCap", "CPUIDPolicyList":
		option = "omitzero"
	}
	plain, optional := fmt.Sprintf("%q", m.Name), fmt.Sprintf("\"%s,%s\"", m.Name, option)
	switch {
	case !m.Array && w.release.structure(m.Type) != nil:
		w.member(m, typ, plain, nil)
	case !w.meaningfulDefault(m):
		w.member(m, typ, optional, nil)
	case w.output:
		w.member(m, typ, plain, []string{m.Default.String() + " until libxl fills it"})
	default:
		w.member(m, "*"+typ, optional, []string{"nil: libxl's default, " + readable(m.Default.String())})
	}
}

// readable shortens the numbers that libxl uses for "choose for me".
func readable(def string) string {
	switch def {
	case "4294967295", "18446744073709551615":
		return "all ones"
	}
	return def
}

// meaningfulDefault reports whether "unset" differs from Go's zero value, and zero
// is a value in its own right, so that a pointer must tell them apart.
func (w *writer) meaningfulDefault(m member) bool {
	if m.Default == "" {
		return false
	}
	if e := w.release.enum(m.Type); e != nil {
		return slices.ContainsFunc(e.Values, func(v enumerator) bool { return v.Value == 0 })
	}
	return true
}

// union writes one pointer for each arm, and returns what to write afterwards.
func (w *structWriter) union(name, owner string, u member) []func() {
	var later []func()
	var arms [][2]string
	w.printf("\n// At most one of the following is set; it is the C union keyed by %s.\n", u.Key)
	for _, a := range u.Arms {
		text := w.release.enum(u.KeyType).value(a.Value).Text
		typ, fieldName := name+goName(text), goName(u.Key)+goName(text)
		w.member(member{Name: u.Key + "_" + text, since: a.since}, "*"+typ, fmt.Sprintf("\"%s.%s,omitempty\"", u.Key, text), nil)
		arms = append(arms, [2]string{fieldName, goName(a.Value)})
		later = append(later, func() { w.anonymous(typ, owner+"."+text, a.Members) })
	}
	w.printf("\n")
	return append(later, func() { w.unionMethods(name, goName(u.KeyType), u.Key, arms) })
}

func (w *structWriter) unionMethods(name, enumName, key string, arms [][2]string) {
	w.printf("\n// %s returns the union's key: the value that belongs to the arm that is set.\n", goName(key))
	w.printf("// ok is false when none is.\nfunc (x *%s) %s() (key %s, ok bool) {\nswitch {\n", name, goName(key), enumName)
	for _, a := range arms {
		w.printf("case x.%s != nil:\nreturn %s, true\n", a[0], a[1])
	}
	w.printf("}\nreturn 0, false\n}\n\n")
	w.printf("func (x *%s) checkArms() error {\nreturn oneArm(%q", name, name+"."+key)
	for _, a := range arms {
		w.printf(", x.%s != nil", a[0])
	}
	w.printf(")\n}\n\n// MarshalJSON writes libxl's JSON; more than one arm is an [*ArmError].\n")
	w.printf("func (x %s) MarshalJSON() ([]byte, error) {\nif err := x.checkArms(); err != nil {\nreturn nil, err\n}\n", name)
	w.printf("type plain %s\nreturn json.Marshal(plain(x))\n}\n\n", name)
	w.printf("// UnmarshalJSON reads libxl's JSON; more than one arm is an [*ArmError].\n")
	w.printf("func (x *%s) UnmarshalJSON(text []byte) error {\ntype plain %s\n", name, name)
	w.printf("if err := json.Unmarshal(text, (*plain)(x)); err != nil {\nreturn err\n}\nreturn x.checkArms()\n}\n")
}

// outputDefaults writes an UnmarshalJSON that starts from libxl's own init values,
// because libxl leaves members that equal them out.
func (w *structWriter) outputDefaults(name string, members []member) {
	var set strings.Builder
	for _, m := range members {
		if w.meaningfulDefault(m) {
			fmt.Fprintf(&set, "x.%s = %s\n", goName(m.Name), m.Default)
		}
	}
	if set.Len() == 0 || slices.ContainsFunc(members, func(m member) bool { return m.Key != "" }) {
		return
	}
	w.printf("\n// UnmarshalJSON reads libxl's JSON, which leaves members at their initial value out.\n")
	w.printf("func (x *%s) UnmarshalJSON(text []byte) error {\n%stype plain %s\nreturn json.Unmarshal(text, (*plain)(x))\n}\n",
		name, set.String(), name)
}
