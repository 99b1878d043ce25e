package domcfg

import (
	"fmt"
	"path"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// wrongKind reports that n is not what the key wants.
func (r *reader) wrongKind(n *yaml.Node, field, want, hint string) {
	if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" {
		hint = "write a value, or remove the key"
	}
	r.fail(n, field, "is "+describe(n)+" where "+want+" should be", hint)
}

func describe(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	switch n.ShortTag() {
	case "!!null":
		return "empty"
	case "!!bool":
		return "the truth value " + clip(n.Value)
	case "!!int", "!!float":
		return "the number " + clip(n.Value)
	case "!!timestamp":
		return "the date " + clip(n.Value)
	}
	return fmt.Sprintf("the text %q", clip(n.Value))
}

// clip keeps a message readable that quotes what a file has.
func clip(s string) string {
	const limit = 60
	if utf8.RuneCountInString(s) <= limit {
		return s
	}
	return string([]rune(s)[:limit]) + "…"
}

// text reads a string without control characters or line breaks.
func (r *reader) text(n *yaml.Node, field string) (string, bool) {
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!str" {
		hint := "write text"
		if n.Kind == yaml.ScalarNode && n.Value != "" {
			hint = "put it in quotes if it is meant as text"
		}
		r.wrongKind(n, field, "text", hint)
		return "", false
	}
	if i := strings.IndexFunc(n.Value, isControl); i >= 0 {
		c, _ := utf8.DecodeRuneInString(n.Value[i:])
		if c == '\n' {
			r.fail(n, field, "has a line break", "write it in one line, or fold it with >-")
		} else {
			r.fail(n, field, fmt.Sprintf("has the control character %U", c), "remove it")
		}
		return "", false
	}
	if n.Value == "" {
		r.fail(n, field, "is empty", "write a value, or remove the key")
		return "", false
	}
	return n.Value, true
}

func (r *reader) boolean(n *yaml.Node, field string) bool {
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!bool" {
		r.wrongKind(n, field, "true or false", "write true or false")
		return false
	}
	return isTrue(n)
}

// isTrue is the value of a boolean.
func isTrue(n *yaml.Node) bool { return strings.EqualFold(n.Value, "true") }

var decimal = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(0|[1-9][0-9]*)$`) })

// integer takes decimal digits alone, behind a sign where numbers below 0 are
// taken: xl.cfg reads 010 as 8, other tools as 10, so it is refused.
func (r *reader) integer(n *yaml.Node, field string, low, high int) int {
	want := fmt.Sprintf("a whole number from %d to %d", low, high)
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!int" && n.ShortTag() != "!!float" {
		r.wrongKind(n, field, want, "write decimal digits without quotes")
		return 0
	}
	v, err := strconv.Atoi(n.Value)
	digits := n.Value
	if low < 0 {
		digits = strings.TrimPrefix(digits, "-")
	}
	if !decimal().MatchString(digits) || err != nil || v < low || v > high {
		r.fail(n, field, clip(n.Value)+" is not "+want, "write decimal digits")
		return 0
	}
	return v
}

// enum reads one of the allowed words; after an error it is "".
func (r *reader) enum(n *yaml.Node, field string, allowed ...string) string {
	text, ok := r.text(n, field)
	if !ok {
		return ""
	}
	for _, a := range allowed {
		if text == a {
			return text
		}
	}
	r.fail(n, field, fmt.Sprintf("unknown value %q", clip(text)), "one of "+strings.Join(allowed, ", "))
	return ""
}

func (r *reader) size(n *yaml.Node, field string) Size {
	return r.anySize(n, field, MinMemory, MaxMemory)
}

func (r *reader) anySize(n *yaml.Node, field string, low, high Size) Size {
	tag := n.ShortTag()
	if n.Kind != yaml.ScalarNode || tag != "!!str" && tag != "!!int" && tag != "!!float" {
		r.wrongKind(n, field, "a size", sizeHint("", errSizeForm))
		return 0
	}
	if len(n.Value) > 1 && n.Value[0] == '0' {
		r.fail(n, field, fmt.Sprintf("%q is not a size", clip(n.Value)), "write decimal digits without a leading zero")
		return 0
	}
	s, err := ParseSize(n.Value)
	if err != nil {
		r.fail(n, field, clip(err.Error()), sizeHint(n.Value, err))
		return 0
	}
	if s < low || s > high {
		r.fail(n, field, fmt.Sprintf("%s is not between %s and %s", s, low, high), "a plain number is MiB")
		return 0
	}
	return s
}

// maxPathBytes is Linux's PATH_MAX less its terminating NUL.
const maxPathBytes = 4096 - 1

// path reads an absolute path on the host. It must be in its shortest form, so
// that it names the same file wherever it is compared.
func (r *reader) path(n *yaml.Node, field string) string {
	text, ok := r.text(n, field)
	if !ok {
		return ""
	}
	if msg, hint := pathFault(text); msg != "" {
		r.fail(n, field, msg, hint)
	}
	return text
}

// pathFault is what is wrong with a path, and what to do about it; "" if nothing is.
func pathFault(text string) (msg, hint string) {
	switch {
	case len(text) > maxPathBytes:
		return fmt.Sprintf("is longer than %d bytes", maxPathBytes), "use a shorter path"
	case !strings.HasPrefix(text, "/"):
		return fmt.Sprintf("%q is not an absolute path", clip(text)), "start it with /"
	case path.Clean(text) != text:
		return fmt.Sprintf("%q is not in its shortest form", clip(text)), "write " + clip(path.Clean(text))
	}
	return "", ""
}
