//go:build cgo

package libxl

import (
	"testing"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// OpenXen is openXen for the test of the examples, which stand outside of the package.
func OpenXen(t *testing.T) *Context { return openXen(t) }

// TinyConfig is a PVH guest's configuration, for the same test.
func TinyConfig(t *testing.T) *idl.DomainConfig { return tinyConfig(t, idl.DomainTypePVH) }
