//go:build cgo

package libxc

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// The tests named TestXen… run where Xen runs, as root in dom0; elsewhere they skip,
// unless XENVOY_TEST_XEN is set: then the lack of Xen is a failure. They use the lab's
// guest "tiny", which prints "tiny N" on its console each second.

// openXen opens the real libxc.
func openXen(t *testing.T) *Interface {
	t.Helper()
	if !hasHypervisor(t) {
		if os.Getenv("XENVOY_TEST_XEN") != "" {
			t.Fatal("XENVOY_TEST_XEN is set, but this machine does not run Xen")
		}
		t.Skip("this machine does not run Xen; the lab does")
	}
	x, err := Open(Options{})
	if err != nil {
		t.Fatalf("%+v", err)
	}
	t.Cleanup(func() {
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	})
	return x
}

// xl runs xl and returns the output.
func xl(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "xl", args...).Output()
	if err != nil {
		t.Fatalf("xl %v: %v", args, err)
	}
	return string(out)
}

// field returns what "xl info" prints under a name.
func field(t *testing.T, info, name string) string {
	t.Helper()
	m := regexp.MustCompile(`(?m)^` + name + ` *: ?(.*)$`).FindStringSubmatch(info)
	if m == nil {
		t.Fatalf("xl info has no %s:\n%s", name, info)
	}
	return strings.TrimSpace(m[1])
}

func TestXenHost(t *testing.T) {
	x := openXen(t)
	ctx, info := t.Context(), xl(t, "info")
	p, err := x.PhysInfo(ctx)
	if err != nil {
		t.Fatalf("%+v", err)
	}
	var caps []string
	for _, w := range p.HWCap {
		caps = append(caps, fmt.Sprintf("%08x", w))
	}
	v, err := x.Version(ctx)
	if err != nil {
		t.Fatalf("%+v", err)
	}
	for name, got := range map[string]string{
		"nr_cpus":          fmt.Sprint(p.NrCPUs),
		"max_cpu_id":       fmt.Sprint(p.MaxCPUID),
		"nr_nodes":         fmt.Sprint(p.NrNodes),
		"cores_per_socket": fmt.Sprint(p.CoresPerSocket),
		"threads_per_core": fmt.Sprint(p.ThreadsPerCore),
		"total_memory":     fmt.Sprint(p.TotalPages / (1 << 20 / PageSize)),
		"hw_caps":          strings.Join(caps, ":"),
		"xen_major":        fmt.Sprint(v.Major),
		"xen_minor":        fmt.Sprint(v.Minor),
		"xen_extra":        v.Extra,
		"xen_changeset":    v.Changeset,
		"xen_caps":         strings.TrimSpace(v.Capabilities),
	} {
		if want := field(t, info, name); got != want {
			t.Errorf("%s is %q, xl says %q", name, got, want)
		}
	}
	for word := range strings.FieldsSeq(p.Capabilities.String()) {
		if !strings.Contains(field(t, info, "virt_caps")+" ", word+" ") { // hvm_directio and pv_directio, too
			t.Errorf("capabilities %v, xl says %s", p.Capabilities, field(t, info, "virt_caps"))
		}
	}
	if p.FreePages == 0 || p.FreePages > p.TotalPages || p.MaxMFN == 0 || p.CPUKHz == 0 {
		t.Errorf("%+v", p)
	}
	if s, err := x.Scheduler(ctx); err != nil || s.String() != field(t, info, "xen_scheduler") {
		t.Errorf("scheduler %v, %v", s, err)
	}
}

func TestXenDomains(t *testing.T) {
	x := openXen(t)
	g := newGuest(t, x, idl.DomainTypePVH)
	ctx := t.Context()
	domains, err := x.ListDomains(ctx, 0, MaxDomains)
	if err != nil {
		t.Fatalf("%+v", err)
	}
	lines := strings.Split(strings.TrimSpace(xl(t, "list")), "\n")[1:]
	if len(domains) != len(lines) || domains[0].ID != 0 || !domains[0].Running {
		t.Errorf("%d domains, xl lists %d: %+v", len(domains), len(lines), domains)
	}
	for i, line := range lines { // name, id, MiB, vCPUs, state, seconds
		f := strings.Fields(line)
		if d := domains[i]; f[1] != fmt.Sprint(d.ID) || f[3] != fmt.Sprint(d.OnlineVCPUs) || strings.Contains(f[4], "p") != d.Paused {
			t.Errorf("%+v, xl says %s", d, line)
		}
	}
	if one, err := x.ListDomains(ctx, 1, 1); err != nil || len(one) != 1 || one[0].ID != g.id {
		t.Errorf("the first after dom0: %+v, %v", one, err)
	}
	d := g.info()
	if !d.HVM || !d.Paused || d.Shutdown || d.Dying || d.Pages < 120<<20/PageSize || d.MaxPages < d.Pages || d.MaxVCPUID != 0 {
		t.Errorf("%+v", d)
	}
	if l, err := g.xl.DomainInfo(ctx, g.id); err != nil || l.UUID != d.UUID {
		t.Errorf("UUID %v, libxl says %v, %v", d.UUID, l.UUID, err)
	}
	if _, err := x.DomainInfo(ctx, g.id-1); g.id > 1 && !errors.Is(err, ErrDomainNotFound) {
		t.Errorf("no domain, one with a higher id: %v", err)
	}
	if _, err := x.DomainInfo(ctx, 32000); !errors.Is(err, ErrDomainNotFound) {
		t.Errorf("no domain: %v", err)
	}
	if _, err := x.VCPUInfo(ctx, 32000, 0); !errors.Is(err, ErrDomainNotFound) {
		t.Errorf("no domain: %v", err)
	}
}

// TestXenHVM looks at a running HVM guest: vCPUs, context, parameters, memory, scheduler.
func TestXenHVM(t *testing.T) {
	x := openXen(t)
	g := startGuest(t, x, idl.DomainTypeHVM)
	ctx := t.Context()
	v, err := x.VCPUInfo(ctx, g.id, 0)
	if err != nil || !v.Online || v.CPUTime == 0 {
		t.Errorf("vCPU %+v, %v", v, err)
	}
	if _, err := x.VCPUInfo(ctx, g.id, 1); err == nil {
		t.Error("it has a second vCPU")
	}
	if err := x.MaxVCPUs(ctx, g.id, 2); !errors.Is(err, syscall.EINVAL) {
		t.Errorf("more vCPUs than it was created with: %v", err)
	}
	testContext(t, g)
	testConsoleRing(t, g)
	testSched(t, g)
	testPause(t, g)
}

// testContext walks over the records of the HVM context (xen/hvm/save.h).
func testContext(t *testing.T, g *guest) {
	t.Helper()
	c, err := g.x.HVMContext(t.Context(), g.id)
	if err != nil {
		t.Fatalf("%+v", err)
	}
	const header, end = 1, 0
	var types []uint16
	for rest := c; len(rest) >= 8; {
		types = append(types, binary.LittleEndian.Uint16(rest))
		length := uint64(binary.LittleEndian.Uint32(rest[4:]))
		if 8+length > uint64(len(rest)) {
			t.Fatalf("a record of %d bytes, %d are left; types %v", length, len(rest), types)
		}
		rest = rest[8+length:]
	}
	if len(types) < 5 || types[0] != header || types[len(types)-1] != end {
		t.Errorf("%d bytes with records %v", len(c), types)
	}
	if _, err := g.x.HVMContext(t.Context(), 0); !errors.Is(err, syscall.EINVAL) {
		t.Errorf("of the own domain: %v", err)
	}
}

// testConsoleRing maps the page of the console, whose ring has what the guest has said.
func testConsoleRing(t *testing.T, g *guest) {
	t.Helper()
	ctx := t.Context()
	pfn, err := g.x.HVMParam(ctx, g.id, HVMParamConsolePFN)
	if err != nil || pfn == 0 {
		t.Fatalf("console pfn %d, %+v", pfn, err)
	}
	if _, err := g.x.HVMParam(ctx, g.id, 1000); !errors.Is(err, syscall.EINVAL) {
		t.Errorf("a parameter that does not exist: %v", err)
	}
	m, err := g.x.MapForeign(ctx, g.id, []uint64{pfn, 1 << 30})
	if err != nil {
		t.Fatalf("%+v", err)
	}
	defer m.Close()
	page, err := m.Page(0)
	if err != nil || !bytes.Contains(page, []byte("tiny")) {
		t.Errorf("%+v; the page has %q", err, bytes.Trim(page, "\x00"))
	}
	if _, err := m.Page(1); err == nil {
		t.Error("a page that does not exist is mapped")
	}
	none, err := g.x.MapForeign(ctx, 32000, []uint64{pfn})
	if err == nil {
		_, err = none.Page(0)
		none.Close()
	}
	if err == nil {
		t.Error("a page of a domain that does not exist is mapped")
	}
	t.Log(err)
}

// testSched changes the guest's share, under the scheduler that the host has.
func testSched(t *testing.T, g *guest) {
	t.Helper()
	ctx := t.Context()
	s, err := g.x.Scheduler(ctx)
	if err != nil {
		t.Fatalf("%+v", err)
	}
	get, set, other := g.x.SchedCredit2, g.x.SetSchedCredit2, g.x.SchedCredit
	switch s {
	case idl.SchedulerCredit2:
	case idl.SchedulerCredit:
		get, set, other = g.x.SchedCredit, g.x.SetSchedCredit, g.x.SchedCredit2
	default:
		t.Logf("scheduler %v has neither weights nor caps", s)
		return
	}
	before, err := get(ctx, g.id)
	if err != nil || before.Weight == 0 {
		t.Fatalf("%+v, %+v", before, err)
	}
	want := SchedParams{Weight: before.Weight + 100, Cap: 80}
	if err := set(ctx, g.id, want); err != nil {
		t.Errorf("%+v", err)
	}
	if got, err := get(ctx, g.id); err != nil || got != want {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
	if err := set(ctx, g.id, before); err != nil {
		t.Errorf("%+v", err)
	}
	if _, err := other(ctx, g.id); !errors.Is(err, syscall.EINVAL) {
		t.Errorf("under another scheduler: %v", err)
	}
}

func testPause(t *testing.T, g *guest) {
	t.Helper()
	ctx := t.Context()
	if err := g.x.PauseDomain(ctx, g.id); err != nil || !g.info().Paused {
		t.Errorf("%+v", err)
	}
	before, err := g.x.VCPUInfo(ctx, g.id, 0)
	if err != nil {
		t.Fatalf("%+v", err)
	}
	if after, err := g.x.VCPUInfo(ctx, g.id, 0); err != nil || after.CPUTime != before.CPUTime || after.Running {
		t.Errorf("paused, and it uses the CPU: %+v, then %+v, %v", before, after, err)
	}
	n := g.Counted()
	if err := g.x.UnpauseDomain(ctx, g.id); err != nil || g.info().Paused {
		t.Errorf("%+v", err)
	}
	if err := g.x.UnpauseDomain(ctx, g.id); !errors.Is(err, syscall.EINVAL) {
		t.Errorf("not paused: %v", err)
	}
	g.WaitCount(n)
}

func TestXenCPU(t *testing.T) {
	x := openXen(t)
	g := newGuest(t, x, idl.DomainTypePVH)
	ctx := t.Context()
	host, err := x.CPUFeatureset(ctx, FeaturesetHost)
	if err != nil || len(host) < 10 || host[0] == 0 {
		t.Errorf("features of the host %x, %+v", host, err)
	}
	if most, err := x.CPUFeatureset(ctx, FeaturesetHVMMax); err != nil || len(most) != len(host) {
		t.Errorf("features that a guest can have %x, %+v", most, err)
	}
	if _, err := x.CPUFeatureset(ctx, 100); err == nil {
		t.Error("there is a set of number 100")
	}
	for p := PolicyRaw; p <= PolicyHVMDefault; p++ {
		policy, err := x.SystemCPUPolicy(ctx, p)
		if err != nil || len(policy.Leaves) < 5 || policy.Leaves[0].Leaf != 0 || policy.Leaves[0].A == 0 {
			t.Errorf("%v: %d leaves, %d MSRs, %+v", p, len(policy.Leaves), len(policy.MSRs), err)
		}
	}
	own, err := x.DomainCPUPolicy(ctx, g.id)
	if err != nil || len(own.Leaves) < 5 {
		t.Fatalf("%d leaves, %+v", len(own.Leaves), err)
	}
	most, err := x.SystemCPUPolicy(ctx, PolicyHVMMax)
	if err != nil {
		t.Fatalf("%+v", err)
	}
	if err := x.CPUPoliciesCompatible(ctx, most, own); err != nil {
		t.Errorf("the guest cannot run where it runs: %+v", err)
	}
	richer := CPUPolicy{Leaves: slices.Clone(own.Leaves), MSRs: own.MSRs}
	richer.Leaves[0].A = most.Leaves[0].A + 1
	if err := x.CPUPoliciesCompatible(ctx, most, richer); !errors.Is(err, ErrIncompatible) {
		t.Errorf("a guest with more leaves than there are: %+v", err)
	}
	if _, err := x.DomainCPUPolicy(ctx, 32000); !errors.Is(err, ErrDomainNotFound) {
		t.Errorf("no domain: %v", err)
	}
}

// TestXenLogDirty follows what a running guest writes to.
func TestXenLogDirty(t *testing.T) {
	x := openXen(t)
	g := startGuest(t, x, idl.DomainTypePVH)
	ctx := t.Context()
	pfns, err := x.NrGPFNs(ctx, g.id)
	if err != nil || pfns < 128<<20/PageSize {
		t.Fatalf("%d pfns, %+v", pfns, err)
	}
	b := newBitmap(t, x, pfns)
	if err := x.LogDirtyEnable(ctx, g.id); err != nil {
		t.Fatalf("%+v", err)
	}
	defer x.LogDirtyOff(ctx, g.id)
	if err := x.LogDirtyEnable(ctx, g.id); !errors.Is(err, syscall.EINVAL) {
		t.Errorf("twice: %v", err)
	}
	n := g.WaitCount(g.Counted()) // it cannot count without writing
	quick, err := x.LogDirtyPeek(ctx, g.id, nil)
	if err != nil || quick.Dirty == 0 {
		t.Errorf("%+v, %+v", quick, err)
	}
	stats, err := x.LogDirtyClean(ctx, g.id, b, false)
	if err != nil || stats.Dirty < quick.Dirty || b.Count() == 0 {
		t.Errorf("%+v with %d bits, after %+v: %+v", stats, b.Count(), quick, err)
	}
	for pfn := range b.All() {
		if pfn >= pfns || !b.Test(pfn) {
			t.Errorf("pfn %#x", pfn)
		}
	}
	first := b.Count()
	if err := x.PauseDomain(ctx, g.id); err != nil {
		t.Fatalf("%+v", err)
	}
	if _, err := x.LogDirtyClean(ctx, g.id, b, true); err != nil {
		t.Errorf("%+v", err)
	}
	if stats, err := x.LogDirtyPeek(ctx, g.id, b); err != nil || stats.Dirty != 0 || b.Count() != 0 {
		t.Errorf("paused and clean: %+v with %d bits, %+v", stats, b.Count(), err)
	}
	if err := x.UnpauseDomain(ctx, g.id); err != nil {
		t.Fatalf("%+v", err)
	}
	g.WaitCount(n)
	if err := x.LogDirtyOff(ctx, g.id); err != nil {
		t.Errorf("%+v", err)
	}
	g.WaitCount(g.Counted())
	t.Logf("%d pfns, first %d dirty", pfns, first)
}
