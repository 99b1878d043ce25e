package domcfg

import (
	"fmt"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// Guests is a set of domain types.
type Guests uint8

// The sets of domain types that keys apply to.
const (
	OnlyHVM Guests = 1 << iota
	onlyPVH
	onlyPV
	HVMAndPVH = OnlyHVM | onlyPVH
	PVAndPVH  = onlyPVH | onlyPV
	AllGuests = HVMAndPVH | onlyPV
)

// has is true for a type that is not known: that is reported elsewhere.
func (g Guests) has(t Type) bool {
	switch t {
	case HVM:
		return g&OnlyHVM != 0
	case PVH:
		return g&onlyPVH != 0
	case PV:
		return g&onlyPV != 0
	}
	return true
}

// String is the types in the set, as "hvm, pvh".
func (g Guests) String() string {
	var names []string
	for _, t := range []Type{HVM, PVH, PV} {
		if g.has(t) {
			names = append(names, string(t))
		}
	}
	return strings.Join(names, ", ")
}

// key is one key of a mapping in a domain file.
type key[T any] struct {
	name     string
	kind     string // what may stand there, for the reference page
	def      string // what holds if it is left out, likewise
	xl       string // the same thing in xl.cfg, likewise
	guests   Guests
	required bool
	libxl    string // the member of libxl's that makes up for a required key, as "b_info.target_memkb"
	shape    shape  // for the JSON Schema
	read     func(r *reader, n *yaml.Node, field string, into *T)
}

// usedKey is a key that was written and that not every type of guest has.
type usedKey struct {
	field  string
	guests Guests
}

// readMapping reads the mapping n, which stands at the path at, into v.
func readMapping[T any](r *reader, n *yaml.Node, at string, schema []key[T], v *T) {
	if n.Kind == 0 { // reported already
		r.broken[at] = true
		return
	}
	r.pos[at] = r.at(n)
	if n.Kind != yaml.MappingNode {
		r.broken[at] = true
		r.wrongKind(n, at, "keys and values", "write them as \"key: value\", one a line")
		return
	}
	seen := map[string]*yaml.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, value := n.Content[i], n.Content[i+1]
		k, ok := findKey(schema, name.Value)
		field := join(at, name.Value)
		switch first := seen[name.Value]; {
		case name.Kind == 0: // reported already
		case name.Kind != yaml.ScalarNode || !ok:
			r.unknownKey(name, at, schemaNames(schema))
		case first != nil:
			r.fail(name, field, fmt.Sprintf("is written twice, first in line %d", first.Line), "keep one")
		default:
			seen[name.Value] = name
			r.readKey(field, k.guests, value, func() { k.read(r, value, field, v) })
		}
	}
	for _, k := range schema {
		if k.required && seen[k.name] == nil && !r.overlaid(at, k.libxl) {
			r.fail(n, join(at, k.name), "is missing", "add it: "+k.kind)
		}
	}
}

// overlaid reports whether the overlay of the mapping at the path at names a
// member of libxl's: it says then what a key could have said.
func (r *reader) overlaid(at, member string) bool {
	_, named := r.pos[join(at, "libxl")+"."+member]
	return member != "" && named
}

func (r *reader) readKey(field string, guests Guests, value *yaml.Node, read func()) {
	r.pos[field] = r.at(value)
	if guests != AllGuests {
		r.used = append(r.used, usedKey{field, guests})
	}
	if value.Kind != 0 {
		read()
	}
}

func (r *reader) unknownKey(name *yaml.Node, at string, known []string) {
	switch {
	case name.Kind != yaml.ScalarNode:
		r.fail(name, at, "a key must be a word", theKeys(known))
	case name.Value == "<<":
		r.fail(name, join(at, "<<"), "merge keys are not supported", "write the keys out")
	case len(r.errs) >= maxErrors:
		r.more++ // without the work of a hint that nobody will see
	default:
		hint := theKeys(known)
		if near := Nearest(name.Value, known); near != "" {
			hint = "did you mean " + near + "?"
		}
		r.fail(name, join(at, name.Value), "unknown key", hint)
	}
}

// theKeys lists the keys of a mapping, if that helps anybody.
func theKeys(known []string) string {
	const few = 40
	if len(known) > few {
		return "docs/domain-file.md and \"xenvoy config schema\" have the keys"
	}
	return "the keys here are " + strings.Join(known, ", ")
}

// readList reads the list n with one call of each for an element.
func (r *reader) readList(n *yaml.Node, field, of string, each func(n *yaml.Node, field string)) {
	if n.Kind != yaml.SequenceNode {
		r.wrongKind(n, field, "a list of "+of, "put each behind a dash, or all in [ ]")
		return
	}
	for i, item := range n.Content {
		at := fmt.Sprintf("%s[%d]", field, i)
		r.pos[at] = r.at(item)
		if item.Kind == 0 { // reported already
			r.broken[at] = true
			continue
		}
		each(item, at)
	}
}

func findKey[T any](schema []key[T], name string) (key[T], bool) {
	for _, k := range schema {
		if k.name == name {
			return k, true
		}
	}
	return key[T]{}, false
}

func schemaNames[T any](schema []key[T]) []string {
	names := make([]string, len(schema))
	for i, k := range schema {
		names[i] = k.name
	}
	return names
}

// join is the path of the key name in the mapping at the path at.
func join(at, name string) string {
	name = clip(name)
	if strings.ContainsFunc(name, isControl) {
		name = strconv.Quote(name)
	}
	if at == "" {
		return name
	}
	return at + "." + name
}

// parentField is the path of what holds field: "disks[0]" for "disks[0].path",
// "disks" for "disks[0]", "" for "disks".
func parentField(field string) string {
	return field[:max(0, strings.LastIndexAny(field, ".["))]
}
