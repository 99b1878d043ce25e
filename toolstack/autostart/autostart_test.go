package autostart

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xenvoy/xenvoy/toolstack"
	"github.com/xenvoy/xenvoy/toolstack/domcfg"
	"github.com/xenvoy/xenvoy/toolstack/fake"
)

// domains are three that start with the host and one that does not.
func domains(t *testing.T) []*domcfg.Domain {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "all.yaml")
	text := `defaults: {type: pvh, memory: 64MiB, kernel: PATH}
---
name: late
autostart: {order: 20, timeout: 30}
---
name: never
---
name: first
autostart: {delay: 60}
---
name: second
autostart: {on_host_shutdown: destroy}
`
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(text, "PATH", path)), 0o600); err != nil {
		t.Fatal(err)
	}
	all, err := domcfg.LoadAll(path)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// told collects results as lines.
type told struct {
	begun time.Time
	lines []string
}

func (l *told) tell(r Result) {
	line := fmt.Sprintf("%v %s: %s", time.Since(l.begun), r.Name, r.Did)
	if r.Note != "" {
		line += ", " + r.Note
	}
	if r.Err != nil {
		line += ", " + r.Err.Error()
	}
	l.lines = append(l.lines, line)
}

func (l *told) expect(t *testing.T, want ...string) {
	t.Helper()
	if !slices.Equal(l.lines, want) {
		t.Errorf("told %q, want %q", l.lines, want)
	}
}

func TestStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, files := fake.New(1024), domains(t)
		l := &told{begun: time.Now()}
		if err := Start(t.Context(), h, files, l.tell); err != nil {
			t.Fatal(err)
		}
		l.expect(t, "0s first: started", "1m0s second: started", "1m0s late: started")
		l = &told{begun: time.Now()}
		if err := Start(t.Context(), h, files, l.tell); err != nil {
			t.Fatal(err)
		}
		l.expect(t, "0s first: running", "0s second: running", "0s late: running")
	})
}

func TestStartGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, files := fake.New(1024), domains(t)
		h.Fail = func(op, name string) error {
			if op == "create" && name == "first" {
				return errors.New("broken")
			}
			return nil
		}
		l := &told{begun: time.Now()}
		if err := Start(t.Context(), h, files, l.tell); err != nil {
			t.Fatal(err)
		}
		l.expect(t, "0s first: failed, start first: broken", "0s second: started", "0s late: started")
	})
}

func TestStartEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, files := fake.New(1024), domains(t)
		ctx, stop := context.WithTimeout(t.Context(), 10*time.Second)
		defer stop()
		l := &told{begun: time.Now()}
		if err := Start(ctx, h, files, l.tell); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		l.expect(t, "0s first: started")
	})
}

// deaf is a host whose guests do not hear a shutdown.
type deaf struct{ toolstack.Host }

func (deaf) Shutdown(context.Context, toolstack.DomID) error { return nil }

func TestStop(t *testing.T) {
	for name, tc := range map[string]struct {
		host func(*fake.Host) toolstack.Host
		want []string
	}{
		"willing": {func(h *fake.Host) toolstack.Host { return h },
			[]string{"0s late: shut down", "0s first: shut down", "0s second: destroyed"}},
		"deaf": {func(h *fake.Host) toolstack.Host { return deaf{h} },
			[]string{"30s late: destroyed, it did not shut down in 30s", "30s second: destroyed", "2m30s first: destroyed, it did not shut down in 2m0s"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h, files := fake.New(1024), domains(t)
				if err := Start(t.Context(), h, files, func(Result) {}); err != nil {
					t.Fatal(err)
				}
				l := &told{begun: time.Now()}
				if err := Stop(t.Context(), tc.host(h), files, l.tell); err != nil {
					t.Fatal(err)
				}
				slices.Sort(l.lines)
				slices.Sort(tc.want)
				l.expect(t, tc.want...)
				if all, _ := h.Domains(t.Context()); len(all) != 0 {
					t.Errorf("left: %+v", all)
				}
			})
		})
	}
}

func TestStopOfWhatHasStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, files := fake.New(1024), domains(t)
		if err := Start(t.Context(), h, files, func(Result) {}); err != nil {
			t.Fatal(err)
		}
		d, _ := toolstack.Find(t.Context(), h, "late")
		if err := h.Stop(d.ID, toolstack.ShutdownCrash); err != nil {
			t.Fatal(err)
		}
		first, _ := toolstack.Find(t.Context(), h, "first")
		if err := h.Pause(t.Context(), first.ID); err != nil {
			t.Fatal(err)
		}
		l := &told{begun: time.Now()}
		if err := Stop(t.Context(), h, files, l.tell); err != nil {
			t.Fatal(err)
		}
		slices.Sort(l.lines)
		l.expect(t, "0s first: shut down", "0s late: shut down", "0s second: destroyed")
	})
}
