package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// A binding is one "Implements:" line.
type binding struct {
	function        // what the line says
	goName   string // "libxl.Context.PhysInfo"
	release  string // the first Xen release that has the C function; empty when all have it
	place    string // "host.go:17"
}

// implements is the line; after says whether a release is named.
var implements = regexp.MustCompile(`^// Implements(?: \((\d+\.\d+)\))?: (.+)$`)

// readBindings returns the bindings in the Go files of a directory, in the order of the
// files' names. A directory that does not exist has none. The lines that cannot be read
// are errors of the second result.
func readBindings(dir string) ([]binding, []error, error) {
	entries, err := os.ReadDir(dir)
	if os.IsNotExist(err) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	var bindings []binding
	var misread []error
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, nil, err
		}
		b, bad, err := parseBindings(filepath.Join("xen", filepath.Base(dir), e.Name()), text)
		if err != nil {
			return nil, nil, err
		}
		bindings = append(bindings, b...)
		misread = append(misread, bad...)
	}
	return bindings, misread, nil
}

// parseBindings returns the bindings in one Go file.
func parseBindings(name string, text []byte) ([]binding, []error, error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, text, parser.ParseComments)
	if err != nil {
		return nil, nil, err
	}
	owners := map[*ast.CommentGroup]string{}
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Doc != nil {
			owners[f.Doc] = goName(file.Name.Name, f)
		}
	}
	var bindings []binding
	var misread []error
	for _, group := range file.Comments {
		for _, c := range group.List {
			if !strings.HasPrefix(c.Text, "// Implements") {
				continue
			}
			place := fmt.Sprintf("%s:%d", name, fset.Position(c.Pos()).Line)
			b, err := parseBinding(c.Text, owners[group])
			if err != nil {
				misread = append(misread, fmt.Errorf("%s: %w: %s", place, err, c.Text))
				continue
			}
			b.place = place
			bindings = append(bindings, b)
		}
	}
	return bindings, misread, nil
}

// parseBinding reads one line, which belongs to the Go function owner.
func parseBinding(line, owner string) (binding, error) {
	m := implements.FindStringSubmatch(line)
	if m == nil {
		return binding{}, fmt.Errorf("no \"Implements: PROTOTYPE\", nor \"Implements (RELEASE): PROTOTYPE\"")
	}
	f, ok, err := parseStatement(m[2])
	switch {
	case err != nil || !ok:
		return binding{}, fmt.Errorf("no C prototype")
	case owner == "":
		return binding{}, fmt.Errorf("stands above no function")
	}
	f.prototype = m[2]
	return binding{function: f, goName: owner, release: m[1]}, nil
}

// goName returns a function's name as a user would write it: package.Type.Method.
func goName(pkg string, f *ast.FuncDecl) string {
	if f.Recv == nil {
		return pkg + "." + f.Name.Name
	}
	t := f.Recv.List[0].Type
	if p, ok := t.(*ast.StarExpr); ok {
		t = p.X
	}
	if g, ok := t.(*ast.IndexExpr); ok {
		t = g.X
	}
	if id, ok := t.(*ast.Ident); ok {
		return pkg + "." + id.Name + "." + f.Name.Name
	}
	return pkg + "." + f.Name.Name
}

// newerThan reports whether Xen release a ("4.20") came after b ("4.17").
func newerThan(a, b string) bool {
	if a == "" {
		return false
	}
	return releaseNumber(a) > releaseNumber(b)
}

// releaseNumber orders releases: 4.9 before 4.17.
func releaseNumber(release string) int {
	major, minor, _ := strings.Cut(release, ".")
	x, _ := strconv.Atoi(major)
	y, _ := strconv.Atoi(minor)
	return x*1000 + y
}
