package main

import (
	"bytes"
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
)

// TestDataReadsBack: what is written is read as the same, and the committed files are
// what is written.
func TestDataReadsBack(t *testing.T) {
	names, err := fs.Glob(data, "releases/*.json")
	if err != nil || len(names) < 2 {
		t.Fatalf("data of %d releases, %v", len(names), err)
	}
	for _, name := range names {
		text, err := data.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		r, err := readRelease(text)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if again, err := r.text(); err != nil || !bytes.Equal(again, text) {
			t.Errorf("%s is not as idlgen scan writes it (%v)", name, err)
		}
	}
}

// around puts types into a data file that is right otherwise.
func around(enums, structs string) string {
	return `{"release":"4.17","enums":[` + enums + `],"structs":[` + structs + `]}`
}

const (
	anEnum  = `{"name":"libxl_e","values":[{"name":"LIBXL_E_A","value":0,"text":"a"},{"name":"LIBXL_E_B","value":1,"text":"b"}]}`
	aStruct = `{"name":"libxl_s","members":[{"name":"x","type":"int"}]}`
)

func member1(text string) string {
	return around(anEnum, `{"name":"libxl_s","members":[`+text+`]}`)
}

func TestDataRefuses(t *testing.T) {
	if _, err := readRelease([]byte(around(anEnum, aStruct))); err != nil {
		t.Fatalf("the right one: %v", err)
	}
	nested := `{"name":"x","type":"int"}`
	for range maxDepth + 1 {
		nested = `{"name":"x","members":[` + nested + `]}`
	}
	for name, c := range map[string]struct{ text, reason string }{
		"nothing":              {``, "EOF"},
		"cut":                  {around(anEnum, aStruct)[:80], "unexpected EOF"},
		"too long":             {strings.Repeat(" ", maxData+1), "at most"},
		"text after":           {around(anEnum, aStruct) + "x", "after the end"},
		"unknown key":          {`{"realease":"4.17"}`, "unknown field"},
		"no release":           {`{"enums":[` + anEnum + `],"structs":[` + aStruct + `]}`, "release is missing"},
		"odd release":          {`{"release":"4.17\n"}`, "no release such as"},
		"release too long":     {`{"release":"4.170"}`, "no release such as"},
		"no enums":             {around("", aStruct), "no types"},
		"no structs":           {around(anEnum, ""), "no types"},
		"null enum":            {around("null", aStruct), "is null"},
		"null struct":          {around(anEnum, "null"), "is null"},
		"list for an object":   {around(`[]`, aStruct), "cannot unmarshal"},
		"value beyond int":     {around(`{"name":"libxl_e","values":[{"name":"A","value":2147483648,"text":"a"}]}`, aStruct), "cannot unmarshal"},
		"empty enum":           {around(`{"name":"libxl_e","values":[]}`, aStruct), "no values"},
		"enum twice":           {around(anEnum+","+anEnum, aStruct), "is that of libxl_e"},
		"same value":           {around(`{"name":"libxl_e","values":[{"name":"A","value":1,"text":"a"},{"name":"B","value":1,"text":"b"}]}`, aStruct), "another value"},
		"same text":            {around(`{"name":"libxl_e","values":[{"name":"A","value":1,"text":"a"},{"name":"B","value":2,"text":"A"}]}`, aStruct), "another value"},
		"odd text":             {around(`{"name":"libxl_e","values":[{"name":"A","value":1,"text":"a\" + \""}]}`, aStruct), "its text"},
		"odd enumerator":       {around(`{"name":"libxl_e","values":[{"name":"A = 1; //","value":1,"text":"a"}]}`, aStruct), "no C name"},
		"odd struct name":      {around(anEnum, `{"name":"libxl_s {}; func init() {","members":[]}`), "no C name"},
		"struct twice":         {around(anEnum, aStruct+","+aStruct), "is that of libxl_s"},
		"no Go name":           {around(anEnum, `{"name":"libxl_9p","members":[]}`), "no exported Go name"},
		"no name at all":       {around(anEnum, `{"name":"libxl_","members":[]}`), "no exported Go name"},
		"enum and struct":      {around(anEnum, `{"name":"libxl_e","members":[]}`), "is that of libxl_e"},
		"odd member":           {member1(`{"name":"x int","type":"int"}`), "no C name"},
		"member twice":         {member1(`{"name":"x","type":"int"},{"name":"X","type":"int"}`), "another member's"},
		"member that is two":   {member1(`{"name":"x","type":"int","members":[]}`), "just one of"},
		"member that is none":  {member1(`{"name":"x"}`), "just one of"},
		"array of anonymous":   {member1(`{"name":"x","array":true,"members":[]}`), "just one of"},
		"unknown type":         {member1(`{"name":"x","type":"libxl_t"}`), "no type"},
		"type with more":       {member1(`{"name":"x","type":"int /* */"}`), "no type"},
		"itself":               {member1(`{"name":"x","type":"libxl_s"}`), "no type"},
		"later struct":         {around(anEnum, `{"name":"libxl_a","members":[{"name":"x","type":"libxl_s"}]},`+aStruct), "no type"},
		"too deep":             {member1(nested), "lie in each other"},
		"default of a text":    {member1(`{"name":"x","type":"char *","default":1}`), "it is no number"},
		"default of an array":  {member1(`{"name":"x","type":"int","array":true,"default":1}`), "it is no number"},
		"default too large":    {member1(`{"name":"x","type":"uint8_t","default":256}`), "no default of a uint8_t"},
		"default too small":    {member1(`{"name":"x","type":"uint64_t","default":-1}`), "no default of a uint64_t"},
		"default no integer":   {member1(`{"name":"x","type":"int","default":1e2}`), "no default of a int"},
		"default zero":         {member1(`{"name":"x","type":"int","default":0}`), "need not be said"},
		"union without key":    {member1(`{"name":"u","keyType":"libxl_e","arms":[{"value":"LIBXL_E_A"}]}`), "a union needs"},
		"union without arms":   {member1(`{"name":"u","key":"k","keyType":"libxl_e"}`), "a union needs"},
		"union's key no enum":  {member1(`{"name":"u","key":"k","keyType":"int","arms":[{"value":"LIBXL_E_A"}]}`), "no enumeration"},
		"arm of another enum":  {member1(`{"name":"u","key":"k","keyType":"libxl_e","arms":[{"value":"LIBXL_F_A"}]}`), "no value of libxl_e"},
		"arm twice":            {member1(`{"name":"u","key":"k","keyType":"libxl_e","arms":[{"value":"LIBXL_E_A"},{"value":"LIBXL_E_A"}]}`), "is that of"},
		"arm as a member":      {member1(`{"name":"k_a","type":"int"},{"name":"u","key":"k","keyType":"libxl_e","arms":[{"value":"LIBXL_E_A"}]}`), "another member's"},
		"fault in an arm":      {member1(`{"name":"u","key":"k","keyType":"libxl_e","arms":[{"value":"LIBXL_E_A","members":[{"name":"-"}]}]}`), "no C name"},
		"default in a struct":  {member1(`{"name":"x","default":1,"members":[{"name":"y","type":"int"}]}`), "just one of"},
		"anonymous like named": {around(anEnum, `{"name":"libxl_s_x","members":[]},{"name":"libxl_s","members":[{"name":"x","members":[]}]}`), "is that of libxl_s_x"},
	} {
		var e *DataError
		if _, err := readRelease([]byte(c.text)); !errors.As(err, &e) || !strings.Contains(e.Reason, c.reason) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestReadAll(t *testing.T) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	all, err := readAll(fstest.MapFS{
		"releases/4.17.json": file(around(anEnum, aStruct)),
		"releases/4.9.json":  file(strings.Replace(around(anEnum, aStruct), "4.17", "4.9", 1)),
	})
	if err != nil || len(all) != 2 || all[0].Release != (version{4, 9}) {
		t.Errorf("%+v, %v; want 4.9 before 4.17", all, err)
	}
	var e *DataError
	if _, err := readAll(fstest.MapFS{"releases/4.18.json": file(around(anEnum, aStruct))}); !errors.As(err, &e) {
		t.Errorf("a file with another release's name: %v", err)
	}
	if _, err := generate(fstest.MapFS{}); !errors.As(err, &e) {
		t.Errorf("no data: %v", err)
	}
}

// FuzzData: data that is read can be made Go and C of, and is written as it was read.
func FuzzData(f *testing.F) {
	f.Add([]byte(around(anEnum, aStruct)))
	f.Add([]byte(member1(`{"name":"x","type":"int","default":-1},{"name":"y","type":"uint8_t","array":true}`)))
	f.Add([]byte(member1(`{"name":"i","members":[{"name":"x","type":"libxl_e","default":1}]}`)))
	f.Add([]byte(member1(`{"name":"u","key":"k","keyType":"libxl_e","arms":[{"value":"LIBXL_E_A"},{"value":"LIBXL_E_B","members":[{"name":"x","type":"bool"}]}]}`)))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := readRelease(text)
		if err != nil {
			return
		}
		written, err := r.text()
		if err != nil {
			t.Fatal(err)
		}
		again, err := readRelease(written)
		if err != nil {
			t.Fatalf("written but not read: %v\n%s", err, written)
		}
		if rewritten, err := again.text(); err != nil || !bytes.Equal(written, rewritten) {
			t.Fatalf("not stable (%v):\n%s\n%s", err, written, rewritten)
		}
		if _, err := emit(r); err != nil {
			t.Fatalf("no Go comes of it: %v\n%s", err, text)
		}
	})
}
