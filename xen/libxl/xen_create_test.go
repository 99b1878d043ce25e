//go:build cgo

package libxl

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// noDomainLeft checks that no domain of this test process is there, dying ones apart.
func noDomainLeft(t *testing.T, c *Context) {
	t.Helper()
	domains, err := c.ListDomains(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range domains {
		name, err := c.DomIDToName(t.Context(), d.DomID)
		if err == nil && strings.HasPrefix(name, fmt.Sprintf("xv-test-%d-", os.Getpid())) {
			t.Errorf("domain %d (%s) is left: %+v", d.DomID, name, d)
		}
	}
}

func TestXenCreateFailure(t *testing.T) {
	c := openXen(t)
	cfg := tinyConfig(t, idl.DomainTypePVH)
	cfg.BInfo.Kernel = "/no/such/kernel"
	id, err := c.DomainCreateNew(t.Context(), cfg, CreateOptions{})
	destroyLater(t, c, id)
	if err == nil || !strings.Contains(fmt.Sprintf("%+v", err), "/no/such/kernel") {
		t.Errorf("%+v", err)
	}
	noDomainLeft(t, c)
}

// TestXenAbortCreate cancels a creation at several moments: nothing stays.
func TestXenAbortCreate(t *testing.T) {
	c := openXen(t)
	before := leftovers(t)
	for _, after := range []time.Duration{time.Millisecond, 300 * time.Millisecond, time.Second} {
		ctx, cancel := context.WithTimeout(t.Context(), after)
		id, err := c.DomainCreateNew(ctx, tinyConfig(t, idl.DomainTypeHVM), CreateOptions{})
		cancel()
		t.Logf("after %v: domain %d, %v", after, int32(id), err)
		if !errors.Is(err, context.DeadlineExceeded) || id != idl.InvalidDomID {
			t.Errorf("after %v: domain %d, %+v", after, int32(id), err)
		}
		if now := leftovers(t); now != before {
			t.Errorf("after %v: before\n%snow\n%s", after, before, now)
		}
	}
	noDomainLeft(t, c)
}

// leftovers is what a half-built domain could leave: xenstore's entries, device models.
func leftovers(t *testing.T) string {
	t.Helper()
	const script = `xenstore-ls -f | cut -d' ' -f1 | grep -E '^/(vm|libxl|local/domain)/' | grep -vE '^/local/domain/0/(memory|device-model$)' | sort
ps -eo pid=,args= | grep '[ ]-xen-domid ' | sort; ls /run/xen`
	out, err := exec.CommandContext(t.Context(), "sh", "-c", script).Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}
