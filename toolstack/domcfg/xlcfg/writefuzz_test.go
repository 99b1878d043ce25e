package xlcfg

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/xenvoy/xenvoy/toolstack/domcfg"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// FuzzWrite decodes configurations from JSON: what is written reads back equal, or
// is refused by name.
func FuzzWrite(f *testing.F) {
	for _, path := range append(glob(f, "testdata/good/*.json"), glob(f, "testdata/numa/*.json")...) {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Fuzz(func(t *testing.T, text string) {
		var c idl.DomainConfig
		if len(text) > 1<<14 || json.Unmarshal([]byte(text), &c) != nil {
			return
		}
		checkWrite(t, &c, Host{})
	})
}

func checkWrite(t *testing.T, c *idl.DomainConfig, host Host) domcfg.Errors {
	t.Helper()
	text, err := Write(c, host)
	if err != nil {
		var errs domcfg.Errors
		if !errors.As(err, &errs) || len(errs) == 0 || len(errs) > maxErrors+1 || text != nil {
			t.Fatalf("%T: %v", err, err)
		}
		for _, e := range errs {
			if e.Msg == "" || strings.ContainsAny(e.Error(), "\n\r\x00") {
				t.Errorf("%q", e.Error())
			}
		}
		return errs
	}
	file, err := ParseBytes(text, "f.cfg")
	if err != nil {
		t.Fatal(err)
	}
	again, _, err := Config(file, host.holding(c))
	if err != nil {
		t.Fatalf("%v\nin\n%s", err, text)
	}
	if c.CInfo.UUID == (idl.UUID{}) {
		again.CInfo.UUID = idl.UUID{}
	}
	want, err := membersOf(c)
	if err != nil {
		t.Fatal(err)
	}
	got, err := membersOf(again)
	if err != nil {
		t.Fatal(err)
	}
	differ("", want, got, func(path string, want, got any) { t.Errorf("%s: %v comes back as %v from\n%s", path, want, got, text) })
	return nil
}

// FuzzWriteFile writes what files give: there is a file for all of it, but for
// what only a faulty cpuid= gives.
func FuzzWriteFile(f *testing.F) {
	for _, path := range append(glob(f, "testdata/good/*.cfg"), glob(f, "testdata/ours/*.cfg")...) {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Fuzz(func(t *testing.T, text string) {
		file, err := ParseBytes([]byte(text), "f.cfg")
		if err != nil || len(text) > 1<<13 {
			return
		}
		numa := Host{CPUs: 12, Nodes: 2, NodeCPUs: [][]int{{0, 1, 2, 3, 4, 5}, {6, 7, 8, 9, 10, 11}}}
		c, _, err := Config(file, numa)
		if err != nil || c.CInfo.Name == "" { // xl takes an empty name, libxl does not
			return
		}
		for _, e := range checkWrite(t, c, numa) {
			if !strings.HasPrefix(e.Field, "b_info.cpuid") {
				t.Errorf("refused: %v", e)
			}
		}
	})
}

// FuzzWriteMember sets members of configurations that xl made to anything.
func FuzzWriteMember(f *testing.F) {
	good := goodConfigs(f)
	for seed := range uint64(200) {
		f.Add(seed, int64(seed*seed), "a,b=c")
	}
	f.Fuzz(func(t *testing.T, seed uint64, number int64, text string) {
		var c idl.DomainConfig
		m := &mutator{rand.New(rand.NewPCG(seed, 0)), number, text}
		if err := json.Unmarshal(good[m.IntN(len(good))], &c); err != nil {
			t.Fatal(err)
		}
		for range 1 + m.IntN(4) {
			m.change(reflect.ValueOf(&c).Elem())
		}
		checkWrite(t, &c, Host{})
	})
}

func goodConfigs(f *testing.F) [][]byte {
	f.Helper()
	var out [][]byte
	for _, path := range glob(f, "testdata/good/*.json") {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		out = append(out, text)
	}
	return out
}

type mutator struct {
	*rand.Rand
	number int64
	text   string
}

// change sets a value, or one in it.
func (m *mutator) change(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		if n := v.NumField(); n > 0 {
			m.change(v.Field(m.IntN(n)))
		}
	case reflect.Pointer:
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		m.change(v.Elem())
	case reflect.Slice:
		if v.Type() == reflect.TypeFor[idl.Bitmap]() {
			v.Set(reflect.ValueOf(m.bits()))
			return
		}
		if v.Len() == 0 || m.IntN(3) == 0 {
			v.Set(reflect.Append(v, reflect.Zero(v.Type().Elem())))
		}
		m.change(v.Index(m.IntN(v.Len())))
	case reflect.Array:
		m.change(v.Index(m.IntN(v.Len())))
	case reflect.String:
		v.SetString([]string{m.text, "a", strings.Repeat("10xks", 7)[:32], strings.Repeat("x1k", 22)[:64]}[m.IntN(4)])
	case reflect.Bool:
		v.SetBool(!v.Bool())
	default:
		n := reflect.ValueOf([]int64{m.number, 0, 1, 2, -1, 1024, 1 << 20}[m.IntN(7)])
		v.Set(n.Convert(v.Type()))
	}
}

func (m *mutator) bits() idl.Bitmap {
	var out idl.Bitmap
	for bit := uint32(m.IntN(3)); m.IntN(5) > 0 && bit <= idl.MaxBit; bit += 1 + uint32(m.IntN(2)*m.IntN(100)) {
		out = append(out, bit)
	}
	return out
}
