package main

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

var (
	enumOpen   = regexp.MustCompile(`^typedef enum (\w+) \{$`)
	enumLine   = regexp.MustCompile(`^(\w+) = (-?\d+),$`)
	structOpen = regexp.MustCompile(`^typedef struct (\w+) \{$`)
	blockClose = regexp.MustCompile(`^\} ?(\w*);$`)
	field      = regexp.MustCompile(`^(const )?(\w+(?: \*)?) (\w+);$`)
)

// private is the type of libxl's own members, which its JSON does not have.
const private = "libxl_ev_link"

// A scanner hands out the header's lines without indentation.
type scanner struct {
	lines []string
	next  int
}

func (s *scanner) scan() (string, bool) {
	if s.next == len(s.lines) {
		return "", false
	}
	line := strings.TrimSpace(s.lines[s.next])
	s.next++
	return line, true
}

// parseHeader reads the typedefs of libxl's generated header. The header is
// written by a program (gentypes.py), one member a line, so lines are enough. What only
// the library knows is missing in the result.
func parseHeader(text string) (*release, error) {
	s := &scanner{lines: strings.Split(text, "\n")}
	r := &release{}
	for {
		line, ok := s.scan()
		if !ok {
			break
		}
		if m := enumOpen.FindStringSubmatch(line); m != nil {
			e, err := parseEnum(s, m[1])
			if err != nil {
				return nil, err
			}
			r.Enums = append(r.Enums, e)
		}
		if m := structOpen.FindStringSubmatch(line); m != nil {
			members, _, err := parseMembers(s)
			if err != nil {
				return nil, fmt.Errorf("struct %s: %w", m[1], err)
			}
			plain := !strings.Contains(text, "void "+m[1]+"_dispose(")
			r.Structs = append(r.Structs, &structure{Name: m[1], Plain: plain, Members: members})
		}
	}
	if len(r.Enums) == 0 || len(r.Structs) == 0 {
		return nil, fmt.Errorf("no libxl types found")
	}
	return r, nil
}

func parseEnum(s *scanner, name string) (*enum, error) {
	e := &enum{Name: name}
	for {
		line, ok := s.scan()
		if !ok {
			return nil, fmt.Errorf("enum %s: no end", name)
		}
		if blockClose.MatchString(line) {
			return e, nil
		}
		m := enumLine.FindStringSubmatch(line)
		if m == nil {
			return nil, fmt.Errorf("enum %s: cannot read %q", name, line)
		}
		v, err := strconv.ParseInt(m[2], 10, 32)
		if err != nil {
			return nil, fmt.Errorf("enum %s: %w", name, err)
		}
		e.Values = append(e.Values, enumerator{Name: m[1], Value: int32(v)})
	}
}

// parseMembers reads members up to the closing brace and returns the name behind it.
func parseMembers(s *scanner) ([]member, string, error) {
	var members []member
	for {
		line, ok := s.scan()
		if !ok {
			return nil, "", fmt.Errorf("no end")
		}
		if m := blockClose.FindStringSubmatch(line); m != nil {
			return members, m[1], nil
		}
		var err error
		if members, err = parseMember(s, members, line); err != nil {
			return nil, "", err
		}
	}
}

// parseMember appends the member that begins with line to those before it.
func parseMember(s *scanner, before []member, line string) ([]member, error) {
	switch line {
	case "struct {":
		inner, name, err := parseMembers(s)
		return append(before, member{Name: name, Members: inner}), err
	case "union {":
		return parseUnion(s, before)
	}
	m := field.FindStringSubmatch(line)
	if m == nil {
		return nil, fmt.Errorf("cannot read %q", line)
	}
	if m[1] != "" || m[2] == private {
		return before, nil // libxl leaves const members out of its JSON too
	}
	f := member{Name: m[3], Type: m[2]}
	if elem, ok := strings.CutSuffix(f.Type, " *"); ok && elem != "char" {
		if len(before) == 0 {
			return nil, fmt.Errorf("array %s without a length", f.Name)
		}
		f.Type, f.Array = elem, true
		before = before[:len(before)-1] // the length, always just before
	}
	return append(before, f), nil
}

// parseUnion reads a keyed union. Its key is the member just before it, which
// JSON has only in the arm's name, so the key's member goes.
func parseUnion(s *scanner, before []member) ([]member, error) {
	last := len(before) - 1
	if last < 0 {
		return nil, fmt.Errorf("union without a key")
	}
	inner, name, err := parseMembers(s)
	if err != nil {
		return nil, err
	}
	u := member{Name: name, Key: before[last].Name, KeyType: before[last].Type}
	for _, a := range inner {
		if a.Type != "" || a.Key != "" {
			return nil, fmt.Errorf("arm %s of the union is no structure", a.Name)
		}
		u.Arms = append(u.Arms, arm{field: a.Name, Members: a.Members})
	}
	return append(before[:last], u), nil
}
