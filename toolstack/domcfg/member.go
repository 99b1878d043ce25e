package domcfg

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// member reads n into a member of one of libxl's structures. What is there
// already stays, where n says nothing.
func (r *reader) member(n *yaml.Node, field string, into reflect.Value) {
	r.pos[field] = Position{File: r.file, Line: n.Line, Column: n.Column}
	if n.Kind == 0 { // reported already
		return
	}
	if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" {
		into.SetZero()
		return
	}
	if r.wordMember(n, field, into.Addr().Interface()) {
		return
	}
	switch into.Kind() {
	case reflect.Pointer:
		if into.IsNil() || into.Type().Elem().Kind() != reflect.Struct {
			into.Set(reflect.New(into.Type().Elem()))
		}
		r.member(n, field, into.Elem())
	case reflect.Struct:
		r.structMember(n, field, into)
	case reflect.Slice, reflect.Array:
		r.listMember(n, field, into)
	case reflect.String:
		into.SetString(r.freeText(n, field))
	case reflect.Bool:
		into.SetBool(r.boolean(n, field))
	default:
		r.numberMember(n, field, into)
	}
}

// wordMember reads the types that libxl's JSON has as texts, and those with a
// form of their own. It reports whether into is one of them.
func (r *reader) wordMember(n *yaml.Node, field string, into any) bool {
	switch v := into.(type) {
	case *idl.Defbool:
		r.defbool(n, field, v)
	case *idl.KeyValueList:
		r.keyValues(n, field, v)
	case *idl.CPUIDPolicyList:
		if n.Kind != yaml.SequenceNode { // the list of leaves that older releases wrote
			return false
		}
		r.member(n, field, reflect.ValueOf(&v.CPUID).Elem())
	case encoding.TextUnmarshaler:
		text, ok := r.text(n, field)
		if !ok {
			return true
		}
		err := v.UnmarshalText([]byte(text))
		var unknown *idl.EnumError
		switch {
		case errors.As(err, &unknown):
			r.fail(n, field, fmt.Sprintf("unknown value %q", clip(text)), "one of "+strings.Join(unknown.Names, ", "))
		case err != nil:
			r.fail(n, field, clip(err.Error()), "")
		}
	default:
		return false
	}
	return true
}

func (r *reader) defbool(n *yaml.Node, field string, into *idl.Defbool) {
	if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!str" && into.UnmarshalText([]byte(n.Value)) == nil {
		return
	}
	*into = idl.Bool(r.boolean(n, field))
}

func (r *reader) structMember(n *yaml.Node, field string, into reflect.Value) {
	if n.Kind != yaml.MappingNode {
		r.wrongKind(n, field, "a mapping of libxl's members", "write them as \"member: value\", one a line")
		return
	}
	index := memberIndex(into.Type())
	seen := map[string]*yaml.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, value := n.Content[i], n.Content[i+1]
		at, known := index[name.Value]
		switch first := seen[name.Value]; {
		case name.Kind == 0: // reported already
		case name.Kind != yaml.ScalarNode || !known:
			r.unknownKey(name, field, memberNames(into.Type()))
		case first != nil:
			r.fail(name, join(field, name.Value), fmt.Sprintf("is written twice, first in line %d", first.Line), "keep one")
		default:
			seen[name.Value] = name
			r.member(value, join(field, name.Value), into.Field(at))
		}
	}
	r.checkPolicies(n, field, into.Addr().Interface())
}

// checkPolicies finds CPUID policies that libxl would read beyond the end of.
func (r *reader) checkPolicies(n *yaml.Node, field string, v any) {
	if list, ok := v.(*idl.CPUIDPolicyList); ok {
		if _, err := list.MarshalJSON(); err != nil {
			r.fail(n, field, "has a policy of a wrong length or with a wrong character", "32 of the characters 1 0 x k s for a register, 64 for an MSR")
		}
	}
}

// memberNames is the members of one of libxl's structures, by their names in JSON.
func memberNames(t reflect.Type) []string {
	names := make([]string, t.NumField())
	for i := range names {
		names[i], _, _ = strings.Cut(t.Field(i).Tag.Get("json"), ",")
	}
	return names
}

func memberIndex(t reflect.Type) map[string]int {
	index := map[string]int{}
	for i, name := range memberNames(t) {
		index[name] = i
	}
	return index
}

// listMember reads a list, which replaces the one that is there.
func (r *reader) listMember(n *yaml.Node, field string, into reflect.Value) {
	if n.Kind != yaml.SequenceNode {
		r.wrongKind(n, field, "a list", "put each behind a dash, or all in [ ]")
		return
	}
	if into.Kind() == reflect.Array {
		if len(n.Content) != into.Len() {
			r.fail(n, field, fmt.Sprintf("has %d elements", len(n.Content)), fmt.Sprintf("it takes %d", into.Len()))
			return
		}
	} else {
		into.Set(reflect.MakeSlice(into.Type(), len(n.Content), len(n.Content)))
	}
	for i, item := range n.Content {
		at := fmt.Sprintf("%s[%d]", field, i)
		if item.Kind == yaml.ScalarNode && item.ShortTag() == "!!null" {
			r.wrongKind(item, at, "an element of the list", "remove it")
			continue
		}
		r.member(item, at, into.Index(i))
	}
	if bits, ok := into.Interface().(idl.Bitmap); ok {
		if _, err := bits.MarshalJSON(); err != nil {
			r.fail(n, field, err.Error(), "write the numbers of the bits that are set, in their order")
		}
	}
}

func (r *reader) keyValues(n *yaml.Node, field string, into *idl.KeyValueList) {
	*into = nil
	if n.Kind != yaml.MappingNode {
		r.wrongKind(n, field, "keys and values", "write them as \"key: value\", one a line")
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, value := n.Content[i], n.Content[i+1]
		kv := idl.KeyValue{Key: name.Value}
		if value.Kind != yaml.ScalarNode || value.ShortTag() != "!!null" {
			kv.Value = new(r.freeText(value, join(field, name.Value)))
		}
		*into = append(*into, kv)
	}
}

// freeText is a text as libxl takes it: anything but the NUL that ends it there.
func (r *reader) freeText(n *yaml.Node, field string) string {
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!str" {
		hint := "write text"
		if n.Kind == yaml.ScalarNode && n.Value != "" {
			hint = "put it in quotes if it is meant as text"
		}
		r.wrongKind(n, field, "text", hint)
		return ""
	}
	if strings.ContainsRune(n.Value, 0) || !utf8.ValidString(n.Value) {
		r.fail(n, field, "has a character that libxl cannot take", "remove it")
		return ""
	}
	return n.Value
}

// numberMember reads a number that fits into the C type, and that libxl's own
// reader does not drop.
func (r *reader) numberMember(n *yaml.Node, field string, into reflect.Value) {
	bits := into.Type().Bits()
	low, high := "0", strconv.FormatUint(min(1<<bits-1, uint64(idl.MaxNumber)), 10)
	if into.CanInt() {
		low, high = strconv.FormatInt(-1<<(bits-1), 10), strconv.FormatInt(1<<(bits-1)-1, 10)
	}
	want := "a whole number from " + low + " to " + high
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!int" && n.ShortTag() != "!!float" {
		r.wrongKind(n, field, want, "write decimal digits without quotes")
		return
	}
	ok := decimal().MatchString(strings.TrimPrefix(n.Value, "-"))
	if into.CanInt() {
		v, err := strconv.ParseInt(n.Value, 10, bits)
		into.SetInt(v)
		ok = ok && err == nil
	} else {
		v, err := strconv.ParseUint(n.Value, 10, bits)
		into.SetUint(v)
		ok = ok && err == nil && v <= idl.MaxNumber
	}
	if !ok {
		r.fail(n, field, clip(n.Value)+" is not "+want, "write decimal digits")
	}
}
