//go:build cgo && (386 || amd64)

package libxl

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
	"github.com/xenvoy/xenvoy/xen/libxl/internal/dummyxen"
)

// openMachine opens a libxl whose hypercalls reach package dummyxen's machine. These tests
// show that libxl is called rightly where no lab has the hardware, not what Xen does.
func openMachine(t *testing.T) (*Context, context.Context) {
	t.Helper()
	c := openDummy(t, Options{})
	dummyxen.StartMachine()
	t.Cleanup(dummyxen.StopMachine)
	dummyxen.AddDomain(dummyxen.MachineDomain)
	dummyxen.Write("/local/pool/0/name", "Pool-0")
	t.Cleanup(dummyxen.Clear)
	return c, t.Context()
}

// same reports a result that is not the expected one.
func same[T any](t *testing.T, what string, want T) func(got T, err error) {
	t.Helper()
	return func(got T, err error) {
		t.Helper()
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %+v; want %+v", what, got, err, want)
		}
	}
}

// fails reports an error that does not match, or is none of libxl's.
func fails(t *testing.T, what string, want, err error) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) || !errors.Is(err, want) {
		t.Errorf("%s: %+v, want %v", what, err, want)
	}
}

func TestMachineTopology(t *testing.T) {
	c, ctx := openMachine(t)
	unknown := idl.CPUTopology{Core: InvalidEntry, Socket: InvalidEntry, Node: InvalidEntry}
	same(t, "MaxCPUs", 6)(c.MaxCPUs(ctx))
	same(t, "MaxNodes", 64)(c.MaxNodes(ctx))
	same(t, "OnlineCPUs", 4)(c.OnlineCPUs(ctx))
	same(t, "FreeCPUMap", idl.Bitmap{3})(c.FreeCPUMap(ctx))
	same(t, "FreeCPUs", 1)(c.FreeCPUs(ctx))
	same(t, "CPUTopology", []idl.CPUTopology{
		{}, {Core: 1}, {Socket: 1, Node: 1}, {Core: 1, Socket: 1, Node: 1}, unknown, unknown,
	})(c.CPUTopology(ctx))
	same(t, "NUMAInfo", []idl.NUMAInfo{
		{Size: 16 << 40, Dists: []uint32{10, 21, InvalidEntry}},
		{Size: 16 << 40, Free: 1 << 20, Dists: []uint32{21, 10, InvalidEntry}},
		{Size: InvalidEntry, Free: InvalidEntry, Dists: []uint32{InvalidEntry, InvalidEntry, InvalidEntry}},
	})(c.NUMAInfo(ctx))
	same(t, "OnlineSocketMap", idl.Bitmap{0, 1})(c.OnlineSocketMap(ctx))
	same(t, "CPUs of nodes 0 and 5", idl.Bitmap{0, 1})(c.NodeMapToCPUMap(ctx, idl.Bitmap{0, 5}))
	same(t, "CPUs of no node", idl.Bitmap{})(c.NodeMapToCPUMap(ctx, nil))
	same(t, "CPUs of node 1", idl.Bitmap{2, 3})(c.NodeToCPUMap(ctx, 1))
	same(t, "CPUs of node 63", idl.Bitmap{})(c.NodeToCPUMap(ctx, 63))
	same(t, "CPUs of the node that nothing has", idl.Bitmap{})(c.NodeToCPUMap(ctx, InvalidEntry))
	same(t, "nodes of CPUs", idl.Bitmap{1})(c.CPUMapToNodeMap(ctx, idl.Bitmap{3, 4, 60000}))
	dummyxen.TakeOffline(2)
	dummyxen.TakeOffline(3)
	same(t, "OnlineSocketMap with one offline", idl.Bitmap{0})(c.OnlineSocketMap(ctx))
}

func TestMachinePCITopology(t *testing.T) {
	c, ctx := openMachine(t)
	devices, err := c.PCITopology(ctx)
	if err != nil {
		t.Skipf("this machine has no PCI devices to list: %v", err)
	}
	for i, d := range devices {
		if want := [...]uint32{1, InvalidEntry}[i%2]; d.Node != want {
			t.Errorf("device %d: %+v, want node %d", i, d, want)
		}
	}
}

func TestMachineVCPUs(t *testing.T) {
	c, ctx := openMachine(t)
	const id = dummyxen.MachineDomain
	all := idl.Bitmap{0, 1, 2, 3, 4, 5}
	vcpu := idl.VCPUInfo{CPU: 2, Online: true, Blocked: true, VCPUTime: 1 << 62, CPUMap: all, CPUMapSoft: all}
	same(t, "ListVCPUs", []idl.VCPUInfo{vcpu})(c.ListVCPUs(ctx, id))
	pinned := func(err error, hard, soft idl.Bitmap) {
		t.Helper()
		if err != nil {
			t.Errorf("%+v", err)
		}
		vcpu.CPUMap, vcpu.CPUMapSoft = hard, soft
		same(t, "ListVCPUs", []idl.VCPUInfo{vcpu})(c.ListVCPUs(ctx, id))
	}
	pinned(c.SetVCPUAffinity(ctx, id, 0, idl.Bitmap{1, 2}, nil), idl.Bitmap{1, 2}, all)
	pinned(c.SetVCPUAffinity(ctx, id, 0, nil, idl.Bitmap{2}), idl.Bitmap{1, 2}, idl.Bitmap{2})
	pinned(c.SetVCPUAffinityForce(ctx, id, 0, nil, nil), idl.Bitmap{1, 2}, idl.Bitmap{2})
	pinned(c.SetVCPUAffinityAll(ctx, id, 1, idl.Bitmap{0, 60000}, idl.Bitmap{}), idl.Bitmap{0}, idl.Bitmap{})

	same(t, "DomainGetNodeAffinity", idl.Bitmap{0, 1})(c.DomainGetNodeAffinity(ctx, id))
	if err := c.DomainSetNodeAffinity(ctx, id, idl.Bitmap{1, 63}); err != nil {
		t.Errorf("%+v", err)
	}
	same(t, "DomainGetNodeAffinity", idl.Bitmap{1, 63})(c.DomainGetNodeAffinity(ctx, id))
	fails(t, "no online node", ErrFail, c.DomainSetNodeAffinity(ctx, id, idl.Bitmap{7}))
	fails(t, "no CPU", ErrFail, c.SetVCPUAffinity(ctx, id, 0, idl.Bitmap{}, nil))
	fails(t, "no such vCPU", ErrFail, c.SetVCPUAffinity(ctx, id, 1, idl.Bitmap{0}, nil))
	fails(t, "one vCPU too many", ErrFail, c.SetVCPUAffinityAll(ctx, id, 2, idl.Bitmap{0}, nil))
}

// TestMachineDomainIDs: a domain that does not exist is named as such, also when its id
// would be cut to that of one that does.
func TestMachineDomainIDs(t *testing.T) {
	c, _ := openMachine(t)
	for _, id := range []idl.DomID{8, 0x7ff0, 1<<16 + dummyxen.MachineDomain, idl.InvalidDomID} {
		for name, call := range domainCalls(id) {
			if err := call(t.Context(), c); !errors.Is(err, ErrDomainNotFound) {
				t.Errorf("%s of domain %d: %+v", name, id, err)
			}
		}
	}
}

func domainCalls(id idl.DomID) map[string]func(ctx context.Context, c *Context) error {
	return map[string]func(ctx context.Context, c *Context) error{
		"ListVCPUs":       func(ctx context.Context, c *Context) error { return of(c.ListVCPUs(ctx, id)) },
		"SetVCPUAffinity": func(ctx context.Context, c *Context) error { return c.SetVCPUAffinity(ctx, id, 0, idl.Bitmap{0}, nil) },
		"SetVCPUAffinityAll": func(ctx context.Context, c *Context) error {
			return c.SetVCPUAffinityAll(ctx, id, 1, idl.Bitmap{0}, nil)
		},
		"DomainSetNodeAffinity": func(ctx context.Context, c *Context) error { return c.DomainSetNodeAffinity(ctx, id, idl.Bitmap{0}) },
		"DomainGetNodeAffinity": func(ctx context.Context, c *Context) error { return of(c.DomainGetNodeAffinity(ctx, id)) },
		"SetVCPUOnline":         func(ctx context.Context, c *Context) error { return c.SetVCPUOnline(ctx, id, idl.Bitmap{0}) },
		"DomainSchedParamsGet":  func(ctx context.Context, c *Context) error { return of(c.DomainSchedParamsGet(ctx, id)) },
		"DomainSchedParamsSet": func(ctx context.Context, c *Context) error {
			return c.DomainSchedParamsSet(ctx, id, idl.DomainSchedParams{Sched: idl.SchedulerRTDS})
		},
		"VCPUSchedParamsGetAll": func(ctx context.Context, c *Context) error { return of(c.VCPUSchedParamsGetAll(ctx, id)) },
		"CPUPoolMoveDomain":     func(ctx context.Context, c *Context) error { return c.CPUPoolMoveDomain(ctx, 0, id) },
		"PSRCMTAttach":          func(ctx context.Context, c *Context) error { return c.PSRCMTAttach(ctx, id) },
		"PSRCMTDomainAttached":  func(ctx context.Context, c *Context) error { return of(c.PSRCMTDomainAttached(ctx, id)) },
		"PSRGetVal":             func(ctx context.Context, c *Context) error { return of(c.PSRGetVal(ctx, id, idl.PSRCBMTypeL3CBM, 0)) },
		"PSRSetVal": func(ctx context.Context, c *Context) error {
			return c.PSRSetVal(ctx, id, idl.PSRCBMTypeL3CBM, idl.Bitmap{0}, 1)
		},
	}
}

func TestMachineCPUPools(t *testing.T) {
	c, ctx := openMachine(t)
	first := idl.CPUPoolInfo{PoolName: "Pool-0", Sched: idl.SchedulerRTDS, NDom: 2, CPUMap: idl.Bitmap{0, 1, 2}}
	same(t, "CPUPoolInfo", first)(c.CPUPoolInfo(ctx, 0))

	dummyxen.Write("/local/pool/2/name", "two") // libxl cannot write it here
	want := idl.CPUPoolInfo{PoolID: 2, PoolName: "two", Sched: idl.SchedulerCredit, CPUMap: idl.Bitmap{3}}
	same[uint32](t, "CPUPoolCreate", 2)(c.CPUPoolCreate(ctx, want, idl.UUID{1}))
	same(t, "ListCPUPools", []idl.CPUPoolInfo{first, want})(c.ListCPUPools(ctx))
	same[uint32](t, "NameToCPUPoolID", 2)(c.NameToCPUPoolID(ctx, "two"))
	same(t, "CPUPoolIDToName", "two")(c.CPUPoolIDToName(ctx, 2))
	same(t, "CPUPoolIDIsValid", true)(c.CPUPoolIDIsValid(ctx, 2))
	if id, named, err := c.FindCPUPool(ctx, "two"); err != nil || id != 2 || !named {
		t.Errorf("FindCPUPool = %d, %v, %v", id, named, err)
	}
	fails(t, "an unknown name", ErrNotFound, of(c.NameToCPUPoolID(ctx, "three")))
	fails(t, "a number that is taken", ErrFail, of(c.CPUPoolCreate(ctx, want, idl.UUID{})))
	fails(t, "a CPU that is taken", ErrFail, of(c.CPUPoolCreate(ctx, idl.CPUPoolInfo{Sched: idl.SchedulerCredit, CPUMap: idl.Bitmap{0}}, idl.UUID{})))
	fails(t, "a scheduler that is not there", ErrFail, of(c.CPUPoolCreate(ctx, idl.CPUPoolInfo{Sched: idl.SchedulerNull}, idl.UUID{})))

	if err := c.CPUPoolMoveDomain(ctx, 2, dummyxen.MachineDomain); err != nil {
		t.Errorf("%+v", err)
	}
	want.NDom = 1
	same(t, "CPUPoolInfo", want)(c.CPUPoolInfo(ctx, 2))
	fails(t, "with a domain", ErrInval, c.CPUPoolDestroy(ctx, 2))
	if err := c.CPUPoolMoveDomain(ctx, 0, dummyxen.MachineDomain); err != nil {
		t.Errorf("%+v", err)
	}
	if err := c.CPUPoolDestroy(ctx, 2); err != nil {
		t.Errorf("%+v", err)
	}
	same(t, "FreeCPUMap", idl.Bitmap{3})(c.FreeCPUMap(ctx))
}

func TestMachineCPUPoolCPUs(t *testing.T) {
	c, ctx := openMachine(t)
	dummyxen.Write("/local/pool/1/name", "one")
	same[uint32](t, "CPUPoolCreate", 1)(c.CPUPoolCreate(ctx, idl.CPUPoolInfo{Sched: idl.SchedulerCredit}, idl.UUID{}))
	cpus := func(what string, err error, want ...uint32) {
		t.Helper()
		if err != nil {
			t.Errorf("%s: %+v", what, err)
		}
		if p, err := c.CPUPoolInfo(ctx, 1); err != nil || !slices.Equal(p.CPUMap, want) {
			t.Errorf("%s: CPUs %v, %v; want %v", what, p.CPUMap, err, want)
		}
	}
	cpus("adding 3", c.CPUPoolCPUAdd(ctx, 1, 3), 3)
	cpus("removing 1 from pool 0", c.CPUPoolCPURemove(ctx, 0, 1), 3)
	cpus("adding 1", c.CPUPoolCPUAddCPUMap(ctx, 1, idl.Bitmap{1}), 1, 3)
	cpus("removing both", c.CPUPoolCPURemoveCPUMap(ctx, 1, idl.Bitmap{1, 3}))
	same(t, "adding node 1", 1)(c.CPUPoolCPUAddNode(ctx, 1, 1))
	cpus("after node 1", nil, 3)
	same(t, "removing node 1", 1)(c.CPUPoolCPURemoveNode(ctx, 1, 1))
	cpus("after all", nil)
	same(t, "adding a node that nothing has", 0)(c.CPUPoolCPUAddNode(ctx, 1, InvalidEntry))

	fails(t, "adding what is taken", ErrFail, c.CPUPoolCPUAdd(ctx, 1, 0))
	fails(t, "adding -1, any to Xen", ErrFail, c.CPUPoolCPUAdd(ctx, 1, InvalidEntry))
	fails(t, "removing -1, any to Xen", ErrFail, c.CPUPoolCPURemove(ctx, 0, InvalidEntry))
	fails(t, "adding some that are taken", ErrFail, c.CPUPoolCPUAddCPUMap(ctx, 1, idl.Bitmap{0, 3}))
	cpus("after that", nil, 3)
	fails(t, "removing what it has not", ErrFail, c.CPUPoolCPURemoveCPUMap(ctx, 1, idl.Bitmap{0, 3}))
	cpus("after that too", nil)
}

// TestMachineNoSuchPool: each call about a pool says when it does not exist.
func TestMachineNoSuchPool(t *testing.T) {
	c, ctx := openMachine(t)
	for name, err := range map[string]error{
		"CPUPoolInfo":            of(c.CPUPoolInfo(ctx, 3)),
		"CPUPoolDestroy":         c.CPUPoolDestroy(ctx, 3),
		"CPUPoolRename":          c.CPUPoolRename(ctx, 3, "x"),
		"CPUPoolCPUAdd":          c.CPUPoolCPUAdd(ctx, 3, 3),
		"CPUPoolCPUAddNode":      of(c.CPUPoolCPUAddNode(ctx, 3, 1)),
		"CPUPoolCPUAddCPUMap":    c.CPUPoolCPUAddCPUMap(ctx, 3, idl.Bitmap{3}),
		"CPUPoolCPURemove":       c.CPUPoolCPURemove(ctx, 3, 3),
		"CPUPoolCPURemoveNode":   of(c.CPUPoolCPURemoveNode(ctx, 3, 1)),
		"CPUPoolCPURemoveCPUMap": c.CPUPoolCPURemoveCPUMap(ctx, 3, idl.Bitmap{3}),
		"CPUPoolMoveDomain":      c.CPUPoolMoveDomain(ctx, 3, dummyxen.MachineDomain),
		"CPUPoolIDToName":        of(c.CPUPoolIDToName(ctx, 3)),
		"SchedCreditParamsGet":   of(c.SchedCreditParamsGet(ctx, 3)),
		"SchedCreditParamsSet":   of(c.SchedCreditParamsSet(ctx, 3, idl.SchedCreditParams{TsliceMs: 1})),
		"SchedCredit2ParamsGet":  of(c.SchedCredit2ParamsGet(ctx, 3)),
	} {
		if !errors.Is(err, ErrNotFound) || !strings.Contains(err.Error(), "CPU pool 3: ") {
			t.Errorf("%s: %+v", name, err)
		}
	}
}

func TestMachineSchedulers(t *testing.T) {
	c, ctx := openMachine(t)
	dummyxen.Write("/local/pool/1/name", "one")
	same[uint32](t, "CPUPoolCreate", 1)(c.CPUPoolCreate(ctx, idl.CPUPoolInfo{Sched: idl.SchedulerCredit}, idl.UUID{}))
	same(t, "SchedCreditParamsGet", idl.SchedCreditParams{TsliceMs: 30, RatelimitUs: 1000})(c.SchedCreditParamsGet(ctx, 1))
	set := idl.SchedCreditParams{TsliceMs: 5, RatelimitUs: 500, VCPUMigrDelayUs: 70}
	took := idl.SchedCreditParams{TsliceMs: 5, VCPUMigrDelayUs: 70} // 500 is rounded down
	same(t, "SchedCreditParamsSet", took)(c.SchedCreditParamsSet(ctx, 1, set))
	same(t, "SchedCreditParamsGet", took)(c.SchedCreditParamsGet(ctx, 1))
	fails(t, "no time slice", ErrInval, of(c.SchedCreditParamsSet(ctx, 1, idl.SchedCreditParams{})))
	fails(t, "a pool of another scheduler", ErrFail, of(c.SchedCreditParamsGet(ctx, 0)))

	const id = dummyxen.MachineDomain
	domain := idl.DomainSchedParams{Sched: idl.SchedulerRTDS, Period: new(int32(10000)), Budget: new(int32(4000))}
	same(t, "DomainSchedParamsGet", domain)(c.DomainSchedParamsGet(ctx, id))
	if err := c.DomainSchedParamsSet(ctx, id, idl.DomainSchedParams{Budget: new(int32(5000)), Extratime: new(int32(0))}); err != nil {
		t.Errorf("%+v", err)
	}
	vcpu := idl.SchedParams{VCPUID: new(int32(0)), Period: new(int32(10000)), Budget: new(int32(5000)), Extratime: new(int32(0))}
	params := idl.VCPUSchedParams{Sched: idl.SchedulerRTDS, VCPUs: []idl.SchedParams{vcpu}}
	same(t, "VCPUSchedParamsGetAll", params)(c.VCPUSchedParamsGetAll(ctx, id))
	vcpu.Period, vcpu.Extratime = new(int32(20000)), new(int32(1))
	params.VCPUs = []idl.SchedParams{vcpu}
	if err := c.VCPUSchedParamsSet(ctx, id, params); err != nil {
		t.Errorf("%+v", err)
	}
	same(t, "VCPUSchedParamsGet", params)(c.VCPUSchedParamsGet(ctx, id, idl.Bitmap{0}))
	vcpu.Budget, vcpu.VCPUID = new(int32(1)), nil
	if err := c.VCPUSchedParamsSetAll(ctx, id, idl.VCPUSchedParams{VCPUs: []idl.SchedParams{vcpu}}); err != nil {
		t.Errorf("%+v", err)
	}
	domain.Period, domain.Budget = vcpu.Period, vcpu.Budget
	same(t, "DomainSchedParamsGet", domain)(c.DomainSchedParamsGet(ctx, id))

	fails(t, "a budget above the period", ErrInval, c.DomainSchedParamsSet(ctx, id, idl.DomainSchedParams{Budget: new(int32(30000))}))
	fails(t, "a vCPU that is not there", ErrInval, of(c.VCPUSchedParamsGet(ctx, id, idl.Bitmap{1})))
	fails(t, "a vCPU that nothing has", ErrInval, of(c.VCPUSchedParamsGet(ctx, id, idl.Bitmap{InvalidEntry})))
	fails(t, "two entries for all", ErrInval, c.VCPUSchedParamsSetAll(ctx, id, idl.VCPUSchedParams{VCPUs: make([]idl.SchedParams, 2)}))
	fails(t, "another scheduler", ErrFail, c.DomainSchedParamsSet(ctx, id, idl.DomainSchedParams{Sched: idl.SchedulerCredit2}))
}

func TestMachineFlask(t *testing.T) {
	c, ctx := openMachine(t)
	same[uint32](t, "FlaskContextToSID", 11)(c.FlaskContextToSID(ctx, "system_u:system_r:domU_t"))
	same(t, "FlaskSIDToContext", "system_u:system_r:domU_t")(c.FlaskSIDToContext(ctx, 11))
	for _, enforce := range []bool{true, false} {
		if err := c.FlaskSetEnforce(ctx, enforce); err != nil {
			t.Errorf("%+v", err)
		}
		same(t, "FlaskGetEnforce", enforce)(c.FlaskGetEnforce(ctx))
	}
	if err := c.FlaskLoadPolicy(ctx, []byte("good")); err != nil {
		t.Errorf("%+v", err)
	}
	fails(t, "a bad policy", syscall.EINVAL, c.FlaskLoadPolicy(ctx, []byte("evil")))
	fails(t, "an unknown context", syscall.EINVAL, of(c.FlaskContextToSID(ctx, "a:b:c")))
	fails(t, "an unknown number", syscall.EINVAL, of(c.FlaskSIDToContext(ctx, 12)))
	dummyxen.StopMachine()
	fails(t, "without FLASK", errors.ErrUnsupported, of(c.FlaskGetEnforce(ctx)))
}

func TestMachineMonitoring(t *testing.T) {
	c, ctx := openMachine(t)
	const id = dummyxen.MachineDomain
	same(t, "PSRCMTEnabled", true)(c.PSRCMTEnabled(ctx))
	same[uint32](t, "PSRCMTTotalRMID", 71)(c.PSRCMTTotalRMID(ctx))
	same[uint32](t, "PSRCMTL3CacheSize", 33792)(c.PSRCMTL3CacheSize(ctx, 1))
	fails(t, "a socket that is not there", ErrFail, of(c.PSRCMTL3CacheSize(ctx, 2)))
	for typ, want := range map[idl.PSRCMTType]bool{
		idl.PSRCMTTypeCacheOccupancy: true, idl.PSRCMTTypeTotalMemCount: false, idl.PSRCMTTypeLocalMemCount: true,
	} {
		same(t, typ.String(), want)(c.PSRCMTTypeSupported(ctx, typ))
	}
	same(t, "PSRCMTDomainAttached", false)(c.PSRCMTDomainAttached(ctx, id))
	fails(t, "a sample of what is not monitored", ErrFail, of(c.PSRCMTSample(ctx, id, idl.PSRCMTTypeTotalMemCount, 0)))
	if err := c.PSRCMTAttach(ctx, id); err != nil {
		t.Errorf("%+v", err)
	}
	same(t, "PSRCMTDomainAttached", true)(c.PSRCMTDomainAttached(ctx, id))
	// What the machine counts is 1000 times the type, ten times the RMID 5, and the CPU.
	same(t, "PSRCMTSample", PSRSample{Bytes: 2052 << 10, TSC: 123456789})(c.PSRCMTSample(ctx, id, idl.PSRCMTTypeTotalMemCount, 1))
	same[uint32](t, "PSRCMTCacheOccupancy", 1050)(c.PSRCMTCacheOccupancy(ctx, id, 0))
	fails(t, "monitoring twice", ErrFail, c.PSRCMTAttach(ctx, id))
	if err := c.PSRCMTDetach(ctx, id); err != nil {
		t.Errorf("%+v", err)
	}
	fails(t, "ending it twice", ErrFail, c.PSRCMTDetach(ctx, id))
}

func TestMachineAllocation(t *testing.T) {
	c, ctx := openMachine(t)
	cat := []idl.PSRCATInfo{{COSMax: 15, CBMLen: 20, CDPEnabled: true}, {ID: 1, COSMax: 16, CBMLen: 20, CDPEnabled: true}}
	same(t, "PSRCATL3Info", cat)(c.PSRCATL3Info(ctx))
	same(t, "PSRCATInfo", cat)(c.PSRCATInfo(ctx, 3))
	same(t, "PSRHwInfo of CAT", []idl.PSRHwInfo{
		{TypeCAT: &idl.PSRHwInfoCAT{COSMax: 15, CBMLen: 20, CDPEnabled: true}},
		{ID: 1, TypeCAT: &idl.PSRHwInfoCAT{COSMax: 16, CBMLen: 20, CDPEnabled: true}},
	})(c.PSRHwInfo(ctx, idl.PSRFeatTypeCAT, 3))
	mba := &idl.PSRHwInfoMBA{COSMax: 7, ThrtlMax: 90, Linear: true}
	same(t, "PSRHwInfo of MBA", []idl.PSRHwInfo{{TypeMBA: mba}, {ID: 1, TypeMBA: mba}})(c.PSRHwInfo(ctx, idl.PSRFeatTypeMBA, 0))
	fails(t, "no second-level allocation", ErrFail, of(c.PSRCATInfo(ctx, 2)))

	const id = dummyxen.MachineDomain
	if err := c.PSRSetVal(ctx, id, idl.PSRCBMTypeMBAThrtl, idl.Bitmap{0, 1}, 20); err != nil {
		t.Errorf("%+v", err)
	}
	same[uint64](t, "PSRGetVal", 20)(c.PSRGetVal(ctx, id, idl.PSRCBMTypeMBAThrtl, 0))
	if err := c.PSRCATSetCBM(ctx, id, idl.PSRCBMTypeL3CBM, idl.Bitmap{1}, 0xff000); err != nil {
		t.Errorf("%+v", err)
	}
	same[uint64](t, "PSRCATGetCBM", 0xff000)(c.PSRCATGetCBM(ctx, id, idl.PSRCBMTypeL3CBM, 1))
	same[uint64](t, "PSRCATGetCBM of the other socket", 0)(c.PSRCATGetCBM(ctx, id, idl.PSRCBMTypeL3CBM, 0))
	fails(t, "what it does not have", ErrFail, c.PSRSetVal(ctx, id, idl.PSRCBMTypeL2CBM, idl.Bitmap{0}, 1))
	fails(t, "a socket that is not there", ErrFail, of(c.PSRGetVal(ctx, id, idl.PSRCBMTypeL3CBM, 2)))
}

// TestMachineTooFewSocketsCounted: with one CPU of each socket offline libxl counts one
// socket and would describe two in the memory for one.
func TestMachineTooFewSocketsCounted(t *testing.T) {
	c, ctx := openMachine(t)
	dummyxen.TakeOffline(1)
	dummyxen.TakeOffline(3)
	same(t, "OnlineSocketMap", idl.Bitmap{0, 1})(c.OnlineSocketMap(ctx))
	fails(t, "PSRHwInfo", ErrFail, of(c.PSRHwInfo(ctx, idl.PSRFeatTypeCAT, 3)))
	fails(t, "PSRCATInfo", ErrFail, of(c.PSRCATInfo(ctx, 3)))
	fails(t, "PSRCATL3Info", ErrFail, of(c.PSRCATL3Info(ctx)))
	fails(t, "PSRSetVal", ErrInval, c.PSRSetVal(ctx, dummyxen.MachineDomain, idl.PSRCBMTypeL3CBM, idl.Bitmap{1}, 1))
}
