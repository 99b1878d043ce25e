package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// A header is one C header and the functions that it declares, in its order.
type header struct {
	name      string // "libxl.h"
	share     int    // percent of its operations that must be bound
	whole     bool   // the document lists all its functions
	functions []function
}

// A function is one prototype.
type function struct {
	name      string // "libxl_get_max_cpus"
	prototype string // "int libxl_get_max_cpus(libxl_ctx *ctx)"
}

// knownHeaders returns the headers in the document's order. Of those that are not
// whole, the document has the bound functions only: libxl's generated header alone
// has several hundred others for C's memory and JSON.
func knownHeaders() []header {
	return []header{
		{name: "libxl.h", share: 95, whole: true},
		{name: "libxl_event.h", whole: true},
		{name: "libxl_utils.h", whole: true},
		{name: "xenctrl.h", whole: true},
		{name: "xenguest.h", whole: true},
		{name: "xenforeignmemory.h", whole: true},
		{name: "xenstore.h", whole: true},
		{name: "_libxl_types.h"},
		{name: "libxl_json.h"},
		{name: "libxl_uuid.h"},
		{name: "libxlutil.h"},
		{name: "xenevtchn.h"},
		{name: "xentoollog.h"},
	}
}

// readHeaders parses the known headers in dir.
func readHeaders(dir string) ([]header, error) {
	headers := knownHeaders()
	for i, h := range headers {
		text, err := os.ReadFile(filepath.Join(dir, h.name))
		if err != nil {
			return nil, err
		}
		if headers[i].functions, err = parseHeader(string(text)); err != nil {
			return nil, fmt.Errorf("%s: %w", h.name, err)
		}
	}
	return headers, nil
}

// release returns the Xen release ("4.17") that the headers in dir belong to, as the
// pkg-config file beside them says.
func release(dir string) (string, error) {
	for _, lib := range []string{"lib/*/pkgconfig", "lib/pkgconfig", "lib64/pkgconfig"} {
		found, err := filepath.Glob(filepath.Join(dir, "..", lib, "xenlight.pc"))
		if err != nil {
			return "", err
		}
		for _, path := range found {
			text, err := os.ReadFile(path)
			if err != nil {
				return "", err
			}
			if m := pkgVersion.FindSubmatch(text); m != nil {
				return string(m[1]), nil
			}
		}
	}
	return "", fmt.Errorf("no xenlight.pc beside %s says which Xen it is (Debian: libxen-dev): %w", dir, os.ErrNotExist)
}

var (
	pkgVersion   = regexp.MustCompile(`(?m)^Version: (\d+\.\d+)`)
	blockComment = regexp.MustCompile(`(?s)/\*.*?\*/`)
	lineComment  = regexp.MustCompile(`//[^\n]*`)
	directive    = regexp.MustCompile(`(?m)^[ \t]*#[^\n]*$`)
	blank        = regexp.MustCompile(`\s+`)
	declarator   = regexp.MustCompile(`^[\w*\s]*?[\s*](\w+)\s*\(`)
)

// parseHeader returns the functions that a header declares. Both branches of a
// condition count. Not counted are inline functions, which no library has, and what
// is only a macro.
func parseHeader(text string) ([]function, error) {
	statements, err := split(plain(text))
	if err != nil {
		return nil, err
	}
	var functions []function
	seen := map[string]bool{}
	for _, s := range statements {
		f, ok, err := parseStatement(s)
		switch {
		case err != nil:
			return nil, err
		case !ok:
			continue
		case seen[f.name]:
			return nil, fmt.Errorf("%s is declared twice", f.name)
		}
		seen[f.name] = true
		functions = append(functions, f)
	}
	if len(functions) == 0 {
		return nil, fmt.Errorf("no functions found")
	}
	return functions, nil
}

// plain removes comments and preprocessor lines.
func plain(text string) string {
	text = strings.ReplaceAll(text, "\\\n", " ")
	text = lineComment.ReplaceAllString(blockComment.ReplaceAllString(text, " "), "")
	return directive.ReplaceAllString(text, "")
}

// split returns the statements outside braces, without what is inside braces. The
// definition of a function is none.
func split(text string) ([]string, error) {
	var statements []string
	var s strings.Builder
	depth := 0
	for _, c := range text {
		switch {
		case c == '{':
			depth++
		case c == '}':
			depth--
			if depth == 0 && isDefinition(s.String()) {
				s.Reset()
			}
		case depth != 0:
		case c == ';':
			statements = append(statements, strings.TrimSpace(blank.ReplaceAllString(s.String(), " ")))
			s.Reset()
		default:
			s.WriteRune(c)
		}
		if depth < 0 {
			return nil, fmt.Errorf("a brace closes what none has opened")
		}
	}
	if depth != 0 {
		return nil, fmt.Errorf("a brace is not closed")
	}
	return statements, nil
}

// isDefinition reports whether braces after s hold a function's body, not the members
// of a type.
func isDefinition(s string) bool {
	return strings.Contains(s, "(") && !strings.HasPrefix(strings.TrimSpace(s), "typedef")
}

// parseStatement returns the function that a statement declares, if it does. What comes
// after the parameters, such as attributes, is not part of the prototype.
func parseStatement(s string) (function, bool, error) {
	m := declarator.FindStringSubmatchIndex(s)
	if m == nil || strings.HasPrefix(s, "typedef ") {
		return function{}, false, nil
	}
	name := s[m[2]:m[3]]
	if name == "__attribute__" || name == strings.ToUpper(name) { // a type's, or a variable named by a macro
		return function{}, false, nil
	}
	depth := 0
	for i := m[3]; i < len(s); i++ {
		switch s[i] {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return function{name: name, prototype: s[:i+1]}, true, nil
			}
		}
	}
	return function{}, false, fmt.Errorf("cannot read %q", s)
}

// same reports whether two prototypes differ in blanks and comments only.
func same(a, b string) bool { return squeeze(a) == squeeze(b) }

func squeeze(prototype string) string {
	return blank.ReplaceAllString(blockComment.ReplaceAllString(prototype, ""), "")
}
