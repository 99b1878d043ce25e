//go:build cgo

package libxl

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

func TestXenPCIAssignable(t *testing.T) {
	c := openXen(t)
	want := inDom0(t, "xl", "pci-assignable-list")
	devices, err := c.DevicePCIAssignableList(t.Context())
	if _, missing := os.Stat("/sys/bus/pci/drivers/pciback"); missing != nil {
		if !errors.Is(err, ErrFail) || want != "" {
			t.Errorf("without pciback: %+v; xl says %q", err, want)
		}
	} else if err != nil {
		t.Fatalf("%+v", err)
	}
	var got strings.Builder
	for _, d := range devices {
		fmt.Fprintf(&got, "%04x:%02x:%02x.%01x \n", d.Domain, d.Bus, d.Dev, d.Func)
	}
	if got.String() != want {
		t.Errorf("%q; xl says %q", got.String(), want)
	}
	none := idl.DevicePCI{Domain: 0xffff, Bus: 0xff, Dev: 0x1f, Func: 7}
	if err := c.DevicePCIAssignableAdd(t.Context(), none, false); !errors.Is(err, ErrFail) {
		t.Errorf("making a device assignable that is not there: %+v", err)
	}
	if err := c.DevicePCIAssignableRemove(t.Context(), idl.DevicePCI{Name: "nobody"}, false); !errors.Is(err, ErrNotFound) {
		t.Errorf("by a name that none has: %+v", err)
	}
}
