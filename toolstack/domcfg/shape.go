package domcfg

import (
	"encoding"
	"reflect"
	"strings"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// A shape is the JSON Schema of a value. What libxl's structures look like is
// collected in s, once for each.
type shape func(s *schemas) object

type object = map[string]any

// schemas is the definitions that shapes refer to.
type schemas struct{ defs object }

func boolShape() shape { return func(*schemas) object { return object{"type": "boolean"} } }

func textShape() shape {
	return func(*schemas) object { return object{"type": "string", "minLength": 1} }
}

func patternShape(pattern string) shape {
	return func(*schemas) object { return object{"type": "string", "pattern": pattern} }
}

func wordShape(words ...string) shape {
	return func(*schemas) object { return object{"enum": words} }
}

func numberShape(low, high int) shape {
	return func(*schemas) object { return object{"type": "integer", "minimum": low, "maximum": high} }
}

func sizeShape() shape {
	return eitherShape(func(*schemas) object { return object{"type": "integer", "minimum": 1} }, patternShape("^[1-9][0-9]*([KMGT]iB)?$"))
}

func listShape(of shape) shape {
	return func(s *schemas) object { return object{"type": "array", "items": of(s)} }
}

func eitherShape(shapes ...shape) shape {
	return func(s *schemas) object {
		var all []object
		for _, sh := range shapes {
			all = append(all, sh(s))
		}
		return object{"anyOf": all}
	}
}

// objectShape is a mapping with these keys.
func objectShape[T any](keys func() []key[T]) shape {
	return func(s *schemas) object {
		out, needs := keyShapes(s, keys())
		if len(needs) > 0 {
			out["allOf"] = needs
		}
		return out
	}
}

// linkShape is a mapping with the keys of links.
func linkShape[T, L any](links func() []link[T, L]) shape {
	return objectShape(func() []key[T] { return keysOf(links()) })
}

// keyShapes is a mapping with these keys, and what it needs at least.
func keyShapes[T any](s *schemas, keys []key[T]) (out object, needs []object) {
	properties, required := object{}, []string{}
	for _, k := range keys {
		property := object{}
		if k.shape != nil {
			property = k.shape(s)
		}
		property["description"] = k.kind + "; default: " + k.def + "; types: " + k.guests.String() + "; xl.cfg: " + k.xl
		properties[k.name] = property
		switch {
		case k.required && k.libxl == "":
			required = append(required, k.name)
		case k.required:
			needs = append(needs, object{"anyOf": []object{{"required": []string{k.name}}, {"required": []string{"libxl"}}}})
		}
	}
	out = object{"type": "object", "additionalProperties": false, "properties": properties}
	if len(required) > 0 {
		out["required"] = required
	}
	return out, needs
}

// libxlShape is a part of libxl's configuration, of the type of model.
func libxlShape(model any) shape {
	return func(s *schemas) object { return s.libxl(reflect.TypeOf(model)) }
}

// libxl is the schema of one of libxl's types. null takes a member back.
func (s *schemas) libxl(t reflect.Type) object {
	if t.Kind() == reflect.Pointer {
		return s.libxl(t.Elem())
	}
	switch reflect.Zero(t).Interface().(type) {
	case idl.Defbool:
		return object{"enum": []any{true, false, "True", "False", "<default>"}}
	case idl.KeyValueList:
		return object{"type": "object", "additionalProperties": object{"type": []string{"string", "null"}}}
	case idl.UUID, idl.MAC:
		return object{"type": "string"}
	}
	switch t.Kind() {
	case reflect.Struct:
		return s.libxlStruct(t)
	case reflect.Slice, reflect.Array:
		return object{"type": "array", "items": s.libxl(t.Elem())}
	case reflect.String:
		return object{"type": "string"}
	case reflect.Bool:
		return object{"type": "boolean"}
	}
	if reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()) {
		return object{"enum": enumeratorNames(t)}
	}
	return libxlNumber(t)
}

// libxlNumber is what member.go reads into a number of that width.
func libxlNumber(t reflect.Type) object {
	low, high := any(0), any(min(1<<t.Bits()-1, uint64(idl.MaxNumber)))
	if reflect.Zero(t).CanInt() {
		low, high = -1<<(t.Bits()-1), 1<<(t.Bits()-1)-1
	}
	return object{"type": "integer", "minimum": low, "maximum": high}
}

func (s *schemas) libxlStruct(t reflect.Type) object {
	ref := object{"$ref": "#/$defs/" + t.Name()}
	if s.defs[t.Name()] != nil {
		return ref
	}
	properties := object{}
	s.defs[t.Name()] = object{"type": "object", "additionalProperties": false, "properties": properties}
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		properties[name] = object{"anyOf": []object{s.libxl(t.Field(i).Type), {"type": "null"}}}
	}
	return ref
}

// enumeratorNames asks an enumeration for its values, by the method that each has.
func enumeratorNames(t reflect.Type) []string {
	values := reflect.Zero(t).MethodByName("Values").Call(nil)[0]
	names := make([]string, values.Len())
	for i := range names {
		names[i] = values.Index(i).Interface().(interface{ String() string }).String()
	}
	return names
}
