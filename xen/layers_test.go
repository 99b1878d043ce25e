package xen

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// TestOnlyXenImportsC holds the rule that the linter cannot: import "C" is no
// import to it.
func TestOnlyXenImportsC(t *testing.T) {
	inside := 0
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, i := range f.Imports {
			if i.Path.Value != `"C"` {
				continue
			}
			if strings.HasPrefix(filepath.ToSlash(path), "../xen/") {
				inside++
				continue
			}
			t.Errorf("%s imports C", path)
		}
		return nil
	})
	if err != nil || inside == 0 {
		t.Fatalf("%d files under xen import C, %v: the search is broken", inside, err)
	}
}
