package main

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestGeneratedFilesAreCurrent makes the files anew and compares with what is committed.
func TestGeneratedFilesAreCurrent(t *testing.T) {
	files, err := generate(data)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 6 {
		t.Errorf("%d files", len(files))
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join("..", "..", "idl", name))
		if err != nil {
			t.Error(err)
		} else if !bytes.Equal(got, want) {
			t.Errorf("idl/%s differs from what the data gives: run go generate ./xen/libxl/idl", name)
		}
	}
}

// TestDataIsCurrent scans the headers and the library that the compiler finds ($CC, cc
// without it) and compares with the data of their release.
func TestDataIsCurrent(t *testing.T) {
	tools, err := newToolchain("")
	if errors.Is(err, exec.ErrNotFound) {
		t.Skip("no C compiler, so libxl cannot be asked for names and initial values")
	}
	if err != nil {
		t.Fatal(err)
	}
	header := tools.sysroot + headerPath
	if _, err := os.Stat(header); errors.Is(err, fs.ErrNotExist) {
		t.Skipf("%s is not installed (Debian: libxen-dev), so there is nothing to compare with", header)
	}
	v, err := tools.release()
	if err != nil {
		t.Fatal(err)
	}
	want, err := data.ReadFile("releases/" + v.String() + ".json")
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("there is no data of Xen %v, whose headers are installed", v)
	}
	if err != nil {
		t.Fatal(err)
	}
	r, err := tools.scan(header, v)
	if err != nil {
		t.Fatal(err)
	}
	got, err := r.text()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("releases/%v.json is not what the headers and the library say: run idlgen scan", v)
	}
}
