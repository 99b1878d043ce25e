package main

import (
	"strings"
	"testing"
)

// sampleHeader has what gentypes.py writes, of each kind one.
const sampleHeader = `
typedef enum libxl_colour {
    LIBXL_COLOUR_RED = -1,
    LIBXL_COLOUR_BLUE = 2,
} libxl_colour;
char *libxl_colour_to_json(libxl_ctx *ctx, libxl_colour p);
typedef struct libxl_thing {
    libxl_ev_link link;
    int num_parts;
    uint32_t * parts;
    char * name;
    int size;
    libxl_colour colour;
    union {
        struct {
            int depth;
            const char * features;
        } red;
    } u;
    struct {
        uint8_t x;
    } inner;
} libxl_thing;
void libxl_thing_dispose(libxl_thing *p);
typedef struct libxl_plain {
    bool on;
} libxl_plain;
`

func TestParseHeader(t *testing.T) {
	r, err := parseHeader(sampleHeader)
	if err != nil {
		t.Fatal(err)
	}
	if e := r.enum("libxl_colour"); e == nil || len(e.Values) != 2 || e.Values[0].Value != -1 {
		t.Errorf("enum = %+v", e)
	}
	if r.Structs[0].Plain || !r.Structs[1].Plain {
		t.Error("only libxl_plain holds no memory")
	}
	m := r.Structs[0].Members
	if len(m) != 5 {
		t.Fatalf("%d members, want parts, name, size, the union and inner: %+v", len(m), m)
	}
	if !m[0].Array || m[0].Type != "uint32_t" || m[1].Type != "char *" {
		t.Errorf("array and string = %+v, %+v", m[0], m[1])
	}
	if u := m[3]; u.Key != "colour" || u.KeyType != "libxl_colour" || len(u.Arms) != 1 || len(u.Arms[0].Members) != 1 {
		t.Errorf("union = %+v", u)
	}
	if len(m[4].Members) != 1 {
		t.Errorf("anonymous structure = %+v", m[4])
	}
}

func TestParseHeaderRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"nothing":                "int x;",
		"enum without end":       "typedef enum libxl_a {\n A = 1,\n",
		"odd enumerator":         "typedef enum libxl_a {\n A,\n} libxl_a;",
		"enumerator beyond int":  "typedef enum libxl_a {\n A = 4294967296,\n} libxl_a;",
		"struct without end":     "typedef struct libxl_a {\n int b;\n",
		"inner without end":      "typedef struct libxl_a {\n struct {\n int b;\n",
		"function pointer":       "typedef struct libxl_a {\n int (*b)(void);\n} libxl_a;",
		"union first":            "typedef struct libxl_a {\n union {\n } u;\n} libxl_a;",
		"array first":            "typedef struct libxl_a {\n int * b;\n} libxl_a;",
		"arm that is no struct":  "typedef struct libxl_a {\n int k;\n union {\n int b;\n } u;\n} libxl_a;",
		"union without end":      "typedef struct libxl_a {\n int k;\n union {\n",
		"arm that is a union":    "typedef struct libxl_a {\n int k;\n union {\n int j;\n union {\n } b;\n } u;\n} libxl_a;",
		"unreadable line in arm": "typedef struct libxl_a {\n int k;\n union {\n struct {\n x\n } b;\n } u;\n} libxl_a;",
	} {
		if _, err := parseHeader(text); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

const sampleFacts = `text LIBXL_COLOUR_RED red
text LIBXL_COLOUR_BLUE blue
default libxl_thing.size -1
default libxl_thing.inner.x 0
default libxl_thing.red.depth 7
arm libxl_thing.LIBXL_COLOUR_RED 1
arm libxl_thing.LIBXL_COLOUR_BLUE 1
`

// sample returns the data of a release with sampleHeader's types.
func sample(t *testing.T, v version) *release {
	t.Helper()
	r, err := parseHeader(sampleHeader)
	if err != nil {
		t.Fatal(err)
	}
	r.Release = v
	f, err := parseFacts(sampleFacts)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.complete(f); err != nil {
		t.Fatal(err)
	}
	if err := r.check(); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestComplete(t *testing.T) {
	r := sample(t, version{4, 17})
	m := r.Structs[0].Members
	if m[2].Default != "-1" || m[4].Members[0].Default != "" {
		t.Errorf("defaults = %q, %q", m[2].Default, m[4].Members[0].Default)
	}
	arms := m[3].Arms
	if len(arms) != 2 || arms[0].Members[0].Default != "7" || arms[1].Value != "LIBXL_COLOUR_BLUE" || arms[1].Members != nil {
		t.Errorf("arms = %+v", arms)
	}
}

func TestCompleteRefuses(t *testing.T) {
	f, err := parseFacts("text LIBXL_COLOUR_RED red\n")
	if err != nil {
		t.Fatal(err)
	}
	r, err := parseHeader(sampleHeader)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.complete(f); err == nil || !strings.Contains(err.Error(), "LIBXL_COLOUR_BLUE") {
		t.Errorf("an enumerator without a name: %v", err)
	}
}

func TestParseFactsRefusesNoise(t *testing.T) {
	for _, text := range []string{"text A\n", "noise A b\n"} {
		if _, err := parseFacts(text); err == nil || !strings.Contains(err.Error(), "cannot read") {
			t.Errorf("%q: %v", text, err)
		}
	}
}
