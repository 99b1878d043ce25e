//go:build !cgo

package libxl

import (
	"context"
	"fmt"

	"github.com/xenvoy/xenvoy/xen"
)

// Options are choices for Open.
type Options struct {
	Log      func(Record)
	MinLevel Level
}

// A Context is an open libxl. This build has none.
type Context struct{}

// Open fails with an error that matches xen.ErrNoHypervisor: a program built without
// cgo cannot reach Xen.
func Open(context.Context, Options) (*Context, error) {
	return nil, fmt.Errorf("%w: %w", xen.ErrNoHypervisor, xen.ErrNoCgo)
}

// Close does nothing.
func (*Context) Close() error { return nil }
