package jsoncfg

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/xenvoy/xenvoy/toolstack/domcfg"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// recorded is what real xl printed for many files.
func recorded(t testing.TB) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob("../xlcfg/testdata/good/*.json")
	if err != nil || len(files) < 100 {
		t.Fatalf("%d files that xl printed, %v", len(files), err)
	}
	out := map[string][]byte{}
	for _, file := range files {
		if out[file], err = os.ReadFile(file); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// TestRecorded reads what xl prints, each value of it.
func TestRecorded(t *testing.T) {
	for file, text := range recorded(t) {
		d, err := Parse(text, file)
		if err != nil {
			t.Error(err)
			continue
		}
		var want idl.DomainConfig
		if err := json.Unmarshal(text, &want); err != nil {
			t.Fatal(err)
		}
		got, err := d.LibxlConfig()
		if err != nil || !reflect.DeepEqual(got, &want) {
			t.Errorf("%s: %v, %+v", file, err, got)
		}
		if !IsConfig(text) {
			t.Errorf("%s does not look like a configuration", file)
		}
	}
}

const small = `{
  "c_info": {"type": "pv", "name": "g"},
  "b_info": {"type.pv": {}, "kernel": "/k", "target_memkb": 1024},
  "disks": [
    {"pdev_path": "/d", "vdev": "xvda"},
    {"pdev_path": "/e", "vdev": "xvdb", "backend_domname": "storage"}],
  "nics": [{"script": "/s"}]
}
`

func TestErrors(t *testing.T) {
	for name, test := range map[string]struct {
		old, new string // in small
		want     string
	}{
		"grammar":                   {`"/k",`, `"/k"`, `f.json:3:44: not JSON: invalid character '"' after object key:value pair (check commas, quotes and brackets)`},
		"the end is missing":        {"}]\n}\n", "}]\n", "f.json:7:29: not JSON: unexpected end of JSON input (check commas, quotes and brackets)"},
		"text behind":               {"}]\n}\n", "}]\n}\nx", "f.json:9:1: not JSON: invalid character 'x' after top-level value (check commas, quotes and brackets)"},
		"not UTF-8":                 {`"/k"`, "\"/k\xff\"", "f.json:3:42: the file is not UTF-8"},
		"list of domains":           {small, `[{"domid": 1, "config": {}}]`, `f.json:1:1: a list where an object belongs (of what "xl list -l" prints, take the config of one domain)`},
		"unknown member":            {`"kernel"`, `"kernal"`, `f.json:3:29: b_info.kernal: libxl has no such member (did you mean kernel?)`},
		"member of another case":    {`"kernel"`, `"Kernel"`, `f.json:3:29: b_info.Kernel: libxl has no such member (did you mean kernel?)`},
		"member twice":              {`"kernel"`, `"kernel": "/a", "kernel"`, `f.json:3:45: b_info.kernel: is there twice (remove one)`},
		"a number for a text":       {`"/k"`, `5`, `f.json:3:39: b_info.kernel: 5 does not fit (a text)`},
		"a text for a number":       {`1024`, `"1024"`, `f.json:3:61: b_info.target_memkb: "1024" does not fit (a number, 0 to 9223372036854775806)`},
		"a fraction":                {`1024`, `1.5`, `f.json:3:61: b_info.target_memkb: 1.5 does not fit (a number, 0 to 9223372036854775806)`},
		"a number that libxl drops": {`1024`, `9223372036854775807`, `f.json:3:61: b_info.target_memkb: 9223372036854775807 is out of range (at most 9223372036854775806)`},
		"a word that is none":       {`"pv"`, `"vm"`, `f.json:2:22: c_info.type: unknown value "vm" (invalid, hvm, pv, pvh)`},
		"an object for a list":      {`[{"script": "/s"}]`, `{"script": "/s"}`, `f.json:7:11: nics: {"script": "/s"} where a list belongs (put it in [ ])`},
		"a list for an object":      {`{}`, `[]`, `f.json:3:25: b_info.type.pv: [] where an object belongs (put it in { })`},
		"no name":                   {`, "name": "g"`, ``, `f.json:2:13: c_info.name: is missing (every domain needs one)`},
		"no type":                   {`"type": "pv", `, ``, `f.json:2:13: c_info.type: is missing (hvm, pvh or pv)`},
		"no arm":                    {`"type.pv": {}, `, ``, `f.json:3:13: b_info: type.pv is missing (an object; it may be empty)`},
		"another arm":               {`"type.pv"`, `"type.pvh"`, `f.json:3:26: b_info.type.pvh: does not go with the type pv`},
		"two arms":                  {`"type.pv": {}`, `"type.pv": {}, "type.hvm": {}`, `f.json:3:13: b_info: DomainBuildInfo.type: 2 arms of a union are set, at most one may be`},
		"bits out of order":         {`"kernel"`, `"avail_vcpus": [3, 1], "kernel"`, `f.json:3:44: b_info.avail_vcpus: bits 3, 1 of a bitmap are not in ascending order`},
		"a short policy":            {`"kernel"`, `"cpuid": {"cpuid": [{"leaf": 1, "eax": "x"}], "msr": []}, "kernel"`, `f.json:3:38: b_info.cpuid: CPUID leaf 0x1: "x" is not a policy of 32 characters out of 10xks`},
		"unknown in a list":         {`"vdev": "xvda"`, `"vdev": "xvda", "colour": "\u001b[31m"`, `f.json:5:41: disks[0].colour: libxl has no such member`},
		"too deep":                  {`"/k"`, strings.Repeat("[", 40) + strings.Repeat("]", 40), `f.json:3:69: values are nested deeper than 32`},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(small, test.old, test.new, 1)
			_, err := Parse([]byte(text), "f.json")
			if err == nil || err.Error() != test.want {
				t.Errorf("got\n%v\nwant\n%s", err, test.want)
			}
		})
	}
}

func TestAllErrorsAtOnce(t *testing.T) {
	_, err := Parse([]byte(`{"c_info": {"type": "vm"}, "b_info": {"a": 1}, "on_crash": "pray", "nics": [{"mac": "x"}]}`), "f.json")
	var errs domcfg.Errors
	if !errors.As(err, &errs) || len(errs) != 4 {
		t.Errorf("got %v", err)
	}
	many := `{"disks": [` + strings.Repeat(`{"a":1},`, 100) + `{}]}`
	if _, err = Parse([]byte(many), "f.json"); !errors.As(err, &errs) || len(errs) != maxErrors+1 {
		t.Errorf("got %v", err)
	}
	if _, err := Parse(make([]byte, MaxFileBytes+1), "f.json"); !errors.As(err, &errs) || len(errs) != 1 {
		t.Errorf("got %v", err)
	}
}

func TestDomain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "small.json")
	if err := os.WriteFile(path, []byte(small), 0o600); err != nil {
		t.Fatal(err)
	}
	d, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	first, err := d.LibxlConfig()
	if err != nil {
		t.Fatal(err)
	}
	if second, err := d.LibxlConfig(); err != nil || first.CInfo.UUID == second.CInfo.UUID || first.CInfo.UUID == (idl.UUID{}) {
		t.Errorf("two domains of the file have the UUIDs %v and %v, %v", first.CInfo.UUID, second.CInfo.UUID, err)
	}
	if _, err := d.libxlConfig(strings.NewReader("short")); err == nil {
		t.Error("a UUID of nothing")
	}
	for field, want := range map[string]string{
		"name": ":2:36", "memory": ":3:61", "kernel": ":3:39", "disks[1].path": ":6:19", "networks[0].script": ":7:23", "on_crash": ":1:1",
		"vcpus": ":3:13", "b_info.type.pv": ":3:25", "b_info.type.hvm.bios": ":3:13",
	} {
		if got := strings.TrimPrefix(d.Pos(field).String(), path); got != want {
			t.Errorf("%s is at %s, want %s", field, got, want)
		}
	}
	if d.Says("uuid") || !d.Says("name") || !d.Says("networks[0].script") {
		t.Error("Says is wrong")
	}
	var files []string
	for _, ref := range d.Files() {
		files = append(files, ref.Field+" "+ref.Path)
	}
	if got := strings.Join(files, ", "); got != "kernel /k, disks[0].path /d, networks[0].script /s" {
		t.Errorf("files: %s", got)
	}
	if _, err := Load(path + ".no"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func TestIsConfig(t *testing.T) {
	for text, want := range map[string]bool{
		small: true, `{"name": "g", "type": "pv"}`: false, `{"b_info": {}}`: true, `{"c_info": {`: true, "": false, "[]": false,
		`{"name": "c_info"}`: false,
	} {
		if got := IsConfig([]byte(text)); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// FuzzParse: what is read is what encoding/json reads, and comes back from JSON as
// it was.
func FuzzParse(f *testing.F) {
	for _, text := range recorded(f) {
		f.Add(string(text))
	}
	f.Add(small)
	f.Fuzz(func(t *testing.T, text string) {
		d, err := Parse([]byte(text), "f.json")
		if err != nil {
			var errs domcfg.Errors
			if !errors.As(err, &errs) || len(errs) == 0 {
				t.Fatalf("%T: %v", err, err)
			}
			for _, e := range errs {
				if e.Msg == "" || !e.Pos.IsValid() || strings.ContainsAny(e.Error(), "\n\r\x00\x1b") {
					t.Errorf("%q", e.Error())
				}
			}
			return
		}
		out, err := json.Marshal(d.config)
		if err != nil {
			t.Fatal(err)
		}
		again, err := Parse(out, "f.json")
		if err != nil {
			t.Fatalf("%v\nin\n%s", err, out)
		}
		if second, err := json.Marshal(again.config); err != nil || string(second) != string(out) {
			t.Errorf("%v: comes back as\n%s\ninstead of\n%s", err, second, out)
		}
	})
}
