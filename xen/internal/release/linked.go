//go:build cgo

package release

// #cgo LDFLAGS: -Wl,--no-as-needed -lxenctrl
// #include "release.h"
import "C"

import "unsafe"

// linked is the release of the libxenctrl that this program has.
func linked() (major, minor int) {
	name := C.CString("libxenctrl.so.")
	defer C.free(unsafe.Pointer(name))
	var x, y C.int
	C.release_of(name, &x, &y)
	return int(x), int(y)
}
