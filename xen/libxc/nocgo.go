//go:build !cgo

package libxc

import (
	"fmt"

	"github.com/xenvoy/xenvoy/xen"
)

// An Interface is an open connection to the hypervisor. This build has none.
type Interface struct{}

// Open fails with an error that matches xen.ErrNoHypervisor: a program built without
// cgo cannot reach Xen.
func Open(Options) (*Interface, error) {
	return nil, fmt.Errorf("%w: %w", xen.ErrNoHypervisor, xen.ErrNoCgo)
}

// Close does nothing.
func (*Interface) Close() error { return nil }
