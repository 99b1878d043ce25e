package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const sampleHeader = `
#ifndef SAMPLE_H
#define SAMPLE_H
/* int in_a_comment(void); */
// int in_another(void);
#define wrapped(ctx, a) \
    int_in_a_macro((ctx), (a));
typedef struct sample__ctx sample_ctx;
typedef struct {
    void (*callback)(sample_ctx *ctx, int rc);
} sample_how;
struct sample_entry { uint64_t addr; } __attribute__((packed));
typedef int sample_predicate(const sample_ctx*, void *user);
enum { SAMPLE_ONE = 1 };
extern sample_buffer_t SAMPLE__NAME(SAMPLE_NULL);

int sample_close(sample_ctx *ctx /* NULL is fine */);
#if defined(SAMPLE_API_VERSION) && SAMPLE_API_VERSION < 0x040800
static inline int sample_open_0x040700(sample_ctx *ctx)
{
    if (ctx) { return sample_open(ctx, -1); }
    return 0;
}
#define sample_open sample_open_0x040700
#endif
sample_ctx * sample_list(
    sample_ctx*,
    int *nr)
    SAMPLE_EXTERNAL_CALLERS_ONLY;
void sample_printf(sample_ctx *ctx, const char *fmt, ...)
     __attribute__ ((format(printf, 2, 3)));
unsigned long
sample_size(void);
void sample_hook(void (*hook)(int), char *name[/*n*/]);
#endif
`

func TestParseHeader(t *testing.T) {
	got, err := parseHeader(sampleHeader)
	if err != nil {
		t.Fatal(err)
	}
	want := []function{
		{"sample_close", "int sample_close(sample_ctx *ctx )"},
		{"sample_list", "sample_ctx * sample_list( sample_ctx*, int *nr)"},
		{"sample_printf", "void sample_printf(sample_ctx *ctx, const char *fmt, ...)"},
		{"sample_size", "unsigned long sample_size(void)"},
		{"sample_hook", "void sample_hook(void (*hook)(int), char *name[ ])"},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestParseHeaderRefuses(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", "no functions"},
		{"typedef int only_a_type;", "no functions"},
		{"int f(void) { if (x) { return; }", "not closed"},
		{"int f(void); }", "none has opened"},
		{"int f(int a;", "cannot read"},
		{"int f(void);\nint f(void);", "f is declared twice"},
	} {
		if _, err := parseHeader(c.text); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: got %v, want %q", c.text, err, c.want)
		}
	}
}

func TestSame(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"char *f(int  a)", "char * f(int a /* b */)", true},
		{"int f(int arr[/*n*/])", "int f(int arr[])", true},
		{"int f(int a)", "int f(int b)", false},
		{"int f(int a)", "int f(int a) now", false},
	} {
		if got := same(c.a, c.b); got != c.want {
			t.Errorf("same(%q, %q) = %v", c.a, c.b, got)
		}
	}
}

func TestRelease(t *testing.T) {
	for _, place := range []string{"lib/x86_64-linux-gnu/pkgconfig", "lib/pkgconfig", "lib64/pkgconfig"} {
		root := t.TempDir()
		include := filepath.Join(root, "include")
		if _, err := release(include); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("without a file: %v", err)
		}
		if err := os.MkdirAll(filepath.Join(root, place), 0o755); err != nil {
			t.Fatal(err)
		}
		text := "Name: Xenlight\nVersion: 4.20.0\n"
		if err := os.WriteFile(filepath.Join(root, place, "xenlight.pc"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if got, err := release(include); got != "4.20" || err != nil {
			t.Errorf("%s: %q, %v", place, got, err)
		}
	}
}

// TestInstalledHeaders counts the prototypes of Xen 4.17. grep agrees for libxl.h: 222
// prototypes, and no inline function.
func TestInstalledHeaders(t *testing.T) {
	in := installed(t)
	want := map[string]int{
		"libxl.h": 222, "libxl_event.h": 17, "libxl_utils.h": 48,
		"xenctrl.h": 329, "xenguest.h": 81, "xenforeignmemory.h": 9, "xenstore.h": 32,
	}
	for _, h := range in.headers {
		if h.whole && len(h.functions) != want[h.name] {
			t.Errorf("%s: %d functions, want %d", h.name, len(h.functions), want[h.name])
		}
	}
}
