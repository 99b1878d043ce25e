package domcfg

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// MaxFileBytes bounds a domain file.
const MaxFileBytes = 1 << 20

// Load reads the domain file at path. It returns what os.Open and reading
// return, or Errors.
func Load(path string) (*Domain, error) {
	data, err := readFile(path)
	if err != nil {
		return nil, fmt.Errorf("read domain file: %w", err)
	}
	return Parse(path, data)
}

// readFile reads no more of a file than shows that it is too large.
func readFile(path string) ([]byte, error) {
	f, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() // only read from
	return io.ReadAll(io.LimitReader(f, MaxFileBytes+1))
}

// Parse reads a domain file; file is its name in positions. On failure it
// returns Errors: all that is wrong, in the order of the file.
//
// The file is one YAML 1.2 document (JSON is one too) in UTF-8 of at most
// MaxFileBytes. Anchors, aliases, merge keys and tags are refused: a domain
// file says what it means at the place where it is read.
func Parse(file string, data []byte) (*Domain, error) {
	r := newReader(file)
	var d *Domain
	if root := r.document(data); root != nil {
		d = r.domain(root)
	}
	if len(r.errs) > 0 {
		return nil, r.failure()
	}
	return d, nil
}

// checkWhole finds what only shows once all is put together, such as two arms
// of a union under libxl.
func (r *reader) checkWhole(d *Domain) {
	var errs Errors
	if _, err := d.LibxlConfig(); errors.As(err, &errs) {
		for _, e := range errs {
			r.failIn(e.Pos, e.Field, e.Msg, e.Hint)
		}
	}
}

func newReader(file string) *reader {
	return &reader{file: file, pos: map[string]Position{}, broken: map[string]bool{}}
}

// domain reads the mapping that is a domain. It is of use when there are no errors.
func (r *reader) domain(root *yaml.Node) *Domain {
	d := &Domain{file: r.file, pos: r.pos}
	r.refuseIndirection(root)
	readMapping(r, root, "", domainSchema(), d)
	if !r.broken[""] {
		r.checkMeaning(d)
	}
	if len(r.errs) == 0 {
		r.checkWhole(d)
	}
	return d
}

// reader collects positions and errors while a file is read.
type reader struct {
	file string
	pos  map[string]Position
	errs Errors
	more int // errors beyond maxErrors, only counted

	used   []usedKey             // keys that not every type of guest has
	broken map[string]bool       // mappings that could not be read
	origin map[*yaml.Node]string // the file of a node that comes from another one
}

// maxErrors bounds what a hostile file can make Parse hold and print.
const maxErrors = 200

// at is the place of a node.
func (r *reader) at(n *yaml.Node) Position {
	p := Position{File: r.file, Line: n.Line, Column: n.Column}
	if other, ok := r.origin[n]; ok {
		p.File = other
	}
	return p
}

func (r *reader) fail(n *yaml.Node, field, msg, hint string) {
	r.failIn(r.at(n), field, msg, hint)
}

func (r *reader) failAt(line, column int, field, msg, hint string) {
	r.failIn(Position{File: r.file, Line: line, Column: column}, field, msg, hint)
}

func (r *reader) failIn(at Position, field, msg, hint string) {
	if len(r.errs) >= maxErrors {
		r.more++
		return
	}
	at.Line, at.Column = max(1, at.Line), max(1, at.Column)
	r.errs = append(r.errs, &Error{Pos: at, Field: field, Msg: msg, Hint: hint})
}

// failure is the errors in the order of the file.
func (r *reader) failure() Errors {
	r.errs.Sort()
	if r.more > 0 {
		last := r.errs[len(r.errs)-1].Pos
		r.errs = append(r.errs, &Error{Pos: last, Msg: fmt.Sprintf("%d more errors are not shown", r.more)})
	}
	return r.errs
}

// document is the root node of the one document in data, or nil after an error.
func (r *reader) document(data []byte) *yaml.Node {
	data, ok := r.checkText(data)
	if !ok {
		return nil
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc, second yaml.Node
	if err := dec.Decode(&doc); errors.Is(err, io.EOF) {
		r.failAt(1, 1, "", "the file is empty", "a domain needs at least name, type and memory")
		return nil
	} else if err != nil {
		r.syntax(data, err)
		return nil
	}
	if err := dec.Decode(&second); err == nil {
		r.fail(&second, "", "a second document starts here", "write one domain a file")
	} else if !errors.Is(err, io.EOF) {
		r.syntax(data, err)
	}
	return doc.Content[0]
}

// checkText is what a YAML reader may be given of a file.
func (r *reader) checkText(data []byte) ([]byte, bool) {
	if len(data) > MaxFileBytes {
		r.failAt(1, 1, "", fmt.Sprintf("the file is larger than %d bytes", MaxFileBytes), "is this a domain file?")
		return nil, false
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	return data, r.checkBytes(data)
}

// checkBytes finds what no text file has, before a YAML reader that would not
// say where. It stops at the first: the rest of such a file tells nothing.
func (r *reader) checkBytes(data []byte) bool {
	line, column := 1, 1
	for len(data) > 0 {
		c, size := utf8.DecodeRune(data)
		switch {
		case c == utf8.RuneError && size == 1:
			r.failAt(line, column, "", "the file is not UTF-8", "save it as UTF-8")
			return false
		case c == '\n':
			line, column = line+1, 0
		case c == '\r' && len(data) > 1 && data[1] == '\n', c == '\t':
		case isControl(c):
			r.failAt(line, column, "", fmt.Sprintf("control character %U", c), "remove it")
			return false
		}
		column++
		data = data[size:]
	}
	return true
}

// isControl is true for the characters that have no place in a name, a path or
// a command line: control characters and Unicode's line separators.
func isControl(c rune) bool {
	return unicode.IsControl(c) || c == '\u2028' || c == '\u2029' || c == '\ufeff'
}

var yamlError = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^yaml: (?:line ([0-9]+): )?`) })

var unknownAlias = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^unknown anchor '(.*)' referenced$`) })

// syntax reports an error of the YAML reader, which knows at most the line.
func (r *reader) syntax(data []byte, err error) {
	msg, line, column := err.Error(), 1, 1
	if m := yamlError().FindStringSubmatch(msg); m != nil {
		msg = msg[len(m[0]):]
		line, _ = strconv.Atoi(m[1]) // 0 without one: failAt makes it 1
	}
	if m := unknownAlias().FindStringSubmatch(msg); m != nil { // known without a line
		before, _, _ := bytes.Cut(data, []byte("*"+m[1]))
		line = 1 + bytes.Count(before, []byte("\n"))
	}
	lines := bytes.Split(data, []byte("\n"))
	line = min(max(line, 1), len(lines))
	text := string(lines[line-1])
	column += utf8.RuneCountInString(text) - utf8.RuneCountInString(strings.TrimLeft(text, " \t"))
	r.failAt(line, column, "", "not YAML: "+strings.Join(strings.Fields(msg), " "), "check indentation, quotes and brackets")
}

// refuseIndirection reports anchors, aliases and tags, and empties the nodes
// that it reports so that the readers of values say nothing more about them.
func (r *reader) refuseIndirection(n *yaml.Node) {
	switch {
	case n.Kind == yaml.AliasNode:
		r.fail(n, "", "alias *"+n.Value+" is not supported here", "write the value out")
		*n = yaml.Node{Line: n.Line, Column: n.Column}
	case n.Style&yaml.TaggedStyle != 0:
		r.fail(n, "", fmt.Sprintf("tag %q is not supported here", clip(n.Tag)), "remove it")
		*n = yaml.Node{Line: n.Line, Column: n.Column}
	case n.Anchor != "":
		r.fail(n, "", "anchor &"+n.Anchor+" is not supported here", "remove it")
	}
	for _, child := range n.Content {
		r.refuseIndirection(child)
	}
}
