package tune

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/xenvoy/xenvoy/toolstack/xl/xltest"
	"github.com/xenvoy/xenvoy/xen/libxl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

func (f *fake) FreeCPUMap(context.Context) (idl.Bitmap, error) {
	return idl.Bitmap{1, 3}, f.fail["FreeCPUMap"]
}

func (f *fake) CPUPoolCreate(_ context.Context, p idl.CPUPoolInfo, uuid idl.UUID) (uint32, error) {
	if uuid == (idl.UUID{}) {
		return 0, errors.New("no UUID")
	}
	return 6, f.call("CPUPoolCreate", "%s %s %v", p.PoolName, p.Sched, p.CPUMap)
}

func (f *fake) CPUPoolDestroy(_ context.Context, pool uint32) error {
	return f.call("CPUPoolDestroy", "%d", pool)
}

func (f *fake) CPUPoolRename(_ context.Context, pool uint32, to string) error {
	return f.call("CPUPoolRename", "%d %s", pool, to)
}

func (f *fake) CPUPoolCPUAddCPUMap(_ context.Context, pool uint32, cpus idl.Bitmap) error {
	return f.call("CPUPoolCPUAddCPUMap", "%d %v", pool, cpus)
}

func (f *fake) CPUPoolCPURemoveCPUMap(_ context.Context, pool uint32, cpus idl.Bitmap) error {
	return f.call("CPUPoolCPURemoveCPUMap", "%d %v", pool, cpus)
}

func (f *fake) CPUPoolMoveDomain(_ context.Context, pool uint32, id idl.DomID) error {
	return f.call("CPUPoolMoveDomain", "%d %d", pool, id)
}

func (f *fake) CPUPoolCPUAddNode(_ context.Context, pool, node uint32) (int, error) {
	return 2, f.call("CPUPoolCPUAddNode", "%d %d", pool, node)
}

func (f *fake) CPUPoolCPURemoveNode(_ context.Context, pool, node uint32) (int, error) {
	return 2, f.call("CPUPoolCPURemoveNode", "%d %d", pool, node)
}

func TestPools(t *testing.T) {
	check(t, nil, []row{
		{"cpupool-list", nil, "Name               CPUs   Sched     Active   Domain count\n" +
			"Pool-0               3   credit2       y          1\nfast                 0    credit       y          1\n", "", 0},
		{"cpupool-list -c Pool-0", nil, "Name               CPU list\nPool-0             0,1,2\n", "", 0},
		{"cpupool-list nosuch", nil, "", "Pool 'nosuch' does not exist\n", 1},
		{"cpupool-destroy fast", []string{"CPUPoolDestroy 5"}, "", "", 0},
		{"cpupool-destroy 99", nil, "", "unknown cpupool '99'\n", 1},
		{"cpupool-rename fast slow", []string{"CPUPoolRename 5 slow"}, "", "", 0},
		{"cpupool-rename nosuch slow", nil, "", "unknown cpupool 'nosuch'\n", 1},
		{"cpupool-cpu-add fast node:1", []string{"CPUPoolCPUAddCPUMap 5 [2 3]"}, "", "", 0},
		{"cpupool-cpu-add nosuch x", nil, "", "Invalid pcpu range: x.\n", 1},
		{"cpupool-cpu-remove Pool-0 1-2,^1", []string{"CPUPoolCPURemoveCPUMap 0 [2]"}, "", "", 0},
		{"cpupool-cpu-remove nosuch 1", nil, "", "unknown cpupool 'nosuch'\n", 1},
		{"cpupool-migrate web Pool-0", []string{"CPUPoolMoveDomain 0 7"}, "", "", 0},
		{"cpupool-migrate 9 Pool-0", nil, "", "unknown domain '9'\n", 1},
		{"cpupool-migrate web nosuch", nil, "", "unknown cpupool 'nosuch'\n", 1},
	})
	const removed = "Some cpus may have not or only partially been removed from 'fast'.\n" +
		"If a cpu can't be added to another cpupool, add it to 'fast' again and retry.\n"
	checkFailures(t, nil, []struct {
		words, method, stderr string
		status                int
	}{
		{"cpupool-list", "ListCPUPools", "error getting cpupool info\n", 1},
		{"cpupool-destroy fast", "CPUPoolDestroy", "Can't destroy cpupool 'fast'\n", 1},
		{"cpupool-rename fast x", "CPUPoolRename", "Can't rename cpupool 'fast'\n", 1},
		{"cpupool-cpu-add fast 1", "CPUPoolCPUAddCPUMap", "some cpus may not have been added to fast\n", 0},
		{"cpupool-cpu-remove fast 1", "CPUPoolCPURemoveCPUMap", removed, 0},
		{"cpupool-migrate web fast", "CPUPoolMoveDomain", "xl: libxl: fail (-3)\n", 1},
	})
	checkUsage(t, map[string]int{
		"cpupool-destroy": 2, "cpupool-rename fast": 2, "cpupool-cpu-add fast": 2, "cpupool-cpu-remove fast": 2, "cpupool-migrate web": 2,
		"cpupool-create name=\"a\" b c": 1,
	})
	got := xltest.Bench{Commands: Commands(), Xen: newFake()}.Xenvoy(t, "json", "cpupool-list")
	var rows []PoolRow
	if err := errors.Join(got.Err, json.Unmarshal([]byte(got.Stdout), &rows)); err != nil || len(rows) != 2 || !rows[0].CPUs.Has(2) || rows[1].CPUs == nil {
		t.Errorf("%v, %+v", err, got)
	}
}

func made(config, name, sched string, cpus int) string {
	return fmt.Sprintf("Using config file \"%s\"\ncpupool name:   %s\nscheduler:      %s\nnumber of cpus: %d\n", config, name, sched, cpus)
}

func TestPoolCreate(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, text := range map[string]string{
		"quick": "sched=\"null\"\ncpus=[\"1\", \"3\"]\n", "named": "name=\"x\"\nnodes=[\"1\"]\n", "bad": "name=[\n", "last": "name=\"y\"",
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	check(t, nil, []row{
		{"cpupool-create quick", []string{"CPUPoolCreate quick null [1 3]"}, made("quick", "quick", "null", 2), "", 0},
		{"cpupool-create -f named", []string{"CPUPoolCreate x credit2 [3]"}, made("named", "x", "credit2", 1), "", 0},
		{"cpupool-create last cpus=\"1\"", []string{"CPUPoolCreate y credit2 [1]"}, made("last", "y", "credit2", 1), "", 0},
		{"cpupool-create name=\"z\" sched=\"CREDIT\"", []string{"CPUPoolCreate z credit []"}, made("command line", "z", "credit", 0), "", 0},
		{"cpupool-create -n quick", nil, made("quick", "quick", "null", 2), "", 0},
		{"-N cpupool-create quick name=\"q\"", nil, made("quick", "q", "null", 2), "", 0},
		{"cpupool-create cpus=\"1\"", nil, "", "Missing cpupool name!\n", 1},
		{"cpupool-create name=\"fast\"", nil, "", "Pool name \"fast\" already exists\n", 1},
		{"cpupool-create name=\"z\" sched=\"best\"", nil, "", "Unknown scheduler\n", 1},
		{"cpupool-create name=\"z\" sched=\"credit\" cpus=\"0\"", nil, "", "cpu 0 illegal or not free\n", 1},
		{"cpupool-create name=\"z\" cpus=\"0\"", nil, "", "cpu 0 illegal or not free\n", 6}, // the number of credit2
		{"cpupool-create name=\"z\" cpus=[\"-1\"]", nil, "", "cpu -1 illegal or not free\n", 6},
		{"cpupool-create name=\"z\" nodes=[\"5\"]", nil, "", "no free cpu found\n", 6},
		{"cpupool-create nosuch", nil, "", "Failed to read config file: nosuch: no such file or directory\n", 1},
	})
	got := xltest.Bench{Commands: Commands(), Xen: newFake()}.XL(t, "cpupool-create", "bad")
	if got.Status != 1 || !strings.HasPrefix(got.Stderr, "bad:") || !strings.HasSuffix(got.Stderr, "Failed to parse config file: Invalid argument\n") {
		t.Errorf("%+v", got)
	}
	checkFailures(t, nil, []struct {
		words, method, stderr string
		status                int
	}{
		{"cpupool-create quick", "FreeCPUMap", "libxl_get_freecpus failed\n", 1},
		{"cpupool-create quick", "CPUPoolCreate", "error on creating cpupool\n", 1},
		{"cpupool-create named", "CPUPoolCreate", "error on creating cpupool\n", 6},
		{"cpupool-create named", "Scheduler", "get_scheduler sysctl failed.\n", 1},
		{"cpupool-create named", "CPUTopology", "libxl_get_topologyinfo failed\n", 6},
	})
}

func TestPoolSplit(t *testing.T) {
	one := func(f *fake) { f.pools = f.pools[:1] }
	steps := []string{"CPUPoolCPUAddNode 0 0", "CPUPoolRename 0 Pool-node0", "SetVCPUOnline 0 [0 1]", "CPUPoolCPURemoveNode 0 1",
		"CPUPoolCreate Pool-node1 credit2 []", "CPUPoolCPUAddNode 6 1"}
	check(t, one, []row{{"cpupool-numa-split", steps, "", "", 0}})
	check(t, nil, []row{{"cpupool-numa-split", nil, "", "splitting not possible, already cpupools in use\n", 1}})

	// A split that fails is taken back.
	back := []string{"CPUPoolCPUAddNode 0 1", "SetVCPUOnline 0 [0 1 2 3]", "CPUPoolRename 0 Pool-0"}
	check(t, func(f *fake) { one(f); f.fail["CPUPoolCreate"] = libxl.ErrFail }, []row{
		{"cpupool-numa-split", slices.Concat(steps[:5], back), "", "error on creating cpupool\n", 1},
	})
	check(t, func(f *fake) { one(f); f.fail["DomainInfo"] = libxl.ErrFail }, []row{
		{"cpupool-numa-split", append(slices.Clone(steps[:2]), back[2]), "", "error on getting info for Domain-0\n", 1},
	})
	checkFailures(t, one, []struct {
		words, method, stderr string
		status                int
	}{
		{"cpupool-numa-split", "ListCPUPools", "error getting cpupool info\n", 1},
		{"cpupool-numa-split", "CPUTopology", "libxl_get_topologyinfo failed\n", 1},
		{"cpupool-numa-split", "CPUPoolCPUAddNode", "error on adding cpu to Pool 0\n", 1},
		{"cpupool-numa-split", "CPUPoolRename", "error on renaming Pool 0\n", 1},
	})
}
