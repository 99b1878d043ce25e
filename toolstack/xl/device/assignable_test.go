package device

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/xenvoy/xenvoy/toolstack/xl/xltest"
	"github.com/xenvoy/xenvoy/xen/libxl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// pciback is a libxl with one device, 0000:01:00.0 called nic.
type pciback struct {
	domains
	got []string
}

func (p *pciback) DevicePCIAssignableAdd(_ context.Context, d idl.DevicePCI, rebind bool) error {
	p.got = append(p.got, fmt.Sprint("add ", address(d), " ", d.Name, " ", rebind))
	if d.Bus != 1 {
		return xltest.Fault("libxl_device_pci_assignable_add", libxl.ErrFail)
	}
	return nil
}

func (p *pciback) DevicePCIAssignableRemove(_ context.Context, d idl.DevicePCI, rebind bool) error {
	if d.Name != "" {
		p.got = append(p.got, fmt.Sprint("remove ", d.Name, " ", rebind))
		if d.Name == "nic" {
			return nil
		}
		return xltest.Fault("libxl_device_pci_assignable_remove", libxl.ErrNotFound)
	}
	p.got = append(p.got, fmt.Sprint("remove ", address(d), " ", rebind))
	if d.Bus != 1 {
		return xltest.Fault("libxl_device_pci_assignable_remove", libxl.ErrFail)
	}
	return nil
}

func TestAssignable(t *testing.T) {
	for _, c := range []struct {
		words  string
		got    []string
		stderr string
		status int
	}{
		{"pci-assignable-add 01:00.0", []string{"add 0000:01:00.0  true"}, "", 0},
		{"pci-assignable-add -n eth 01:00.0", []string{"add 0000:01:00.0 eth true"}, "", 0},
		{"pci-assignable-add 02:00.0", []string{"add 0000:02:00.0  true"}, "xl: libxl_device_pci_assignable_add: fail (-3)\n", 1},
		{"pci-assignable-add eth", nil, "pci-assignable-add: malformed BDF \"eth\"\n", 2},
		{"pci-assignable-remove nic", []string{"remove nic false"}, "", 0},
		{"pci-assignable-remove -r 01:00.0", []string{"remove 01:00.0 true", "remove 0000:01:00.0 true"}, "", 0},
		{"pci-assignable-remove 02:00.0", []string{"remove 02:00.0 false", "remove 0000:02:00.0 false"}, "xl: libxl_device_pci_assignable_remove: fail (-3)\n", 1},
		{"pci-assignable-remove eth", []string{"remove eth false"}, "pci-assignable-remove: malformed BDF 'eth'\n", 2},
	} {
		x := &pciback{}
		got := bench(x).XL(t, strings.Fields(c.words)...)
		if got != (xltest.Result{Stderr: c.stderr, Status: c.status}) || !slices.Equal(x.got, c.got) {
			t.Errorf("%s: %+v, libxl got %q", c.words, got, x.got)
		}
	}
}
