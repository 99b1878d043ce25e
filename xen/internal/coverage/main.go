// Command coverage measures how much of Xen's C API the packages under xen bind, and
// writes docs/xen-coverage.md.
//
// It reads the prototypes of the installed headers, the "Implements:" lines in the
// comments of the Go functions, and reasons.txt, which has the reason for each C
// function that no Go function names. What does not fit together is a problem: a
// prototype that no header has, a function that is neither bound nor has a reason, a
// reason that is not needed any more, too low a share. It reports all of them at once.
//
//	// Implements: int libxl_get_max_cpus(libxl_ctx *ctx)
//	// Implements (4.20): int libxl_device_9pfs_add(libxl_ctx *ctx, …)
//
// The second form is for what older releases than the named one lack; it is compared
// where the installed headers have that release.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

//go:generate go run . -root ../../.. -o ../../../docs/xen-coverage.md

// documented is the Xen release whose headers the document and the reasons are for.
const documented = "4.17"

// includeDir is where Debian's libxen-dev, and upstream's make install with
// --prefix=/usr, put the headers.
const includeDir = "/usr/include"

func main() {
	root := flag.String("root", ".", "directory of the Go module")
	include := flag.String("include", includeDir, "directory of Xen's headers")
	out := flag.String("o", "", "the document to write; without it, only the problems are printed")
	flag.Parse()
	if err := run(*root, *include, *out); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run writes the document also when there are problems, because it shows them too. The
// error is all problems, one a line.
func run(root, include, out string) error {
	in, err := read(root, include)
	if err != nil {
		return err
	}
	if in.release != documented {
		if out != "" {
			return fmt.Errorf("the headers in %s are Xen %s's, the document is for %s", include, in.release, documented)
		}
		return errors.Join(in.problems(in.newer())...)
	}
	report, problems := judge(in)
	if out != "" {
		if err := os.WriteFile(out, document(report), 0o644); err != nil {
			return err
		}
	}
	return errors.Join(in.problems(problems)...)
}

// An input is all that a report rests on.
type input struct {
	release  string // of the headers: "4.17"
	headers  []header
	bindings []binding
	misread  []error // comments that look like "Implements:" lines
	rules    []rule
}

func (in *input) problems(more []error) []error { return append(in.misread, more...) }

// read collects the input from the module in root and the headers in include. The
// error matches fs.ErrNotExist where no headers are installed.
func read(root, include string) (*input, error) {
	in := &input{}
	var err error
	if in.release, err = release(include); err != nil {
		return nil, err
	}
	if in.headers, err = readHeaders(include); err != nil {
		return nil, err
	}
	if in.rules, err = parseReasons(reasons); err != nil {
		return nil, err
	}
	for _, name := range []string{"libxl", "libxc", "xenstore"} {
		bindings, misread, err := readBindings(filepath.Join(root, "xen", name))
		if err != nil {
			return nil, err
		}
		in.bindings = append(in.bindings, bindings...)
		in.misread = append(in.misread, misread...)
	}
	return in, nil
}
