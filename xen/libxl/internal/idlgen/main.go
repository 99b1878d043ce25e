// Command idlgen writes the Go types of package idl, and package libxl's list of them.
//
// What each release of Xen says of libxl's types is in releases/, a file each. The Go
// types are the union of them all, marked where not every release has something; so the
// same sources serve every release.
//
// "idlgen scan" makes such a file from a release's headers and library. It reads the
// shape of the types from _libxl_types.h and asks the library itself, through a small C
// program, what a header cannot say: the name of each enumerator, the value that a
// member has after X_init, and which arms a keyed union has in JSON.
package main

import (
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "idlgen:", err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	if len(args) > 0 && args[0] == "scan" {
		return runScan(args[1:], out)
	}
	flags := flag.NewFlagSet("idlgen", flag.ExitOnError)
	dir := flags.String("o", ".", "directory of package idl, below that of package libxl")
	flags.Parse(args) // ends the program on an error
	files, err := generate(data)
	if err != nil {
		return err
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(*dir, name), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// generate returns the generated files by name, made of the releases' data.
func generate(data fs.FS) (map[string][]byte, error) {
	all, err := readAll(data)
	if err != nil {
		return nil, err
	}
	union, err := merge(all)
	if err != nil {
		return nil, err
	}
	if err := union.check(); err != nil {
		return nil, err
	}
	return emit(union)
}

func runScan(args []string, out io.Writer) error {
	flags := flag.NewFlagSet("idlgen scan", flag.ExitOnError)
	sysroot := flags.String("sysroot", "", "tree with the headers and libraries (default the compiler's own)")
	header := flags.String("header", "", "libxl's generated type definitions (default SYSROOT"+headerPath+")")
	name := flags.String("release", "", "release that they are of (default what the library's name says)")
	flags.Parse(args) // ends the program on an error
	tools, err := newToolchain(*sysroot)
	if err != nil {
		return err
	}
	if *header == "" {
		*header = tools.sysroot + headerPath
	}
	v, err := tools.release()
	if *name != "" {
		v, err = parseVersion(*name)
	}
	if err != nil {
		return err
	}
	r, err := tools.scan(*header, v)
	if err != nil {
		return err
	}
	text, err := r.text()
	if err != nil {
		return err
	}
	_, err = out.Write(text)
	return err
}
