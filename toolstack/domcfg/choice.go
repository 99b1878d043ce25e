package domcfg

import (
	"encoding/json"

	"gopkg.in/yaml.v3"
)

// A Choice is on, off or left to libxl, for a key that is not left to libxl when
// the file does not have it. The empty Choice was not written.
type Choice string

// The choices.
const (
	On   Choice = "true"
	Off  Choice = "false"
	Auto Choice = "auto"
)

func (c Choice) value() any {
	if c == Auto {
		return string(Auto)
	}
	return c == On
}

// MarshalYAML is true, false or auto.
func (c Choice) MarshalYAML() (any, error) { return c.value(), nil }

// MarshalJSON is true, false or "auto".
func (c Choice) MarshalJSON() ([]byte, error) { return json.Marshal(c.value()) }

func (r *reader) choice(n *yaml.Node, field string) Choice {
	switch {
	case n.Kind == yaml.ScalarNode && n.Value == string(Auto):
		return Auto
	case n.Kind != yaml.ScalarNode || n.ShortTag() != "!!bool":
		r.wrongKind(n, field, "true, false or auto", "auto leaves it to libxl")
		return ""
	case isTrue(n):
		return On
	}
	return Off
}

func choiceShape() shape {
	return func(*schemas) object { return object{"enum": []any{true, false, string(Auto)}} }
}

// OneOrMore is a text, or a list of texts where libxl takes those too.
type OneOrMore struct {
	One  string
	More []string
}

// IsZero reports whether there is none.
func (o OneOrMore) IsZero() bool { return o.One == "" && len(o.More) == 0 }

func (o OneOrMore) value() any {
	if o.One != "" {
		return o.One
	}
	return o.More
}

// MarshalYAML is the text or the list.
func (o OneOrMore) MarshalYAML() (any, error) {
	if o.One != "" {
		return o.One, nil
	}
	n := &yaml.Node{}
	if err := n.Encode(o.More); err != nil {
		return nil, err
	}
	n.Style = yaml.FlowStyle
	return n, nil
}

// MarshalJSON is the text or the list.
func (o OneOrMore) MarshalJSON() ([]byte, error) { return json.Marshal(o.value()) }

// oneOrMore reads a text or a list, with one call of each for a text.
func (r *reader) oneOrMore(n *yaml.Node, field, of string, each func(n *yaml.Node, field string) string) OneOrMore {
	if n.Kind != yaml.SequenceNode {
		return OneOrMore{One: each(n, field)}
	}
	var out OneOrMore
	r.readList(n, field, of, func(n *yaml.Node, f string) { out.More = append(out.More, each(n, f)) })
	return out
}
