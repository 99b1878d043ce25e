package xl

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// What xl printed must come back byte for byte, by its layout alone and through libxl's types.
func TestLibxlJSON(t *testing.T) {
	files, err := filepath.Glob("../domcfg/xlcfg/testdata/good/*.json")
	if err != nil || len(files) < 300 {
		t.Fatalf("%d recorded files: %v", len(files), err)
	}
	typed := 0
	for _, file := range files {
		recorded, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		want := strings.TrimRight(string(recorded), "\n") + "\n"
		got, err := LibxlJSON(json.RawMessage(recorded))
		if err != nil || string(got) != want {
			t.Errorf("%s: its own text comes back as %s (%v)", file, got, err)
		}
		if bytes.Contains(recorded, []byte(`: ""`)) { // an empty text is none in libxl's types
			continue
		}
		typed++
		var c idl.DomainConfig
		if err := json.Unmarshal(recorded, &c); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if got, err = LibxlJSON(c); err != nil || string(got) != want {
			t.Errorf("%s: %v, got\n%s\nwant\n%s", file, err, got, want)
		}
	}
	if typed < 250 {
		t.Errorf("only %d files were compared through libxl's types", typed)
	}
}

func TestLibxlJSONLayout(t *testing.T) {
	for _, c := range []struct {
		name string
		v    any
		want string
	}{
		{"scalars", []any{1, true, nil, "a"}, "[\n    1,\n    true,\n    null,\n    \"a\"\n]\n"},
		{"nothing", map[string]any{"a": []int{}, "b": struct{}{}}, "{\n    \"a\": [\n\n    ],\n    \"b\": {\n\n    }\n}\n"},
		{"large number", uint64(18446744073709551615), "18446744073709551615\n"},
		{"escapes", "\"\\/\n\r\t\f\b\x01\x1f<&>\x7fé\u2028", "\"\\\"\\\\/\\n\\r\\t\\f\\b\\u0001\\u001F<&>\x7fé\u2028\"\n"},
	} {
		got, err := LibxlJSON(c.v)
		if err != nil || string(got) != c.want {
			t.Errorf("%s: %v, %q, want %q", c.name, err, got, c.want)
		}
	}
	if _, err := LibxlJSON(func() {}); err == nil {
		t.Error("a function became JSON")
	}
}
