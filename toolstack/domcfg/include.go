package domcfg

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"gopkg.in/yaml.v3"
)

// The keys of a document that is no domain.
const (
	keyInclude  = "include"
	keyDefaults = "defaults"
)

// defaults are the keys that domains have which do not write them, each with its value:
// keys and values in turn, as in a yaml.Node.
type defaults []*yaml.Node

// isHeader says that a document is about the domains that follow it.
func isHeader(root *yaml.Node) bool {
	if root.Kind != yaml.MappingNode {
		return false
	}
	for i := 0; i+1 < len(root.Content); i += 2 {
		if name := root.Content[i].Value; name == keyInclude || name == keyDefaults {
			return true
		}
	}
	return false
}

// A header is such a document.
type header struct {
	include  []*yaml.Node
	defaults *yaml.Node
}

func headerSchema() []key[header] {
	return []key[header]{
		{name: keyInclude, guests: AllGuests, read: func(r *reader, n *yaml.Node, f string, h *header) {
			if n.Kind == yaml.ScalarNode {
				h.include = append(h.include, n)
				return
			}
			r.readList(n, f, "files", func(n *yaml.Node, _ string) { h.include = append(h.include, n) })
		}},
		{name: keyDefaults, guests: AllGuests, read: func(_ *reader, n *yaml.Node, _ string, h *header) { h.defaults = n }},
	}
}

// header reads such a document: what it includes first, so that its own defaults win.
func (l *loader) header(r *reader, root *yaml.Node, under *defaults) {
	r.refuseIndirection(root)
	for i := 0; i+1 < len(root.Content); i += 2 {
		if _, ok := findKey(domainSchema(), root.Content[i].Value); ok {
			r.fail(root.Content[i], root.Content[i].Value, "does not go with include and defaults", "put --- between those and a domain")
			return
		}
	}
	var h header
	readMapping(r, root, "", headerSchema(), &h)
	for _, n := range h.include {
		*under = merge(*under, l.include(r, n))
	}
	if h.defaults != nil {
		*under = merge(*under, readDefaults(r, h.defaults))
	}
}

// readDefaults checks a mapping of defaults by itself, so that what is wrong shows where no
// domain follows, and returns the keys that there are.
func readDefaults(r *reader, n *yaml.Node) defaults {
	schema := slices.DeleteFunc(domainSchema(), func(k key[Domain]) bool { return k.name == "name" || k.name == "uuid" })
	for i := range schema {
		schema[i].required = false
	}
	readMapping(r, n, keyDefaults, schema, &Domain{})
	if n.Kind != yaml.MappingNode {
		return nil
	}
	var d defaults
	for i := 0; i+1 < len(n.Content); i += 2 {
		if _, ok := findKey(schema, n.Content[i].Value); ok && !d.has(n.Content[i].Value) {
			d = append(d, n.Content[i], n.Content[i+1])
		}
	}
	return d
}

func (d defaults) has(name string) bool {
	for i := 0; i < len(d); i += 2 {
		if d[i].Value == name {
			return true
		}
	}
	return false
}

// merge is the keys of both; those of over win.
func merge(under, over defaults) defaults {
	all := slices.Clone(over)
	for i := 0; i < len(under); i += 2 {
		if !over.has(under[i].Value) {
			all = append(all, under[i], under[i+1])
		}
	}
	return all
}

// under is a domain's mapping with the defaults that it does not write itself. A key that it
// writes replaces the default as a whole.
func (l *loader) under(r *reader, root *yaml.Node, d defaults) *yaml.Node {
	if root.Kind != yaml.MappingNode || len(d) == 0 {
		return root
	}
	whole := *root
	own := defaults(root.Content)
	whole.Content = merge(d, own)
	for _, n := range whole.Content[len(own):] {
		l.nodes += count(n)
	}
	if l.nodes > maxDefaultNodes {
		r.fail(root, "", "the defaults come to too much for so many domains", "write less into them")
		return root
	}
	return &whole
}

func count(n *yaml.Node) int {
	all := 1
	for _, c := range n.Content {
		all += count(c)
	}
	return all
}

// include reads the file that n names, relative to the one that it is in, and returns the
// defaults that hold at its end.
func (l *loader) include(r *reader, n *yaml.Node) defaults {
	name, ok := r.text(n, keyInclude)
	if !ok {
		return nil
	}
	path := name
	if !filepath.IsAbs(path) {
		path = filepath.Join(filepath.Dir(r.file), name)
	}
	path = filepath.Clean(path)
	switch {
	case slices.ContainsFunc(l.stack, func(f string) bool { return filepath.Clean(f) == path }):
		r.fail(n, keyInclude, "includes itself: "+strings.Join(append(slices.Clone(l.stack), path), " includes "), "remove it")
		return nil
	case len(l.stack) == maxIncludeDepth:
		r.fail(n, keyInclude, fmt.Sprintf("is more than %d files deep", maxIncludeDepth), "include it from a file nearer to the first")
		return nil
	case len(l.order) > maxIncludes:
		r.fail(n, keyInclude, fmt.Sprintf("is one of more than %d included files", maxIncludes), "put them together")
		return nil
	}
	data, err := l.open(path)
	if err != nil {
		r.fail(n, keyInclude, clip(err.Error()), "the path is relative to the file that includes it")
		return nil
	}
	d := l.file(path, data)
	for _, n := range d {
		l.remember(n, path)
	}
	return d
}

// remember keeps which file a default comes from, unless it comes from one further in.
func (l *loader) remember(n *yaml.Node, file string) {
	if _, known := l.origin[n]; !known {
		l.origin[n] = file
	}
	for _, c := range n.Content {
		l.remember(c, file)
	}
}

// openIncluded reads a regular file; another could keep its reader waiting.
func openIncluded(path string) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close() // only read from
	st, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !st.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", path)
	}
	return io.ReadAll(io.LimitReader(f, MaxFileBytes+1))
}
