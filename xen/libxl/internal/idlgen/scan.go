package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// headerPath is where Debian's libxen-dev, and upstream's make install with
// --prefix=/usr, put the generated type definitions.
const headerPath = "/usr/include/_libxl_types.h"

// probeTime is far more than the compiler and the probe need.
const probeTime = 2 * time.Minute

// A toolchain compiles C for this machine, or for another system's tree on it.
type toolchain struct {
	cc      []string
	sysroot string // "" for this machine
	libs    string // directory of the system's libraries
}

// newToolchain takes the compiler from the environment's CC. An empty sysroot means
// the compiler's own.
func newToolchain(sysroot string) (toolchain, error) {
	t := toolchain{cc: strings.Fields(os.Getenv("CC"))}
	if len(t.cc) == 0 {
		t.cc = []string{"cc"}
	}
	if sysroot == "" {
		// cc --sysroot=… of the environment; nothing for a compiler without one
		said, err := t.ask("-print-sysroot")
		if err != nil {
			return t, err
		}
		sysroot = said
	}
	arch, err := t.ask("-print-multiarch")
	if err != nil {
		return t, err
	}
	t.sysroot, t.libs = strings.TrimSuffix(sysroot, "/"), filepath.Join(sysroot, "/usr/lib", arch)
	if t.sysroot != "" {
		// Debian's gcc looks for libraries in its own place before the sysroot's.
		t.cc = append(t.cc, "--sysroot="+t.sysroot, "-B"+t.libs, "-L"+t.libs)
	}
	return t, nil
}

func (t toolchain) ask(option string) (string, error) {
	out, err := exec.Command(t.cc[0], slices.Concat(t.cc[1:], []string{option})...).Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w", strings.Join(t.cc, " "), option, err)
	}
	return strings.TrimSpace(string(out)), nil
}

var libraryName = regexp.MustCompile(`^libxenlight\.so\.(\d+\.\d+)`)

// release tells which release the libraries are of: their name has it, because
// libxl's binary interface is that of one release.
func (t toolchain) release() (version, error) {
	file, err := filepath.EvalSymlinks(filepath.Join(t.libs, "libxenlight.so"))
	if err != nil {
		return version{}, err
	}
	m := libraryName.FindStringSubmatch(filepath.Base(file))
	if m == nil {
		return version{}, fmt.Errorf("%s does not say which release it is of", file)
	}
	return parseVersion(m[1])
}

// scan asks a header and the library that belongs to it.
func (t toolchain) scan(header string, v version) (*release, error) {
	text, err := os.ReadFile(header)
	if err != nil {
		return nil, err
	}
	r, err := parseHeader(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", header, err)
	}
	r.Release = v
	out, err := t.run(probeSource(r))
	if err != nil {
		return nil, err
	}
	f, err := parseFacts(out)
	if err != nil {
		return nil, err
	}
	if err := r.complete(f); err != nil {
		return nil, err
	}
	return r, r.check()
}

// run builds a C program against the system's libxl, runs it and returns its output.
func (t toolchain) run(source []byte) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), probeTime)
	defer cancel()
	dir, err := os.MkdirTemp("", "idlgen")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	src, bin := filepath.Join(dir, "probe.c"), filepath.Join(dir, "probe")
	if err := os.WriteFile(src, source, 0o600); err != nil {
		return "", err
	}
	compile := slices.Concat(t.cc[1:], []string{"-o", bin, src, "-lxenlight"})
	if out, err := exec.CommandContext(ctx, t.cc[0], compile...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("compiling the probe: %w\n%s", err, out)
	}
	argv, err := t.runnable(bin)
	if err != nil {
		return "", err
	}
	out, err := exec.CommandContext(ctx, argv[0], argv[1:]...).Output()
	if err != nil {
		return "", fmt.Errorf("running the probe: %w", err)
	}
	return string(out), nil
}

// runnable returns the command that runs a program with the system's own C library.
func (t toolchain) runnable(bin string) ([]string, error) {
	if t.sysroot == "" {
		return []string{bin}, nil
	}
	for _, pattern := range [...]string{"/lib64/ld-linux-*.so.*", "/lib/ld-linux-*.so.*"} {
		if found, _ := filepath.Glob(t.sysroot + pattern); len(found) > 0 {
			return []string{found[0], "--library-path", t.libs, bin}, nil
		}
	}
	return nil, fmt.Errorf("%s has no dynamic linker in /lib64 or /lib", t.sysroot)
}
