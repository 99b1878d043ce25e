package domcfg

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"gopkg.in/yaml.v3"
)

// Bounds on what one file may bring along.
const (
	maxDomains      = 1000
	maxIncludes     = 100     // files, over all
	maxIncludeDepth = 8       // files that include each other
	maxDefaultNodes = 1 << 18 // values that defaults give to domains, over all
)

// LoadAll reads the domains of the file at path: of each of its documents, which --- sets
// apart, and of the files that it includes. docs/many-domains.md has the two keys for that,
// include and defaults. A file may have no domain, and only defaults for others.
//
// It returns what opening and reading the first file returns, or Errors: all that is wrong
// in all files, by file and in their order.
func LoadAll(path string) ([]*Domain, error) {
	data, err := readFile(path)
	if err != nil {
		return nil, fmt.Errorf("read domain file: %w", err)
	}
	return parseAll(path, data, openIncluded)
}

// parseAll reads all domains; open reads what is included.
func parseAll(file string, data []byte, open func(path string) ([]byte, error)) ([]*Domain, error) {
	l := &loader{open: open, origin: map[*yaml.Node]string{}, reported: map[Error]bool{}}
	l.file(file, data)
	l.checkUnique()
	if len(l.errs) > 0 {
		return nil, l.failure()
	}
	return l.domains, nil
}

// A loader reads files that include others.
type loader struct {
	open    func(path string) ([]byte, error)
	stack   []string // the files that are being read, the outermost first
	order   []string // all files, in the order in which they were begun
	domains []*Domain

	origin map[*yaml.Node]string // where defaults of included files come from
	nodes  int                   // what defaults have given so far

	errs     Errors
	reported map[Error]bool // what is wrong with a default is so for each domain
	more     int
}

// take keeps the errors of a document.
func (l *loader) take(r *reader) {
	l.more += r.more
	for _, e := range r.errs {
		key := *e
		key.Field = "" // a default's field and a domain's are the same
		switch {
		case l.reported[key]:
		case len(l.errs) >= maxErrors:
			l.more++
		default:
			l.reported[key] = true
			l.errs = append(l.errs, e)
		}
	}
}

// failure is the errors by file, in the order of each.
func (l *loader) failure() Errors {
	slices.SortStableFunc(l.errs, func(a, b *Error) int {
		if a.Pos.File != b.Pos.File {
			return slices.Index(l.order, a.Pos.File) - slices.Index(l.order, b.Pos.File)
		}
		if a.Pos.Line != b.Pos.Line {
			return a.Pos.Line - b.Pos.Line
		}
		return a.Pos.Column - b.Pos.Column
	})
	if l.more > 0 {
		last := l.errs[len(l.errs)-1].Pos
		l.errs = append(l.errs, &Error{Pos: last, Msg: fmt.Sprintf("%d more errors are not shown", l.more)})
	}
	return l.errs
}

// file reads the documents of a file, and returns the defaults that hold at its end.
func (l *loader) file(name string, data []byte) defaults {
	l.stack, l.order = append(l.stack, name), append(l.order, name)
	defer func() { l.stack = l.stack[:len(l.stack)-1] }()
	r := newReader(name)
	roots := r.documents(data)
	l.take(r)
	var under defaults
	for _, root := range roots {
		r := newReader(name)
		r.origin = l.origin
		if isHeader(root) {
			l.header(r, root, &under)
		} else {
			l.domain(r, root, under)
		}
		l.take(r)
	}
	if len(roots) == 0 && len(r.errs) == 0 {
		r.failAt(1, 1, "", "the file is empty", "a domain needs at least name, type and memory")
		l.take(r)
	}
	return under
}

// domain reads a document that is a domain.
func (l *loader) domain(r *reader, root *yaml.Node, under defaults) {
	if len(l.domains) == maxDomains {
		r.fail(root, "", fmt.Sprintf("has more than %d domains", maxDomains), "split it")
		return
	}
	l.domains = append(l.domains, r.domain(l.under(r, root, under)))
}

// documents is the root of each document in data that has something in it.
func (r *reader) documents(data []byte) []*yaml.Node {
	data, ok := r.checkText(data)
	if !ok {
		return nil
	}
	var roots []*yaml.Node
	for dec := yaml.NewDecoder(bytes.NewReader(data)); ; {
		var doc yaml.Node
		if err := dec.Decode(&doc); errors.Is(err, io.EOF) {
			return roots
		} else if err != nil {
			r.syntax(data, err)
			return roots
		}
		root := doc.Content[0]
		if root.Kind == yaml.ScalarNode && root.Value == "" && root.ShortTag() == "!!null" {
			continue // nothing but comments
		}
		roots = append(roots, root)
	}
}

// checkUnique reports domains of one name or uuid.
func (l *loader) checkUnique() {
	seen := map[string]Position{}
	for _, d := range l.domains {
		for field, value := range map[string]string{"name": d.Name, "uuid": d.UUID} {
			at := d.Pos(field)
			first, ok := seen[field+value]
			switch {
			case value == "":
			case ok:
				r := newReader(at.File)
				r.failIn(at, field, fmt.Sprintf("%s is already that of the domain at %s", value, first), "give each domain its own")
				l.take(r)
			default:
				seen[field+value] = at
			}
		}
	}
}
