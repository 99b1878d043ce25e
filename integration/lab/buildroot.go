package lab

import (
	"context"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"sync"

	"github.com/xenvoy/xenvoy/integration/lab/image"
)

// BuildRoot returns what programs for hosts of a Xen release are built with, and fetches it into cacheDir ("" is
// CacheDir()) first when it is missing. Errors: ErrConfig, image.ErrNotRoot, the failed program's last lines, or ctx's
// cause.
func BuildRoot(ctx context.Context, cacheDir, xen string, events Events) (*image.BuildRoot, error) {
	var err error
	if cacheDir == "" {
		cacheDir, err = CacheDir()
	} else {
		cacheDir, err = filepath.Abs(cacheDir) // a compiler is called from any folder
	}
	if err != nil {
		return nil, err
	}
	b, err := image.EnsureBuildRoot(ctx, cacheDir, xen, func(s string) { events.say("", "%s", s) })
	if errors.Is(err, image.ErrRelease) {
		err = fmt.Errorf("%w: %w", ErrConfig, err)
	}
	return b, err
}

// versioned matches those of Xen's libraries that work with one release alone.
var versioned = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^lib(?:xenlight|xlutil|xenctrl|xenguest|xenstat)\.so\.([0-9]+\.[0-9]+)$`)
})

// BuiltFor returns the Xen release, such as "4.17", that the program at path is linked for, or "" when it runs on any:
// a script, or a program that needs no Xen.
func BuiltFor(path string) (string, error) {
	f, err := elf.Open(path)
	var format *elf.FormatError
	if errors.As(err, &format) || errors.Is(err, io.EOF) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	defer f.Close()
	libs, err := f.ImportedLibraries()
	if err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	for _, l := range libs {
		if m := versioned().FindStringSubmatch(l); m != nil {
			return m[1], nil
		}
	}
	return "", nil
}
