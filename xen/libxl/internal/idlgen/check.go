package main

import (
	"fmt"
	"go/token"
	"regexp"
	"strconv"
	"strings"
)

// maxDepth is how deep structures without a name may lie in one with a name, arms of
// unions included; libxl's lie one deep.
const maxDepth = 4

var (
	cName    = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,79}$`)
	enumText = regexp.MustCompile(`^[A-Za-z0-9_]{1,80}$`)
)

// A checker looks whether a release's data can be made Go and C of. What it lets pass
// cannot bring foreign text into the generated files.
type checker struct {
	r      *release
	goName map[string]string // Go name of a type or constant -> its C name
	known  map[string]bool   // structures so far
}

// check returns a [*DataError] for data that is no release's.
func (r *release) check() error {
	c := &checker{r: r, goName: map[string]string{}, known: map[string]bool{}}
	if r.Release == (version{}) {
		return c.fault("", "the release is missing")
	}
	if len(r.Enums) == 0 || len(r.Structs) == 0 {
		return c.fault("", "there are no types")
	}
	for _, e := range r.Enums {
		if e == nil {
			return c.fault("", "an enumeration is null")
		}
		if err := c.enum(e); err != nil {
			return err
		}
	}
	for _, t := range r.Structs {
		if t == nil {
			return c.fault("", "a structure is null")
		}
		if err := c.name(t.Name); err != nil {
			return err
		}
		if err := c.members(goName(t.Name), t.Name, t.Members, 0); err != nil {
			return err
		}
		c.known[t.Name] = true // from here on: no structure holds itself
	}
	return nil
}

func (c *checker) fault(where, format string, args ...any) error {
	return &DataError{Release: c.r.Release, Where: where, Reason: fmt.Sprintf(format, args...)}
}

// name takes the name of a type or an enumerator, which must be new.
func (c *checker) name(name string) error {
	if !cName.MatchString(name) {
		return c.fault("", "%.100q is no C name", name)
	}
	return c.declare(goName(name), name)
}

func (c *checker) declare(g, name string) error {
	if !token.IsIdentifier(g) || !token.IsExported(g) {
		return c.fault(name, "%q would be no exported Go name", g)
	}
	if other, ok := c.goName[g]; ok {
		return c.fault(name, "its Go name %s is that of %s", g, other)
	}
	c.goName[g] = name
	return nil
}

func (c *checker) enum(e *enum) error {
	if err := c.name(e.Name); err != nil {
		return err
	}
	if len(e.Values) == 0 {
		return c.fault(e.Name, "it has no values")
	}
	values, texts := map[int32]bool{}, map[string]bool{}
	for _, v := range e.Values {
		if err := c.name(v.Name); err != nil {
			return err
		}
		text := strings.ToLower(v.Text) // libxl compares without case
		if !enumText.MatchString(text) {
			return c.fault(v.Name, "its text is %.100q", v.Text)
		}
		if values[v.Value] || texts[text] {
			return c.fault(v.Name, "another value of %s is %d or %q too", e.Name, v.Value, v.Text)
		}
		values[v.Value], texts[text] = true, true
	}
	return nil
}

// members checks the members of a structure whose Go name is g.
func (c *checker) members(g, path string, members []member, depth int) error {
	if depth > maxDepth {
		return c.fault(path, "more than %d structures lie in each other", maxDepth)
	}
	fields := map[string]bool{}
	for _, m := range members {
		if !cName.MatchString(m.Name) {
			return c.fault(path, "%.100q is no C name", m.Name)
		}
		where := path + "." + m.Name
		if err := c.member(g, where, m, depth); err != nil {
			return err
		}
		for _, field := range c.fields(m) {
			if !token.IsIdentifier(field) || fields[field] {
				return c.fault(where, "its Go name %q is none, or another member's", field)
			}
			fields[field] = true
		}
	}
	return nil
}

// fields returns the names that a member takes in the Go structure: a union its
// method's and its arms'.
func (c *checker) fields(m member) []string {
	if m.Key == "" {
		return []string{goName(m.Name)}
	}
	key := goName(m.Key)
	names := []string{key}
	for _, a := range m.Arms {
		names = append(names, key+goName(c.r.enum(m.KeyType).value(a.Value).Text))
	}
	return names
}

func (c *checker) member(g, where string, m member, depth int) error {
	isUnion := m.Key != "" || m.KeyType != "" || m.Arms != nil
	kinds := 0
	for _, is := range [...]bool{m.Type != "", m.Members != nil, isUnion} {
		if is {
			kinds++
		}
	}
	if kinds != 1 || m.Type == "" && (m.Array || m.Default != "") {
		return c.fault(where, "it must be just one of an ordinary member, a structure and a union")
	}
	switch {
	case isUnion:
		return c.union(g, where, m, depth)
	case m.Members != nil:
		inner := g + goName(m.Name)
		if err := c.declare(inner, where); err != nil {
			return err
		}
		return c.members(inner, where, m.Members, depth+1)
	}
	if scalar(m.Type) == "" && c.r.enum(m.Type) == nil && !c.known[m.Type] {
		return c.fault(where, "no type %.100q is declared before it", m.Type)
	}
	return c.defaultOf(where, m)
}

// defaultOf checks that the default is a number that the member can hold.
func (c *checker) defaultOf(where string, m member) error {
	if m.Default == "" {
		return nil
	}
	bits := numberBits(m.Type)
	if c.r.enum(m.Type) != nil {
		bits = -32
	}
	var err error
	switch {
	case bits == 0 || m.Array:
		return c.fault(where, "it is no number, and has the default %.100s", m.Default)
	case bits < 0:
		_, err = strconv.ParseInt(m.Default.String(), 10, -bits)
	default:
		_, err = strconv.ParseUint(m.Default.String(), 10, bits)
	}
	if err != nil || m.Default == "0" {
		return c.fault(where, "%.100s is no default of a %s, or need not be said", m.Default, m.Type)
	}
	return nil
}

func (c *checker) union(g, where string, u member, depth int) error {
	if !cName.MatchString(u.Key) || len(u.Arms) == 0 {
		return c.fault(where, "a union needs a key and arms")
	}
	e := c.r.enum(u.KeyType)
	if e == nil {
		return c.fault(where, "its key's type %.100q is no enumeration", u.KeyType)
	}
	for _, a := range u.Arms {
		v := e.value(a.Value)
		if v == nil {
			return c.fault(where, "%.100q is no value of %s", a.Value, u.KeyType)
		}
		arm := g + goName(v.Text)
		if err := c.declare(arm, where+"."+v.Text); err != nil {
			return err
		}
		if err := c.members(arm, where+"."+v.Text, a.Members, depth+1); err != nil {
			return err
		}
	}
	return nil
}
