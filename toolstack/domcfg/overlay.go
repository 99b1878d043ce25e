package domcfg

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// An Overlay is a part of libxl's configuration in libxl's own words: what a
// domain file has under "libxl". It is JSON, laid over what the other keys give
// as a JSON Merge Patch (RFC 7396) is: an object member by member, a list
// whole, and null makes a member unset. The empty Overlay changes nothing.
//
// It differs from libxl's JSON in one thing: a three-state boolean is true or
// false; "True" and "False" are read too.
type Overlay string

// MarshalJSON is the text itself.
func (o Overlay) MarshalJSON() ([]byte, error) {
	if o == "" {
		return []byte("null"), nil
	}
	return []byte(o), nil
}

// MarshalYAML is the same in YAML's block style. The error is yaml.v3's, for a
// text that is not JSON.
func (o Overlay) MarshalYAML() (any, error) {
	n, err := o.node()
	if err != nil {
		return nil, err
	}
	blockStyle(n)
	return n, nil
}

func (o Overlay) node() (*yaml.Node, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(o), &doc); err != nil {
		return nil, fmt.Errorf("overlay: %w", err)
	}
	if len(doc.Content) == 0 {
		return &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}, nil
	}
	return doc.Content[0], nil
}

// blockStyle turns the style of JSON into that of a domain file: lists of plain
// values stay in brackets, and what may be mistaken for something else in quotes.
func blockStyle(n *yaml.Node) {
	switch n.Kind {
	case yaml.ScalarNode:
		if n.ShortTag() == "!!str" {
			n.Style = textStyle(n.Value)
		}
		return
	case yaml.MappingNode:
		n.Style = 0
	case yaml.SequenceNode:
		n.Style = yaml.FlowStyle
		for _, item := range n.Content {
			if item.Kind != yaml.ScalarNode {
				n.Style = 0
			}
		}
	}
	for _, child := range n.Content {
		blockStyle(child)
	}
}

// textStyle leaves it to the encoder whether a text needs quotes, but for those
// that it would write over several lines.
func textStyle(text string) yaml.Style {
	for _, c := range text {
		if isControl(c) || c == 0xfffe || c == 0xffff {
			return yaml.DoubleQuotedStyle
		}
	}
	return 0
}

// overlay reads the libxl configuration n of the type of model, strictly.
func (r *reader) overlay(n *yaml.Node, field string, model any) Overlay {
	if n.Kind != yaml.MappingNode {
		r.wrongKind(n, field, "a mapping of libxl's members", "docs/domain-file.md lists none: they are those of libxl_types.idl")
		return ""
	}
	before := len(r.errs) + r.more
	r.member(n, field, reflect.New(reflect.TypeOf(model)).Elem())
	if len(r.errs)+r.more > before || len(n.Content) == 0 {
		return ""
	}
	var b bytes.Buffer
	writeJSON(&b, n)
	return Overlay(b.String())
}

// writeJSON writes a node that was read without errors.
func writeJSON(b *bytes.Buffer, n *yaml.Node) {
	switch n.Kind {
	case yaml.MappingNode:
		b.WriteByte('{')
		for i := 0; i+1 < len(n.Content); i += 2 {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(jsonText(n.Content[i].Value))
			b.WriteByte(':')
			writeJSON(b, n.Content[i+1])
		}
		b.WriteByte('}')
	case yaml.SequenceNode:
		b.WriteByte('[')
		for i, item := range n.Content {
			if i > 0 {
				b.WriteByte(',')
			}
			writeJSON(b, item)
		}
		b.WriteByte(']')
	default:
		switch n.ShortTag() {
		case "!!null":
			b.WriteString("null")
		case "!!bool":
			b.WriteString(strconv.FormatBool(isTrue(n)))
		case "!!int":
			b.WriteString(n.Value)
		default:
			b.WriteString(jsonText(n.Value))
		}
	}
}

// jsonText is v as JSON, with characters such as < as they are and those that
// YAML does not take escaped.
func jsonText(v any) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return "null" // what cannot be written is found by the check of the whole: see sameConfig
	}
	var out strings.Builder
	for _, c := range strings.TrimSuffix(b.String(), "\n") {
		if isControl(c) || c == 0xfffe || c == 0xffff {
			fmt.Fprintf(&out, "\\u%04x", c)
		} else {
			out.WriteRune(c)
		}
	}
	return out.String()
}

// lay applies an overlay, which stands at field, to what into points to.
func (c *converter) lay(o Overlay, field string, into any) {
	if o == "" {
		return
	}
	n, err := o.node()
	if err != nil {
		c.errs = append(c.errs, &Error{Pos: c.d.Pos(field), Field: field, Msg: err.Error()})
		return
	}
	r := &reader{pos: map[string]Position{}, broken: map[string]bool{}}
	r.member(n, field, reflect.ValueOf(into).Elem())
	for _, e := range r.errs {
		e.Pos = c.d.Pos(e.Field)
		c.errs = append(c.errs, e)
	}
}
