package main

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// An enum is one "typedef enum" of the header.
type enum struct {
	cname  string // libxl_domain_type
	values []enumValue
}

type enumValue struct {
	cname string // LIBXL_DOMAIN_TYPE_HVM
	value int64
}

// A structure is one "typedef struct", or an anonymous one inside it.
type structure struct {
	cname   string // libxl_domain_config; empty for an anonymous structure
	members []member
	plain   bool // it holds no memory, so there is no X_dispose
}

// A member is one field. Exactly one of ctype, inner and arms says what it holds.
type member struct {
	name  string
	ctype string     // "uint32_t", "char *", "libxl_bitmap"
	array bool       // ctype is the element, the length was in a member of its own
	inner *structure // an anonymous structure
	arms  []member   // a union, keyed by the member named in key
	key   string     // name of the union's key member
	enum  string     // C type of that member
}

// declarations is what the header declares, in its order.
type declarations struct {
	enums   []*enum
	structs []*structure
}

func (d *declarations) enum(cname string) *enum {
	for _, e := range d.enums {
		if e.cname == cname {
			return e
		}
	}
	return nil
}

var (
	enumOpen   = regexp.MustCompile(`^typedef enum (\w+) \{$`)
	enumerator = regexp.MustCompile(`^(\w+) = (-?\d+),$`)
	structOpen = regexp.MustCompile(`^typedef struct (\w+) \{$`)
	blockClose = regexp.MustCompile(`^\} ?(\w*);$`)
	field      = regexp.MustCompile(`^(const )?(\w+(?: \*)?) (\w+);$`)
)

// A scanner hands out the header's lines without indentation.
type scanner struct {
	lines []string
	next  int
}

func (s *scanner) scan() (string, bool) {
	if s.next == len(s.lines) {
		return "", false
	}
	line := strings.TrimSpace(s.lines[s.next])
	s.next++
	return line, true
}

// parseHeader reads the typedefs of libxl's generated header. The header is
// written by a program (gentypes.py), one member a line, so lines are enough.
func parseHeader(text string) (*declarations, error) {
	s := &scanner{lines: strings.Split(text, "\n")}
	d := &declarations{}
	for {
		line, ok := s.scan()
		if !ok {
			break
		}
		if m := enumOpen.FindStringSubmatch(line); m != nil {
			e, err := parseEnum(s, m[1])
			if err != nil {
				return nil, err
			}
			d.enums = append(d.enums, e)
		}
		if m := structOpen.FindStringSubmatch(line); m != nil {
			t, _, err := parseStruct(s, m[1])
			if err != nil {
				return nil, err
			}
			t.plain = !strings.Contains(text, "void "+t.cname+"_dispose(")
			d.structs = append(d.structs, t)
		}
	}
	if len(d.enums) == 0 || len(d.structs) == 0 {
		return nil, fmt.Errorf("no libxl types found")
	}
	return d, nil
}

func parseEnum(s *scanner, cname string) (*enum, error) {
	e := &enum{cname: cname}
	for {
		line, ok := s.scan()
		if !ok {
			return nil, fmt.Errorf("enum %s: no end", cname)
		}
		if blockClose.MatchString(line) {
			return e, nil
		}
		m := enumerator.FindStringSubmatch(line)
		if m == nil {
			return nil, fmt.Errorf("enum %s: cannot read %q", cname, line)
		}
		v, err := strconv.ParseInt(m[2], 10, 32)
		if err != nil {
			return nil, fmt.Errorf("enum %s: %w", cname, err)
		}
		e.values = append(e.values, enumValue{m[1], v})
	}
}

// parseStruct reads members up to the closing brace and returns the name behind it.
func parseStruct(s *scanner, cname string) (*structure, string, error) {
	t := &structure{cname: cname}
	for {
		line, ok := s.scan()
		if !ok {
			return nil, "", fmt.Errorf("struct %s: no end", cname)
		}
		if m := blockClose.FindStringSubmatch(line); m != nil {
			return t, m[1], nil
		}
		if err := parseMember(s, t, line); err != nil {
			return nil, "", fmt.Errorf("struct %s: %w", cname, err)
		}
	}
}

func parseMember(s *scanner, t *structure, line string) error {
	switch line {
	case "struct {":
		inner, name, err := parseStruct(s, "")
		if err != nil {
			return err
		}
		t.members = append(t.members, member{name: name, inner: inner})
		return nil
	case "union {":
		return parseUnion(s, t)
	}
	m := field.FindStringSubmatch(line)
	if m == nil {
		return fmt.Errorf("cannot read %q", line)
	}
	if m[1] != "" {
		return nil // libxl leaves const members out of its JSON
	}
	f := member{name: m[3], ctype: m[2]}
	if elem, ok := strings.CutSuffix(f.ctype, " *"); ok && elem != "char" {
		f.ctype, f.array = elem, true
		t.members = t.members[:len(t.members)-1] // the length, always just before
	}
	t.members = append(t.members, f)
	return nil
}

// parseUnion reads a keyed union. Its key is the member just before it, which
// JSON has only in the arm's name, so the key's member goes.
func parseUnion(s *scanner, t *structure) error {
	last := len(t.members) - 1
	if last < 0 {
		return fmt.Errorf("union without a key")
	}
	key := t.members[last]
	u, name, err := parseStruct(s, "")
	if err != nil {
		return err
	}
	t.members[last] = member{name: name, arms: u.members, key: key.name, enum: key.ctype}
	return nil
}
