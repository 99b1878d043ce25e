package durable

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// look is the content of the file at path, and what else is in its folder.
func look(t *testing.T, path string) (content string, mode fs.FileMode, others int) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	if st, err := os.Stat(path); err == nil {
		mode, others = st.Mode(), -1
	}
	all, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	return string(data), mode, others + len(all)
}

func write(t *testing.T, path, text string, mode fs.FileMode) *File {
	t.Helper()
	f, err := Create(path, mode)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
	return f
}

func TestFileIsThereAsAWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "image")
	first := write(t, path, "one", 0o600)
	if content, _, _ := look(t, path); content != "" {
		t.Errorf("before Commit: %q", content)
	}
	if err := first.Commit(); err != nil {
		t.Fatal(err)
	}
	first.Discard()
	if content, mode, others := look(t, path); content != "one" || mode != 0o600 || others != 0 || first.Size() != 3 {
		t.Errorf("%q, mode %v, %d others, size %d", content, mode, others, first.Size())
	}
	write(t, path, "half of two", 0o644).Discard()
	if content, _, others := look(t, path); content != "one" || others != 0 {
		t.Errorf("after one that was discarded: %q, %d others", content, others)
	}
	second := write(t, path, "two", 0o644)
	if err := second.Commit(); err != nil {
		t.Fatal(err)
	}
	if content, mode, others := look(t, path); content != "two" || mode != 0o600 || others != 0 {
		t.Errorf("in the place of another: %q, mode %v, %d others", content, mode, others)
	}
}

func TestFileInThePlaceOfALink(t *testing.T) {
	dir := t.TempDir()
	path, link := filepath.Join(dir, "image"), filepath.Join(dir, "link")
	if err := os.WriteFile(path, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("image", link); err != nil {
		t.Fatal(err)
	}
	if err := write(t, link, "new", 0o644).Commit(); err != nil {
		t.Fatal(err)
	}
	if content, _, others := look(t, path); content != "new" || others != 1 {
		t.Errorf("%q, %d others", content, others)
	}
	if to, err := os.Readlink(link); err != nil || to != "image" {
		t.Errorf("the link goes to %q: %v", to, err)
	}
}

func TestFileThatIsNone(t *testing.T) {
	f := write(t, os.DevNull, "gone", 0o644)
	if err := f.Commit(); err != nil || f.Size() != 0 {
		t.Errorf("%v, size %d", err, f.Size())
	}
	if _, err := Create(t.TempDir(), 0o644); err == nil {
		t.Error("a folder is written to")
	}
	if _, err := Create(filepath.Join(t.TempDir(), "none", "image"), 0o644); !os.IsNotExist(err) {
		t.Errorf("in a folder that is not there: %v", err)
	}
}
