package forklock_test

import (
	"errors"
	"io/fs"
	"os"
	"testing"

	_ "github.com/xenvoy/xenvoy/xen/internal/forklock" // what is tested
	"github.com/xenvoy/xenvoy/xen/internal/forklock/forklocktest"
)

// TestXenForkWithBuffersInUse has children born while other threads call the hypervisor. Without
// the package some of them wait for ever.
func TestXenForkWithBuffersInUse(t *testing.T) {
	if _, err := os.Stat("/proc/xen/privcmd"); errors.Is(err, fs.ErrNotExist) && os.Getenv("XENVOY_TEST_XEN") == "" {
		t.Skip("this machine does not run Xen; the lab does")
	}
	const children = 50
	hung, err := forklocktest.Hung(children, 2)
	if err != nil || hung > 0 {
		t.Errorf("%d of %d children hang: %v", hung, children, err)
	}
}
