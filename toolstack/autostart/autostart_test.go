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
		h, files, saves := fake.New(1024), domains(t), t.TempDir()
		l := &told{begun: time.Now()}
		if err := Start(t.Context(), h, files, saves, l.tell); err != nil {
			t.Fatal(err)
		}
		l.expect(t, "0s first: started", "1m0s second: started", "1m0s late: started")
		l = &told{begun: time.Now()}
		if err := Start(t.Context(), h, files, saves, l.tell); err != nil {
			t.Fatal(err)
		}
		l.expect(t, "0s first: running", "0s second: running", "0s late: running")
	})
}

func TestStartGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, files, saves := fake.New(1024), domains(t), t.TempDir()
		h.Fail = func(op, name string) error {
			if op == "create" && name == "first" {
				return errors.New("broken")
			}
			return nil
		}
		l := &told{begun: time.Now()}
		if err := Start(t.Context(), h, files, saves, l.tell); err != nil {
			t.Fatal(err)
		}
		l.expect(t, "0s first: failed, start first: broken", "0s second: started", "0s late: started")
	})
}

func TestStartEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, files, saves := fake.New(1024), domains(t), t.TempDir()
		ctx, stop := context.WithTimeout(t.Context(), 10*time.Second)
		defer stop()
		l := &told{begun: time.Now()}
		if err := Start(ctx, h, files, saves, l.tell); !errors.Is(err, context.DeadlineExceeded) {
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
				h, files, saves := fake.New(1024), domains(t), t.TempDir()
				if err := Start(t.Context(), h, files, saves, func(Result) {}); err != nil {
					t.Fatal(err)
				}
				l := &told{begun: time.Now()}
				if err := Stop(t.Context(), tc.host(h), files, saves, l.tell); err != nil {
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
		h, files, saves := fake.New(1024), domains(t), t.TempDir()
		if err := Start(t.Context(), h, files, saves, func(Result) {}); err != nil {
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
		if err := Stop(t.Context(), h, files, saves, l.tell); err != nil {
			t.Fatal(err)
		}
		slices.Sort(l.lines)
		l.expect(t, "0s first: shut down", "0s late: shut down", "0s second: destroyed")
	})
}

// A saved guest goes on where it was, once.
func TestSave(t *testing.T) {
	h, files, saves := fake.New(1024), domains(t)[:1], t.TempDir()
	files[0].Autostart.OnHostShutdown = domcfg.HostShutdownSave
	step := func(do func(context.Context, toolstack.Host, []*domcfg.Domain, string, func(Result)) error, want Deed) toolstack.DomID {
		t.Helper()
		var got Result
		if err := do(t.Context(), h, files, saves, func(r Result) { got = r }); err != nil || got.Did != want {
			t.Fatalf("%+v, %v, want %s", got, err, want)
		}
		return got.ID
	}
	id := step(Start, Started)
	for range 3 {
		if _, err := h.Count(id); err != nil {
			t.Fatal(err)
		}
	}
	step(Stop, Saved)
	path := filepath.Join(saves, "late.save")
	if st, err := os.Stat(path); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("%+v, %v", st, err)
	}
	id = step(Start, Restored)
	if n, err := h.Count(id); n != 4 || err != nil {
		t.Errorf("it goes on with %d, %v", n, err)
	}
	if left, _ := os.ReadDir(saves); len(left) != 0 {
		t.Errorf("left: %v", left)
	}

	step(Stop, Saved)
	h.Fail = func(op, _ string) error {
		if op == "restored" || op == "suspend" {
			return errors.New("broken")
		}
		return nil
	}
	step(Start, Failed)
	if _, err := os.Stat(path); err != nil {
		t.Error("a file that could not be restored is gone: ", err)
	}
	if err := os.Rename(path, path+".away"); err != nil {
		t.Fatal(err)
	}
	step(Start, Started)
	step(Stop, ShutDown) // it cannot be saved
	step(Start, Started)
	if err := os.Rename(path+".away", path); err != nil {
		t.Fatal(err)
	}
	step(Start, Running)
	if _, err := os.Stat(path + ".old"); err != nil {
		t.Error("a stale file is not set aside: ", err)
	}
	if err := os.Rename(path+".old", path); err != nil {
		t.Fatal(err)
	}
	step(Stop, ShutDown)
	step(Start, Started) // not from a state that its disks have gone past
}

// What is no saved guest is refused, and stays.
func TestRestoreRefuses(t *testing.T) {
	h, files, saves := fake.New(1024), domains(t)[:1], t.TempDir()
	path := filepath.Join(saves, "late.save")
	for _, text := range []string{"", "no saved guest", strings.Repeat("x", 100)} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		var got Result
		err := Start(t.Context(), h, files, saves, func(r Result) { got = r })
		if err != nil || got.Did != Failed || !strings.Contains(got.Err.Error(), path) {
			t.Errorf("%+v, %v", got, err)
		}
	}
}
