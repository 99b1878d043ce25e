//go:build cgo

package libxl

// #include "glue.h"
import "C"

import (
	"fmt"
	"strings"

	"github.com/xenvoy/xenvoy/xen"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// headersRelease is the release of the headers that this program was compiled with, and
// so of the libxl that it runs with: libxl's binary interface is that of one release.
func headersRelease() idl.Release {
	return idl.Release{Major: C.XV_RELEASE / 100, Minor: C.XV_RELEASE % 100}
}

// A ReleaseError is a structure of package idl that has something set which this
// program's libxl lacks. It matches xen.ErrNotSupported.
type ReleaseError struct {
	Needs []idl.Need  // at least one
	Built idl.Release // what this program is built for
}

// maxNeeds bounds how many needs the text of a ReleaseError names.
const maxNeeds = 4

// Error names the members and the releases that have them.
func (e *ReleaseError) Error() string {
	var b strings.Builder
	for i, n := range e.Needs {
		if i == maxNeeds {
			fmt.Fprintf(&b, " and %d more", len(e.Needs)-i)
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(n.String())
	}
	fmt.Fprintf(&b, "; this program is built for %v", e.Built)
	return b.String()
}

// Is makes the error match xen.ErrNotSupported.
func (e *ReleaseError) Is(target error) bool { return target == xen.ErrNotSupported }

// checkRelease returns a [*ReleaseError] when libxl would not know something that is
// set in v: its JSON parser passes over what it does not know, without a word.
func checkRelease(v any) error { return checkReleaseFor(v, headersRelease()) }

func checkReleaseFor(v any, built idl.Release) error {
	if needs := idl.Newer(v, built); len(needs) > 0 {
		return &ReleaseError{Needs: needs, Built: built}
	}
	return nil
}
