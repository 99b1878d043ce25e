package xlcfg

import (
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/xenvoy/xenvoy/toolstack/domcfg"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// seeds is the texts of a key in all files of testdata. Too few of them means
// that the corpus has moved away.
func seeds(f *testing.F, key string, least int) {
	f.Helper()
	n := 0
	var each func(v *Value)
	each = func(v *Value) {
		if !v.IsList {
			f.Add(v.Text)
			n++
		}
		for _, item := range v.Items {
			each(item)
		}
	}
	for _, path := range append(glob(f, "testdata/good/*.cfg"), glob(f, "testdata/bad/*.cfg")...) {
		file, err := Load(path)
		if err != nil {
			continue // a bad file, for its grammar
		}
		if s := file.Lookup(key); s != nil {
			each(s.Value)
		}
	}
	if n < least {
		f.Fatalf("%d seeds for %s, at least %d were there", n, key, least)
	}
}

func FuzzParse(f *testing.F) {
	for _, path := range append(glob(f, "testdata/good/*.cfg"), glob(f, "testdata/bad/*.cfg")...) {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := ParseBytes(data, "f.cfg")
		if err != nil {
			checkErrors(t, err, len(data))
			return
		}
		if n := countValues(file); n > len(data) {
			t.Errorf("%d values in %d bytes", n, len(data))
		}
		checkConfig(t, file, len(data))
	})
}

func countValues(file *File) int {
	n := 0
	var each func(v *Value)
	each = func(v *Value) {
		n++
		for _, item := range v.Items {
			each(item)
		}
	}
	for _, s := range file.Settings {
		each(s.Value)
	}
	return n
}

// checkErrors fails unless the errors are ours, have places, and are one line each.
func checkErrors(t *testing.T, err error, size int) {
	t.Helper()
	var errs domcfg.Errors
	if !errors.As(err, &errs) || len(errs) == 0 || len(errs) > maxErrors+1 {
		t.Fatalf("%T: %v", err, err)
	}
	for _, e := range errs {
		if e.Pos.File != "f.cfg" || e.Pos.Line > size+1 || e.Msg == "" || strings.ContainsAny(e.Error(), "\n\r\x00") {
			t.Errorf("%q", e.Error())
		}
	}
}

// checkConfig fails unless the file has errors, or its configuration comes back
// from JSON as it was.
func checkConfig(t *testing.T, file *File, size int) {
	t.Helper()
	numa := Host{CPUs: 12, Nodes: 2, NodeCPUs: [][]int{{0, 1, 2, 3, 4, 5}, {6, 7, 8, 9, 10, 11}}}
	config, warnings, err := config(file, numa, new(counting))
	for _, w := range warnings {
		if w.Msg == "" || strings.ContainsAny(w.String(), "\n\r\x00") {
			t.Errorf("%q", w.String())
		}
	}
	if err != nil {
		checkErrors(t, err, size)
		return
	}
	text, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	var back idl.DomainConfig
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatalf("%v\nin\n%s", err, text)
	}
	again, err := json.Marshal(&back)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(again, text) {
		t.Errorf("comes back as\n%s\ninstead of\n%s", again, text)
	}
	if err := idl.CheckNumbers(config); err != nil {
		t.Error(err)
	}
}

// fuzzElement reads a text as the only element, or as the value, of a key.
func fuzzElement(f *testing.F, key string, asText bool) {
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1<<12 || strings.ToValidUTF8(text, "") != text || strings.Contains(text, "\x00") {
			return // the grammar refuses it
		}
		v := &Value{Pos: domcfg.Position{File: "f.cfg", Line: 1, Column: 1}, Text: text}
		if !asText {
			v = &Value{Pos: v.Pos, IsList: true, Items: []*Value{v}}
		}
		file := base(t, "name = 'g'\ntype = 'hvm'\nvcpus = 3\n")
		s := &Setting{Pos: v.Pos, Name: key, Value: v}
		file.last[key] = s
		file.Settings = append(file.Settings, s)
		checkConfig(t, file, 10)
	})
}

func base(t *testing.T, text string) *File {
	t.Helper()
	file, err := ParseBytes([]byte(text), "f.cfg")
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func FuzzDisk(f *testing.F) {
	seeds(f, "disk", 80)
	fuzzElement(f, "disk", false)
}

func FuzzVif(f *testing.F) {
	seeds(f, "vif", 50)
	fuzzElement(f, "vif", false)
}

func FuzzCPUs(f *testing.F) {
	seeds(f, "cpus", 30)
	fuzzElement(f, "cpus", true)
}

func FuzzCPUID(f *testing.F) {
	seeds(f, "cpuid", 20)
	fuzzElement(f, "cpuid", true)
}

func FuzzCPUIDLeaf(f *testing.F) {
	seeds(f, "cpuid", 20)
	fuzzElement(f, "cpuid", false)
}

func FuzzPCI(f *testing.F) {
	seeds(f, "pci", 20)
	fuzzElement(f, "pci", false)
}

// FuzzVnuma takes the options of one node, with semicolons between them.
func FuzzVnuma(f *testing.F) {
	seeds(f, "vnuma", 40)
	f.Add("pnode=1;size=64;vcpus=0-2;vdistances=10")
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1<<12 || strings.ToValidUTF8(text, "") != text || strings.Contains(text, "\x00") {
			return // the grammar refuses it
		}
		pos := domcfg.Position{File: "f.cfg", Line: 1, Column: 1}
		node := &Value{Pos: pos, IsList: true}
		for option := range strings.SplitSeq(text, ";") {
			node.Items = append(node.Items, &Value{Pos: pos, Text: option})
		}
		file := base(t, "name = 'g'\ntype = 'hvm'\nmaxvcpus = 3\n")
		file.last["vnuma"] = &Setting{Pos: pos, Name: "vnuma", Value: &Value{Pos: pos, IsList: true, Items: []*Value{node}}}
		checkConfig(t, file, 10)
	})
}
