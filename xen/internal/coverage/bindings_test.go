package main

import (
	"slices"
	"strings"
	"testing"
)

const sampleBindings = `// Package sample is one. "Implements:" in a comment is no line.
package sample

// Open opens.
//
// Implements: int sample_open(sample_ctx **ctx)
// Implements: void sample_setmode(sample_ctx *ctx, int mode)
func Open() {}

// Implements (4.20): int sample_new(sample_ctx *ctx, int a)
func (c *Context) New() {}

// Implements: char *sample_text(const sample_ctx*)
func (l list[T]) text() {}
`

func TestParseBindings(t *testing.T) {
	got, misread, err := parseBindings("sample.go", []byte(sampleBindings), map[string]string{})
	if err != nil || len(misread) != 0 {
		t.Fatal(err, misread)
	}
	want := []binding{
		{function{"sample_open", "int sample_open(sample_ctx **ctx)"}, "sample.Open", "", "sample.go:6"},
		{function{"sample_setmode", "void sample_setmode(sample_ctx *ctx, int mode)"}, "sample.Open", "", "sample.go:7"},
		{function{"sample_new", "int sample_new(sample_ctx *ctx, int a)"}, "sample.Context.New", "4.20", "sample.go:10"},
		{function{"sample_text", "char *sample_text(const sample_ctx*)"}, "sample.list.text", "", "sample.go:13"},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestParseBindingsRefuses(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"// Implements: int f(void)\nvar x int", "sample.go:2: stands above no function"},
		{"// Implements: int f(void)\n\nfunc f() {}", "stands above no function"},
		{"func f() {\n// Implements: int f(void)\n}", "stands above no function"},
		{"// Implements int f(void)\nfunc f() {}", "no \"Implements: PROTOTYPE\""},
		{"// Implements (new): int f(void)\nfunc f() {}", "no \"Implements: PROTOTYPE\""},
		{"// Implements: f\nfunc f() {}", "no C prototype"},
		{"// Implements: int f(void\nfunc f() {}", "no C prototype"},
	} {
		got, misread, err := parseBindings("sample.go", []byte("package sample\n"+c.text), map[string]string{})
		if err != nil || len(got) != 0 || len(misread) != 1 || !strings.Contains(misread[0].Error(), c.want) {
			t.Errorf("%q: got %+v, %v, %v; want %q", c.text, got, misread, err, c.want)
		}
	}
	if _, _, err := parseBindings("sample.go", []byte("not Go"), map[string]string{}); err == nil {
		t.Error("no error for a file that is not Go")
	}
}

// TestPromote: what a user calls is a method of the exported type, where there is one.
func TestPromote(t *testing.T) {
	users := map[string]string{}
	for _, text := range []string{
		"type Tx struct{ nodes }\ntype Client struct {\n\t*nodes\n\tmore inner\n}",
		"type hidden struct{ inner }\ntype Open struct{ Exported }",
	} {
		if _, _, err := parseBindings("sample.go", []byte("package sample\n"+text), users); err != nil {
			t.Fatal(err)
		}
	}
	for from, want := range map[string]string{
		"sample.nodes.Read":    "sample.Client.Read",
		"sample.inner.Read":    "sample.inner.Read",
		"sample.Exported.Read": "sample.Exported.Read",
		"sample.Read":          "sample.Read",
	} {
		b := []binding{{goName: from}}
		if promote(b, users); b[0].goName != want {
			t.Errorf("%s: got %s, want %s", from, b[0].goName, want)
		}
	}
}

func TestNewerThan(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"4.20", "4.17", true}, {"4.17", "4.17", false}, {"4.9", "4.17", false},
		{"5.0", "4.17", true}, {"", "4.17", false},
	} {
		if got := newerThan(c.a, c.b); got != c.want {
			t.Errorf("newerThan(%q, %q) = %v", c.a, c.b, got)
		}
	}
}
