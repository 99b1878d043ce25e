// Command devgen writes package libxl's methods for devices, which libxl has by the
// dozen and all alike, from the prototypes in the installed libxl.h.
//
// The words for each kind of device, and what is particular about it, are in kinds.go.
// A function of libxl.h that fits neither the table nor the usual shape is an error, so
// that a new release's functions do not go unnoticed.
package main

import (
	"flag"
	"fmt"
	"os"
)

// headerPath is where Debian's libxen-dev, and upstream's make install with
// --prefix=/usr, put libxl's functions.
const headerPath = "/usr/include/libxl.h"

func main() {
	out := flag.String("o", "devices_gen.go", "file to write")
	header := flag.String("header", headerPath, "libxl's functions")
	flag.Parse()
	if err := run(*header, *out); err != nil {
		fmt.Fprintln(os.Stderr, "devgen:", err)
		os.Exit(1)
	}
}

func run(header, out string) error {
	text, err := generate(header)
	if err != nil {
		return err
	}
	return os.WriteFile(out, text, 0o644)
}

// generate returns the Go file for the functions of the header.
func generate(header string) ([]byte, error) {
	text, err := os.ReadFile(header)
	if err != nil {
		return nil, err
	}
	functions, err := parse(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", header, err)
	}
	return emit(functions)
}
