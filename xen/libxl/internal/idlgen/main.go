// Command idlgen writes the Go types of package idl, and package libxl's list of them,
// from the installed libxl.
//
// It reads the shape of the types from _libxl_types.h and asks the library
// itself, through a small C program, what a header cannot say: the name of each
// enumerator, the value that a member has after X_init, and which arms a keyed
// union has in JSON. So the output follows the Xen release it is built against.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

// headerPath is where Debian's libxen-dev, and upstream's make install with
// --prefix=/usr, put the generated type definitions.
const headerPath = "/usr/include/_libxl_types.h"

func main() {
	out := flag.String("o", ".", "directory of package idl, below that of package libxl")
	header := flag.String("header", headerPath, "libxl's generated type definitions")
	flag.Parse()
	if err := run(*header, *out); err != nil {
		fmt.Fprintln(os.Stderr, "idlgen:", err)
		os.Exit(1)
	}
}

// run generates every file and writes it into dir.
func run(header, dir string) error {
	files, err := generate(header)
	if err != nil {
		return err
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// generate returns the generated files by name, formatted.
func generate(header string) (map[string][]byte, error) {
	text, err := os.ReadFile(header)
	if err != nil {
		return nil, err
	}
	decls, err := parseHeader(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", header, err)
	}
	facts, err := askLibrary(decls)
	if err != nil {
		return nil, err
	}
	return emit(decls, facts)
}
