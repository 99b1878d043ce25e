package image

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// BuildRoot is a tree with the headers and libraries of one Xen release and of the Debian that brings it. Programs
// that are compiled and linked against it run on a host of that release; the compiler stays this machine's own.
type BuildRoot struct {
	Key  string // hash of the recipe
	Xen  string // the release
	Dir  string
	Root string // the tree; headers are in usr/include
	CC   string // the machine's gcc, told to look only there
}

// buildRootFormat changes when the build code changes what it makes of the same recipe.
const buildRootFormat = 1

// buildPackages are the tree's. base-files brings the links from /lib to /usr/lib that libc's linker script goes by.
var buildPackages = [...]string{"base-files", "libc6-dev", "libxen-dev"}

// ccScript is the compiler. --sysroot moves the headers; gcc finds the machine's own libraries and start files by its
// own place and not by the root, so -L and -B put the tree's before them.
const ccScript = `#!/bin/sh
root=${0%/*}/root
lib=$root/usr/lib/x86_64-linux-gnu
exec gcc --sysroot="$root" -B"$lib" -L"$lib" "$@"
`

func (r release) buildRoot() tree {
	return tree{suite: r.suite, variant: "extract", packages: buildPackages[:], excluded: excluded[:]}
}

func (r release) buildRootKey() string {
	h := sha256.New()
	fmt.Fprintf(h, "%d %s %+v\n%s", buildRootFormat, r.xen, r.buildRoot(), ccScript)
	return hex.EncodeToString(h.Sum(nil))[:16]
}

// EnsureBuildRoot is Ensure for the tree to build programs for a release in. It fails with ErrRelease too.
func EnsureBuildRoot(ctx context.Context, cacheDir, xen string, progress func(string)) (*BuildRoot, error) {
	rel, err := findRelease(xen)
	if err != nil {
		return nil, err
	}
	// The go command takes CC apart at them, and so do shells.
	if strings.ContainsAny(cacheDir, " \t\n'\"") {
		return nil, fmt.Errorf("build root: a compiler cannot be in %q: choose a cache folder without spaces and quotes", cacheDir)
	}
	key := rel.buildRootKey()
	b := buildRootAt(filepath.Join(cacheDir, "buildroot-"+key), key, xen)
	err = ensure(ctx, b.Dir, progress, func(tmp string) []step {
		all := filepath.Join(tmp, "root")
		nb := buildRootAt(filepath.Join(tmp, resultDir), key, xen)
		return []step{
			{"fetching the headers and libraries of Xen " + xen, func(ctx context.Context) error { return rel.buildRoot().make(ctx, all) }},
			{"keeping what a compiler reads", func(context.Context) error { return nb.take(all) }},
		}
	})
	if errors.Is(err, ErrNotRoot) {
		return nil, err
	}
	if err != nil {
		return nil, fmt.Errorf("build root: %w", err)
	}
	return b, nil
}

func buildRootAt(dir, key, xen string) *BuildRoot {
	return &BuildRoot{Key: key, Xen: xen, Dir: dir, Root: filepath.Join(dir, "root"), CC: filepath.Join(dir, "gcc")}
}

// take moves what a compiler and a linker read out of a tree of packages, and adds the compiler's script.
func (b *BuildRoot) take(all string) error {
	if err := os.MkdirAll(filepath.Join(b.Root, "usr"), 0o755); err != nil {
		return err
	}
	for _, d := range []string{"lib", "lib64", "usr/include", "usr/lib", "usr/lib64"} {
		if err := os.Rename(filepath.Join(all, d), filepath.Join(b.Root, d)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return writeFile(b.CC, []byte(ccScript), 0o755)
}

// Env is what the go command, or a configure script, needs in its environment to build for the release. Go's cache
// keeps the results of each compiler apart.
func (b *BuildRoot) Env() []string { return []string{"CGO_ENABLED=1", "CC=" + b.CC} }
