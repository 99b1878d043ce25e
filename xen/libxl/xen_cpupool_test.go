//go:build cgo && (386 || amd64)

package libxl

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"testing"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
	"github.com/xenvoy/xenvoy/xen/xenstore"
)

// testPool makes a CPU pool without CPUs, and destroys it after the test.
func testPool(t *testing.T, c *Context, sched idl.Scheduler) (pool uint32, name string) {
	t.Helper()
	name = fmt.Sprintf("xv-test-%d", os.Getpid())
	pool, err := c.CPUPoolCreate(t.Context(), idl.CPUPoolInfo{PoolName: name, Sched: sched}, idl.UUID{15: 7})
	if err != nil || pool == 0 {
		t.Fatalf("pool %d, %+v", pool, err)
	}
	t.Cleanup(func() {
		if err := c.CPUPoolDestroy(context.Background(), pool); err != nil && !errors.Is(err, ErrNotFound) {
			t.Errorf("%+v", err)
		}
	})
	return pool, name
}

func testMoveBetweenPools(t *testing.T, c *Context, id idl.DomID) {
	ctx := t.Context()
	pool, _ := testPool(t, c, idl.SchedulerCredit)
	if err := c.CPUPoolMoveDomain(ctx, 0, id); err != nil { // it is there
		t.Errorf("%+v", err)
	}
	fails(t, "a pool without CPUs", ErrFail, c.CPUPoolMoveDomain(ctx, pool, id))
	fails(t, "no pool", ErrNotFound, c.CPUPoolMoveDomain(ctx, 99, id))
}

// TestXenCPUPools: a pool without CPUs from its creation to its end, beside the first one.
func TestXenCPUPools(t *testing.T) {
	c := openXen(t)
	ctx := t.Context()
	before, err := c.ListCPUPools(ctx)
	if err != nil || len(before) == 0 || before[0].PoolName != "Pool-0" || !before[0].CPUMap.Has(0) || before[0].NDom == 0 {
		t.Fatalf("%+v, %+v", before, err)
	}
	pool, name := testPool(t, c, idl.SchedulerCredit)
	want := idl.CPUPoolInfo{PoolID: pool, PoolName: name, Sched: idl.SchedulerCredit}
	got, err := c.CPUPoolInfo(ctx, pool)
	if len(got.CPUMap) == 0 {
		got.CPUMap = nil // libxl leaves an empty one out
	}
	same(t, "CPUPoolInfo", want)(got, err)
	pools, err := c.ListCPUPools(ctx)
	if err != nil || len(pools) != len(before)+1 {
		t.Fatalf("%+v, %+v", pools, err)
	}
	for i, row := range rows(t, "xl", "cpupool-list") {
		p := pools[i]
		if want := fmt.Sprintf("%s %d %v y %d", p.PoolName, len(p.CPUMap), p.Sched, p.NDom); row != want {
			t.Errorf("xl says %q, libxl %q", row, want)
		}
	}
	t.Run("names", func(t *testing.T) { testPoolNames(t, c, pool, name) })
	t.Run("CPUs", func(t *testing.T) { testPoolCPUs(t, c, pool) })
	t.Run("parameters", func(t *testing.T) { testPoolParams(t, c, pool) })
	fails(t, "destroying a pool with domains", ErrInval, c.CPUPoolDestroy(ctx, 0))
	fails(t, "a number that is taken", ErrFail, of(c.CPUPoolCreate(ctx, idl.CPUPoolInfo{PoolID: pool, PoolName: "x", Sched: idl.SchedulerCredit}, idl.UUID{})))
	fails(t, "no scheduler", ErrFail, of(c.CPUPoolCreate(ctx, idl.CPUPoolInfo{PoolName: "x"}, idl.UUID{})))
	fails(t, "a CPU that is taken", ErrFail, of(c.CPUPoolCreate(ctx, idl.CPUPoolInfo{PoolName: "x", Sched: idl.SchedulerCredit, CPUMap: idl.Bitmap{0}}, idl.UUID{})))
	if err := c.CPUPoolDestroy(ctx, pool); err != nil {
		t.Fatalf("%+v", err)
	}
	fails(t, "destroying it again", ErrNotFound, c.CPUPoolDestroy(ctx, pool))
	same(t, "CPUPoolIDIsValid", false)(c.CPUPoolIDIsValid(ctx, pool))
	same(t, "ListCPUPools", before)(c.ListCPUPools(ctx))
}

func testPoolNames(t *testing.T, c *Context, pool uint32, name string) {
	ctx := t.Context()
	store, err := xenstore.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	same(t, "uuid", idl.UUID{15: 7}.String())(store.Read(ctx, fmt.Sprintf("/local/pool/%d/uuid", pool)))
	if err := c.CPUPoolRename(ctx, pool, name+"-b"); err != nil {
		t.Errorf("%+v", err)
	}
	same(t, "name", name+"-b")(store.Read(ctx, fmt.Sprintf("/local/pool/%d/name", pool)))
	same(t, "CPUPoolIDToName", name+"-b")(c.CPUPoolIDToName(ctx, pool))
	same(t, "NameToCPUPoolID", pool)(c.NameToCPUPoolID(ctx, name+"-b"))
	same(t, "CPUPoolIDIsValid", true)(c.CPUPoolIDIsValid(ctx, pool))
	for q, named := range map[string]bool{name + "-b": true, fmt.Sprint(pool): false} {
		if id, n, err := c.FindCPUPool(ctx, q); err != nil || id != pool || n != named {
			t.Errorf("FindCPUPool(%q) = %d, %v, %+v", q, id, n, err)
		}
	}
	fails(t, "its old name", ErrNotFound, of(c.NameToCPUPoolID(ctx, name)))
	fails(t, "a name that nothing has", ErrNotFound, func() error { _, _, err := c.FindCPUPool(ctx, "nobody"); return err }())
	if _, err := store.Read(ctx, "/local/pool/99/name"); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("pool 99 is there: %v", err)
	}
	fails(t, "the name of none", ErrNotFound, of(c.CPUPoolIDToName(ctx, 99)))
	fails(t, "renaming none", ErrNotFound, c.CPUPoolRename(ctx, 99, "x"))
	fails(t, "information about none", ErrNotFound, of(c.CPUPoolInfo(ctx, 99)))
}

// testPoolCPUs: the only CPU is CPU 0, which stays where it is.
func testPoolCPUs(t *testing.T, c *Context, pool uint32) {
	ctx := t.Context()
	fails(t, "adding a CPU that is taken", ErrFail, c.CPUPoolCPUAdd(ctx, pool, 0))
	fails(t, "adding a CPU that is not there", ErrFail, c.CPUPoolCPUAdd(ctx, pool, 60000))
	fails(t, "adding -1, any to Xen", ErrFail, c.CPUPoolCPUAdd(ctx, pool, InvalidEntry))
	fails(t, "adding CPUs that are taken", ErrFail, c.CPUPoolCPUAddCPUMap(ctx, pool, idl.Bitmap{0}))
	fails(t, "removing CPU 0 of pool 0", ErrFail, c.CPUPoolCPURemove(ctx, 0, 0))
	fails(t, "removing a CPU that it has not", ErrFail, c.CPUPoolCPURemove(ctx, pool, 0))
	fails(t, "removing CPUs that it has not", ErrFail, c.CPUPoolCPURemoveCPUMap(ctx, pool, idl.Bitmap{0}))
	fails(t, "adding to no pool", ErrNotFound, c.CPUPoolCPUAdd(ctx, 99, 0))
	fails(t, "adding a node to no pool", ErrNotFound, of(c.CPUPoolCPUAddNode(ctx, 99, 0)))
	same(t, "adding a node", 0)(c.CPUPoolCPUAddNode(ctx, pool, 0))
	same(t, "removing a node", 0)(c.CPUPoolCPURemoveNode(ctx, pool, 0))
	if err := c.CPUPoolCPUAddCPUMap(ctx, pool, idl.Bitmap{}); err != nil {
		t.Errorf("%+v", err)
	}
	if err := c.CPUPoolCPURemoveCPUMap(ctx, pool, idl.Bitmap{}); err != nil {
		t.Errorf("%+v", err)
	}
}

func testPoolParams(t *testing.T, c *Context, pool uint32) {
	ctx := t.Context()
	was, err := c.SchedCreditParamsGet(ctx, pool)
	if err != nil || was.TsliceMs == 0 {
		t.Fatalf("%+v, %+v", was, err)
	}
	set := idl.SchedCreditParams{TsliceMs: 20, RatelimitUs: 500, VCPUMigrDelayUs: 100}
	same(t, "SchedCreditParamsSet", set)(c.SchedCreditParamsSet(ctx, pool, set))
	same(t, "SchedCreditParamsGet", set)(c.SchedCreditParamsGet(ctx, pool))
	for what, bad := range map[string]idl.SchedCreditParams{
		"no slice": {}, "a long slice": {TsliceMs: 1001}, "a limit above the slice": {TsliceMs: 1, RatelimitUs: 2000},
		"a short limit": {TsliceMs: 20, RatelimitUs: 99}, "a long delay": {TsliceMs: 20, VCPUMigrDelayUs: 100001},
	} {
		fails(t, what, ErrInval, of(c.SchedCreditParamsSet(ctx, pool, bad)))
	}
	fails(t, "no pool", ErrNotFound, of(c.SchedCreditParamsGet(ctx, 99)))
	fails(t, "credit2's of credit", ErrFail, of(c.SchedCredit2ParamsGet(ctx, pool)))
}
