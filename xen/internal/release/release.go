//go:build cgo

// Package release finds out whether the hypervisor is of the release that this program's
// Xen libraries are for: their calls into it change with every release.
package release

// #include "release.h"
import "C"

import (
	"fmt"
	"unsafe"

	"github.com/xenvoy/xenvoy/xen"
)

// Check compares the hypervisor's version with the release in the name of a library that
// this program has loaded, such as "libxenctrl.so.". The error matches
// xen.ErrOtherRelease. A library without a release in its name is taken for fitting.
func Check(library string, major, minor int) error {
	name := C.CString(library)
	defer C.free(unsafe.Pointer(name))
	var libMajor, libMinor C.int
	if C.release_of(name, &libMajor, &libMinor) == 0 || int(libMajor) == major && int(libMinor) == minor {
		return nil
	}
	return fmt.Errorf("%w: the hypervisor is Xen %d.%d, this program is built for %d.%d: use one that is built for %d.%d",
		xen.ErrOtherRelease, major, minor, libMajor, libMinor, major, minor)
}
