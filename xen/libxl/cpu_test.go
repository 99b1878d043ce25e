//go:build cgo && (386 || amd64)

package libxl

import (
	"context"
	"errors"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/xenvoy/xenvoy/xen/internal/processtest"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
	"github.com/xenvoy/xenvoy/xen/libxl/internal/dummyxen"
)

// aboutCPUs are the calls about CPUs, schedulers, pools and policies that need a
// hypervisor, by the C function. They are about domain 5 and pool 5.
var aboutCPUs = map[string]func(ctx context.Context, c *Context) error{
	"libxl_get_max_cpus":         func(ctx context.Context, c *Context) error { return of(c.MaxCPUs(ctx)) },
	"libxl_get_max_nodes":        func(ctx context.Context, c *Context) error { return of(c.MaxNodes(ctx)) },
	"libxl_get_online_cpus":      func(ctx context.Context, c *Context) error { return of(c.OnlineCPUs(ctx)) },
	"libxl_get_freecpus":         func(ctx context.Context, c *Context) error { return of(c.FreeCPUMap(ctx)) },
	"libxl_get_cpu_topology":     func(ctx context.Context, c *Context) error { return of(c.CPUTopology(ctx)) },
	"libxl_get_pci_topology":     func(ctx context.Context, c *Context) error { return of(c.PCITopology(ctx)) },
	"libxl_get_numainfo":         func(ctx context.Context, c *Context) error { return of(c.NUMAInfo(ctx)) },
	"libxl_get_online_socketmap": func(ctx context.Context, c *Context) error { return of(c.OnlineSocketMap(ctx)) },
	"libxl_nodemap_to_cpumap":    func(ctx context.Context, c *Context) error { return of(c.NodeMapToCPUMap(ctx, idl.Bitmap{0})) },
	"libxl_cpumap_to_nodemap":    func(ctx context.Context, c *Context) error { return of(c.CPUMapToNodeMap(ctx, idl.Bitmap{0})) },
	"libxl_node_to_cpumap":       func(ctx context.Context, c *Context) error { return of(c.NodeToCPUMap(ctx, 0)) },

	"libxl_list_vcpu":        func(ctx context.Context, c *Context) error { return of(c.ListVCPUs(ctx, 5)) },
	"libxl_set_vcpuaffinity": func(ctx context.Context, c *Context) error { return c.SetVCPUAffinity(ctx, 5, 0, idl.Bitmap{0}, nil) },
	"libxl_set_vcpuaffinity_force": func(ctx context.Context, c *Context) error {
		return c.SetVCPUAffinityForce(ctx, 5, 0, nil, idl.Bitmap{0})
	},
	"libxl_set_vcpuaffinity_all": func(ctx context.Context, c *Context) error {
		return c.SetVCPUAffinityAll(ctx, 5, 2, idl.Bitmap{0}, idl.Bitmap{0})
	},
	"libxl_domain_set_nodeaffinity": func(ctx context.Context, c *Context) error { return c.DomainSetNodeAffinity(ctx, 5, idl.Bitmap{0}) },
	"libxl_domain_get_nodeaffinity": func(ctx context.Context, c *Context) error { return of(c.DomainGetNodeAffinity(ctx, 5)) },
	"libxl_set_vcpuonline":          func(ctx context.Context, c *Context) error { return c.SetVCPUOnline(ctx, 5, idl.Bitmap{0}) },

	"libxl_sched_credit_params_get": func(ctx context.Context, c *Context) error { return of(c.SchedCreditParamsGet(ctx, 5)) },
	"libxl_sched_credit_params_set": func(ctx context.Context, c *Context) error {
		return of(c.SchedCreditParamsSet(ctx, 5, idl.SchedCreditParams{TsliceMs: 30}))
	},
	"libxl_sched_credit2_params_get": func(ctx context.Context, c *Context) error { return of(c.SchedCredit2ParamsGet(ctx, 5)) },
	"libxl_sched_credit2_params_set": func(ctx context.Context, c *Context) error {
		return of(c.SchedCredit2ParamsSet(ctx, 5, idl.SchedCredit2Params{RatelimitUs: 1000}))
	},
	"libxl_domain_sched_params_get": func(ctx context.Context, c *Context) error { return of(c.DomainSchedParamsGet(ctx, 5)) },
	"libxl_domain_sched_params_set": func(ctx context.Context, c *Context) error {
		return c.DomainSchedParamsSet(ctx, 5, idl.DomainSchedParams{Weight: new(int32(100))})
	},
	"libxl_vcpu_sched_params_get": func(ctx context.Context, c *Context) error {
		return of(c.VCPUSchedParamsGet(ctx, 5, idl.Bitmap{0}))
	},
	"libxl_vcpu_sched_params_get_all": func(ctx context.Context, c *Context) error { return of(c.VCPUSchedParamsGetAll(ctx, 5)) },
	"libxl_vcpu_sched_params_set": func(ctx context.Context, c *Context) error {
		return c.VCPUSchedParamsSet(ctx, 5, idl.VCPUSchedParams{VCPUs: []idl.SchedParams{{VCPUID: new(int32(0))}}})
	},
	"libxl_vcpu_sched_params_set_all": func(ctx context.Context, c *Context) error {
		return c.VCPUSchedParamsSetAll(ctx, 5, idl.VCPUSchedParams{VCPUs: []idl.SchedParams{{}}})
	},

	"libxl_list_cpupool": func(ctx context.Context, c *Context) error { return of(c.ListCPUPools(ctx)) },
	"libxl_cpupool_info": func(ctx context.Context, c *Context) error { return of(c.CPUPoolInfo(ctx, 5)) },
	"libxl_cpupool_create": func(ctx context.Context, c *Context) error {
		return of(c.CPUPoolCreate(ctx, idl.CPUPoolInfo{PoolName: "x", Sched: idl.SchedulerCredit}, idl.UUID{}))
	},
	"libxl_cpupool_destroy":          func(ctx context.Context, c *Context) error { return c.CPUPoolDestroy(ctx, 5) },
	"libxl_cpupool_rename":           func(ctx context.Context, c *Context) error { return c.CPUPoolRename(ctx, 5, "y") },
	"libxl_cpupool_cpuadd":           func(ctx context.Context, c *Context) error { return c.CPUPoolCPUAdd(ctx, 5, 0) },
	"libxl_cpupool_cpuadd_node":      func(ctx context.Context, c *Context) error { return of(c.CPUPoolCPUAddNode(ctx, 5, 0)) },
	"libxl_cpupool_cpuadd_cpumap":    func(ctx context.Context, c *Context) error { return c.CPUPoolCPUAddCPUMap(ctx, 5, idl.Bitmap{0}) },
	"libxl_cpupool_cpuremove":        func(ctx context.Context, c *Context) error { return c.CPUPoolCPURemove(ctx, 5, 0) },
	"libxl_cpupool_cpuremove_node":   func(ctx context.Context, c *Context) error { return of(c.CPUPoolCPURemoveNode(ctx, 5, 0)) },
	"libxl_cpupool_cpuremove_cpumap": func(ctx context.Context, c *Context) error { return c.CPUPoolCPURemoveCPUMap(ctx, 5, idl.Bitmap{0}) },
	"libxl_cpupool_movedomain":       func(ctx context.Context, c *Context) error { return c.CPUPoolMoveDomain(ctx, 5, 5) },
	"libxl_name_to_cpupoolid":        func(ctx context.Context, c *Context) error { return of(c.NameToCPUPoolID(ctx, "x")) },
	"libxl_cpupoolid_to_name":        func(ctx context.Context, c *Context) error { return of(c.CPUPoolIDToName(ctx, 5)) },
	"libxl_cpupool_qualifier_to_cpupoolid": func(ctx context.Context, c *Context) error {
		_, _, err := c.FindCPUPool(ctx, "x")
		return err
	},

	"libxl_flask_context_to_sid": func(ctx context.Context, c *Context) error { return of(c.FlaskContextToSID(ctx, "a:b:c")) },
	"libxl_flask_sid_to_context": func(ctx context.Context, c *Context) error { return of(c.FlaskSIDToContext(ctx, 1)) },
	"libxl_flask_getenforce":     func(ctx context.Context, c *Context) error { return of(c.FlaskGetEnforce(ctx)) },
	"libxl_flask_setenforce":     func(ctx context.Context, c *Context) error { return c.FlaskSetEnforce(ctx, true) },
	"libxl_flask_loadpolicy":     func(ctx context.Context, c *Context) error { return c.FlaskLoadPolicy(ctx, []byte("policy")) },

	"libxl_psr_cmt_attach":              func(ctx context.Context, c *Context) error { return c.PSRCMTAttach(ctx, 5) },
	"libxl_psr_cmt_detach":              func(ctx context.Context, c *Context) error { return c.PSRCMTDetach(ctx, 5) },
	"libxl_psr_cmt_domain_attached":     func(ctx context.Context, c *Context) error { return of(c.PSRCMTDomainAttached(ctx, 5)) },
	"libxl_psr_cmt_get_total_rmid":      func(ctx context.Context, c *Context) error { return of(c.PSRCMTTotalRMID(ctx)) },
	"libxl_psr_cmt_get_l3_cache_size":   func(ctx context.Context, c *Context) error { return of(c.PSRCMTL3CacheSize(ctx, 0)) },
	"libxl_psr_cmt_get_cache_occupancy": func(ctx context.Context, c *Context) error { return of(c.PSRCMTCacheOccupancy(ctx, 5, 0)) },
	"libxl_psr_cmt_get_sample": func(ctx context.Context, c *Context) error {
		return of(c.PSRCMTSample(ctx, 5, idl.PSRCMTTypeTotalMemCount, 0))
	},
	"libxl_psr_cat_set_cbm": func(ctx context.Context, c *Context) error {
		return c.PSRCATSetCBM(ctx, 5, idl.PSRCBMTypeL3CBM, idl.Bitmap{0}, 1)
	},
	"libxl_psr_set_val": func(ctx context.Context, c *Context) error {
		return c.PSRSetVal(ctx, 5, idl.PSRCBMTypeL3CBM, idl.Bitmap{0}, 1)
	},
	"libxl_psr_cat_get_cbm":     func(ctx context.Context, c *Context) error { return of(c.PSRCATGetCBM(ctx, 5, idl.PSRCBMTypeL3CBM, 0)) },
	"libxl_psr_get_val":         func(ctx context.Context, c *Context) error { return of(c.PSRGetVal(ctx, 5, idl.PSRCBMTypeL3CBM, 0)) },
	"libxl_psr_cat_get_info":    func(ctx context.Context, c *Context) error { return of(c.PSRCATInfo(ctx, 2)) },
	"libxl_psr_cat_get_l3_info": func(ctx context.Context, c *Context) error { return of(c.PSRCATL3Info(ctx)) },
	"libxl_psr_get_hw_info":     func(ctx context.Context, c *Context) error { return of(c.PSRHwInfo(ctx, idl.PSRFeatTypeMBA, 0)) },
}

// of drops a result.
func of[T any](_ T, err error) error { return err }

// TestCPUCallsWithoutHypervisor: each call is an error that says which C function failed
// and with what, and leaves no descriptor open.
func TestCPUCallsWithoutHypervisor(t *testing.T) {
	c := openDummy(t, Options{})
	for name, call := range aboutCPUs {
		fds := processtest.Descriptors(t)
		err := call(t.Context(), c)
		var e *Error
		if !errors.As(err, &e) || e.Op != name || e.Code == 0 {
			t.Errorf("%s: %+v", name, err)
		}
		if strings.HasPrefix(name, "libxl_flask_") && !errors.Is(err, syscall.ENOSYS) {
			t.Errorf("%s: %v, want ENOSYS", name, err)
		}
		if n := processtest.Descriptors(t); n != fds {
			t.Errorf("%s: %d descriptors before, %d after", name, fds, n)
		}
	}
}

// TestCPUQuestionsWithoutHypervisor: these have no word for failure.
func TestCPUQuestionsWithoutHypervisor(t *testing.T) {
	c := openDummy(t, Options{})
	ctx := t.Context()
	if yes, err := c.PSRCMTEnabled(ctx); err != nil || yes {
		t.Errorf("PSRCMTEnabled = %v, %v", yes, err)
	}
	if yes, err := c.PSRCMTTypeSupported(ctx, idl.PSRCMTTypeLocalMemCount); err != nil || yes {
		t.Errorf("PSRCMTTypeSupported = %v, %v", yes, err)
	}
	if yes, err := c.CPUPoolIDIsValid(ctx, 5); err != nil || yes {
		t.Errorf("CPUPoolIDIsValid = %v, %v", yes, err)
	}
	if id, named, err := c.FindCPUPool(ctx, "12"); err != nil || named || id != 12 {
		t.Errorf("FindCPUPool = %d, %v, %v", id, named, err)
	}
}

// TestCPURefusals: what would abort the process, be cut, or mean something else than it
// says is refused before libxl sees it.
func TestCPURefusals(t *testing.T) {
	c := openDummy(t, Options{})
	dummyxen.StartMachine()
	t.Cleanup(dummyxen.StopMachine)
	dummyxen.AddDomain(dummyxen.MachineDomain)
	t.Cleanup(dummyxen.Clear)
	ctx := t.Context()
	const id = dummyxen.MachineDomain
	pool := idl.CPUPoolInfo{PoolName: "x", Sched: idl.SchedulerCredit}
	far := pool
	far.PoolID = 100000
	nul := pool
	nul.PoolName = "x\x00y"
	for name, err := range map[string]error{
		"no affinity":             c.SetVCPUAffinity(ctx, id, 0, nil, nil),
		"affinity to bit 65536":   c.SetVCPUAffinity(ctx, id, 0, idl.Bitmap{65536}, nil),
		"affinity out of order":   c.SetVCPUAffinity(ctx, id, 0, idl.Bitmap{1, 0}, nil),
		"affinity of 65537 vCPUs": c.SetVCPUAffinityAll(ctx, id, 65537, idl.Bitmap{0}, nil),
		"affinity of -1 vCPUs":    c.SetVCPUAffinityAll(ctx, id, -1, idl.Bitmap{0}, nil),
		"affinity to node 64":     c.DomainSetNodeAffinity(ctx, id, idl.Bitmap{0, 64}),
		"online out of order":     c.SetVCPUOnline(ctx, id, idl.Bitmap{1, 0}),
		"a pool beyond the path":  of(c.CPUPoolCreate(ctx, far, idl.UUID{})),
		"a pool's name with NUL":  of(c.CPUPoolCreate(ctx, nul, idl.UUID{})),
		"renaming to a NUL":       c.CPUPoolRename(ctx, 0, "\x00"),
		"looking for a NUL":       of(c.NameToCPUPoolID(ctx, "x\x00")),
		"a context with NUL":      of(c.FlaskContextToSID(ctx, "a\x00b")),
		"a long context":          of(c.FlaskContextToSID(ctx, strings.Repeat("x", 4097))),
		"no policy":               c.FlaskLoadPolicy(ctx, nil),
		"a large policy":          c.FlaskLoadPolicy(ctx, make([]byte, 64<<20+1)),
		"monitor 0":               of(c.PSRCMTTypeSupported(ctx, 0)),
		"monitor 4":               of(c.PSRCMTSample(ctx, id, 4, 0)),
		"setting type 0":          c.PSRSetVal(ctx, id, 0, idl.Bitmap{0}, 1),
		"setting type 6":          c.PSRCATSetCBM(ctx, id, 6, idl.Bitmap{0}, 1),
		"setting no socket":       c.PSRSetVal(ctx, id, idl.PSRCBMTypeL3CBM, nil, 1),
		"setting socket 2":        c.PSRSetVal(ctx, id, idl.PSRCBMTypeL3CBM, idl.Bitmap{0, 2}, 1),
		"getting type -1":         of(c.PSRGetVal(ctx, id, -1, 0)),
		"cache level 1":           of(c.PSRCATInfo(ctx, 1)),
		"cache level 4":           of(c.PSRHwInfo(ctx, idl.PSRFeatTypeCAT, 4)),
		"resource 0":              of(c.PSRHwInfo(ctx, 0, 3)),
		"no vCPU":                 of(c.VCPUSchedParamsGet(ctx, id, nil)),
	} {
		var e *Error
		if !errors.As(err, &e) || !errors.Is(err, ErrInval) {
			t.Errorf("%s: %v, want ErrInval", name, err)
		}
	}
}

// TestCPUPoolQualifiers: numbers that would be cut to another pool's are refused.
func TestCPUPoolQualifiers(t *testing.T) {
	c := openDummy(t, Options{})
	for _, q := range []string{"", "4294967296", "99999999999999999999", "a\x00"} {
		if id, named, err := c.FindCPUPool(t.Context(), q); !errors.Is(err, ErrInval) {
			t.Errorf("%q: pool %d, %v, %v", q, id, named, err)
		}
	}
}

// TestCPUIDParse: what is said here needs no hypervisor.
func TestCPUIDParse(t *testing.T) {
	c := openDummy(t, Options{})
	x := strings.Repeat("x", 32)
	var list idl.CPUIDPolicyList
	for _, item := range []string{"sse4_2=0", "aes=1", "family=23", "proccount=0x0f", "invtsc=k"} {
		var err error
		if list, err = c.CPUIDParseConfig(t.Context(), list, item); err != nil {
			t.Fatalf("%s: %+v", item, err)
		}
	}
	want := []idl.CPUIDPolicy{
		{Leaf: 1, EAX: x[:4] + "00001000" + x[:8] + "1111" + x[:8], EBX: x[:8] + "00001111" + x[:16], ECX: x[:6] + "1" + x[:4] + "0" + x[:20]},
		{Leaf: 0x80000007, EDX: x[:23] + "k" + x[:8]},
	}
	if !slices.EqualFunc(list.CPUID, want, func(a, b idl.CPUIDPolicy) bool {
		return a.Leaf == b.Leaf && a.Subleaf == nil && [...]string{a.EAX, a.EBX, a.ECX, a.EDX} == [...]string{b.EAX, b.EBX, b.ECX, b.EDX}
	}) {
		t.Errorf("list %+v\nwant %+v", list.CPUID, want)
	}
	again, err := c.CPUIDParseConfig(t.Context(), list, "aes=x")
	if err != nil || again.CPUID[0].ECX != x[:11]+"0"+x[:20] || list.CPUID[0].ECX != want[0].ECX {
		t.Errorf("aes taken back: %+v, %v; before %+v", again, err, list)
	}
}

func TestCPUIDParseXend(t *testing.T) {
	c := openDummy(t, Options{})
	policy := strings.Repeat("01xks", 6) + "xx"
	list, err := c.CPUIDParseConfigXend(t.Context(), idl.CPUIDPolicyList{}, "0x7,0:ebx="+policy+",ecx="+policy)
	if err != nil || len(list.CPUID) != 1 {
		t.Fatalf("%+v, %+v", list, err)
	}
	if l := list.CPUID[0]; l.Leaf != 7 || l.Subleaf == nil || *l.Subleaf != 0 || l.EBX != policy || l.ECX != policy || l.EAX+l.EDX != "" {
		t.Errorf("leaf %+v", l)
	}
}

func TestCPUIDParseRefusals(t *testing.T) {
	c := openDummy(t, Options{})
	for item, want := range map[string]string{
		"sse4_2":        `no "="`,
		"host":          `no "="`,
		"":              `no "="`,
		"no_such=1":     "no such key",
		"sse4_2=maybe":  "no such value",
		"sse4_2=1\x00k": "NUL",
	} {
		refused(t, item, want, of(c.CPUIDParseConfig(t.Context(), idl.CPUIDPolicyList{}, item)))
	}
	for item, want := range map[string]string{
		"eax":                                 "number of a leaf",
		"1,":                                  "sub-leaf",
		"1":                                   `":" is missing`,
		"1:e":                                 "no register",
		"1:eax":                               "no register",
		"1:eex=" + strings.Repeat("x", 32):    "no register",
		"1:eax=x":                             "32 characters",
		"1:eax=" + strings.Repeat("y", 32):    "not a policy",
		"1:eax=" + strings.Repeat("\xff", 32): "not a policy",
		"1:eax=" + strings.Repeat("x", 32) + ",e":          "no register",
		"1:eax=" + strings.Repeat("x", 32) + "\x00":        "NUL",
		"1:eax=" + strings.Repeat("x", 33) + ",ebx=" + "x": "32 characters",
	} {
		refused(t, item, want, of(c.CPUIDParseConfigXend(t.Context(), idl.CPUIDPolicyList{}, item)))
	}
	bad := idl.CPUIDPolicyList{CPUID: []idl.CPUIDPolicy{{Leaf: 1, EAX: "x"}}}
	var e *Error
	if _, err := c.CPUIDParseConfig(t.Context(), bad, "aes=1"); !errors.As(err, &e) || e.Cause == nil {
		t.Errorf("a list that libxl would read beyond: %v", err)
	}
}

func refused(t *testing.T, item, want string, err error) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) || !errors.Is(err, ErrInval) || !strings.Contains(err.Error(), want) {
		t.Errorf("%q: %v, want ErrInval with %q", item, err, want)
	}
}

func TestMSVMGenID(t *testing.T) {
	c := openDummy(t, Options{})
	seen := map[idl.VMGenID]bool{{}: true}
	for range 3 {
		id, err := c.MSVMGenIDGenerate(t.Context())
		if err != nil || seen[id] {
			t.Errorf("%x, %v; seen or zero", id, err)
		}
		seen[id] = true
	}
}
