package libxl

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestImplementsLines compares the prototypes that bindings name with the installed
// headers, so that a changed C signature shows.
func TestImplementsLines(t *testing.T) {
	var headers strings.Builder
	for _, name := range []string{"libxl.h", "libxl_event.h", "libxl_utils.h", "_libxl_types.h"} {
		text, err := os.ReadFile(filepath.Join("/usr/include", name))
		if os.IsNotExist(err) {
			t.Skipf("/usr/include/%s is not installed (Debian: libxen-dev), so there is nothing to compare with", name)
		}
		if err != nil {
			t.Fatal(err)
		}
		headers.WriteString(plainC(string(text)))
	}
	sources, err := filepath.Glob("*.go")
	if err != nil || len(sources) == 0 {
		t.Skipf("no sources beside the test: %v", err)
	}
	seen := map[string]string{}
	for _, name := range sources {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?m)^// Implements: (.*)$`).FindAllStringSubmatch(string(text), -1) {
			if !strings.Contains(headers.String(), plainC(m[1])) {
				t.Errorf("%s: no header has %s", name, m[1])
			}
			if other, ok := seen[m[1]]; ok {
				t.Errorf("%s and %s both implement %s", name, other, m[1])
			}
			seen[m[1]] = name
		}
	}
	t.Logf("%d C functions are bound", len(seen))
	if len(seen) < 40 {
		t.Errorf("only %d C functions are named", len(seen))
	}
}

var (
	cComment = regexp.MustCompile(`(?s)/\*.*?\*/`)
	cSpace   = regexp.MustCompile(`\s+`)
)

// plainC removes comments and blanks.
func plainC(text string) string {
	return cSpace.ReplaceAllString(cComment.ReplaceAllString(text, ""), "")
}
