package tune

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/toolstack/xl/xltest"
	"github.com/xenvoy/xenvoy/xen/libxl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// A fake has four CPUs in two nodes, dom0 and a guest. It notes what is to change, and fails
// where fail names the method.
type fake struct {
	xl.Xen
	fail  map[string]error
	calls []string

	sched    idl.Scheduler // of its pools
	pools    []idl.CPUPoolInfo
	dom0CPUs uint32
}

func newFake() *fake {
	return &fake{
		fail: map[string]error{}, sched: idl.SchedulerCredit2, dom0CPUs: 4,
		pools: []idl.CPUPoolInfo{
			{PoolID: 0, PoolName: "Pool-0", Sched: idl.SchedulerCredit2, NDom: 1, CPUMap: idl.Bitmap{0, 1, 2}},
			{PoolID: 5, PoolName: "fast", Sched: idl.SchedulerCredit, NDom: 1},
		},
	}
}

// call notes what was asked of libxl, and gives the method's error.
func (f *fake) call(method, format string, args ...any) error {
	f.calls = append(f.calls, strings.TrimSpace(method+" "+fmt.Sprintf(format, args...)))
	return f.fail[method]
}

func (f *fake) FindDomain(_ context.Context, word string) (idl.DomID, error) {
	id, known := map[string]idl.DomID{"0": 0, "Domain-0": 0, "7": 7, "web": 7, "9": 9}[word]
	if !known {
		return 0, libxl.ErrDomainNotFound
	}
	return id, nil
}

func (f *fake) DomIDToName(_ context.Context, id idl.DomID) (string, error) {
	name, known := map[idl.DomID]string{0: "Domain-0", 7: "web"}[id]
	if !known {
		return "", libxl.ErrDomainNotFound
	}
	return name, nil
}

func (f *fake) ListDomains(context.Context) ([]idl.DomInfo, error) {
	return []idl.DomInfo{{DomID: 0, CPUPool: 0}, {DomID: 7, CPUPool: 5}}, f.fail["ListDomains"]
}

func (f *fake) DomainInfo(_ context.Context, id idl.DomID) (idl.DomInfo, error) {
	switch id {
	case 0:
		return idl.DomInfo{VCPUOnline: f.dom0CPUs, DomainType: idl.DomainTypePV}, f.fail["DomainInfo"]
	case 7:
		return idl.DomInfo{DomID: 7, VCPUOnline: 2, DomainType: idl.DomainTypeHVM}, f.fail["DomainInfo"]
	}
	return idl.DomInfo{}, xltest.Fault("libxl_domain_info", libxl.ErrDomainNotFound)
}

func (f *fake) MaxCPUs(context.Context) (int, error)  { return 4, f.fail["MaxCPUs"] }
func (f *fake) MaxNodes(context.Context) (int, error) { return 64, f.fail["MaxNodes"] }

func (f *fake) NodeToCPUMap(_ context.Context, node uint32) (idl.Bitmap, error) {
	if node > 1 {
		return nil, nil
	}
	return idl.Bitmap{node * 2, node*2 + 1}, f.fail["NodeToCPUMap"]
}

func (f *fake) CPUTopology(context.Context) ([]idl.CPUTopology, error) {
	return []idl.CPUTopology{{Node: 0}, {Node: 0}, {Node: 1}, {Node: 1}}, f.fail["CPUTopology"]
}

func (f *fake) ListVCPUs(context.Context, idl.DomID) ([]idl.VCPUInfo, error) {
	return make([]idl.VCPUInfo, 2), f.fail["ListVCPUs"]
}

func (f *fake) Scheduler(context.Context) (idl.Scheduler, error) {
	return idl.SchedulerCredit2, f.fail["Scheduler"]
}

func (f *fake) ListCPUPools(context.Context) ([]idl.CPUPoolInfo, error) {
	return f.pools, f.fail["ListCPUPools"]
}

func (f *fake) NameToCPUPoolID(_ context.Context, name string) (uint32, error) {
	i := slices.IndexFunc(f.pools, func(p idl.CPUPoolInfo) bool { return p.PoolName == name })
	if i < 0 {
		return 0, xltest.Fault("libxl_name_to_cpupoolid", libxl.ErrNotFound)
	}
	return f.pools[i].PoolID, nil
}

func (f *fake) FindCPUPool(ctx context.Context, word string) (uint32, bool, error) {
	if word == "99" {
		return 99, false, nil
	}
	id, err := f.NameToCPUPoolID(ctx, word)
	return id, true, err
}

func (f *fake) CPUPoolIDIsValid(_ context.Context, pool uint32) (bool, error) { return pool != 99, nil }

func (f *fake) CPUPoolIDToName(_ context.Context, pool uint32) (string, error) {
	i := slices.IndexFunc(f.pools, func(p idl.CPUPoolInfo) bool { return p.PoolID == pool })
	if i < 0 {
		return "", xltest.Fault("libxl_cpupoolid_to_name", libxl.ErrNotFound)
	}
	return f.pools[i].PoolName, nil
}

// A row is a command with what it must do.
type row struct {
	words  string
	calls  []string // of libxl, those that change something
	stdout string
	stderr string
	status int
}

// check runs the rows, each on a fake of its own that change has changed.
func check(t *testing.T, change func(*fake), rows []row) {
	t.Helper()
	for _, r := range rows {
		f := newFake()
		if change != nil {
			change(f)
		}
		got := xltest.Bench{Commands: Commands(), Xen: f}.XL(t, strings.Fields(r.words)...)
		if want := (xltest.Result{Stdout: r.stdout, Stderr: r.stderr, Status: r.status}); got != want {
			t.Errorf("%s: status %d, stderr %q, stdout\n%s", r.words, got.Status, got.Stderr, got.Stdout)
		}
		if !slices.Equal(f.calls, r.calls) {
			t.Errorf("%s: asked libxl for %q", r.words, f.calls)
		}
	}
}

// checkFailures runs commands where a method of libxl fails; xenvoy must not pass over any.
func checkFailures(t *testing.T, change func(*fake), rows []struct {
	words, method, stderr string
	status                int
}) {
	t.Helper()
	for _, r := range rows {
		f := newFake()
		if change != nil {
			change(f)
		}
		f.fail[r.method] = xltest.Fault("libxl", libxl.ErrFail)
		b := xltest.Bench{Commands: Commands(), Xen: f}
		got := b.XL(t, strings.Fields(r.words)...)
		if got.Status != r.status || got.Stderr != r.stderr {
			t.Errorf("%s: %+v", r.words, got)
		}
		strict := b.Xenvoy(t, "table", strings.Fields(r.words)...)
		if !errors.Is(strict.Err, libxl.ErrFail) || strict.Stdout != "" {
			t.Errorf("%s, strictly: %+v", r.words, strict)
		}
	}
}

// checkUsage runs commands with words that do not fit.
func checkUsage(t *testing.T, rows map[string]int) {
	t.Helper()
	for words, status := range rows {
		f := newFake()
		b := xltest.Bench{Commands: Commands(), Xen: f}
		if got := b.XL(t, strings.Fields(words)...); got.Status != status || !strings.Contains(got.Stdout+got.Stderr, "Usage: xl ") {
			t.Errorf("%s: %+v", words, got)
		}
		if got := b.Xenvoy(t, "table", strings.Fields(words)...); got.Err == nil {
			t.Errorf("%s: no error, strictly", words)
		}
		if len(f.calls) > 0 {
			t.Errorf("%s: asked libxl for %q", words, f.calls)
		}
	}
}
