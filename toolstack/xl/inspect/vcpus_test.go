package inspect

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/xenvoy/xenvoy/toolstack/xl/xltest"
	"github.com/xenvoy/xenvoy/xen/libxl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

func (f *fake) ListVCPUs(_ context.Context, id idl.DomID) ([]idl.VCPUInfo, error) {
	all := idl.Bitmap{0, 1, 2, 3, 4, 5, 6, 7}
	switch id {
	case 0:
		return []idl.VCPUInfo{{VCPUID: 0, CPU: 1, Online: true, Running: true, VCPUTime: 2_500_000_000, CPUMap: all, CPUMapSoft: all}}, f.failed("ListVCPUs")
	case 7:
		return []idl.VCPUInfo{
			{VCPUID: 0, CPU: 3, Online: true, Blocked: true, VCPUTime: 100_000_000, CPUMap: idl.Bitmap{0, 1, 3}, CPUMapSoft: all},
			{VCPUID: 1, CPUMap: idl.Bitmap{2}, CPUMapSoft: idl.Bitmap{}},
		}, f.failed("ListVCPUs")
	}
	return nil, libxl.ErrDomainNotFound
}

const (
	vcpuHeader = "Name                                ID  VCPU   CPU State   Time(s) Affinity (Hard / Soft)\n"
	dom0VCPU   = "Domain-0                             0     0    1   r--       2.5  all / all\n"
	webVCPUs   = "web                                  7     0    3   -b-       0.1  0-1,3 / all\n" +
		"web                                  7     1    -   --p       0.0  2 / none\n"
)

func TestVCPUList(t *testing.T) {
	for _, tc := range []struct {
		words          string
		stdout, stderr string
		status         int
	}{
		{"vcpu-list", vcpuHeader + dom0VCPU + webVCPUs, "", 0},
		{"vcpu-list web", vcpuHeader + webVCPUs, "", 0},
		{"vcpu-list web 9 0", vcpuHeader + webVCPUs + dom0VCPU, "xl: domain_notfound\n", 0},
		{"vcpu-list web nosuch 0", vcpuHeader + webVCPUs, "nosuch is an invalid domain identifier (rc=-6)\n", 1},
	} {
		if got := run(t, &fake{}, strings.Fields(tc.words)...); got != (xltest.Result{Stdout: tc.stdout, Stderr: tc.stderr, Status: tc.status}) {
			t.Errorf("%s: status %d, stderr %q, stdout\n%s", tc.words, got.Status, got.Stderr, got.Stdout)
		}
	}
	for method, stderr := range map[string]string{"PhysInfo": "libxl_physinfo failed.\n", "ListDomains": "libxl_list_domain failed.\n"} {
		f := &fake{fail: map[string]error{method: libxl.ErrFail}}
		if got := run(t, f, "vcpu-list"); got.Status != 0 || got.Stderr != stderr {
			t.Errorf("%s: %+v", method, got)
		}
		if got := (xltest.Bench{Commands: Commands(), Xen: f}).Xenvoy(t, "table", "vcpu-list"); !errors.Is(got.Err, libxl.ErrFail) {
			t.Errorf("%s, strictly: %+v", method, got)
		}
	}
	b := xltest.Bench{Commands: Commands(), Xen: &fake{}}
	if got := b.Xenvoy(t, "json", "vcpu-list", "9"); !errors.Is(got.Err, libxl.ErrDomainNotFound) || got.Stdout != "" {
		t.Errorf("%+v", got)
	}
	got := b.Xenvoy(t, "json", "vcpu-list")
	var rows []VCPU
	if err := errors.Join(got.Err, json.Unmarshal([]byte(got.Stdout), &rows)); err != nil {
		t.Fatal(err)
	}
	if len(rows) != 3 || *rows[1].CPU != 3 || rows[2].CPU != nil || rows[2].State != "--p" || !rows[1].HardAffinity.Has(3) {
		t.Errorf("%+v", rows)
	}
}

func TestVMList(t *testing.T) {
	want := "UUID                                  ID    name\n" +
		"00000000-0000-0000-0000-000000000000  0    Domain-0                      \n" +
		"ab000000-0000-0000-0000-000000000001  7    web                           \n"
	if got := run(t, &fake{}, "vm-list"); got != (xltest.Result{Stdout: want}) {
		t.Errorf("%+v", got)
	}
}
