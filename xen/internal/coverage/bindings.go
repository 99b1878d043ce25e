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
	users := map[string]string{}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, nil, err
		}
		b, bad, err := parseBindings(filepath.Join("xen", filepath.Base(dir), e.Name()), text, users)
		if err != nil {
			return nil, nil, err
		}
		bindings = append(bindings, b...)
		misread = append(misread, bad...)
	}
	promote(bindings, users)
	return bindings, misread, nil
}

// promote names methods of unexported types by the exported types through which a user
// calls them.
func promote(bindings []binding, users map[string]string) {
	for i, b := range bindings {
		if t, method, ok := cutLast(b.goName); ok && users[t] != "" {
			bindings[i].goName = users[t] + "." + method
		}
	}
}

// cutLast splits "package.Type.Method" before the method.
func cutLast(goName string) (before, last string, ok bool) {
	i := strings.LastIndexByte(goName, '.')
	if i < 0 {
		return "", goName, false
	}
	return goName[:i], goName[i+1:], true
}

// addUsers notes for each unexported type that the file embeds in exported structures the
// first of these by name.
func addUsers(users map[string]string, file *ast.File) {
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok {
			return true
		}
		outer, ok := spec.Type.(*ast.StructType)
		if !ok || !spec.Name.IsExported() {
			return false
		}
		for _, f := range outer.Fields.List {
			t := f.Type
			if p, ok := t.(*ast.StarExpr); ok {
				t = p.X
			}
			if id, ok := t.(*ast.Ident); ok && len(f.Names) == 0 && !id.IsExported() {
				inner, user := file.Name.Name+"."+id.Name, file.Name.Name+"."+spec.Name.Name
				if users[inner] == "" || user < users[inner] {
					users[inner] = user
				}
			}
		}
		return false
	})
}

// parseBindings returns the bindings in one Go file, and adds to users what it embeds.
func parseBindings(name string, text []byte, users map[string]string) ([]binding, []error, error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, text, parser.ParseComments)
	if err != nil {
		return nil, nil, err
	}
	addUsers(users, file)
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
