//go:build lab && compat

package integration

import (
	"os"
	"testing"

	"github.com/xenvoy/xenvoy/integration/lab"
	"github.com/xenvoy/xenvoy/integration/xlcompat"
)

// TestCommandsOfXL compares all commands with xl's on a host of its own, and the page of the
// documentation with what that says. "make compat" runs it; make test has a sample of its cases.
func TestCommandsOfXL(t *testing.T) {
	h := xlHost(t)
	install(t, h, build(t, lab.DefaultXen))
	some := os.Getenv("XENVOY_CASES") // for a try: the beginning of the names of files
	files, verdicts := compareXL(t, h, some)
	if some != "" {
		return
	}
	positive := 0
	for _, r := range xlcompat.Rows(files, verdicts) {
		if r.Positive > 0 {
			positive++
		}
	}
	if positive < leastPositive {
		t.Errorf("%d commands run their positive path, want %d", positive, leastPositive)
	}
	comparePage(t, xlcompat.Page(files, verdicts, h.Xen()))
}

// compatPage is the page that the comparison with xl writes when XENVOY_WRITE is set.
const compatPage = "../docs/xl-compat.md"

// leastPositive is how many commands have to run their positive path.
const leastPositive = 66

// comparePage compares the page with the one in docs, or writes that.
func comparePage(t *testing.T, page string) {
	t.Helper()
	if os.Getenv("XENVOY_WRITE") != "" {
		if err := os.WriteFile(compatPage, []byte(page), 0o644); err != nil {
			t.Error(err)
		}
		return
	}
	have, err := os.ReadFile(compatPage)
	if err != nil || string(have) != page {
		t.Errorf("%s is not what the comparison says (%v); XENVOY_WRITE=1 writes it", compatPage, err)
	}
}
