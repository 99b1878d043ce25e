package domcfg

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// JSONSchema is the JSON Schema (draft 2020-12) of a domain file, for editors.
// It is made of the same tables as the reader and the reference page. What only
// the whole file shows, Parse alone finds: a memory above max_memory, or that
// there is none and no defaults before the domain give it.
//
// The error is encoding/json's.
func JSONSchema() ([]byte, error) {
	s := &schemas{defs: object{}}
	keys := domainSchema()
	for i := range keys {
		keys[i].required = keys[i].name == "name" // defaults may have the others
	}
	domain, needs := keyShapes(s, keys)
	for _, t := range []Type{HVM, PVH, PV} {
		needs = append(needs, typeShape(t))
	}
	domain["allOf"] = needs
	s.defs["domain"], s.defs["header"] = domain, headerShape()
	root := object{
		"$schema": "https://json-schema.org/draft/2020-12/schema",
		"title":   "Xenvoy domain file",
		"if":      object{"anyOf": []object{{"required": []string{keyInclude}}, {"required": []string{keyDefaults}}}},
		"then":    object{"$ref": "#/$defs/header"},
		"else":    object{"$ref": "#/$defs/domain"},
		"$defs":   s.defs,
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(root); err != nil {
		return nil, fmt.Errorf("write the JSON Schema: %w", err)
	}
	return b.Bytes(), nil
}

// headerShape is a document that is about the domains behind it.
func headerShape() object {
	keys := object{}
	for _, k := range domainSchema() {
		if k.name != "name" && k.name != "uuid" {
			keys[k.name] = object{"$ref": "#/$defs/domain/properties/" + k.name}
		}
	}
	name := object{"type": "string", "minLength": 1}
	return object{"type": "object", "additionalProperties": false, "properties": object{
		keyInclude:  object{"anyOf": []object{name, {"type": "array", "items": name}}},
		keyDefaults: object{"type": "object", "additionalProperties": false, "properties": keys},
	}}
}

// typeShape refuses the keys that a type of domain does not have.
func typeShape(t Type) object {
	not := without(domainSchema(), t)
	not["disks"] = object{"items": object{"properties": without(diskSchema(), t)}}
	not["networks"] = object{"items": object{"properties": without(networkSchema(), t)}}
	return object{
		"if":   object{"properties": object{"type": object{"const": string(t)}}, "required": []string{"type"}},
		"then": object{"properties": not},
	}
}

func without[T any](keys []key[T], t Type) object {
	not := object{}
	for _, k := range keys {
		if !k.guests.has(t) {
			not[k.name] = false
		}
	}
	return not
}
