// Package idlfill fills libxl's types with values, for tests that must hold for
// every member of every type.
package idlfill

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// Fill sets every member of the structure that p points to, at random but the same
// for the same seed. Of each keyed union it sets one arm. No value is Go's zero value.
func Fill(p any, seed uint64) { FillFor(p, seed, idl.Release{Major: math.MaxInt}) }

// FillFor is Fill without what came after a release of Xen: that stays unset.
func FillFor(p any, seed uint64, release idl.Release) {
	f := filler{rand.New(rand.NewPCG(seed, 1)), release}
	f.fill(reflect.ValueOf(p).Elem())
}

type filler struct {
	*rand.Rand
	release idl.Release
}

func (f filler) fill(v reflect.Value) {
	if f.special(v) {
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			if f.has(v.Type().Field(i)) {
				f.fill(v.Field(i))
			}
		}
		f.oneArm(v)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1+f.IntN(3), 4))
		for i := range v.Len() {
			f.fill(v.Index(i))
		}
	case reflect.Array:
		for i := range v.Len() {
			f.fill(v.Index(i))
		}
	case reflect.String:
		v.SetString(fmt.Sprintf("text <%d> \"ä\"", f.IntN(1000)))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int8, reflect.Int32:
		v.SetInt(1 + f.Int64N(1<<(v.Type().Bits()-1)-1))
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(1 + f.Uint64N(1<<(min(v.Type().Bits(), 63))-1)) // libxl's JSON ends at 2^63-1
	default:
		panic("idlfill: " + v.Type().String())
	}
}

// has reports whether the release has a member.
func (f filler) has(field reflect.StructField) bool {
	since, err := idl.ParseRelease(field.Tag.Get("xen"))
	return err != nil || !f.release.Before(since)
}

// special fills the types whose values obey rules, and enumerations.
func (f filler) special(v reflect.Value) bool {
	switch p := v.Addr().Interface().(type) {
	case *idl.Defbool:
		*p = idl.Bool(f.IntN(2) == 0)
	case *idl.Bitmap:
		*p = idl.Bitmap{uint32(f.IntN(8)), 8 + uint32(f.IntN(100)), 200}
	case *idl.CPUIDPolicy:
		sub := f.Uint32N(9)
		*p = idl.CPUIDPolicy{Leaf: 7, Subleaf: &sub, EAX: f.policy(32), EDX: f.policy(32)}
	case *idl.MSRPolicy:
		*p = idl.MSRPolicy{Index: 0x10a, Policy: f.policy(64)}
	case *idl.HWCap:
		*p = idl.HWCap{f.Uint32(), 1, 2, 3} // what libxl's JSON carries
	default:
		return f.enum(v)
	}
	return true
}

func (f filler) policy(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = "10xks"[f.IntN(5)]
	}
	return string(b)
}

func (f filler) enum(v reflect.Value) bool {
	m := v.MethodByName("Values")
	if v.Kind() != reflect.Int32 || !m.IsValid() {
		return false
	}
	values := m.Call(nil)[0]
	for {
		x := values.Index(f.IntN(values.Len()))
		d, dated := x.Interface().(interface{ Since() idl.Release })
		if dated && f.release.Before(d.Since()) {
			continue
		}
		if x.Int() > 0 { // negative ones are defaults, which libxl leaves out
			v.Set(x)
			return true
		}
	}
}

// oneArm keeps one arm of the structure's keyed union and drops the others. The arm
// "invalid", which libxl has for types that are none, is never kept.
func (f filler) oneArm(v reflect.Value) {
	var arms []reflect.Value
	for i := range v.NumField() {
		tag, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		switch {
		case !strings.Contains(tag, ".") || v.Field(i).IsZero(): // no arm, or the release lacks it
		case strings.HasSuffix(tag, ".invalid"):
			v.Field(i).SetZero()
		default:
			arms = append(arms, v.Field(i))
		}
	}
	if len(arms) == 0 {
		return
	}
	keep := f.IntN(len(arms))
	for i, a := range arms {
		if i != keep {
			a.SetZero()
		}
	}
}
