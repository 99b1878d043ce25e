package domcfg

import (
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// integer is the numbers of libxl's structures.
type integer interface {
	~int32 | ~uint8 | ~uint32 | ~uint64
}

// numberKey is a number of which libxl takes 0 for unset.
func numberKey[T, L any, N integer](k key[T], low, high int, of func(*T) *int, member func(*L) *N) link[T, L] {
	return link[T, L]{
		key: spec(k, fmt.Sprintf("%d to %d", low, high), numberShape(low, high),
			func(r *reader, n *yaml.Node, f string, v *T) { *of(v) = r.integer(n, f, low, high) }),
		give: func(_ *converter, _ string, v *T, out *L) {
			if m := member(out); m != nil {
				*m = N(*of(v))
			}
		},
		take: func(_ *taker, _ string, in *L, v *T) {
			if m := member(in); m != nil {
				*of(v) = int(*m)
			}
		},
	}
}

// optionalKey is a number of which 0 is a value of its own.
func optionalKey[T, L any, N integer](k key[T], low, high int, of func(*T) **int, member func(*L) **N) link[T, L] {
	return link[T, L]{
		key: spec(k, fmt.Sprintf("%d to %d", low, high), numberShape(low, high),
			func(r *reader, n *yaml.Node, f string, v *T) { *of(v) = new(r.integer(n, f, low, high)) }),
		give: func(_ *converter, _ string, v *T, out *L) {
			if n, m := *of(v), member(out); n != nil && m != nil {
				*m = new(N(*n))
			}
		},
		take: func(_ *taker, _ string, in *L, v *T) {
			if m := member(in); m != nil && *m != nil {
				*of(v) = new(int(**m))
			}
		},
	}
}

// enumerator is libxl's enumerations.
type enumerator interface {
	~int32
	fmt.Stringer
}

// named is a word of a domain file for one of libxl's.
type named[E enumerator] struct {
	word  string
	value E
}

// asLibxl is the words that libxl has itself.
func asLibxl[E enumerator](values ...E) []named[E] {
	words := make([]named[E], len(values))
	for i, v := range values {
		words[i] = named[E]{v.String(), v}
	}
	return words
}

// wordKey is one of some words.
func wordKey[T, L any, E enumerator](k key[T], words []named[E], of func(*T) *string, member func(*L) *E) link[T, L] {
	allowed := wordsOf(words)
	return link[T, L]{
		key: spec(k, strings.Join(allowed, ", "), wordShape(allowed...),
			func(r *reader, n *yaml.Node, f string, v *T) { *of(v) = r.enum(n, f, allowed...) }),
		give: func(c *converter, field string, v *T, out *L) {
			if m := member(out); m != nil && *of(v) != "" {
				*m = valueOf(c, field, *of(v), words)
			}
		},
		take: func(_ *taker, _ string, in *L, v *T) {
			if m := member(in); m != nil {
				*of(v) = nameOf(*m, words)
			}
		},
	}
}

// optionalWordKey is wordKey where libxl's first value is not the unset one.
func optionalWordKey[T, L any, E enumerator](k key[T], words []named[E], of func(*T) *string, member func(*L) **E) link[T, L] {
	l := wordKey(k, words, of, func(out *L) *E { return nil })
	l.give = func(c *converter, field string, v *T, out *L) {
		if m := member(out); m != nil && *of(v) != "" {
			*m = new(valueOf(c, field, *of(v), words))
		}
	}
	l.take = func(_ *taker, _ string, in *L, v *T) {
		if m := member(in); m != nil && *m != nil {
			*of(v) = nameOf(**m, words)
		}
	}
	return l
}

func wordsOf[E enumerator](words []named[E]) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = w.word
	}
	return out
}

// valueOf is the value of a word, which a Domain made in Go may have wrong.
func valueOf[E enumerator](c *converter, field, word string, words []named[E]) E {
	for _, w := range words {
		if w.word == word {
			return w.value
		}
	}
	c.fail(field, word)
	return 0
}

func nameOf[E enumerator](value E, words []named[E]) string {
	for _, w := range words {
		if w.value == value {
			return w.word
		}
	}
	return ""
}

// groupKey is a mapping for a structure within L.
func groupKey[T, L, S, M any](k key[T], of func(*T) *S, member func(*L) *M, links func() []link[S, M]) link[T, L] {
	return link[T, L]{
		key: spec(k, "a mapping, see below", linkShape(links),
			func(r *reader, n *yaml.Node, f string, v *T) { readMapping(r, n, f, keysOf(links()), of(v)) }),
		give: func(c *converter, field string, v *T, out *L) {
			if m := member(out); m != nil {
				giveAll(c, field, links(), of(v), m)
			}
		},
		take: func(t *taker, field string, in *L, v *T) {
			if m := member(in); m != nil {
				takeAll(t, field, links(), m, of(v))
			}
		},
	}
}

// devices is what devicesKey has to know of one kind of device.
type devices[S, M any] struct {
	links func() []link[S, M]
	start func(c *idl.DomainConfig, i int) M // as xl starts out with device i
	rest  func(*S) *Overlay                  // where the device keeps what its keys cannot say
}

// all is the keys of a device with that for libxl's own words.
func (d devices[S, M]) all() []link[S, M] {
	if d.rest == nil {
		return d.links()
	}
	return append(d.links(), overlayKey[S, M](d.rest))
}

// devicesKey is a list of devices.
func devicesKey[T, S, M any, D ~[]S](k key[T], d devices[S, M], of func(*T) *D, member func(*idl.DomainConfig) *[]M) link[T, idl.DomainConfig] {
	return link[T, idl.DomainConfig]{
		key: spec(k, "list of mappings, see below", listShape(linkShape(d.all)), func(r *reader, n *yaml.Node, f string, v *T) {
			keys := keysOf(d.all())
			r.readList(n, f, k.name, func(n *yaml.Node, f string) {
				*of(v) = append(*of(v), *new(S))
				readMapping(r, n, f, keys, &(*of(v))[len(*of(v))-1])
			})
		}),
		give: func(c *converter, field string, v *T, out *idl.DomainConfig) {
			links := d.all()
			for i := range *of(v) {
				dev := d.start(out, len(*member(out)))
				giveAll(c, elementOf(field, i), links, &(*of(v))[i], &dev)
				*member(out) = append(*member(out), dev)
			}
		},
		take: func(t *taker, field string, in *idl.DomainConfig, v *T) {
			for i := range *member(in) {
				*of(v) = append(*of(v), takeDevice(t, elementOf(field, i), d, i, &(*member(in))[i]))
			}
		},
	}
}

// elementOf is the path of an element of the list at field.
func elementOf(field string, i int) string { return fmt.Sprintf("%s[%d]", field, i) }

// takeDevice takes one device; what its keys cannot say is its overlay.
func takeDevice[S, M any](t *taker, at string, d devices[S, M], i int, in *M) S {
	var dev S
	takeAll(t, at, d.links(), in, &dev)
	if d.rest != nil && t.offer(join(at, "libxl")) {
		back := d.start(t.config, i)
		giveAll(&converter{d: &Domain{}}, at, d.links(), &dev, &back)
		*d.rest(&dev) = overlayOf(&back, in, nil)
	}
	return dev
}

// overlayKey is what a device keeps in libxl's words.
func overlayKey[S, M any](of func(*S) *Overlay) link[S, M] {
	var model M
	k := key[S]{name: "libxl", xl: "none"}
	return link[S, M]{
		key: spec(k, "a mapping of libxl's members", libxlShape(model),
			func(r *reader, n *yaml.Node, f string, v *S) { *of(v) = r.overlay(n, f, model) }),
		give: func(c *converter, field string, v *S, out *M) { c.lay(*of(v), field, out) },
		take: func(*taker, string, *M, *S) {},
	}
}
