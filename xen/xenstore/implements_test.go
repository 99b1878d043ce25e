package xenstore

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	cComment   = regexp.MustCompile(`(?s)/\*.*?\*/`)
	cDirective = regexp.MustCompile(`(?m)^[ \t]*#(?:.*\\\n)*.*$`)
	cSpace     = regexp.MustCompile(`\s+`)
	prototype  = regexp.MustCompile(`[\w\s*]+\b(xs_\w+)\s*\([^;{]*\)\s*;`)

	implementsLine = regexp.MustCompile(`(?m)^// Implements: (.*\b(xs_\w+)\(.*)$`)
	reasonLine     = regexp.MustCompile(`(?m)^//   - (xs_\w+(?:, xs_\w+)*):((?:.*\n//     )*.*)$`)
)

// TestCoverage holds each function of xenstore.h against the bindings and the reasons
// in the package's doc: it must be in one of them.
func TestCoverage(t *testing.T) {
	header := map[string]string{}
	for _, name := range []string{"xenstore.h", "xenstore_lib.h"} {
		text, err := os.ReadFile(filepath.Join("/usr/include", name))
		if os.IsNotExist(err) {
			t.Skipf("/usr/include/%s is not installed (Debian: libxen-dev), so there is nothing to compare with", name)
		}
		if err != nil {
			t.Fatal(err)
		}
		maps.Copy(header, prototypes(string(text)))
	}
	sources, err := filepath.Glob("*.go")
	if err != nil || len(sources) == 0 {
		t.Skipf("no sources beside the test: %v", err)
	}
	bound, reasons := map[string]string{}, map[string]string{}
	for _, name := range sources {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		for _, m := range implementsLine.FindAllStringSubmatch(string(text), -1) {
			if bound[m[2]] != "" {
				t.Errorf("%s: %s is bound twice", name, m[2])
			}
			bound[m[2]] = plain(m[1])
		}
		for _, m := range reasonLine.FindAllStringSubmatch(string(text), -1) {
			for name := range strings.SplitSeq(m[1], ", ") {
				reasons[name] = strings.TrimSpace(m[2])
			}
		}
	}
	for _, f := range faults(header, bound, reasons) {
		t.Error(f)
	}
	t.Logf("%d of %d C functions are bound, %d have a reason", len(bound), len(header), len(reasons))
	if len(header) < 30 || len(bound) < 16 || len(reasons) < 15 {
		t.Error("too few are found: the search is broken")
	}
}

// faults compares what a header declares with what is bound and what is left out.
func faults(header, bound, reasons map[string]string) (faults []string) {
	for _, name := range slices.Sorted(maps.Keys(header)) {
		switch {
		case bound[name] != "" && reasons[name] != "":
			faults = append(faults, name+" is bound, and has a reason why it is not")
		case bound[name] == "" && reasons[name] == "":
			faults = append(faults, name+" is neither bound nor left out with a reason")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(bound)) {
		if header[name] != bound[name] {
			faults = append(faults, name+": the header has "+header[name]+", the comment "+bound[name])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(reasons)) {
		if header[name] == "" && !strings.Contains(reasons[name], "Xen 4.2") {
			faults = append(faults, name+" is not in the header, and its reason names no release that has it")
		}
	}
	return faults
}

func TestCoverageFindsFaults(t *testing.T) {
	header := prototypes("/* xs_no(void); */\n#define MAX(x) \\\n xs_macro(x);\nbool xs_a(struct xs_handle *h /* NULL ok */,\n\t int b);\n" +
		"char **xs_b(void);\nstruct s { int i; };\nint xs_c(int domid);\n")
	if want := []string{"xs_a", "xs_b", "xs_c"}; !slices.Equal(slices.Sorted(maps.Keys(header)), want) {
		t.Fatalf("found %q", header)
	}
	good := map[string]string{"xs_a": plain("bool xs_a(struct xs_handle *h, int b)")}
	for _, c := range []struct {
		name           string
		bound, reasons map[string]string
		faults         int
	}{
		{"complete", good, map[string]string{"xs_b": "r", "xs_c": "r", "xs_d": "since Xen 4.21"}, 0},
		{"a function without reason", good, map[string]string{"xs_b": "r"}, 1},
		{"another signature", map[string]string{"xs_a": plain("bool xs_a(int b)")}, map[string]string{"xs_b": "r", "xs_c": "r"}, 1},
		{"bound and left out", good, map[string]string{"xs_a": "r", "xs_b": "r", "xs_c": "r"}, 1},
		{"a reason for nothing", good, map[string]string{"xs_b": "r", "xs_c": "r", "xs_d": "r"}, 1},
	} {
		if got := faults(header, c.bound, c.reasons); len(got) != c.faults {
			t.Errorf("%s: %q", c.name, got)
		}
	}
}

// prototypes returns the functions that a header declares, by name.
func prototypes(header string) map[string]string {
	text := cDirective.ReplaceAllString(cComment.ReplaceAllString(header, ""), "")
	found := map[string]string{}
	for _, m := range prototype.FindAllStringSubmatch(text, -1) {
		found[m[1]] = strings.TrimSuffix(plain(m[0]), ";")
	}
	return found
}

// plain removes comments and blanks.
func plain(text string) string {
	return cSpace.ReplaceAllString(cComment.ReplaceAllString(text, ""), "")
}
