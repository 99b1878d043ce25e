package idl

import (
	"fmt"
	"math"
	"reflect"
	"strings"
)

// A place is a value somewhere in a structure.
type place struct {
	path    string // by libxl's names, such as "disks[0].grant_usage"; "" for the whole
	release string // the member's xen tag
	value   reflect.Value
	set     bool // JSON has it
}

// visit calls f for a value and all that lies in it, in the order of the members. When
// f returns false it goes no deeper there.
func visit(p place, f func(place) bool) {
	p.set = p.value.IsValid() && isSet(p.value)
	if p.value.Kind() == reflect.Pointer {
		p.value = p.value.Elem()
	}
	if !p.value.IsValid() || !f(p) {
		return
	}
	switch p.value.Kind() {
	case reflect.Slice:
		for i := range p.value.Len() {
			visit(place{path: fmt.Sprintf("%s[%d]", p.path, i), value: p.value.Index(i)}, f)
		}
	case reflect.Struct:
		for i := range p.value.NumField() {
			field := p.value.Type().Field(i)
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			visit(place{path: strings.TrimPrefix(p.path+"."+name, "."), release: field.Tag.Get("xen"), value: p.value.Field(i)}, f)
		}
	}
}

// isSet reports whether JSON has the member.
func isSet(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Slice:
		return v.Len() > 0
	case reflect.Pointer:
		return !v.IsNil()
	}
	if z, ok := v.Interface().(interface{ IsZero() bool }); ok {
		return !z.IsZero()
	}
	return !v.IsZero()
}

// MaxNumber is the largest number that is safe in libxl's JSON. Its parser (libxl_json.c)
// keeps larger ones as text, and then passes over the member without a word.
const MaxNumber = math.MaxInt64 - 1

// A NumberError is a number above MaxNumber.
type NumberError struct {
	Path   string // by libxl's names, such as "b_info.max_memkb"
	Number uint64
}

// Error names the member and the number.
func (e *NumberError) Error() string {
	return fmt.Sprintf("%s is %d, above the largest number in libxl's JSON, %d", e.Path, e.Number, uint64(MaxNumber))
}

// CheckNumbers returns a [*NumberError] for the first number in v that libxl's parser
// would drop. v is one of the structures of this package or points to one.
func CheckNumbers(v any) error {
	var found *NumberError
	visit(place{value: reflect.ValueOf(v)}, func(p place) bool {
		if found == nil && p.value.Kind() == reflect.Uint64 && p.value.Uint() > MaxNumber {
			found = &NumberError{Path: p.path, Number: p.value.Uint()}
		}
		return found == nil
	})
	if found == nil {
		return nil
	}
	return found
}
