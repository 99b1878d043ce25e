package room

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xenvoy/xenvoy/toolstack/domcfg/xlcfg"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// A host has memory in KiB that dom0 holds and gives away.
type host struct {
	need, free idl.MemKB
	gives      idl.MemKB // dom0 lets go of at most so much at a time
	asked      []int64
	waited     error
	line       string
}

func (h *host) DomainNeedMemory(context.Context, *idl.DomainConfig) (idl.MemKB, error) {
	return h.need, nil
}
func (h *host) FreeMemory(context.Context) (idl.MemKB, error) { return h.free, nil }
func (h *host) VersionInfo(context.Context) (idl.VersionInfo, error) {
	return idl.VersionInfo{Commandline: h.line}, nil
}

func (h *host) SetMemoryTarget(_ context.Context, id idl.DomID, kb int64, relative, enforce bool) error {
	if id != 0 || !relative || enforce {
		return errors.New("not dom0's target")
	}
	h.asked = append(h.asked, kb)
	return nil
}

func (h *host) WaitForMemoryTarget(context.Context, idl.DomID) error {
	h.free += min(h.gives, idl.MemKB(-h.asked[len(h.asked)-1]))
	return h.waited
}

func conf(t *testing.T, s xlcfg.Switch) *xlcfg.Conf {
	t.Helper()
	return &xlcfg.Conf{Autoballoon: s, Lockfile: filepath.Join(t.TempDir(), "xl")}
}

func TestMakeTakesFromDom0(t *testing.T) {
	h := &host{need: 1000, free: 100, gives: 500}
	c := conf(t, xlcfg.On)
	release, err := Make(t.Context(), h, c, &idl.DomainConfig{}, false)
	if err != nil {
		t.Fatal(err)
	}
	if len(h.asked) != 2 || h.asked[0] != -900 || h.asked[1] != -400 {
		t.Errorf("asked dom0 for %v", h.asked)
	}
	if !held(t, c.LockFile()) {
		t.Error("the lock is not held while the domain is built")
	}
	release()
	release()
	if held(t, c.LockFile()) {
		t.Error("the lock is still held")
	}
}

func TestMakeLeavesDom0Alone(t *testing.T) {
	for name, c := range map[string]struct {
		conf *xlcfg.Conf
		line string
	}{
		"off":                      {conf(t, xlcfg.Off), ""},
		"dom0's memory was chosen": {conf(t, xlcfg.Auto), "dom0_mem=1G"},
	} {
		h := &host{need: 1000, line: c.line}
		release, err := Make(t.Context(), h, c.conf, &idl.DomainConfig{}, true)
		if err != nil || len(h.asked) != 0 {
			t.Fatalf("%s: %v, %v", name, h.asked, err)
		}
		release()
		if _, err := os.Stat(c.conf.LockFile()); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: the lock file is there: %v", name, err)
		}
		release, err = Make(t.Context(), h, c.conf, &idl.DomainConfig{}, false)
		if err != nil || len(h.asked) != 0 || !held(t, c.conf.LockFile()) {
			t.Errorf("%s: a new domain without the lock (%v), or asked dom0 for %v", name, err, h.asked)
		}
		release()
	}
}

func TestMakeGivesTheLockBackWhenItFails(t *testing.T) {
	c := conf(t, xlcfg.On)
	stuck := errors.New("no progress")
	_, err := Make(t.Context(), &host{need: 1000, waited: stuck}, c, &idl.DomainConfig{}, false)
	if !errors.Is(err, ErrNoRoom) || !errors.Is(err, stuck) {
		t.Errorf("%v", err)
	}
	if held(t, c.LockFile()) {
		t.Error("the lock is held")
	}
}

func TestLockWaits(t *testing.T) {
	path := filepath.Join(t.TempDir(), "xl")
	release, err := Lock(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer stop()
	if _, err := Lock(ctx, path); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a second lock: %v", err)
	}
	release()
	// The one that gave up must not keep the lock that it gets now.
	again, err := Lock(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	again()
}

func TestLockNeedsItsFolder(t *testing.T) {
	if _, err := Lock(t.Context(), filepath.Join(t.TempDir(), "none", "xl")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v", err)
	}
}

// held asks as xl would, with a lock of its process.
func held(t *testing.T, path string) bool {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	l := unix.Flock_t{Type: unix.F_WRLCK, Whence: io.SeekStart}
	if err := unix.FcntlFlock(f.Fd(), unix.F_GETLK, &l); err != nil {
		t.Fatal(err)
	}
	return l.Type != unix.F_UNLCK
}
