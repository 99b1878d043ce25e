package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// facts is what only the library can tell.
type facts struct {
	names    map[string]string // enumerator -> its name in JSON
	defaults map[string]string // "libxl_device_nic.devid" -> value after X_init
	arms     map[string]bool   // "libxl_device_channel.LIBXL_..._PTY" -> the union has this arm
}

// askLibrary builds and runs a C program against the installed libxl. It needs
// cc, the headers and the library, but no hypervisor.
func askLibrary(d *declarations) (*facts, error) {
	dir, err := os.MkdirTemp("", "idlgen")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	src, bin := filepath.Join(dir, "probe.c"), filepath.Join(dir, "probe")
	if err := os.WriteFile(src, probeSource(d), 0o600); err != nil {
		return nil, err
	}
	if out, err := exec.Command("cc", "-o", bin, src, "-lxenlight").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("compiling the probe: %w\n%s", err, out)
	}
	out, err := exec.Command(bin).Output()
	if err != nil {
		return nil, fmt.Errorf("running the probe: %w", err)
	}
	return parseFacts(string(out))
}

func parseFacts(out string) (*facts, error) {
	f := &facts{map[string]string{}, map[string]string{}, map[string]bool{}}
	for line := range strings.Lines(out) {
		w := strings.Fields(line)
		if len(w) != 3 {
			return nil, fmt.Errorf("probe: cannot read %q", line)
		}
		switch w[0] {
		case "name":
			f.names[w[1]] = w[2]
		case "default":
			f.defaults[w[1]] = w[2]
		case "arm":
			f.arms[w[1]] = w[2] == "1"
		}
	}
	return f, nil
}

// probeSource writes the C program.
func probeSource(d *declarations) []byte {
	var b bytes.Buffer
	b.WriteString("#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n#include <libxl.h>\nint main(void) {\n")
	for _, e := range d.enums {
		for _, v := range e.values {
			fmt.Fprintf(&b, "printf(\"name %s %%s\\n\", %s_to_string(%s));\n", v.cname, e.cname, v.cname)
		}
	}
	for _, t := range d.structs {
		fmt.Fprintf(&b, "{ %s p; %s_init(&p);\n", t.cname, t.cname)
		probeMembers(&b, d, t.cname, t.cname, "p", t.members)
		b.WriteString("}\n")
	}
	b.WriteString("return 0; }\n")
	return b.Bytes()
}

// probeMembers prints the default of each number below expr, and the arms of a union.
func probeMembers(b *bytes.Buffer, d *declarations, owner, path, expr string, members []member) {
	for _, m := range members {
		switch {
		case m.inner != nil:
			probeMembers(b, d, owner, path+"."+m.name, expr+"."+m.name, m.inner.members)
		case m.arms != nil:
			probeArms(b, d, owner, expr, m)
		case !m.array && isNumber(d, m.ctype):
			format := "%llu"
			cast := "unsigned long long"
			if m.ctype == "int" || m.ctype == "libxl_devid" || d.enum(m.ctype) != nil {
				format, cast = "%lld", "long long"
			}
			fmt.Fprintf(b, "printf(\"default %s.%s %s\\n\", (%s)%s.%s);\n", path, m.name, format, cast, expr, m.name)
		}
	}
}

// probeArms initialises the union for each enumerator and looks at libxl's own JSON.
func probeArms(b *bytes.Buffer, d *declarations, owner, expr string, u member) {
	for _, v := range d.enum(u.enum).values {
		fmt.Fprintf(b, "{ %s p; %s_init(&p); %s_init_%s(&p, %s);\n", owner, owner, owner, u.key, v.cname)
		fmt.Fprintf(b, "char key[128], *json = %s_to_json(NULL, &p);\n", owner)
		fmt.Fprintf(b, "snprintf(key, sizeof key, \"\\\"%s.%%s\\\"\", %s_to_string(%s));\n", u.key, u.enum, v.cname)
		fmt.Fprintf(b, "printf(\"arm %s.%s %%d\\n\", json && strstr(json, key)); free(json);\n", owner, v.cname)
		for _, arm := range u.arms {
			if arm.inner != nil && strings.HasSuffix(v.cname, "_"+strings.ToUpper(arm.name)) {
				probeMembers(b, d, owner, owner+"."+arm.name, expr+"."+u.name+"."+arm.name, arm.inner.members)
			}
		}
		b.WriteString("}\n")
	}
}

// isNumber reports whether a member of this C type is a plain number in JSON, or an enumeration.
func isNumber(d *declarations, ctype string) bool {
	switch ctype {
	case "int", "uint8_t", "uint16_t", "uint32_t", "uint64_t", "libxl_domid", "libxl_devid":
		return true
	}
	return d.enum(ctype) != nil
}
