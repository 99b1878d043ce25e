package domcfg

import (
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// A link ties a key of a domain file to what it stands for in one of libxl's
// structures. T is the Go type of the file's side, L that of libxl.
type link[T, L any] struct {
	key[T]
	// give writes what the file says to libxl's structure.
	give func(c *converter, field string, from *T, to *L)
	// take is the way back. It may leave out or take too much of what the key
	// cannot say exactly: FromLibxl finds the difference.
	take func(t *taker, field string, from *L, to *T)
}

// keysOf is the keys alone, for the reader and the reference page.
func keysOf[T, L any](links []link[T, L]) []key[T] {
	keys := make([]key[T], len(links))
	for i, l := range links {
		keys[i] = l.key
	}
	return keys
}

// giveAll writes all that from says, which stands at the path at.
func giveAll[T, L any](c *converter, at string, links []link[T, L], from *T, to *L) {
	for _, l := range links {
		l.give(c, join(at, l.name), from, to)
	}
}

// takeAll is the way back, but for the keys that were refused.
func takeAll[T, L any](t *taker, at string, links []link[T, L], from *L, to *T) {
	for _, l := range links {
		field := join(at, l.name)
		if t.offer(field) {
			l.take(t, field, from, to)
		}
	}
}

// taker is the way back from libxl's configuration.
type taker struct {
	offered map[string]bool // the keys that were taken
	refused map[string]bool // those that the reader of a domain file did not accept
	config  *idl.DomainConfig
}

// offer reports whether the key at field may be taken.
func (t *taker) offer(field string) bool {
	t.offered[field] = true
	return !t.refused[field]
}

// spec completes the parts of a key that follow from its kind.
func spec[T any](k key[T], kind string, s shape, read func(r *reader, n *yaml.Node, f string, v *T)) key[T] {
	if k.kind == "" {
		k.kind = kind
	}
	if k.guests == 0 {
		k.guests = AllGuests
	}
	if k.def == "" {
		k.def = "none"
	}
	k.shape, k.read = s, read
	return k
}

// flagKey is true or false; without it libxl decides.
func flagKey[T, L any](k key[T], of func(*T) **bool, member func(*L) *idl.Defbool) link[T, L] {
	return link[T, L]{
		key: spec(k, "true, false", boolShape(), func(r *reader, n *yaml.Node, f string, v *T) { *of(v) = new(r.boolean(n, f)) }),
		give: func(_ *converter, _ string, v *T, out *L) {
			if b, m := *of(v), member(out); b != nil && m != nil {
				*m = idl.Bool(*b)
			}
		},
		take: func(_ *taker, _ string, in *L, v *T) {
			if m := member(in); m != nil && *m != idl.DefboolUnset {
				*of(v) = new(*m > 0)
			}
		},
	}
}

// switchKey is true or false, with false where it is left out.
func switchKey[T, L any](k key[T], of func(*T) *bool, member func(*L) *bool) link[T, L] {
	k.def = "false"
	return link[T, L]{
		key:  spec(k, "true, false", boolShape(), func(r *reader, n *yaml.Node, f string, v *T) { *of(v) = r.boolean(n, f) }),
		give: func(_ *converter, _ string, v *T, out *L) { *member(out) = *of(v) },
		take: func(_ *taker, _ string, in *L, v *T) { *of(v) = *member(in) },
	}
}

// textKey is a text that read checks.
func textKey[T, L any](k key[T], read func(*reader, *yaml.Node, string) string, of func(*T) *string, member func(*L) *string) link[T, L] {
	return link[T, L]{
		key: spec(k, "text", textShape(), func(r *reader, n *yaml.Node, f string, v *T) { *of(v) = read(r, n, f) }),
		give: func(_ *converter, _ string, v *T, out *L) {
			if m := member(out); m != nil {
				*m = *of(v)
			}
		},
		take: func(_ *taker, _ string, in *L, v *T) {
			if m := member(in); m != nil && plain(*m) {
				*of(v) = *m
			}
		},
	}
}

// textsKey is a list of texts.
func textsKey[T, L any](k key[T], of func(*T) *[]string, member func(*L) *idl.StringList) link[T, L] {
	return link[T, L]{
		key: spec(k, "list of texts", listShape(textShape()), func(r *reader, n *yaml.Node, f string, v *T) {
			r.readList(n, f, "texts", func(n *yaml.Node, f string) { *of(v) = append(*of(v), r.line(n, f)) })
		}),
		give: func(_ *converter, _ string, v *T, out *L) {
			if m := member(out); m != nil {
				*m = append(*m, *of(v)...)
			}
		},
		take: func(_ *taker, _ string, in *L, v *T) {
			if m := member(in); m != nil && plain(*m...) {
				*of(v) = append(*of(v), *m...)
			}
		},
	}
}

// sizeKey is an amount of memory.
func sizeKey[T, L any](k key[T], of func(*T) *Size, member func(*L) **idl.MemKB) link[T, L] {
	return link[T, L]{
		key: spec(k, fmt.Sprintf("size, %s to %s", MinMemory, MaxMemory), sizeShape(), func(r *reader, n *yaml.Node, f string, v *T) { *of(v) = r.size(n, f) }),
		give: func(_ *converter, _ string, v *T, out *L) {
			if m := member(out); m != nil && *of(v) != 0 {
				*m = new(idl.MemKB(of(v).KiB()))
			}
		},
		take: func(_ *taker, _ string, in *L, v *T) {
			if m := member(in); m != nil && *m != nil {
				*of(v) = Size(**m)
			}
		},
	}
}

// plain reports whether texts are such that r.text reads them as they are.
func plain(texts ...string) bool {
	return !slices.ContainsFunc(texts, func(text string) bool { return strings.ContainsFunc(text, isControl) })
}

// line is a text without what r.text refuses.
func (r *reader) line(n *yaml.Node, field string) string {
	text, _ := r.text(n, field)
	return text
}
