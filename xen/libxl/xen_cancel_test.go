//go:build cgo

package libxl

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xenvoy/xenvoy/xen/internal/processtest"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

const (
	cancels    = 50              // how often each operation is cancelled, see repeats
	cancelTime = 5 * time.Second // within which it must return
)

// repeats is how often to do what is done n times: a quarter of that with -short, with which the second
// of two releases is tested.
func repeats(n int) int {
	if testing.Short() {
		return n / 4
	}
	return n
}

// TestXenCancelCreate cancels creations at moments spread over a creation's whole time: of
// HVM guests, which have a device model, and of PVH guests; both have a network, and so scripts.
func TestXenCancelCreate(t *testing.T) {
	c := openXen(t)
	before := ""
	for _, kind := range []idl.DomainType{idl.DomainTypeHVM, idl.DomainTypePVH} {
		n := repeats(cancels) / 2
		x := &canceller{t: t, c: c, cfg: tinyConfig(t, kind)}
		if !x.complete(t.Context()) {
			t.Fatal("a creation that nobody cancels fails")
		}
		if before == "" {
			before = traces(t)
		}
		for x.cancelled < n && x.completed <= n {
			x.attempt(x.whole * time.Duration(x.cancelled) / time.Duration(n))
		}
		t.Logf("%v: %d creations cancelled, each returned within %v; %d were faster, the last took %v",
			kind, x.cancelled, x.worst, x.completed, x.whole)
		if x.cancelled < n {
			t.Errorf("only %d creations were cancelled", x.cancelled)
		}
	}
	sameTraces(t, before)
}

// A canceller cancels creations.
type canceller struct {
	t                    *testing.T
	c                    *Context
	cfg                  *idl.DomainConfig
	cancelled, completed int
	whole, worst         time.Duration
}

// complete creates a domain and destroys it. It is false when ctx has ended the creation.
func (x *canceller) complete(ctx context.Context) bool {
	x.t.Helper()
	start := time.Now()
	id, err := x.c.DomainCreateNew(ctx, x.cfg, CreateOptions{})
	took := time.Since(start)
	if errors.Is(err, context.Canceled) && id == idl.InvalidDomID {
		return false
	}
	if err != nil {
		x.t.Fatalf("domain %d, %+v", int32(id), err)
	}
	x.whole = took
	if err := x.c.DomainDestroy(x.t.Context(), id); err != nil {
		x.t.Fatalf("%+v", err)
	}
	return true
}

// attempt cancels a creation after some time.
func (x *canceller) attempt(moment time.Duration) {
	x.t.Helper()
	ctx, cancel := context.WithCancel(x.t.Context())
	defer cancel()
	at := make(chan time.Time, 1)
	timer := time.AfterFunc(moment, func() {
		at <- time.Now()
		cancel()
	})
	if x.complete(ctx) {
		timer.Stop()
		x.completed++
		return
	}
	took := time.Since(<-at)
	x.cancelled++
	x.worst = max(x.worst, took)
	if took > cancelTime {
		x.t.Errorf("cancelled after %v it takes %v to return", moment, took)
	}
}

// TestXenCancelSuspend cancels live suspends of one running guest after more and more of
// its memory has come; it goes on each time.
func TestXenCancelSuspend(t *testing.T) {
	c := openXen(t)
	g, n := startGuest(t, c, idl.DomainTypePVH, 0)
	id := g.id
	before := traces(t)
	worst := time.Duration(0)
	times := repeats(cancels)
	for i := range times {
		ctx, cancel := context.WithCancel(t.Context())
		var at time.Time
		err := suspendTo(ctx, t, c, id, SuspendOptions{Live: true}, func(r io.Reader) {
			io.CopyN(io.Discard, r, int64(i)<<17) // 6 MiB at the last
			at = time.Now()
			cancel()
			io.Copy(io.Discard, r)
		})
		took := time.Since(at)
		worst = max(worst, took)
		if !errors.Is(err, context.Canceled) || took > cancelTime {
			t.Errorf("cancelled after %d KiB: %v, %+v", i<<7, took, err)
		}
	}
	t.Logf("%d suspends cancelled, each returned within %v", times, worst)
	if d, err := c.DomainInfo(t.Context(), id); err != nil || d.Shutdown {
		t.Errorf("after the last: %+v, %v", d, err)
	}
	g.WaitCount(n)
	sameTraces(t, before)
}

// traces is what an operation could leave: this process's children and descriptors, the
// watches that xenstored counts for it, domains, and xenstore's entries.
func traces(t *testing.T) string {
	t.Helper()
	return fmt.Sprintf("descriptors %d\nchildren %s\nwatches %s\n%s", processtest.Descriptors(t), children(t), watches(t), leftovers(t))
}

// sameTraces compares, giving processes that have been killed time to be gone.
func sameTraces(t *testing.T, before string) {
	t.Helper()
	var now string
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); {
		if now = traces(t); now == before {
			return
		}
	}
	t.Errorf("before:\n%s\nnow:\n%s", before, now)
}

// children lists this process's child processes but the shell that asks.
func children(t *testing.T) string {
	t.Helper()
	tasks, err := filepath.Glob("/proc/self/task/*/children")
	if err != nil || len(tasks) == 0 {
		t.Fatalf("no children file: %v", err)
	}
	var all []string
	for _, path := range tasks {
		text, err := os.ReadFile(path)
		if err == nil { // else the thread has ended
			all = append(all, strings.Fields(string(text))...)
		}
	}
	return strings.Join(all, " ")
}

// watches asks xenstored for the watches on all its connections: whose and on what.
func watches(t *testing.T) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "sh", "-c", "xenstore-control watches | cut -d' ' -f2,3 | sort").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "@releaseDomain") { // xenconsoled has that one
		t.Fatalf("%v: %s", err, out)
	}
	return string(out)
}
