package libvirtcfg

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/xenvoy/xenvoy/toolstack/domcfg"
)

const (
	maxSize  = 1 << 20 // bytes of a file
	maxDepth = 32      // of elements; libvirt's own XML has less than 10
	maxAttrs = 64      // of an element, each of which is compared with those before; libvirt's have less than 10
)

// An element is one of the file's, with its place. What the reader asks for is marked;
// what is left in the end has no meaning for libxl.
type element struct {
	name     string // with "NAMESPACE " before it when it is in one
	path     string // of names, as "devices/disk/source"; "" for the root
	pos      domcfg.Position
	attrs    []attribute
	children []*element
	text     string

	asked     bool
	askedText bool
	done      bool // with all that is in it
}

type attribute struct {
	name, value string
	asked       bool
}

// parseElements reads a file as a tree. The error is domcfg.Errors.
func parseElements(data []byte, file string) (*element, error) {
	p := &treeParser{places: newPlaces(data, file), decoder: xml.NewDecoder(bytes.NewReader(data))}
	if len(data) > maxSize {
		return nil, p.fault(0, "", fmt.Sprintf("is larger than %d bytes", maxSize), "")
	}
	for {
		switch err := p.next(); {
		case errors.Is(err, io.EOF) && p.root == nil:
			return nil, p.fault(p.decoder.InputOffset(), "", "there is no element", "a file has a domain element")
		case errors.Is(err, io.EOF):
			return p.root, nil
		case err != nil:
			return nil, err
		}
	}
}

type treeParser struct {
	places  *places
	decoder *xml.Decoder
	root    *element
	open    []*element
}

// next takes one token. The error is io.EOF at the end.
func (p *treeParser) next() error {
	start := p.decoder.InputOffset()
	token, err := p.decoder.Token()
	if errors.Is(err, io.EOF) {
		return io.EOF
	}
	if err != nil {
		return p.syntax(err)
	}
	switch t := token.(type) {
	case xml.StartElement:
		return p.start(t, start)
	case xml.EndElement:
		p.open = p.open[:len(p.open)-1]
	case xml.CharData:
		if n := len(p.open); n > 0 {
			p.open[n-1].text += string(t)
		} else if strings.Trim(string(t), "\uFEFF \t\r\n") != "" {
			return p.fault(start, "", "text outside of the element", "")
		}
	case xml.Directive:
		return p.fault(start, "", "a document type or another declaration", "leave it out; entities of one's own are not read")
	}
	return nil
}

func (p *treeParser) start(t xml.StartElement, offset int64) error {
	e := &element{name: qualified(t.Name), pos: p.places.at(offset)}
	if len(p.open) == maxDepth {
		return p.fault(offset, "", fmt.Sprintf("elements are nested more than %d deep", maxDepth), "")
	}
	if p.root != nil && len(p.open) == 0 {
		return p.fault(offset, "", "a second element at the top", "a file has one domain")
	}
	if len(t.Attr) > maxAttrs {
		return p.fault(offset, "", fmt.Sprintf("an element has more than %d attributes", maxAttrs), "")
	}
	if n := len(p.open); n > 0 {
		parent := p.open[n-1]
		parent.children = append(parent.children, e)
		e.path = strings.TrimPrefix(parent.path+"/"+t.Name.Local, "/")
	} else {
		p.root = e
	}
	for _, a := range t.Attr {
		if a.Name.Space == "xmlns" || a.Name == (xml.Name{Local: "xmlns"}) {
			continue
		}
		name := qualified(a.Name)
		for _, had := range e.attrs {
			if had.name == name {
				return p.fault(offset, e.path, "the attribute "+a.Name.Local+" is given twice", "")
			}
		}
		e.attrs = append(e.attrs, attribute{name: name, value: a.Value})
	}
	p.open = append(p.open, e)
	return nil
}

func qualified(n xml.Name) string { return strings.TrimPrefix(n.Space+" "+n.Local, " ") }

func (p *treeParser) fault(offset int64, field, msg, hint string) error {
	return domcfg.Errors{{Pos: p.places.at(offset), Field: field, Msg: printable(msg), Hint: hint}}
}

// syntax is an error of the decoder, at the place that it had come to.
func (p *treeParser) syntax(err error) error {
	msg := err.Error()
	if s := (*xml.SyntaxError)(nil); errors.As(err, &s) {
		msg = s.Msg
	}
	return p.fault(p.decoder.InputOffset(), "", "is not XML: "+strings.TrimPrefix(msg, "xml: "), "")
}
