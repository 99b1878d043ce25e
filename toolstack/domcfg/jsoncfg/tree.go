package jsoncfg

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// A node is a value with its place.
type node struct {
	start, end int
	open       json.Delim // '{' or '['; 0 for a single value
	names      []name     // of an object, one for each item
	items      []*node
}

type name struct {
	text  string
	start int
}

// tree is nil after an error.
func (r *reader) tree() *node {
	var whole json.RawMessage
	var syntax *json.SyntaxError
	switch err := json.Unmarshal(r.text, &whole); {
	case err == nil:
	case errors.As(err, &syntax):
		// The offset counts the byte that is wrong, unless the text ends too early.
		at := int(syntax.Offset) - 1
		if strings.HasPrefix(err.Error(), "unexpected end") {
			at = len(bytes.TrimRight(r.text, " \t\r\n"))
		}
		r.fail(max(0, at), "", "not JSON: "+err.Error(), "check commas, quotes and brackets")
		return nil
	default:
		r.fail(0, "", "not JSON: "+err.Error(), "")
		return nil
	}
	s := &scanner{reader: r, d: json.NewDecoder(bytes.NewReader(r.text))}
	s.d.UseNumber()
	return s.value(0)
}

// scanner cuts a text that is JSON into values.
type scanner struct {
	*reader
	d *json.Decoder
}

// token is the next one, and where it begins.
func (s *scanner) token() (json.Token, int) {
	start := int(s.d.InputOffset())
	for start < len(s.text) && strings.IndexByte(" \t\r\n,:", s.text[start]) >= 0 {
		start++
	}
	t, err := s.d.Token()
	if err != nil { // the text was found to be JSON
		s.fail(start, "", "not JSON: "+err.Error(), "")
		return nil, start
	}
	return t, start
}

// value is nil after an error.
func (s *scanner) value(depth int) *node {
	t, start := s.token()
	n := &node{start: start}
	if open, ok := t.(json.Delim); ok {
		n.open = open
		if depth == MaxDepth {
			s.fail(start, "", fmt.Sprintf("values are nested deeper than %d", MaxDepth), "")
			return nil
		}
		for s.d.More() && len(s.errs) == 0 {
			if open == '{' {
				key, at := s.token()
				text, _ := key.(string) // the decoder checks that keys are texts
				n.names = append(n.names, name{text, at})
			}
			item := s.value(depth + 1)
			if item == nil {
				return nil
			}
			n.items = append(n.items, item)
		}
		s.token()
	}
	n.end = int(s.d.InputOffset())
	if len(s.errs) > 0 {
		return nil
	}
	return n
}
