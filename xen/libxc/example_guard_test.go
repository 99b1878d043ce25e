//go:build cgo

package libxc

import (
	"testing"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// StartGuest gives the test of the examples, which stand outside of the package, a PVH
// guest that runs, and the means to wait until it has counted on.
func StartGuest(t *testing.T) (id idl.DomID, countsOn func()) {
	g := startGuest(t, openXen(t), idl.DomainTypePVH)
	return g.id, func() {
		t.Helper()
		g.WaitCount(g.Counted())
	}
}
