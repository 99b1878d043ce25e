//go:build !cgo

package xenstore

import (
	"fmt"

	"github.com/xenvoy/xenvoy/xen"
)

// openLibrary fails: a program built without cgo cannot reach Xen.
func openLibrary() (library, error) {
	return nil, fmt.Errorf("%w: this program was built without cgo (build it with CGO_ENABLED=1 and libxen-dev)", xen.ErrNoHypervisor)
}
