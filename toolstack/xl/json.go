package xl

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// LibxlJSON is v in JSON as libxl lays it out (libxl_X_to_json, by yajl's yajl_gen.c): four
// spaces for each level, an empty line between brackets that hold nothing, and a line feed at
// the end. xl prints another one after it. It fails when v cannot be JSON.
func LibxlJSON(v any) ([]byte, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	tokens := json.NewDecoder(bytes.NewReader(text))
	tokens.UseNumber() // floating point would change large ones
	var l layout
	for {
		token, err := tokens.Token()
		if errors.Is(err, io.EOF) {
			l.text.WriteByte('\n')
			return l.text.Bytes(), nil
		}
		if err != nil {
			return nil, err
		}
		l.token(token)
	}
}

// A layout writes JSON token by token.
type layout struct {
	text bytes.Buffer
	open []brackets // from the outermost
}

type brackets struct {
	object bool
	tokens int // that stand between them: keys and values
}

func (l *layout) token(t json.Token) {
	switch t := t.(type) {
	case json.Delim:
		if t == '}' || t == ']' {
			l.open = l.open[:len(l.open)-1]
			l.text.WriteByte('\n')
			l.indent()
			l.text.WriteString(t.String())
			return
		}
		l.separate()
		l.text.WriteString(t.String() + "\n")
		l.open = append(l.open, brackets{object: t == '{'})
	case string:
		l.separate()
		l.text.WriteString(quote(t))
	case nil:
		l.separate()
		l.text.WriteString("null")
	default: // a number or a boolean
		l.separate()
		fmt.Fprint(&l.text, t)
	}
}

// separate writes what stands before a key or a value.
func (l *layout) separate() {
	if len(l.open) == 0 {
		return
	}
	in := &l.open[len(l.open)-1]
	in.tokens++
	if in.object && in.tokens%2 == 0 {
		l.text.WriteString(": ")
		return
	}
	if in.tokens > 1 {
		l.text.WriteString(",\n")
	}
	l.indent()
}

func (l *layout) indent() { l.text.WriteString(strings.Repeat("    ", len(l.open))) }

// quote is a text with the escapes of yajl_string_encode: only what JSON demands.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(s) {
		switch c := s[i]; c {
		case '"', '\\':
			b.WriteString(string([]byte{'\\', c}))
		case '\n':
			b.WriteString(`\n`)
		case '\r':
			b.WriteString(`\r`)
		case '\t':
			b.WriteString(`\t`)
		case '\f':
			b.WriteString(`\f`)
		case '\b':
			b.WriteString(`\b`)
		default:
			if c < ' ' {
				fmt.Fprintf(&b, `\u%04X`, c)
				continue
			}
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}
