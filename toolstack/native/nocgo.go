//go:build !cgo

package native

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/rs/zerolog"

	"github.com/xenvoy/xenvoy/toolstack"
	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/xen"
	"github.com/xenvoy/xenvoy/xen/hypercall"
	"github.com/xenvoy/xenvoy/xen/libxl"
)

// installed is where a package puts the builds for the releases of Xen.
const installed = "/usr/lib/xenvoy"

// Open fails: this build has not the libraries. Where there is a hypervisor, the error
// matches xen.ErrNoCgo and names the build that can, else it is OpenList's.
func Open(zerolog.Logger) (toolstack.Host, error) { return nil, missing() }

// OpenXL fails as Open does.
func OpenXL(context.Context, func(libxl.Record), libxl.Level) (xl.Xen, io.Closer, error) {
	return nil, nil, missing()
}

// missing says which build is.
func missing() error {
	name, err := buildName()
	if err != nil {
		return err
	}
	return fmt.Errorf("%w: it needs %s beside it, or in %s: \"make build\" makes it for the Xen of libxen-dev, \"make build XEN=RELEASE\" for another",
		xen.ErrNoCgo, name, installed)
}

// Build gives the path of the build of this program that has the libraries of this machine's
// Xen. "" says that this machine has no Xen, or none that this program may use, or that
// there is no such build: Open tells which.
func Build() (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	name, err := buildName()
	if err != nil || filepath.Base(self) == name { // it is this one: a build without cgo, in the place of one
		return "", nil
	}
	own, err := os.Stat(self)
	if err != nil {
		return "", err
	}
	for _, dir := range [...]string{filepath.Dir(self), installed} {
		path := filepath.Join(dir, name)
		switch st, err := os.Stat(path); {
		case err == nil && os.SameFile(st, own): // a link to this one
		case err == nil:
			return path, nil
		case !errors.Is(err, fs.ErrNotExist):
			return "", err
		}
	}
	return "", nil
}

// buildName is the name of the build for this machine's Xen: xenvoy-4.17.
func buildName() (string, error) {
	c, err := hypercall.Open()
	if err != nil {
		return "", err
	}
	defer c.Close()
	major, minor, err := c.Version(context.Background()) // it does not block
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("xenvoy-%d.%d", major, minor), nil
}
