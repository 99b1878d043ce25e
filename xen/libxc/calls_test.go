//go:build cgo

package libxc

import (
	"bytes"
	"encoding/binary"
	"errors"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/xenvoy/xenvoy/xen/libxc/internal/fakexen"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

func TestHost(t *testing.T) {
	x := openFake(t, Options{})
	ctx := t.Context()
	p, err := x.PhysInfo(ctx)
	if err != nil || p.NrCPUs != 2 || p.TotalPages != 1000000 || p.HWCap[7] != 77 || p.Capabilities != CapHVM|CapGntTabV2 {
		t.Errorf("%+v, %v", p, err)
	}
	v, err := x.Version(ctx)
	want := Version{Major: 4, Minor: 17, Extra: ".7-fake", Changeset: strings.Repeat("c", 64), Capabilities: "xen-3.0-x86_64 hvm-3.0-x86_64"}
	if err != nil || v != want {
		t.Errorf("%+v, %v; want %+v", v, err, want)
	}
	if s, err := x.Scheduler(ctx); err != nil || s != idl.SchedulerCredit2 {
		t.Errorf("%v, %v", s, err)
	}
}

func TestCapabilitiesString(t *testing.T) {
	for c, want := range map[Capabilities]string{
		0:                                        "",
		CapHVM | CapPV | CapHAP:                  "hvm pv hap",
		CapGntTabV1 | CapGntTabV2 | CapVPMU:      "vpmu gnttab-v1 gnttab-v2",
		CapShadow | 1<<10 | 1<<31:                "shadow 0x80000400",
		CapDirectIO | CapIOMMUHAPPTShare | 1<<20: "directio iommu_hap_pt_share 0x100000",
	} {
		if got := c.String(); got != want {
			t.Errorf("%#x: %q, want %q", uint32(c), got, want)
		}
	}
}

func TestListDomains(t *testing.T) {
	x := openFake(t, Options{})
	ctx := t.Context()
	ids := func(first idl.DomID, limit int) (ids []idl.DomID) {
		domains, err := x.ListDomains(ctx, first, limit)
		if err != nil {
			t.Errorf("%v", err)
		}
		for _, d := range domains {
			ids = append(ids, d.ID)
		}
		return ids
	}
	for _, c := range []struct {
		first idl.DomID
		limit int
		want  []idl.DomID
	}{
		{0, MaxDomains, []idl.DomID{0, 5, 9}},
		{0, 2, []idl.DomID{0, 5}},
		{1, 1, []idl.DomID{5}},
		{6, 300, []idl.DomID{9}},
		{10, 5, nil},
		{MaxDomains, 5, nil},
		{65536, 5, nil}, // 0, when it is cut to 16 bits
	} {
		if got := ids(c.first, c.limit); !slices.Equal(got, c.want) {
			t.Errorf("%d from %d on: %v, want %v", c.limit, c.first, got, c.want)
		}
	}
	if _, err := x.ListDomains(ctx, 0, 0); !errors.Is(err, syscall.EINVAL) {
		t.Errorf("limit 0: %v", err)
	}
}

func TestDomainInfo(t *testing.T) {
	x := openFake(t, Options{})
	d, err := x.DomainInfo(t.Context(), fakexen.Guest)
	want := DomainInfo{
		ID: fakexen.Guest, HVM: true, PVH: true, HAP: true, Blocked: true, ShutdownReason: idl.ShutdownReasonUnknown,
		Pages: fakexen.Pages, MaxPages: fakexen.Pages + 1, CPUTime: 1500 * time.Millisecond, OnlineVCPUs: 1,
	}
	copy(want.UUID[:], bytes.Repeat([]byte{0x15}, 16))
	if err != nil || d != want {
		t.Errorf("guest %+v, %v\nwant %+v", d, err, want)
	}
	d, err = x.DomainInfo(t.Context(), fakexen.Crashed)
	if err != nil || !d.Shutdown || !d.Crashed || !d.Dying || d.HVM || d.ShutdownReason != idl.ShutdownReasonCrash {
		t.Errorf("crashed %+v, %v", d, err)
	}
	fakexen.Suspend()
	d, err = x.DomainInfo(t.Context(), fakexen.Guest)
	if err != nil || !d.Shutdown || d.Crashed || d.ShutdownReason != idl.ShutdownReasonSuspend {
		t.Errorf("suspended %+v, %v", d, err)
	}
}

func TestVCPU(t *testing.T) {
	x := openFake(t, Options{})
	ctx := t.Context()
	v, err := x.VCPUInfo(ctx, fakexen.Guest, 0)
	if want := (VCPUInfo{Online: true, Blocked: true, CPUTime: 7, CPU: 1}); err != nil || v != want {
		t.Errorf("%+v, %v", v, err)
	}
	for _, vcpu := range []uint32{1, 65536} { // the second is 0, when it is cut to 16 bits
		if _, err := x.VCPUInfo(ctx, fakexen.Guest, vcpu); !errors.Is(err, syscall.EINVAL) {
			t.Errorf("vCPU %d: %v", vcpu, err)
		}
	}
	if err := x.MaxVCPUs(ctx, fakexen.Guest, 2); !errors.Is(err, syscall.EINVAL) {
		t.Errorf("%v", err)
	}
}

func TestPause(t *testing.T) {
	x := openFake(t, Options{})
	ctx := t.Context()
	if err := x.PauseDomain(ctx, fakexen.Guest); err != nil || fakexen.Pauses() != 1 {
		t.Errorf("%v, %d pauses", err, fakexen.Pauses())
	}
	if err := x.UnpauseDomain(ctx, fakexen.Guest); err != nil || fakexen.Pauses() != 0 {
		t.Errorf("%v, %d pauses", err, fakexen.Pauses())
	}
}

func TestSched(t *testing.T) {
	x := openFake(t, Options{})
	ctx := t.Context()
	for _, c := range []struct{ set, want SchedParams }{
		{SchedParams{Weight: 512, Cap: 50}, SchedParams{Weight: 512, Cap: 50}},
		{SchedParams{Cap: 20}, SchedParams{Weight: 512, Cap: 20}},
		{SchedParams{Weight: 100, Cap: CapUnchanged}, SchedParams{Weight: 100, Cap: 20}},
		{SchedParams{Weight: 100}, SchedParams{Weight: 100}},
	} {
		if err := x.SetSchedCredit2(ctx, fakexen.Guest, c.set); err != nil {
			t.Errorf("%v", err)
		}
		if got, err := x.SchedCredit2(ctx, fakexen.Guest); err != nil || got != c.want {
			t.Errorf("after %+v: %+v, %v; want %+v", c.set, got, err, c.want)
		}
	}
	if err := x.SetSchedCredit(ctx, fakexen.Guest, SchedParams{Weight: 1}); !errors.Is(err, syscall.EINVAL) {
		t.Errorf("another scheduler's: %v", err)
	}
}

func TestHVM(t *testing.T) {
	x := openFake(t, Options{})
	ctx := t.Context()
	if c, err := x.HVMContext(ctx, fakexen.Guest); err != nil || !bytes.Equal(c, bytes.Repeat([]byte{0xab}, 64)) {
		t.Errorf("%d bytes, %v", len(c), err)
	}
	for _, size := range []uint32{0, maxHVMContext + 1, 1 << 31} {
		fakexen.SetContextSize(size)
		var e *Error
		if c, err := x.HVMContext(ctx, fakexen.Guest); err == nil || !errors.As(err, &e) {
			t.Errorf("a context of %d bytes gave %d, %v", size, len(c), err)
		}
	}
	if v, err := x.HVMParam(ctx, fakexen.Guest, HVMParamMCACap); err != nil || v != 1038 {
		t.Errorf("%d, %v", v, err)
	}
	if _, err := x.HVMParam(ctx, fakexen.Guest, 1000); !errors.Is(err, syscall.EINVAL) {
		t.Errorf("unknown: %v", err)
	}
}

func TestMapForeign(t *testing.T) {
	x := openFake(t, Options{})
	ctx := t.Context()
	for _, n := range []int{0, MaxMapping + 1} {
		if _, err := x.MapForeign(ctx, fakexen.Guest, make([]uint64, n)); !errors.Is(err, syscall.EINVAL) {
			t.Errorf("%d pages: %v", n, err)
		}
	}
	m, err := x.MapForeign(ctx, fakexen.Guest, []uint64{3, fakexen.Pages, 2000})
	if err != nil {
		t.Fatal(err)
	}
	if m.Len() != 3 {
		t.Errorf("%d pages", m.Len())
	}
	for i, want := range map[int]uint64{0: 3, 2: 2000} {
		page, err := m.Page(i)
		if err != nil || len(page) != PageSize || cap(page) != PageSize || binary.LittleEndian.Uint64(page) != want {
			t.Errorf("page %d: %d bytes, %v", i, len(page), err)
		}
	}
	if _, err := m.Page(1); !errors.Is(err, syscall.EINVAL) || !strings.Contains(err.Error(), "gfn 0x9c4") {
		t.Errorf("a page that is not there: %v", err)
	}
	for _, i := range []int{-1, 3} {
		if _, err := m.Page(i); !errors.Is(err, syscall.EINVAL) {
			t.Errorf("page %d: %v", i, err)
		}
	}
	for range 2 {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := m.Page(0); !errors.Is(err, ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

// TestMapForeignIsReadOnly: this process cannot write to a guest's memory by mistake.
func TestMapForeignIsReadOnly(t *testing.T) {
	x := openFake(t, Options{})
	m, err := x.MapForeign(t.Context(), fakexen.Guest, []uint64{3})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	page, err := m.Page(0)
	if err != nil {
		t.Fatal(err)
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if recover() == nil {
			t.Error("a write succeeds")
		}
	}()
	page[0] = 1
}

func TestCPUFeatureset(t *testing.T) {
	x := openFake(t, Options{})
	if f, err := x.CPUFeatureset(t.Context(), FeaturesetHVMMax); err != nil || !slices.Equal(f, []uint32{0x1789, 2, 3}) {
		t.Errorf("%x, %v", f, err)
	}
	if _, err := x.CPUFeatureset(t.Context(), 6); !errors.Is(err, syscall.EINVAL) {
		t.Errorf("unknown: %v", err)
	}
}

func TestCPUPolicy(t *testing.T) {
	x := openFake(t, Options{})
	ctx := t.Context()
	host, err := x.SystemCPUPolicy(ctx, PolicyHVMMax)
	if err != nil {
		t.Fatalf("%+v", err)
	}
	guest, err := x.DomainCPUPolicy(ctx, fakexen.Guest)
	if err != nil {
		t.Fatalf("%+v", err)
	}
	want := CPUIDLeaf{Leaf: 0, Subleaf: NoSubleaf, A: 1, B: 0x68747541}
	if len(host.Leaves) == 0 || host.Leaves[0] != want || !slices.Equal(host.Leaves, guest.Leaves) || len(host.MSRs) == 0 {
		t.Errorf("host %x, guest %x", host, guest)
	}
	if err := x.CPUPoliciesCompatible(ctx, host, guest); err != nil {
		t.Errorf("the same policy: %+v", err)
	}
	guest.Leaves[0].A = 2 // more leaves than the host
	err = x.CPUPoliciesCompatible(ctx, host, guest)
	if !errors.Is(err, ErrIncompatible) || !strings.Contains(err.Error(), "Leaf 0") {
		t.Errorf("a richer policy: %+v", err)
	}
	if err := x.CPUPoliciesCompatible(ctx, guest, host); err != nil {
		t.Errorf("a poorer policy: %+v", err)
	}
}

func TestCPUPoliciesThatMakeNoSense(t *testing.T) {
	x := openFake(t, Options{})
	for name, p := range map[string]CPUPolicy{
		"unknown leaf":    {Leaves: []CPUIDLeaf{{Leaf: 0x12345678, Subleaf: NoSubleaf}}},
		"unknown subleaf": {Leaves: []CPUIDLeaf{{Leaf: 1, Subleaf: 0}}},
		"unknown MSR":     {MSRs: []MSREntry{{Index: 0x12345678}}},
		"flags":           {MSRs: []MSREntry{{Index: 0xce, Flags: 1}}},
		"too many leaves": {Leaves: make([]CPUIDLeaf, maxLeaves+1)},
		"many leaves":     {Leaves: make([]CPUIDLeaf, maxLeaves)},
		"many MSRs":       {MSRs: make([]MSREntry, maxMSRs)},
	} {
		for _, pair := range [][2]CPUPolicy{{p, {}}, {{}, p}} {
			var e *Error
			err := x.CPUPoliciesCompatible(t.Context(), pair[0], pair[1])
			if !errors.As(err, &e) || e.Errno == 0 || errors.Is(err, ErrIncompatible) {
				t.Errorf("%s: %+v", name, err)
			}
		}
	}
}

func TestNames(t *testing.T) {
	for got, want := range map[string]string{
		PolicyHVMDefault.String():  "hvm_default",
		SystemPolicy(6).String():   "number 6",
		FeaturesetHVMMax.String():  "hvm_max",
		Featureset(7).String():     "number 7",
		HVMParamStorePFN.String():  "STORE_PFN",
		HVMParam(3).String():       "HVMParam(3)",
		HVMParam(1 << 31).String(): "HVMParam(2147483648)",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
