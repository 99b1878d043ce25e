package main

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

const (
	moduleRoot = "../../.."
	page       = "docs/xen-coverage.md"
)

// installed reads the sources and the installed headers; it skips where these are not
// the documented release's.
func installed(t *testing.T) *input {
	t.Helper()
	found, err := release(includeDir)
	if errors.Is(err, os.ErrNotExist) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	in, err := read(moduleRoot, includeDir)
	if err != nil {
		t.Fatal(err)
	}
	if found != documented {
		for _, p := range in.problems(in.newer()) {
			t.Error(p)
		}
		t.Skipf("the headers in %s are Xen %s's; the rest is compared with %s's", includeDir, found, documented)
	}
	return in
}

// TestCoverage is the measure: every C function of the headers is bound or has a reason.
func TestCoverage(t *testing.T) {
	in := installed(t)
	_, problems := judge(in)
	for _, p := range in.problems(problems) {
		t.Error(p)
	}
}

// TestPage compares the committed page with the sources and headers.
func TestPage(t *testing.T) {
	in := installed(t)
	want, err := os.ReadFile(filepath.Join(moduleRoot, page))
	if err != nil {
		t.Fatal(err)
	}
	r, _ := judge(in)
	if string(document(r)) != string(want) {
		t.Errorf("%s is not what the sources give: run \"go generate ./xen/internal/coverage\"", page)
	}
}

func TestRunRefusesAnotherRelease(t *testing.T) {
	installed(t)
	root := t.TempDir() // looks like an installation of Xen 4.20 with 4.17's headers
	for _, dir := range []string{"include", "lib/pkgconfig"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, h := range knownHeaders() {
		if err := os.Symlink(filepath.Join(includeDir, h.name), filepath.Join(root, "include", h.name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(root, "lib/pkgconfig/xenlight.pc"), []byte("Version: 4.20.0\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(root, "page.md")
	if err := run(moduleRoot, filepath.Join(root, "include"), out); err == nil {
		t.Error("no error")
	}
	if _, err := os.Stat(out); !os.IsNotExist(err) {
		t.Errorf("a page was written: %v", err)
	}
}

func TestRunWritesThePage(t *testing.T) {
	in := installed(t)
	out := filepath.Join(t.TempDir(), "page.md")
	err := run(moduleRoot, includeDir, out)
	r, problems := judge(in)
	if (err != nil) != (len(in.problems(problems)) > 0) {
		t.Errorf("%d problems, but run says %v", len(problems), err)
	}
	got, err := os.ReadFile(out)
	if err != nil || string(got) != string(document(r)) {
		t.Errorf("%v; the page is not the report's", err)
	}
}
