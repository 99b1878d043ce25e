package main

import (
	"bytes"
	"os"
	"testing"
)

// TestReferenceIsCurrent compares docs/commands.md with the commands' help.
func TestReferenceIsCurrent(t *testing.T) {
	want, err := os.ReadFile("../../docs/commands.md")
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	a := &app{stdout: &got, stderr: &got}
	if code := a.run(t.Context(), []string{"docs", "markdown"}); code != exitOK {
		t.Fatalf("status %d: %s", code, &got)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Error("docs/commands.md is not what the commands' help makes; go generate ./cmd/xenvoy")
	}
}

// TestManPages makes one for each command, and for the program itself.
func TestManPages(t *testing.T) {
	dir := t.TempDir()
	var out bytes.Buffer
	a := &app{stdout: &out, stderr: &out}
	if code := a.run(t.Context(), []string{"docs", "man", dir}); code != exitOK {
		t.Fatalf("status %d: %s", code, &out)
	}
	for _, c := range append(a.rootCommand(nil).Commands(), a.rootCommand(nil)) {
		name := "xenvoy-" + c.Name()
		if !c.HasParent() {
			name = "xenvoy"
		}
		_, err := os.Stat(dir + "/" + name + ".1")
		if written := err == nil; written != (c.IsAvailableCommand() || !c.HasParent()) {
			t.Errorf("%s: page %v", name, err)
		}
	}
}
