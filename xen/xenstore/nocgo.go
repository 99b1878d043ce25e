//go:build !cgo

package xenstore

import (
	"fmt"

	"github.com/xenvoy/xenvoy/xen"
)

// A Client is a connection to xenstored. This build has none.
type Client struct{}

// Open fails with an error that matches xen.ErrNoHypervisor: a program built without
// cgo cannot reach Xen.
func Open() (*Client, error) {
	return nil, fmt.Errorf("%w: this program was built without cgo (build it with CGO_ENABLED=1 and libxen-dev)", xen.ErrNoHypervisor)
}

// Close does nothing.
func (*Client) Close() error { return nil }
