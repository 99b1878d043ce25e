package domcfg

import (
	"fmt"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// overlayOf is what turns base into want, both of one of libxl's structures;
// empty when they are the same. explicit has the paths of members that the
// overlay names as null although both leave them unset.
func overlayOf(base, want any, explicit map[string]bool) Overlay {
	d := differ{explicit: explicit}
	return Overlay(d.difference("", reflect.ValueOf(base).Elem(), reflect.ValueOf(want).Elem()))
}

type differ struct{ explicit map[string]bool }

func (d differ) difference(path string, base, want reflect.Value) string {
	if want.Kind() == reflect.Pointer && want.Type().Elem().Kind() == reflect.Struct && !base.IsNil() && !want.IsNil() {
		base, want = base.Elem(), want.Elem()
	}
	if want.Kind() == reflect.Struct {
		var members []string
		for i, name := range memberNames(want.Type()) {
			at := strings.TrimPrefix(path+"."+name, ".")
			if m := d.difference(at, base.Field(i), want.Field(i)); m != "" {
				members = append(members, jsonText(name)+":"+m)
			}
		}
		if len(members) == 0 {
			return ""
		}
		return "{" + strings.Join(members, ",") + "}"
	}
	had, has := memberText(base), memberText(want)
	switch {
	case has == "" && (had != "" || d.explicit[path]):
		return "null"
	case had == has:
		return ""
	}
	return has
}

// memberText is a member as an overlay has it; "" when it is unset.
func memberText(v reflect.Value) string {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return ""
		}
		return elementText(v.Elem())
	case reflect.Slice:
		if v.Len() == 0 {
			return ""
		}
	case reflect.Struct:
		if text := structText(v); text != "{}" {
			return text
		}
		return ""
	default:
		if v.IsZero() {
			return ""
		}
	}
	return elementText(v)
}

// elementText is a value that has to be written, be it zero or not.
func elementText(v reflect.Value) string {
	switch x := v.Interface().(type) {
	case idl.Defbool:
		return jsonText(x > 0)
	case idl.KeyValueList, fmt.Stringer:
		return jsonText(x)
	}
	switch v.Kind() {
	case reflect.Slice, reflect.Array:
		items := make([]string, v.Len())
		for i := range items {
			items[i] = elementText(v.Index(i))
		}
		return "[" + strings.Join(items, ",") + "]"
	case reflect.Struct:
		return structText(v)
	}
	return jsonText(v.Interface())
}

func structText(v reflect.Value) string {
	var members []string
	for i, name := range memberNames(v.Type()) {
		text := memberText(v.Field(i))
		if text == "" && !optional(v.Type().Field(i)) {
			text = elementText(v.Field(i))
		}
		if text != "" {
			members = append(members, jsonText(name)+":"+text)
		}
	}
	return "{" + strings.Join(members, ",") + "}"
}

// optional tells whether JSON may leave a member out. The numbers of CPUID
// leaves and MSRs are always there.
func optional(f reflect.StructField) bool {
	return f.Type.Kind() == reflect.Struct || f.Type.Kind() == reflect.Slice || strings.Contains(f.Tag.Get("json"), ",omit")
}

// sameConfig returns an error that names what differs between two of libxl's
// configurations.
func sameConfig(got, want *idl.DomainConfig) error {
	if diff := overlayOf(got, want, nil); diff != "" {
		return fmt.Errorf("a domain file cannot say %s", clip(string(diff)))
	}
	return nil
}

// unsayable is the path of a text that YAML cannot have, or "".
func unsayable(path string, v reflect.Value) string {
	switch v.Kind() {
	case reflect.String:
		if !utf8.ValidString(v.String()) || strings.ContainsRune(v.String(), 0) {
			return path
		}
	case reflect.Pointer:
		if !v.IsNil() {
			return unsayable(path, v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			if at := unsayable(fmt.Sprintf("%s[%d]", path, i), v.Index(i)); at != "" {
				return at
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
			if at := unsayable(strings.TrimPrefix(path+"."+name, "."), v.Field(i)); at != "" {
				return at
			}
		}
	}
	return ""
}
