package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// facts is what only the library can tell.
type facts struct {
	texts    map[string]string // enumerator -> its name in JSON
	defaults map[string]string // "libxl_device_nic.devid" -> value after X_init
	arms     map[string]bool   // "libxl_device_channel.LIBXL_..._PTY" -> JSON has this arm
}

func parseFacts(out string) (*facts, error) {
	f := &facts{map[string]string{}, map[string]string{}, map[string]bool{}}
	for line := range strings.Lines(out) {
		w := strings.Fields(line)
		if len(w) != 3 {
			return nil, fmt.Errorf("probe: cannot read %q", line)
		}
		switch w[0] {
		case "text":
			f.texts[w[1]] = w[2]
		case "default":
			f.defaults[w[1]] = w[2]
		case "arm":
			f.arms[w[1]] = w[2] == "1"
		default:
			return nil, fmt.Errorf("probe: cannot read %q", line)
		}
	}
	return f, nil
}

// complete puts the facts into what the header declares.
func (r *release) complete(f *facts) error {
	for _, e := range r.Enums {
		for i := range e.Values {
			v := &e.Values[i]
			if v.Text = f.texts[v.Name]; v.Text == "" {
				return fmt.Errorf("the library has no name for %s", v.Name)
			}
		}
	}
	for _, t := range r.Structs {
		if err := r.completeMembers(f, t.Name, t.Name, t.Members); err != nil {
			return err
		}
	}
	return nil
}

func (r *release) completeMembers(f *facts, owner, path string, members []member) error {
	for i := range members {
		m := &members[i]
		var err error
		switch {
		case m.Members != nil:
			err = r.completeMembers(f, owner, path+"."+m.Name, m.Members)
		case m.Key != "":
			err = r.completeArms(f, owner, m)
		default:
			if def := f.defaults[path+"."+m.Name]; def != "0" {
				m.Default = json.Number(def)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// completeArms replaces the arms of C's union by those of its JSON, where an enumerator
// without a structure in C has an arm too.
func (r *release) completeArms(f *facts, owner string, u *member) error {
	e := r.enum(u.KeyType)
	if e == nil {
		return fmt.Errorf("%s: the union's key %s is no enumeration", owner, u.Key)
	}
	var arms []arm
	for _, v := range e.Values {
		if !f.arms[owner+"."+v.Name] {
			continue
		}
		a := arm{Value: v.Name}
		for _, c := range u.Arms {
			if c.field == v.Text {
				a.Members = c.Members
			}
		}
		if err := r.completeMembers(f, owner, owner+"."+v.Text, a.Members); err != nil {
			return err
		}
		arms = append(arms, a)
	}
	u.Arms = arms
	return nil
}

// probeSource writes a C program that prints the facts. It needs no hypervisor.
func probeSource(r *release) []byte {
	var b bytes.Buffer
	b.WriteString("#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n#include <libxl.h>\nint main(void) {\n")
	for _, e := range r.Enums {
		for _, v := range e.Values {
			fmt.Fprintf(&b, "printf(\"text %s %%s\\n\", %s_to_string(%s));\n", v.Name, e.Name, v.Name)
		}
	}
	for _, t := range r.Structs {
		fmt.Fprintf(&b, "{ %s p; %s_init(&p);\n", t.Name, t.Name)
		probeMembers(&b, r, t.Name, t.Name, "p", t.Members)
		b.WriteString("}\n")
	}
	b.WriteString("return 0; }\n")
	return b.Bytes()
}

// probeMembers prints the default of each number below expr, and the arms of a union.
func probeMembers(b *bytes.Buffer, r *release, owner, path, expr string, members []member) {
	for _, m := range members {
		switch {
		case m.Members != nil:
			probeMembers(b, r, owner, path+"."+m.Name, expr+"."+m.Name, m.Members)
		case m.Key != "":
			probeArms(b, r, owner, expr, m)
		case !m.Array && r.isNumber(m.Type):
			format := "%llu"
			cast := "unsigned long long"
			if m.Type == "int" || m.Type == "libxl_devid" || r.enum(m.Type) != nil {
				format, cast = "%lld", "long long"
			}
			fmt.Fprintf(b, "printf(\"default %s.%s %s\\n\", (%s)%s.%s);\n", path, m.Name, format, cast, expr, m.Name)
		}
	}
}

// probeArms initialises the union for each enumerator and looks at libxl's own JSON.
func probeArms(b *bytes.Buffer, r *release, owner, expr string, u member) {
	e := r.enum(u.KeyType)
	if e == nil {
		return // complete refuses it
	}
	for _, v := range e.Values {
		fmt.Fprintf(b, "{ %s p; %s_init(&p); %s_init_%s(&p, %s);\n", owner, owner, owner, u.Key, v.Name)
		fmt.Fprintf(b, "char key[128], *json = %s_to_json(NULL, &p);\n", owner)
		fmt.Fprintf(b, "snprintf(key, sizeof key, \"\\\"%s.%%s\\\"\", %s_to_string(%s));\n", u.Key, u.KeyType, v.Name)
		fmt.Fprintf(b, "printf(\"arm %s.%s %%d\\n\", json && strstr(json, key)); free(json);\n", owner, v.Name)
		for _, a := range u.Arms {
			if strings.HasSuffix(v.Name, "_"+strings.ToUpper(a.field)) {
				probeMembers(b, r, owner, owner+"."+a.field, expr+"."+u.Name+"."+a.field, a.Members)
			}
		}
		b.WriteString("}\n")
	}
}

// isNumber reports whether a member of this C type is a plain number in JSON, or an enumeration.
func (r *release) isNumber(ctype string) bool {
	return numberBits(ctype) != 0 || r.enum(ctype) != nil
}
