package main

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestGeneratedFilesAreCurrent regenerates from the installed headers and library
// and compares with what is committed.
func TestGeneratedFilesAreCurrent(t *testing.T) {
	if _, err := os.Stat(headerPath); errors.Is(err, fs.ErrNotExist) {
		t.Skipf("%s is not installed (Debian: libxen-dev), so there is nothing to compare with", headerPath)
	}
	if _, err := exec.LookPath("cc"); err != nil {
		t.Skip("no C compiler (cc), so libxl cannot be asked for names and initial values")
	}
	files, err := generate(headerPath)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join("..", "..", "idl", name))
		if err != nil {
			t.Error(err)
		} else if !bytes.Equal(got, want) {
			t.Errorf("idl/%s differs from what the headers give: run go generate ./xen/libxl/idl", name)
		}
	}
}

func TestParseHeader(t *testing.T) {
	d, err := parseHeader(`
typedef enum libxl_colour {
    LIBXL_COLOUR_RED = -1,
    LIBXL_COLOUR_BLUE = 2,
} libxl_colour;
char *libxl_colour_to_json(libxl_ctx *ctx, libxl_colour p);
typedef struct libxl_thing {
    int num_parts;
    libxl_part * parts;
    char * name;
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
`)
	if err != nil {
		t.Fatal(err)
	}
	if e := d.enum("libxl_colour"); e == nil || len(e.values) != 2 || e.values[0].value != -1 {
		t.Errorf("enum = %+v", e)
	}
	m := d.structs[0].members
	if len(m) != 4 {
		t.Fatalf("%d members, want parts, name, the union and inner: %+v", len(m), m)
	}
	if !m[0].array || m[0].ctype != "libxl_part" || m[1].ctype != "char *" {
		t.Errorf("array and string = %+v, %+v", m[0], m[1])
	}
	if m[2].key != "colour" || len(m[2].arms) != 1 || len(m[2].arms[0].inner.members) != 1 {
		t.Errorf("union = %+v", m[2])
	}
	if m[3].inner == nil {
		t.Errorf("anonymous structure = %+v", m[3])
	}
}

func TestParseHeaderRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"nothing":            "int x;",
		"enum without end":   "typedef enum libxl_a {\n A = 1,\n",
		"odd enumerator":     "typedef enum libxl_a {\n A,\n} libxl_a;",
		"struct without end": "typedef struct libxl_a {\n int b;\n",
		"function pointer":   "typedef struct libxl_a {\n int (*b)(void);\n} libxl_a;",
		"union first":        "typedef struct libxl_a {\n union {\n } u;\n} libxl_a;",
	} {
		if _, err := parseHeader(text); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestGoNames(t *testing.T) {
	for c, want := range map[string]string{
		"libxl_device_nic":         "DeviceNIC",
		"LIBXL_DOMAIN_TYPE_HVM":    "DomainTypeHVM",
		"backend_domid":            "BackendDomID",
		"c_info":                   "CInfo",
		"max_vcpus":                "MaxVCPUs",
		"libxl_error":              "ErrorCode",
		"ERROR_DOMAIN_NOTFOUND":    "ErrorDomainNotfound",
		"libxl_rdm_reserve_policy": "RDMReservePolicy",
	} {
		if got := goName(c); got != want {
			t.Errorf("goName(%s) = %s, want %s", c, got, want)
		}
	}
}

func TestParseFactsRefusesNoise(t *testing.T) {
	if _, err := parseFacts("name A\n"); err == nil || !strings.Contains(err.Error(), "cannot read") {
		t.Errorf("err = %v", err)
	}
}
