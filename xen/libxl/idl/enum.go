package idl

import (
	"fmt"
	"strings"
)

// enumeration is what the generator writes for each C enumeration.
type enumeration[E any] interface {
	~int32
	name() string
	Values() []E
}

// An EnumError is a name or a number that an enumeration does not have.
type EnumError struct {
	Type  string   // Go name of the enumeration
	Value string   // what was given
	Names []string // what it could have been
}

// Error names the value and the choices.
func (e *EnumError) Error() string {
	return fmt.Sprintf("%s has no value %q (it has %s)", e.Type, e.Value, strings.Join(e.Names, ", "))
}

func enumString[E enumeration[E]](typ string, x E) string {
	if n := x.name(); n != "" {
		return n
	}
	return fmt.Sprintf("%s(%d)", typ, int32(x))
}

func enumText[E enumeration[E]](typ string, x E) ([]byte, error) {
	if n := x.name(); n != "" {
		return []byte(n), nil
	}
	return nil, newEnumError[E](typ, fmt.Sprint(int32(x)))
}

// enumParse compares without case, as libxl__enum_from_string does.
func enumParse[E enumeration[E]](typ string, text []byte, dst *E) error {
	for _, v := range (*dst).Values() {
		if strings.EqualFold(v.name(), string(text)) {
			*dst = v
			return nil
		}
	}
	return newEnumError[E](typ, string(text))
}

func newEnumError[E enumeration[E]](typ, value string) *EnumError {
	e := &EnumError{Type: typ, Value: value}
	var zero E
	for _, v := range zero.Values() {
		e.Names = append(e.Names, v.name())
	}
	return e
}
