//go:build !cgo

// Package native is the toolstack.Host of the machine that this program runs on,
// over libxl. This build has none: it was made without cgo.
package native

import (
	"github.com/rs/zerolog"

	"github.com/xenvoy/xenvoy/toolstack"
	"github.com/xenvoy/xenvoy/xen/libxl"
)

// Open fails with an error that matches xen.ErrNoHypervisor and names the build
// that can.
func Open(zerolog.Logger) (toolstack.Host, error) {
	_, err := libxl.Open(libxl.Options{})
	return nil, err
}
