package libvirtcfg

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/xenvoy/xenvoy/toolstack/domcfg"
	"github.com/xenvoy/xenvoy/toolstack/domcfg/xlcfg"
)

// The most messages that are kept; a last one says that there are more.
const (
	maxErrors   = 50
	maxWarnings = 200
)

// child is the first element of that name within e, or nil. A nil element has neither
// children nor attributes nor text, so that questions can be asked in a row.
func (e *element) child(name string) *element {
	if e == nil {
		return nil
	}
	for _, c := range e.children {
		if c.name == name {
			c.asked = true
			return c
		}
	}
	return nil
}

// all is every element of that name.
func (e *element) all(name string) []*element {
	if e == nil {
		return nil
	}
	var out []*element
	for _, c := range e.children {
		if c.name == name {
			c.asked = true
			out = append(out, c)
		}
	}
	return out
}

// attr is the value of an attribute; "" when it is not there.
func (e *element) attr(name string) string {
	if e == nil {
		return ""
	}
	for i := range e.attrs {
		if e.attrs[i].name == name {
			e.attrs[i].asked = true
			return e.attrs[i].value
		}
	}
	return ""
}

// body is the text of the element without the blanks around it.
func (e *element) body() string {
	if e == nil {
		return ""
	}
	e.askedText = true
	return strings.TrimSpace(e.text)
}

// quiet passes over elements that say nothing that libxl does not do anyway.
func (e *element) quiet(names ...string) {
	for _, name := range names {
		for _, c := range e.all(name) {
			c.done = true
		}
	}
}

// reader gathers the faults.
type reader struct {
	errs     domcfg.Errors
	warnings xlcfg.Warnings
}

func (r *reader) fail(e *element, msg, hint string) {
	e.asked, e.done = true, true
	if len(r.errs) == maxErrors {
		msg, hint = "more errors are not shown", ""
	}
	if len(r.errs) <= maxErrors {
		r.errs = append(r.errs, &domcfg.Error{Pos: e.pos, Field: e.path, Msg: printable(msg), Hint: printable(hint)})
	}
}

func (r *reader) warn(e *element, msg, hint string) {
	if len(r.warnings) == maxWarnings {
		msg, hint = "more warnings are not shown", ""
	}
	if len(r.warnings) <= maxWarnings {
		r.warnings = append(r.warnings, xlcfg.Warning{Pos: e.pos, Key: e.path, Msg: printable(msg), Hint: printable(hint)})
	}
}

// printable writes what would move a terminal's cursor as Go does in a text.
func printable(message string) string {
	var b strings.Builder
	for _, r := range message {
		if unicode.IsPrint(r) {
			b.WriteRune(r)
			continue
		}
		quoted := strconv.QuoteRuneToASCII(r)
		b.WriteString(quoted[1 : len(quoted)-1])
	}
	return b.String()
}

// leftOver warns of what nobody asked for, once for each element or attribute.
func (r *reader) leftOver(e *element) {
	const ignored = "libxl has no place for it; it is ignored"
	switch {
	case e.done:
		return
	case !e.asked:
		r.warn(e, "has no meaning here", ignored)
		return
	}
	for _, a := range e.attrs {
		if !a.asked {
			r.warn(e, fmt.Sprintf("%s=%q has no meaning here", a.name, a.value), ignored)
		}
	}
	if text := strings.TrimSpace(e.text); text != "" && !e.askedText {
		r.warn(e, fmt.Sprintf("the text %q has no meaning here", text), "it is ignored")
	}
	for _, c := range e.children {
		r.leftOver(c)
	}
}

// choose is the value for a word, which fails when it is none of them.
func choose[T any](r *reader, e *element, what, word string, known map[string]T) T {
	v, ok := known[word]
	if !ok {
		names := make([]string, 0, len(known))
		for name := range known {
			if name != "" {
				names = append(names, name)
			}
		}
		r.fail(e, fmt.Sprintf("%s %q cannot be had from libxl", what, word), sorted(names))
	}
	return v
}

// number reads a decimal number, or with 0x a hexadecimal one, from 0 to limit.
func (r *reader) number(e *element, what, text string, limit uint64) uint64 {
	base, digits := 10, text
	if rest, hex := strings.CutPrefix(text, "0x"); hex {
		base, digits = 16, rest
	}
	n, err := strconv.ParseUint(digits, base, 64)
	switch {
	case err == nil && n <= limit:
		return n
	case err == nil || errors.Is(err, strconv.ErrRange):
		r.fail(e, fmt.Sprintf("%s %q is out of range", what, text), fmt.Sprintf("0 to %d", limit))
	default:
		r.fail(e, fmt.Sprintf("%s %q is not a number", what, text), fmt.Sprintf("0 to %d", limit))
	}
	return 0
}

// yes reads a word for yes or no; "" is otherwise.
func (r *reader) yes(e *element, what, word string, otherwise bool) bool {
	switch word {
	case "":
		return otherwise
	case "yes", "on":
		return true
	case "no", "off":
		return false
	}
	r.fail(e, fmt.Sprintf("%s is %q", what, word), "yes or no")
	return false
}
