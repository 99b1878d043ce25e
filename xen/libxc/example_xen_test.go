//go:build cgo

package libxc_test

import (
	"fmt"
	"regexp"
	"testing"

	"github.com/xenvoy/xenvoy/xen/internal/processtest"
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
		if got := processtest.Printed(t, c.example); !regexp.MustCompile(c.want).MatchString(got) {
			t.Errorf("%s prints %q, want %q", c.name, got, c.want)
		}
		countsOn()
	}
}
