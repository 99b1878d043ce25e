package domcfg

import (
	"bytes"
	"fmt"
	"reflect"

	"gopkg.in/yaml.v3"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// code is the text of a domain file for one of libxl's values.
type code[M any] struct {
	parse  func(text string) (M, error)
	format func(M) string
	form   string // a regular expression for the JSON Schema
	hint   string
}

func (o code[M]) read(r *reader, n *yaml.Node, field string) string {
	text, ok := r.text(n, field)
	if !ok {
		return ""
	}
	if _, err := o.parse(text); err != nil {
		r.fail(n, field, clip(err.Error()), o.hint)
	}
	return text
}

// give is the value of a text, which a Domain made in Go may have wrong.
func (o code[M]) give(c *converter, field, text string) M {
	v, err := o.parse(text)
	if err != nil {
		c.errs = append(c.errs, &Error{Pos: c.d.Pos(field), Field: field, Msg: clip(err.Error()), Hint: o.hint})
	}
	return v
}

// codesKey is a list of texts, each of which is a structure in libxl.
func codesKey[T, L, M any](k key[T], o code[M], of func(*T) *[]string, member func(*L) *[]M) link[T, L] {
	return link[T, L]{
		key: spec(k, "list of texts", listShape(patternShape(o.form)), func(r *reader, n *yaml.Node, f string, v *T) {
			r.readList(n, f, k.name, func(n *yaml.Node, f string) { *of(v) = append(*of(v), o.read(r, n, f)) })
		}),
		give: func(c *converter, field string, v *T, out *L) {
			for i, text := range *of(v) {
				*member(out) = append(*member(out), o.give(c, elementOf(field, i), text))
			}
		},
		take: func(_ *taker, _ string, in *L, v *T) {
			for _, m := range *member(in) {
				*of(v) = append(*of(v), o.format(m))
			}
		},
	}
}

// oneOrMoreKey is a text where libxl has a text, and a list where it has a list.
// say and unsay turn the file's word into libxl's, and back.
type oneOrMoreKey struct {
	key        key[Domain]
	of         func(*Domain) *OneOrMore
	one        func(*idl.DomainBuildInfoHVM) *string
	more       func(*idl.DomainBuildInfoHVM) *idl.StringList
	say, unsay func(string) string
	check      func(r *reader, n *yaml.Node, field string) OneOrMore
	shape      shape
}

func (o oneOrMoreKey) link() link[Domain, idl.DomainConfig] {
	return link[Domain, idl.DomainConfig]{
		key: spec(o.key, "a text or a list of texts", eitherShape(o.shape, listShape(o.shape)),
			func(r *reader, n *yaml.Node, f string, d *Domain) { *o.of(d) = o.check(r, n, f) }),
		give: func(_ *converter, _ string, d *Domain, out *idl.DomainConfig) {
			h := out.BInfo.TypeHVM
			if h == nil {
				return
			}
			if one := o.of(d).One; one != "" {
				*o.one(h) = o.say(one)
			}
			for _, text := range o.of(d).More {
				*o.more(h) = append(*o.more(h), o.say(text))
			}
		},
		take: func(_ *taker, _ string, in *idl.DomainConfig, d *Domain) {
			h := in.BInfo.TypeHVM
			if h == nil || !plain(*o.one(h)) || !plain(*o.more(h)...) {
				return
			}
			if len(*o.more(h)) == 0 {
				o.of(d).One = o.unsay(*o.one(h))
			}
			for _, text := range *o.more(h) {
				o.of(d).More = append(o.of(d).More, o.unsay(text))
			}
		},
	}
}

func same(text string) string { return text }

// nativeKey is a list of devices in libxl's own words, of a kind that hardly
// anybody has. libxl's number of a device is its place, if the file has none.
func nativeKey[M any](k key[Domain], of func(*Domain) *Overlay, member func(*idl.DomainConfig) *[]M, number func(*M) **idl.DevID) link[Domain, idl.DomainConfig] {
	return link[Domain, idl.DomainConfig]{
		key: spec(k, fmt.Sprintf("list of libxl's %s", k.name), libxlShape([]M{}), func(r *reader, n *yaml.Node, f string, d *Domain) {
			before := len(r.errs) + r.more
			r.member(n, f, reflect.New(reflect.TypeFor[[]M]()).Elem())
			if n.Kind == yaml.SequenceNode && len(r.errs)+r.more == before && len(n.Content) > 0 {
				var b bytes.Buffer
				writeJSON(&b, n)
				*of(d) = Overlay(b.String())
			}
		}),
		give: func(c *converter, field string, d *Domain, out *idl.DomainConfig) {
			c.lay(*of(d), field, member(out))
			for i := range *member(out) {
				if id := number(&(*member(out))[i]); *id == nil {
					*id = devID(i)
				}
			}
		},
		take: func(_ *taker, _ string, in *idl.DomainConfig, d *Domain) {
			list := append([]M(nil), *member(in)...)
			for i := range list {
				if id := number(&list[i]); *id != nil && **id == idl.DevID(i) {
					*id = nil
				}
			}
			*of(d) = Overlay(memberText(reflect.ValueOf(list)))
		},
	}
}
