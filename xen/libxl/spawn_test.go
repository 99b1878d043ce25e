//go:build cgo

package libxl

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
	"github.com/xenvoy/xenvoy/xen/libxl/internal/dummyxen"
)

// spawnModel has a process started as a device model of the domain is, and returns it.
func spawnModel(t *testing.T, c *Context, id idl.DomID) process {
	t.Helper()
	return spawn(t, c, "-xen-domid", fmt.Sprint(id))
}

// spawn starts a process with two arguments by which it is known.
func spawn(t *testing.T, c *Context, first, second string) process {
	t.Helper()
	before := c.reported()
	if !dummyxen.Spawn("sh", "-c", "kill -STOP $$", first, second) {
		t.Fatal("it does not start")
	}
	now := c.reported()
	if len(now) != len(before)+1 {
		t.Fatalf("%d reports before, %d after", len(before), len(now))
	}
	last := now[len(now)-1]
	t.Cleanup(func() {
		if last.lives() {
			syscall.Kill(last.pid, syscall.SIGKILL)
		}
	})
	return last
}

// lives says whether there is such a process, and not just what is left of one.
func (p process) lives() bool {
	stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(p.pid), "stat"))
	return err == nil && !strings.Contains(string(stat), ") Z ")
}

func TestEndDeviceModels(t *testing.T) {
	c := openDummy(t, Options{})
	model, other := spawnModel(t, c, 7), spawnModel(t, c, 8)
	if now := statNumber(model.pid, statStart); model.start == 0 || now != model.start {
		t.Fatalf("it reports that it has begun at %d, the kernel says %d", model.start, now)
	}
	if err := c.endDeviceModels(9); err != nil || !model.lives() || !other.lives() {
		t.Errorf("another domain's: %v; they live: %v, %v", err, model.lives(), other.lives())
	}
	if err := c.endDeviceModels(7); err != nil || model.lives() || !other.lives() {
		t.Errorf("%v; they live: %v, %v", err, model.lives(), other.lives())
	}
	if err := c.endDeviceModels(7); err != nil {
		t.Errorf("once more: %v", err)
	}
}

// TestEndDeviceModelOfAnotherTime: a process that has got the pid of one that has ended is
// left alone, though it looks the same.
func TestEndDeviceModelOfAnotherTime(t *testing.T) {
	c := openDummy(t, Options{})
	model := spawnModel(t, c, 7)
	for _, start := range []uint64{0, model.start - 1, model.start + 1} {
		if err := endDeviceModel(process{model.pid, start}, 7); err != nil || !model.lives() {
			t.Errorf("one that began at %d, not %d: %v; it lives: %v", start, model.start, err, model.lives())
		}
	}
}

// TestEndLostProbe: a QEMU that knows no domain, and whose creation has ended, goes with
// the next one that ends.
func TestEndLostProbe(t *testing.T) {
	c := openDummy(t, Options{})
	probe := spawn(t, c, "-machine", "none,accel=xen")
	if err := c.endDeviceModels(9); err != nil || probe.lives() {
		t.Errorf("%v; it lives: %v", err, probe.lives())
	}
}
