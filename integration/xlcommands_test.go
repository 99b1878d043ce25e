//go:build lab && xlcommands

package integration

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/xenvoy/xenvoy/integration/lab"
	"github.com/xenvoy/xenvoy/integration/xlcompat"
)

// TestCommandsOfXL compares the commands with xl's on a host of its own. It is not in make test
// yet: its list of what differs on purpose is not complete. "make compat" runs it.
func TestCommandsOfXL(t *testing.T) {
	h := xlHost(t)
	install(t, h, build(t, lab.DefaultXen))
	compareXL(t, h)
}

// compatPage is the page that the comparison with xl writes when XENVOY_WRITE is set.
const compatPage = "../docs/xl-compat.md"

// leastPositive is how many commands have to run their positive path.
const leastPositive = 66

// compareXL runs all cases of testdata/xl with xl itself and with the product under its
// name, and compares.
func compareXL(t *testing.T, h *lab.Host) {
	files, err := xlcompat.Read(os.DirFS("testdata/xl"))
	if err != nil {
		t.Fatal(err)
	}
	some := os.Getenv("XENVOY_CASES") // for a try: the beginning of the names of files
	files = slices.DeleteFunc(files, func(f *xlcompat.File) bool { return !strings.HasPrefix(f.Name, some) })
	all := runCases(t, h, files, "real", "ours")
	recordXL(t, files, all)
	for _, fault := range xlcompat.Around(files, all) {
		t.Error(fault)
	}
	var verdicts []xlcompat.Verdict
	for _, f := range files {
		for _, s := range f.Sections {
			for _, c := range s.Cases {
				v := xlcompat.Judge(c, all)
				for _, fault := range v.Faults {
					t.Errorf("%s: %s: %s", c.Where, c.Line, fault)
				}
				verdicts = append(verdicts, v)
			}
		}
	}
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

// recordXL writes what xl itself does, for whoever writes a command, to the file XENVOY_RECORD.
func recordXL(t *testing.T, files []*xlcompat.File, all xlcompat.Results) {
	t.Helper()
	path := os.Getenv("XENVOY_RECORD")
	if path == "" {
		return
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := xlcompat.Record(f, files, all); err != nil {
		t.Fatal(err)
	}
}

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
