package main

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
)

// A release is what one release of Xen says of libxl's types. Its data file holds it.
type release struct {
	Release version      `json:"release"`
	Enums   []*enum      `json:"enums"`
	Structs []*structure `json:"structs"`
}

// An enum is a C enumeration.
type enum struct {
	Name   string       `json:"name"` // libxl_domain_type
	Values []enumerator `json:"values"`
	since  version
}

type enumerator struct {
	Name  string `json:"name"` // LIBXL_DOMAIN_TYPE_HVM
	Value int32  `json:"value"`
	Text  string `json:"text"` // what JSON has, "hvm"
	since version
}

// A structure is a C structure with a name.
type structure struct {
	Name    string   `json:"name"`            // libxl_domain_config
	Plain   bool     `json:"plain,omitempty"` // it holds no memory, so there is no X_dispose
	Members []member `json:"members"`
	since   version
}

// A member is one field. Exactly one of Type, Members and Arms says what it holds.
type member struct {
	Name    string      `json:"name"`
	Type    string      `json:"type,omitempty"`    // "uint32_t", "char *", "libxl_bitmap"
	Array   bool        `json:"array,omitempty"`   // Type is the element; the length's member is left out
	Default json.Number `json:"default,omitempty"` // a number's value after X_init, when not 0
	Members []member    `json:"members,omitempty"` // an anonymous structure
	Key     string      `json:"key,omitempty"`     // a union: the name of the member that says which arm holds
	KeyType string      `json:"keyType,omitempty"` // the key's enumeration
	Arms    []arm       `json:"arms,omitempty"`
	since   version
}

// An arm is one alternative of a keyed union.
type arm struct {
	Value   string   `json:"value"` // the key's enumerator
	Members []member `json:"members,omitempty"`
	field   string   // C name within the union; only the header's parser sets it
	since   version
}

func (r *release) enum(name string) *enum {
	for _, e := range r.Enums {
		if e.Name == name {
			return e
		}
	}
	return nil
}

func (r *release) structure(name string) *structure {
	for _, t := range r.Structs {
		if t.Name == name {
			return t
		}
	}
	return nil
}

func (e *enum) value(name string) *enumerator {
	for i := range e.Values {
		if e.Values[i].Name == name {
			return &e.Values[i]
		}
	}
	return nil
}

// A version is the number of a release series, such as 4.17; zero means every release
// that there is data of.
type version struct{ major, minor int }

var versionText = regexp.MustCompile(`^([1-9][0-9]?)\.(0|[1-9][0-9]?)$`)

func parseVersion(text string) (version, error) {
	m := versionText.FindStringSubmatch(text)
	if m == nil {
		return version{}, fmt.Errorf("%q is no release such as 4.17", text)
	}
	major, _ := strconv.Atoi(m[1]) // two digits, by the pattern
	minor, _ := strconv.Atoi(m[2])
	return version{major, minor}, nil
}

func (v version) String() string { return fmt.Sprintf("%d.%d", v.major, v.minor) }

// number orders releases; C compares it too: 417.
func (v version) number() int { return v.major*100 + v.minor }

func (v version) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

func (v *version) UnmarshalText(text []byte) (err error) {
	*v, err = parseVersion(string(text))
	return err
}
