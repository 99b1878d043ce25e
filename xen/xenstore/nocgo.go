//go:build !cgo

package xenstore

import (
	"fmt"

	"github.com/xenvoy/xenvoy/xen"
)

// openLibrary fails: a program built without cgo cannot reach Xen.
func openLibrary() (library, error) {
	return nil, fmt.Errorf("%w: %w", xen.ErrNoHypervisor, xen.ErrNoCgo)
}
