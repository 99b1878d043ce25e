//go:build cgo

package libxl

import (
	"context"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
	"github.com/xenvoy/xenvoy/xen/libxl/internal/rawlist"
)

// many is how many domains there are at a time; with -short a quarter, and no benchmark.
const many = 100

// TestXenMany lists a hundred domains, and kills two hundred in view of two watches while other
// programs start and end all the while.
func TestXenMany(t *testing.T) {
	c := openXen(t)
	m := &crowd{c: c, kernel: minimalKernel(t)}
	t.Cleanup(func() { m.destroyAll(context.Background()) }) // the test's context has ended
	watches := []*HostWatch{hostWatch(t, c), hostWatch(t, c)}

	storms := 0
	stormy := func(f func()) {
		stop := childStorm(t)
		f()
		storms += stop()
	}
	stormy(func() { m.create(t) })
	if !testing.Short() {
		m.benchmarkList(t)
	}
	stormy(func() {
		m.destroy(t, watches...)
		m.create(t)
		m.destroy(t, watches...)
	})
	t.Logf("%d operations completed beside %d programs that started and ended; %d deaths seen by %d watches",
		m.operations, storms, m.deaths, len(watches))
	if m.operations < repeats(500) || storms < repeats(100) || m.deaths < repeats(2*many) {
		t.Errorf("%d operations beside %d programs, %d deaths", m.operations, storms, m.deaths)
	}
}

// A crowd is many minimal guests.
type crowd struct {
	c          *Context
	kernel     string
	made       int
	alive      []idl.DomID
	operations int // asynchronous ones that have completed
	deaths     int // that each watch has seen
}

func (m *crowd) create(t *testing.T) {
	t.Helper()
	for range repeats(many) {
		m.made++
		id, err := m.c.DomainCreateNew(t.Context(), minimalConfig(t, m.kernel, m.made), CreateOptions{})
		if err != nil {
			t.Fatalf("%+v", err)
		}
		m.alive = append(m.alive, id)
		if err := m.c.DomainUnpause(t.Context(), id); err != nil {
			t.Fatalf("%+v", err)
		}
		m.operations += 2
	}
}

// destroy destroys all in disorder. Each of the watches must tell of a death before the next:
// of deaths that come close together libxl tells in the order of their ids.
func (m *crowd) destroy(t *testing.T, watches ...*HostWatch) {
	t.Helper()
	rand.Shuffle(len(m.alive), func(i, j int) { m.alive[i], m.alive[j] = m.alive[j], m.alive[i] })
	for len(m.alive) > 0 {
		id := m.alive[0]
		if err := m.c.DomainDestroy(t.Context(), id); err != nil {
			t.Fatalf("%+v", err)
		}
		m.alive = m.alive[1:]
		m.operations++
		for i, w := range watches {
			if got := seenDeaths(t, w, 1); !slices.Equal(got, []idl.DomID{id}) {
				t.Fatalf("watch %d has seen the death of %v, not of %d", i, got, id)
			}
		}
		m.deaths++
	}
}

func (m *crowd) destroyAll(ctx context.Context) {
	for _, id := range m.alive {
		m.c.DomainDestroy(ctx, id)
	}
}

func hostWatch(t *testing.T, c *Context) *HostWatch {
	t.Helper()
	w, err := c.Watch(t.Context())
	if err != nil {
		t.Fatalf("%+v", err)
	}
	return w
}

// seenDeaths reads events until n deaths have come, or no more come.
func seenDeaths(t *testing.T, w *HostWatch, n int) []idl.DomID {
	t.Helper()
	var seen []idl.DomID
	for end := time.After(time.Minute); len(seen) < n; {
		select {
		case e, ok := <-w.Events():
			if !ok {
				t.Fatalf("the watch has ended: %v", w.Err())
			}
			if e.Type == idl.EventTypeDomainDeath {
				seen = append(seen, e.Domain)
			}
		case <-end:
			return seen
		}
	}
	return seen
}

// childStorm starts and awaits programs all the time, until the function that it returns is
// called, which tells how many there were. Each of them ends with a SIGCHLD.
func childStorm(t *testing.T) (stop func() int) {
	ctx, cancel := context.WithCancel(t.Context())
	var n atomic.Int64
	var storm sync.WaitGroup
	for range 2 {
		storm.Go(func() {
			for ctx.Err() == nil {
				if err := exec.Command("true").Run(); err != nil {
					t.Error(err)
					return
				}
				n.Add(1)
			}
		})
	}
	return func() int {
		cancel()
		storm.Wait()
		return int(n.Load())
	}
}

// benchmarkList compares the listing of the crowd with libxl's own time for it, and the
// command with xl's.
func (m *crowd) benchmarkList(t *testing.T) {
	const rounds, looks = 15, 150
	var raw, ours []time.Duration
	for range looks { // by turns, so that both see the same machine
		n, d, err := rawlist.Domains(unsafe.Pointer(m.c.x.ctx), 1)
		if err != nil || n < many {
			t.Fatalf("%d domains, %v", n, err)
		}
		raw = append(raw, d)
		start := time.Now()
		if _, err := m.c.ListDomains(t.Context()); err != nil {
			t.Fatalf("%+v", err)
		}
		ours = append(ours, time.Since(start))
	}
	// The shortest times: what else the machine does can only add to them.
	least, own := slices.Min(raw), slices.Min(ours)
	ratio := float64(own) / float64(least)
	t.Logf("ListDomains against libxl_list_domain, %d domains: %v against %v, ratio %.2f (best of %d)", many, own, least, ratio, looks)
	if ratio > 1.15 {
		t.Errorf("ListDomains takes %.2f of libxl's time, want at most 1.15", ratio)
	}
	const program = "/usr/local/bin/xenvoy"
	if _, err := os.Stat(program); err != nil {
		t.Fatalf("the command is to be compared with xl, and is not there: %v", err)
	}
	var xl, xenvoy []time.Duration
	for range rounds {
		xl = append(xl, timed(t, "xl", "list"))
		xenvoy = append(xenvoy, timed(t, program, "list"))
	}
	if ratio := compare(t, "xenvoy list against xl list, whole processes", xenvoy, xl); ratio > 0.7 {
		t.Errorf("xenvoy list takes %.2f of xl's time, want at most 0.7", ratio)
	}
}

func timed(t *testing.T, argv ...string) time.Duration {
	t.Helper()
	start := time.Now()
	if out, err := exec.CommandContext(t.Context(), argv[0], argv[1:]...).Output(); err != nil || len(out) < many*20 {
		t.Fatalf("%q: %v; %d bytes", argv, err, len(out))
	}
	return time.Since(start)
}

// compare tells the medians, and returns the median of the ratios: each pair has seen the
// same machine.
func compare(t *testing.T, what string, a, b []time.Duration) float64 {
	t.Helper()
	ratios := make([]float64, len(a))
	for i := range a {
		ratios[i] = float64(a[i]) / float64(b[i])
	}
	slices.Sort(a)
	slices.Sort(b)
	slices.Sort(ratios)
	ratio := ratios[len(ratios)/2]
	t.Logf("%s, %d domains: %v against %v, ratio %.2f (medians of %d)", what, many, a[len(a)/2], b[len(b)/2], ratio, len(a))
	return ratio
}
