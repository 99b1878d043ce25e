//go:build cgo && (386 || amd64)

package libxl

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
	"github.com/xenvoy/xenvoy/xen/xenstore"
)

// words returns the words of each line that a program prints, with one blank between them.
func words(t *testing.T, argv ...string) []string {
	t.Helper()
	lines := strings.Split(inDom0(t, argv...), "\n")
	for i, line := range lines {
		lines[i] = strings.Join(strings.Fields(line), " ")
	}
	return lines
}

// TestXenTopology compares what libxl knows of the machine with what xl info -n says.
func TestXenTopology(t *testing.T) {
	c := openXen(t)
	ctx := t.Context()
	said := words(t, "xl", "info", "-n")
	says := func(line string) {
		t.Helper()
		if !slices.ContainsFunc(said, func(s string) bool { return s == line || strings.HasPrefix(s, line+" ") }) {
			t.Errorf("xl info -n does not say %q:\n%s", line, strings.Join(said, "\n"))
		}
	}
	p, err := c.PhysInfo(ctx)
	if err != nil {
		t.Fatalf("%+v", err)
	}
	same(t, "MaxCPUs", int(p.MaxCPUID)+1)(c.MaxCPUs(ctx))
	same(t, "OnlineCPUs", int(p.NrCPUs))(c.OnlineCPUs(ctx))
	same(t, "FreeCPUMap", idl.Bitmap{})(c.FreeCPUMap(ctx))
	if n, err := c.MaxNodes(ctx); err != nil || n < int(p.NrNodes) || p.NrNodes == 0 {
		t.Errorf("MaxNodes = %d, %v; there are %d", n, err, p.NrNodes)
	}
	cpus, err := c.CPUTopology(ctx)
	if err != nil || len(cpus) == 0 {
		t.Fatalf("CPUTopology = %+v, %+v", cpus, err)
	}
	var online, sockets idl.Bitmap
	for i, cpu := range cpus {
		if cpu.Core != InvalidEntry { // an emulated CPU has no core's number
			says(fmt.Sprintf("%d: %d %d %d", i, cpu.Core, cpu.Socket, cpu.Node))
		}
		if cpu.Socket != InvalidEntry {
			sockets = append(sockets, cpu.Socket)
		}
		if cpu.Node != InvalidEntry {
			online = append(online, uint32(i))
		}
	}
	slices.Sort(sockets)
	same(t, "OnlineSocketMap", slices.Compact(sockets))(c.OnlineSocketMap(ctx))
	nodes, err := c.NUMAInfo(ctx)
	if err != nil || len(nodes) == 0 {
		t.Fatalf("NUMAInfo = %+v, %+v", nodes, err)
	}
	var all idl.Bitmap
	for i, n := range nodes {
		if n.Size == InvalidEntry {
			continue
		}
		says(fmt.Sprintf("%d: %d", i, n.Size>>20))
		all = append(all, uint32(i))
		if len(n.Dists) != len(nodes) || n.Dists[i] != 10 {
			t.Errorf("node %d has the distances %d", i, n.Dists)
		}
	}
	same(t, "NodeMapToCPUMap", online)(c.NodeMapToCPUMap(ctx, all))
	same(t, "CPUMapToNodeMap", idl.Bitmap{cpus[0].Node})(c.CPUMapToNodeMap(ctx, idl.Bitmap{0}))
	if m, err := c.NodeToCPUMap(ctx, cpus[0].Node); err != nil || !m.Has(0) {
		t.Errorf("NodeToCPUMap = %v, %+v", m, err)
	}
	same(t, "a node that is not there", idl.Bitmap{})(c.NodeToCPUMap(ctx, 60000))
}

// TestXenPCITopology compares with what Linux shows.
func TestXenPCITopology(t *testing.T) {
	c := openXen(t)
	devices, err := c.PCITopology(t.Context())
	if err != nil {
		t.Fatalf("%+v", err)
	}
	for _, d := range devices {
		path := fmt.Sprintf("/sys/bus/pci/devices/%04x:%02x:%02x.%x", d.Seg, d.Bus, d.Devfn>>3, d.Devfn&7)
		if _, err := os.Stat(path); err != nil {
			t.Errorf("%+v: %v", d, err)
		}
	}
	shown, err := os.ReadDir("/sys/bus/pci/devices")
	if err != nil || len(shown) != len(devices) || len(shown) == 0 {
		t.Errorf("Linux shows %d devices, %v; libxl %d", len(shown), err, len(devices))
	}
}

// TestXenCPUGuest does with one paused guest of two vCPUs, one of them offline, what
// concerns a domain's CPUs.
func TestXenCPUGuest(t *testing.T) {
	c := openXen(t)
	cfg := tinyConfig(t, idl.DomainTypePVH)
	cfg.NICs = nil
	cfg.BInfo.MaxVCPUs = 2
	policy, err := c.CPUIDParseConfig(t.Context(), idl.CPUIDPolicyList{}, "sse4_2=0")
	if err != nil {
		t.Fatalf("%+v", err)
	}
	cfg.BInfo.CPUID = policy
	id := create(t, c, cfg)
	t.Run("CPUID policy", func(t *testing.T) {
		got, err := c.RetrieveDomainConfiguration(t.Context(), id)
		if err != nil || !reflect.DeepEqual(got.BInfo.CPUID.CPUID, policy.CPUID) {
			t.Errorf("%+v, %+v; want %+v", got, err, policy)
		}
	})
	t.Run("list", func(t *testing.T) { testVCPUList(t, c, id, cfg.CInfo.Name) })
	t.Run("affinity", func(t *testing.T) { testVCPUAffinity(t, c, id) })
	t.Run("nodes", func(t *testing.T) { testNodeAffinity(t, c, id) })
	t.Run("online", func(t *testing.T) { testVCPUOnline(t, c, id) })
	t.Run("scheduler", func(t *testing.T) { testDomainSched(t, c, id, cfg.CInfo.Name) })
	t.Run("pools", func(t *testing.T) { testMoveBetweenPools(t, c, id) })
	t.Run("shared resources", func(t *testing.T) { testSharedResources(t, c, id) })
	t.Run("no domain", func(t *testing.T) {
		for name, call := range domainCalls(noDomain) {
			if err := call(t.Context(), c); !errors.Is(err, ErrDomainNotFound) {
				t.Errorf("%s: %+v", name, err)
			}
		}
	})
}

func testVCPUList(t *testing.T, c *Context, id idl.DomID, name string) {
	vcpus, err := c.ListVCPUs(t.Context(), id)
	if err != nil || len(vcpus) != 2 || !vcpus[0].Online || vcpus[1].Online || !vcpus[0].CPUMap.Has(0) {
		t.Fatalf("%+v, %+v", vcpus, err)
	}
	for i, row := range rows(t, "xl", "vcpu-list", name) {
		v := vcpus[i]
		cpu, state := fmt.Sprint(v.CPU), "---"
		switch {
		case !v.Online:
			cpu, state = "-", "--p"
		case v.Blocked:
			state = "-b-"
		}
		if want := fmt.Sprintf("%s %d %d %s %s ", name, id, v.VCPUID, cpu, state); !strings.HasPrefix(row, want) {
			t.Errorf("xl says %q, libxl %+v", row, v)
		}
	}
	dom0, err := c.ListVCPUs(t.Context(), 0)
	if err != nil || len(dom0) == 0 || dom0[0].VCPUTime == 0 {
		t.Errorf("dom0: %+v, %+v", dom0, err)
	}
}

func testVCPUAffinity(t *testing.T, c *Context, id idl.DomID) {
	ctx := t.Context()
	pinned := func(vcpu int, hard, soft idl.Bitmap) {
		t.Helper()
		v, err := c.ListVCPUs(ctx, id)
		if err != nil || !slices.Equal(v[vcpu].CPUMap, hard) || !slices.Equal(v[vcpu].CPUMapSoft, soft) {
			t.Errorf("%+v, %+v; want %v, %v", v, err, hard, soft)
		}
	}
	if err := c.SetVCPUAffinity(ctx, id, 0, idl.Bitmap{0}, idl.Bitmap{0}); err != nil {
		t.Errorf("%+v", err)
	}
	pinned(0, idl.Bitmap{0}, idl.Bitmap{0})
	if err := c.SetVCPUAffinityAll(ctx, id, 2, idl.Bitmap{0, 60000}, nil); err != nil {
		t.Errorf("%+v", err)
	}
	pinned(0, idl.Bitmap{0}, idl.Bitmap{0})
	if v, err := c.ListVCPUs(ctx, id); err != nil || !slices.Equal(v[1].CPUMap, idl.Bitmap{0}) {
		t.Errorf("%+v, %+v", v, err)
	}
	if err := c.SetVCPUAffinityForce(ctx, id, 0, nil, nil); err != nil {
		t.Errorf("%+v", err)
	}
	if err := c.SetVCPUAffinityForce(ctx, id, 0, nil, idl.Bitmap{0}); err != nil {
		t.Errorf("%+v", err)
	}
	fails(t, "no CPU", ErrFail, c.SetVCPUAffinity(ctx, id, 0, idl.Bitmap{}, nil))
	fails(t, "no CPU that is there", ErrFail, c.SetVCPUAffinity(ctx, id, 0, idl.Bitmap{60000}, nil))
	fails(t, "no such vCPU", ErrFail, c.SetVCPUAffinity(ctx, id, 9, idl.Bitmap{0}, nil))
	fails(t, "one vCPU too many", ErrFail, c.SetVCPUAffinityAll(ctx, id, 3, idl.Bitmap{0}, nil))
	fails(t, "nothing", ErrInval, c.SetVCPUAffinity(ctx, id, 0, nil, nil))
}

func testNodeAffinity(t *testing.T, c *Context, id idl.DomID) {
	ctx := t.Context()
	n, err := c.MaxNodes(ctx)
	if err != nil {
		t.Fatalf("%+v", err)
	}
	if err := c.DomainSetNodeAffinity(ctx, id, idl.Bitmap{0}); err != nil {
		t.Errorf("%+v", err)
	}
	same(t, "DomainGetNodeAffinity", idl.Bitmap{0})(c.DomainGetNodeAffinity(ctx, id))
	fails(t, "a node that is not online", ErrFail, c.DomainSetNodeAffinity(ctx, id, idl.Bitmap{uint32(n) - 1}))
	fails(t, "no node", ErrFail, c.DomainSetNodeAffinity(ctx, id, nil))
	fails(t, "a node that cannot be", ErrInval, c.DomainSetNodeAffinity(ctx, id, idl.Bitmap{(uint32(n) + 7) / 8 * 8}))
	var all idl.Bitmap
	for i := range uint32(n) {
		all = append(all, i)
	}
	if err := c.DomainSetNodeAffinity(ctx, id, all); err != nil { // back to what follows the vCPUs
		t.Errorf("%+v", err)
	}
	if m, err := c.DomainGetNodeAffinity(ctx, id); err != nil || !m.Has(0) {
		t.Errorf("%v, %+v", m, err)
	}
}

func testVCPUOnline(t *testing.T, c *Context, id idl.DomID) {
	ctx := t.Context()
	store, err := xenstore.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	for _, want := range [][2]string{{"online", "online"}, {"offline", "online"}, {"online", "offline"}} {
		var set idl.Bitmap
		for i, state := range want {
			if state == "online" {
				set = append(set, uint32(i))
			}
		}
		if err := c.SetVCPUOnline(ctx, id, set); err != nil {
			t.Errorf("%v: %+v", set, err)
		}
		for i, state := range want {
			path := fmt.Sprintf("/local/domain/%d/cpu/%d/availability", id, i)
			same(t, path, state)(store.Read(ctx, path))
		}
	}
	fails(t, "none", ErrFail, c.SetVCPUOnline(ctx, id, idl.Bitmap{}))
	fails(t, "more than there are", ErrFail, c.SetVCPUOnline(ctx, id, idl.Bitmap{0, 1, 2}))
}

func testDomainSched(t *testing.T, c *Context, id idl.DomID, name string) {
	ctx := t.Context()
	s, err := c.Scheduler(ctx)
	if err != nil || s != idl.SchedulerCredit2 {
		t.Skipf("the scheduler is %v, %v: this is about credit2", s, err)
	}
	params := func(weight, percent int32) idl.DomainSchedParams {
		return idl.DomainSchedParams{Sched: idl.SchedulerCredit2, Weight: new(weight), Cap: new(percent)}
	}
	same(t, "DomainSchedParamsGet", params(256, 0))(c.DomainSchedParamsGet(ctx, id))
	for _, set := range []idl.DomainSchedParams{{Weight: new(int32(512))}, {Sched: idl.SchedulerCredit2, Cap: new(int32(150))}} {
		if err := c.DomainSchedParamsSet(ctx, id, set); err != nil {
			t.Errorf("%+v", err)
		}
	}
	same(t, "DomainSchedParamsGet", params(512, 150))(c.DomainSchedParamsGet(ctx, id))
	if want := fmt.Sprintf("%s %d 512 150", name, id); !slices.Contains(words(t, "xl", "sched-credit2", "-d", name), want) {
		t.Errorf("xl sched-credit2 does not say %q", want)
	}
	for what, bad := range map[string]idl.DomainSchedParams{
		"no weight": {Weight: new(int32(0))}, "a large weight": {Weight: new(int32(65536))},
		"a large cap": {Cap: new(int32(201))}, "a negative cap": {Cap: new(int32(-2))},
	} {
		fails(t, what, ErrInval, c.DomainSchedParamsSet(ctx, id, bad))
	}
	fails(t, "another scheduler", ErrFail, c.DomainSchedParamsSet(ctx, id, idl.DomainSchedParams{Sched: idl.SchedulerCredit}))
	fails(t, "one that is gone", ErrFeatureRemoved, c.DomainSchedParamsSet(ctx, id, idl.DomainSchedParams{Sched: idl.SchedulerSedf}))
	one := idl.VCPUSchedParams{VCPUs: []idl.SchedParams{{VCPUID: new(int32(0)), Period: new(int32(100)), Budget: new(int32(50))}}}
	for what, err := range map[string]error{
		"getting one": of(c.VCPUSchedParamsGet(ctx, id, idl.Bitmap{0})), "getting all": of(c.VCPUSchedParamsGetAll(ctx, id)),
		"setting one": c.VCPUSchedParamsSet(ctx, id, one), "setting all": c.VCPUSchedParamsSetAll(ctx, id, one),
	} {
		fails(t, what+" vCPU's, which credit2 has not", ErrInval, err)
	}
}

func testSharedResources(t *testing.T, c *Context, id idl.DomID) {
	ctx := t.Context()
	if on, err := c.PSRCMTEnabled(ctx); err != nil || on {
		t.Logf("this machine monitors its caches: %v, %v", on, err)
	} else {
		same(t, "PSRCMTDomainAttached", false)(c.PSRCMTDomainAttached(ctx, id))
		same(t, "PSRCMTTypeSupported", false)(c.PSRCMTTypeSupported(ctx, idl.PSRCMTTypeCacheOccupancy))
		fails(t, "attaching", ErrFail, c.PSRCMTAttach(ctx, id))
		fails(t, "detaching", ErrFail, c.PSRCMTDetach(ctx, id))
		fails(t, "counting", ErrFail, of(c.PSRCMTTotalRMID(ctx)))
		fails(t, "measuring", ErrFail, of(c.PSRCMTL3CacheSize(ctx, 0)))
		fails(t, "looking", ErrFail, of(c.PSRCMTCacheOccupancy(ctx, id, 0)))
		fails(t, "sampling", ErrFail, of(c.PSRCMTSample(ctx, id, idl.PSRCMTTypeTotalMemCount, 0)))
	}
	info, err := c.PSRCATL3Info(ctx)
	if err == nil {
		t.Logf("this machine divides its caches: %+v", info)
		return
	}
	fails(t, "CAT, level 3", ErrFail, err)
	fails(t, "CAT, level 2", ErrFail, of(c.PSRCATInfo(ctx, 2)))
	fails(t, "MBA", ErrFail, of(c.PSRHwInfo(ctx, idl.PSRFeatTypeMBA, 0)))
	fails(t, "setting", ErrFail, c.PSRSetVal(ctx, id, idl.PSRCBMTypeL3CBM, idl.Bitmap{0}, 1))
	fails(t, "getting", ErrFail, of(c.PSRGetVal(ctx, id, idl.PSRCBMTypeL3CBM, 0)))
}

func TestXenSchedCredit2(t *testing.T) {
	c := openXen(t)
	ctx := t.Context()
	was, err := c.SchedCredit2ParamsGet(ctx, 0)
	if err != nil {
		if s, serr := c.Scheduler(ctx); serr == nil && s != idl.SchedulerCredit2 {
			t.Skipf("the scheduler is %v", s)
		}
		t.Fatalf("%+v", err)
	}
	t.Cleanup(func() {
		if _, err := c.SchedCredit2ParamsSet(context.Background(), 0, was); err != nil {
			t.Errorf("%+v", err)
		}
	})
	set := idl.SchedCredit2Params{RatelimitUs: was.RatelimitUs + 700}
	same(t, "SchedCredit2ParamsSet", set)(c.SchedCredit2ParamsSet(ctx, 0, set))
	same(t, "SchedCredit2ParamsGet", set)(c.SchedCredit2ParamsGet(ctx, 0))
	if want := fmt.Sprintf("Cpupool Pool-0: ratelimit=%dus", set.RatelimitUs); !slices.Contains(words(t, "xl", "sched-credit2"), want) {
		t.Errorf("xl sched-credit2 does not say %q", want)
	}
	fails(t, "a short limit", ErrInval, of(c.SchedCredit2ParamsSet(ctx, 0, idl.SchedCredit2Params{RatelimitUs: 99})))
	fails(t, "credit's of credit2", ErrFail, of(c.SchedCreditParamsGet(ctx, 0)))
	fails(t, "setting credit's of credit2", ErrFail, of(c.SchedCreditParamsSet(ctx, 0, idl.SchedCreditParams{TsliceMs: 30})))
}

// TestXenFlask compares with what xl getenforce says.
func TestXenFlask(t *testing.T) {
	c := openXen(t)
	ctx := t.Context()
	out, _ := exec.CommandContext(ctx, "xl", "getenforce").Output() // its status is the mode
	if said := strings.TrimSpace(string(out)); said != "Flask XSM Disabled" {
		same(t, said, said == "Enforcing")(c.FlaskGetEnforce(ctx))
		return
	}
	for name, err := range map[string]error{
		"libxl_flask_getenforce":     of(c.FlaskGetEnforce(ctx)),
		"libxl_flask_setenforce":     c.FlaskSetEnforce(ctx, false),
		"libxl_flask_context_to_sid": of(c.FlaskContextToSID(ctx, "system_u:system_r:dom0_t")),
		"libxl_flask_sid_to_context": of(c.FlaskSIDToContext(ctx, 1)),
		"libxl_flask_loadpolicy":     c.FlaskLoadPolicy(ctx, []byte("no policy")),
	} {
		fails(t, name, syscall.ENOSYS, err)
		if !errors.Is(err, errors.ErrUnsupported) || !strings.HasPrefix(fmt.Sprint(err), name+": ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
