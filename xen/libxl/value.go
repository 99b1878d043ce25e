//go:build cgo

package libxl

// #include "glue.h"
import "C"

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"unsafe"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// Structures cross between Go and C as JSON, through libxl's own parser and generator:
// no C structure is filled by hand, and every release's own rules decide.

// encode returns the JSON for libxl, or an error for what libxl would not survive or
// would silently change.
func encode(v any) ([]byte, error) {
	if err := checkRelease(v); err != nil {
		return nil, err
	}
	if err := idl.CheckNumbers(v); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInval, err)
	}
	if cfg, ok := v.(*idl.DomainConfig); ok {
		if key, ok := cfg.BInfo.Type(); ok && key != idl.DomainTypeInvalid && cfg.CInfo.Type != key {
			return nil, fmt.Errorf("c_info says %v, b_info %v: %w", cfg.CInfo.Type, key, ErrInval)
		}
	}
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	if hasNUL(text) {
		return nil, fmt.Errorf("a text contains a NUL character: %w", ErrInval)
	}
	return text, nil
}

// hasNUL looks for the escape of U+0000 in JSON, where C would cut a text.
func hasNUL(text []byte) bool {
	for {
		i := bytes.IndexByte(text, '\\')
		if i < 0 || i+1 >= len(text) {
			return false
		}
		if bytes.HasPrefix(text[i:], []byte(`\u0000`)) {
			return true
		}
		text = text[i+2:] // an escape has at least two characters, so \\u0000 is passed over
	}
}

// load makes *to a C copy of the structure that v points to. It is to be freed with
// xv_value_free, after a failure too.
func (c *Context) load(to *C.struct_xv_value, v any) error {
	t := typeOf(v)
	if p := reflect.ValueOf(v); p.Kind() == reflect.Pointer && p.IsNil() {
		return fmt.Errorf("%s: nil: %w", C.GoString(t.name), ErrInval)
	}
	text, err := encode(v)
	if err != nil {
		return fmt.Errorf("%s: %w", C.GoString(t.name), err)
	}
	if rc := C.xv_value_init(to, t); rc != 0 {
		return Code(rc)
	}
	s := C.CString(string(text))
	defer C.free(unsafe.Pointer(s))
	if rc := C.xv_parse(c.x.ctx, t, to.p, s); rc != 0 {
		return fmt.Errorf("%s_from_json: libxl does not take it: %w", C.GoString(t.name), Code(rc))
	}
	return nil
}

// text returns libxl's own JSON of the structure at p.
func (c *Context) text(t *C.struct_xv_type, p unsafe.Pointer) ([]byte, error) {
	s := C.xv_write(c.x.ctx, t, p)
	if s == nil {
		return nil, fmt.Errorf("%s_to_json: %w", C.GoString(t.name), ErrFail)
	}
	defer C.free(unsafe.Pointer(s))
	return []byte(C.GoString(s)), nil
}

// store sets the structure that v points to from the C one at p.
func (c *Context) store(v any, p unsafe.Pointer) error {
	t := typeOf(v)
	text, err := c.text(t, p)
	if err != nil {
		return err
	}
	reflect.ValueOf(v).Elem().SetZero() // libxl leaves defaults out: what was there before would stay
	if err := json.Unmarshal(text, v); err != nil {
		return fmt.Errorf("%s: %w", C.GoString(t.name), err)
	}
	return nil
}

// direction says which way a call's structure goes.
type direction int

const (
	in    direction = 1 << iota // Go's value is given to the call
	out                         // the call's result replaces Go's value, when it succeeds
	inOut = in | out
)

// doWith runs a call of libxl that has a structure among its parameters: v points to the
// Go side of it, p to C's.
func (c *Context) doWith(ctx context.Context, name string, id idl.DomID, v any, d direction, f func(l *C.libxl_ctx, p unsafe.Pointer) C.int) error {
	var value C.struct_xv_value
	defer func() { C.xv_value_free(&value) }()
	var failed error
	err := c.do(ctx, name, id, func(l *C.libxl_ctx) C.int {
		if d&in != 0 {
			failed = c.load(&value, v)
		} else if rc := C.xv_value_init(&value, typeOf(v)); rc != 0 {
			failed = Code(rc)
		}
		if failed != nil {
			return 0
		}
		rc := f(l, value.p)
		if rc >= 0 && d&out != 0 {
			failed = c.store(v, value.p)
		}
		return rc
	})
	if err == nil && failed != nil {
		err = &Error{Op: name, Domain: id, Cause: failed}
	}
	return err
}

// An array is what a call that lists returns: n structures, to be freed by it.
type array struct {
	p    unsafe.Pointer
	n    C.int
	free func(a *array)
}

// list runs a call of libxl that returns an array of structures. No array means failure.
func list[T any](ctx context.Context, c *Context, name string, id idl.DomID, f func(l *C.libxl_ctx) array) ([]T, error) {
	all := []T{}
	var failed error
	err := c.do(ctx, name, id, func(l *C.libxl_ctx) C.int {
		a := f(l)
		if a.p == nil {
			return C.ERROR_FAIL
		}
		defer a.free(&a)
		size := uintptr(typeOf(new(T)).size)
		for i := range uintptr(a.n) {
			var v T
			if failed = c.store(&v, unsafe.Add(a.p, i*size)); failed != nil {
				return 0
			}
			all = append(all, v)
		}
		return 0
	})
	if err == nil && failed != nil {
		err = &Error{Op: name, Domain: id, Cause: failed}
	}
	if err != nil {
		return nil, err
	}
	return all, nil
}

// bitmap makes *to a C copy of b, with room for at least one bit.
func (c *Context) bitmap(to *C.libxl_bitmap, b idl.Bitmap) C.int {
	bits := 1
	if len(b) > 0 {
		last := b[len(b)-1]
		if last > idl.MaxBit {
			return C.ERROR_INVAL
		}
		bits = int(last) + 1
	}
	if rc := C.libxl_bitmap_alloc(c.x.ctx, to, C.int(bits)); rc != 0 {
		return rc
	}
	for _, bit := range b {
		if int(bit) >= bits { // not in ascending order
			return C.ERROR_INVAL
		}
		C.libxl_bitmap_set(to, C.int(bit))
	}
	return 0
}

// bits returns the numbers of the bits that are set.
func bits(m *C.libxl_bitmap) idl.Bitmap {
	b := idl.Bitmap{}
	for i := range uint32(m.size) * 8 {
		if C.libxl_bitmap_test(m, C.int(i)) != 0 {
			b = append(b, i)
		}
	}
	return b
}

// JSON returns the value in the form in which libxl itself writes it: for a
// domain's configuration what xl list -l and xl create -n print. v points to one of
// package idl's structures. Texts with a NUL, unions with two arms and the like, which C
// could not hold, are errors.
//
// Implements: int libxl_domain_config_from_json(libxl_ctx *ctx, libxl_domain_config *p, const char *s)
// Implements: char *libxl_domain_config_to_json(libxl_ctx *ctx, libxl_domain_config *p)
func (c *Context) JSON(ctx context.Context, v any) ([]byte, error) {
	t := typeOf(v)
	if t == nil {
		return nil, &Error{Op: "JSON", Domain: idl.InvalidDomID, Cause: fmt.Errorf("%T is no structure of libxl: %w", v, ErrInval)}
	}
	name := C.GoString(t.name) + "_to_json"
	var text []byte
	var failed error
	err := c.doWith(ctx, name, idl.InvalidDomID, v, in, func(_ *C.libxl_ctx, p unsafe.Pointer) C.int {
		text, failed = c.text(t, p)
		return 0
	})
	if err == nil && failed != nil {
		err = &Error{Op: name, Domain: idl.InvalidDomID, Cause: failed}
	}
	return text, err
}
