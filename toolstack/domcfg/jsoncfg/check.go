package jsoncfg

import (
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"unicode"

	"github.com/xenvoy/xenvoy/toolstack/domcfg"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// check finds what does not fit the type, and notes the places.
func (r *reader) check(path string, n *node, t reflect.Type) {
	if _, twice := r.places[path]; !twice {
		r.places[path] = n.start
	}
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case string(r.text[n.start:n.end]) == "null": // as if it were not there
	case t == reflect.TypeFor[idl.CPUIDPolicyList]():
		r.cpuid(path, n, t)
	case isLeaf(t):
		r.leaf(path, n, t)
	case t.Kind() == reflect.Struct:
		r.object(path, n, t)
	case t.Kind() == reflect.Array && len(n.items) != t.Len() && n.open == '[':
		r.fail(n.start, path, fmt.Sprintf("has %d elements", len(n.items)), fmt.Sprintf("it must have %d", t.Len()))
	default:
		r.list(path, n, t.Elem())
	}
}

// cpuid takes the list of leaves, too, that releases before 4.17 wrote.
func (r *reader) cpuid(path string, n *node, t reflect.Type) {
	before := len(r.errs)
	if n.open == '[' {
		r.list(path, n, reflect.TypeFor[idl.CPUIDPolicy]())
	} else {
		r.object(path, n, t)
	}
	if len(r.errs) == before {
		r.leaf(path, n, t) // the letters of a policy
	}
}

// isLeaf reports whether a type reads its whole text, or has no parts.
func isLeaf(t reflect.Type) bool {
	p := reflect.PointerTo(t)
	switch t.Kind() {
	case reflect.Struct: // those with a reader of their own have members all the same
		return p.Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
	case reflect.Slice, reflect.Array:
		return p.Implements(reflect.TypeFor[json.Unmarshaler]()) || p.Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
	}
	return true
}

func (r *reader) list(path string, n *node, element reflect.Type) {
	if n.open != '[' {
		r.fail(n.start, path, shown(r.text[n.start:n.end])+" where a list belongs", "put it in [ ]")
		return
	}
	for i, item := range n.items {
		r.check(fmt.Sprintf("%s[%d]", path, i), item, element)
	}
}

func (r *reader) object(path string, n *node, t reflect.Type) {
	if n.open != '{' {
		r.fail(n.start, path, shown(r.text[n.start:n.end])+" where an object belongs", "put it in { }")
		return
	}
	members, names := membersOf(t)
	seen := map[string]bool{}
	for i, key := range n.names {
		inner := strings.TrimPrefix(path+"."+key.text, ".")
		member, known := members[key.text]
		switch {
		case !known:
			hint := ""
			if near := domcfg.Nearest(key.text, names); near != "" {
				hint = "did you mean " + near + "?"
			}
			r.fail(key.start, shown([]byte(inner)), "libxl has no such member", hint)
		case seen[key.text]:
			r.fail(key.start, inner, "is there twice", "remove one")
		default:
			r.check(inner, n.items[i], member)
		}
		seen[key.text] = true
	}
}

// membersOf is the members of a structure by libxl's names.
func membersOf(t reflect.Type) (members map[string]reflect.Type, names []string) {
	members = map[string]reflect.Type{}
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		members[name] = t.Field(i).Type
		names = append(names, name)
	}
	return members, names
}

func (r *reader) leaf(path string, n *node, t reflect.Type) {
	text := r.text[n.start:n.end]
	err := json.Unmarshal(text, reflect.New(t).Interface())
	if err == nil {
		return
	}
	var (
		words *idl.EnumError
		kind  *json.UnmarshalTypeError
	)
	switch {
	case errors.As(err, &words):
		r.fail(n.start, path, "unknown value "+shown(text), strings.Join(words.Names, ", "))
	case errors.As(err, &kind):
		r.fail(n.start, path, shown(text)+" does not fit", wanted(t))
	default:
		r.fail(n.start, path, oneLine(err.Error()), "")
	}
}

// wanted is what a type reads.
func wanted(t reflect.Type) string {
	v := reflect.New(t).Elem()
	switch {
	case reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()), t.Kind() == reflect.String:
		return "a text"
	case t.Kind() == reflect.Bool:
		return "true or false"
	case v.CanInt():
		low := int64(-1) << (t.Bits() - 1)
		return fmt.Sprintf("a number, %d to %d", low, ^low)
	case v.CanUint():
		return fmt.Sprintf("a number, 0 to %d", min(uint64(idl.MaxNumber), ^uint64(0)>>(64-t.Bits())))
	}
	return ""
}

// shown is a text of the file in a message: on one line, and not too long.
func shown(text []byte) string {
	const enough = 60
	if runes := []rune(string(text)); len(runes) > enough {
		text = []byte(string(runes[:enough]) + "…")
	}
	return oneLine(string(text))
}

// oneLine writes what would move a terminal's cursor as Go does in a text.
func oneLine(text string) string {
	var b strings.Builder
	for _, r := range text {
		if unicode.IsPrint(r) {
			b.WriteRune(r)
			continue
		}
		quoted := strconv.QuoteRuneToASCII(r)
		b.WriteString(quoted[1 : len(quoted)-1])
	}
	return b.String()
}
