//go:build cgo

package libxc_test

import (
	"fmt"
	"io"
	"os"
	"regexp"
	"testing"

	"github.com/xenvoy/xenvoy/xen/libxc"
)

// TestXenExamples runs each example of the package's documentation with one guest, which
// goes on after it.
func TestXenExamples(t *testing.T) {
	id, countsOn := libxc.StartGuest(t)
	for _, c := range []struct {
		name    string
		example func()
		want    string // what it prints, a regular expression
	}{
		{"log-dirty", Example, fmt.Sprintf(`(?m)^domain %d: [0-9]+ of [1-9][0-9]* pages$`, id)},
		{"save", ExampleInterface_SaveDomain, fmt.Sprintf(`^domain %d: saved [1-9][0-9]* MB\n$`, id)},
	} {
		if got := printed(t, c.example); !regexp.MustCompile(c.want).MatchString(got) {
			t.Errorf("%s prints %q, want %q", c.name, got, c.want)
		}
		countsOn()
	}
}

// printed returns what f writes to standard output.
func printed(t *testing.T, f func()) string {
	t.Helper()
	file, err := os.CreateTemp(t.TempDir(), "stdout")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	stdout := os.Stdout
	os.Stdout = file
	defer func() { os.Stdout = stdout }()
	f()
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
