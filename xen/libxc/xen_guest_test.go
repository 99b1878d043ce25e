//go:build cgo

package libxc

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/xenvoy/xenvoy/xen/libxl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
	"github.com/xenvoy/xenvoy/xen/xenstore"
)

// guestDir holds the guest's kernel and ramdisk.
const guestDir = "/var/lib/xenvoy/guests/tiny"

// A guest is a domain whose console the test reads.
type guest struct {
	t   *testing.T
	x   *Interface
	xl  *libxl.Context
	id  idl.DomID
	tty *os.File
	buf bytes.Buffer
}

// startGuest makes a domain of one vCPU and 128 MiB, lets it run until it counts, and
// destroys it after the test.
func startGuest(t *testing.T, x *Interface, typ idl.DomainType) *guest {
	t.Helper()
	g := newGuest(t, x, typ)
	if err := g.xl.DomainUnpause(t.Context(), g.id); err != nil {
		t.Fatalf("%+v", err)
	}
	g.waitCount(0)
	return g
}

// newGuest does not let it run.
func newGuest(t *testing.T, x *Interface, typ idl.DomainType) *guest {
	t.Helper()
	xl, err := libxl.Open(t.Context(), libxl.Options{})
	if err != nil {
		t.Fatalf("%+v", err)
	}
	t.Cleanup(func() { xl.Close() })
	id, err := xl.DomainCreateNew(t.Context(), tinyConfig(t, typ), libxl.CreateOptions{})
	if id != idl.InvalidDomID {
		t.Cleanup(func() {
			if err := xl.DomainDestroy(context.Background(), id); err != nil { // the test's context has ended
				t.Errorf("%+v", err)
			}
		})
	}
	if err != nil {
		t.Fatalf("%+v", err)
	}
	g := &guest{t: t, x: x, xl: xl, id: id}
	g.openConsole()
	return g
}

func tinyConfig(t *testing.T, typ idl.DomainType) *idl.DomainConfig {
	t.Helper()
	cfg := &idl.DomainConfig{
		CInfo: idl.DomainCreateInfo{Type: typ, Name: fmt.Sprintf("xc-test-%d-%v", os.Getpid(), typ)},
		BInfo: idl.DomainBuildInfo{
			MaxVCPUs:    1,
			AvailVCPUs:  idl.Bitmap{0},
			MaxMemKB:    new(idl.MemKB(128 << 10)),
			TargetMemKB: new(idl.MemKB(128 << 10)),
			Kernel:      filepath.Join(guestDir, "vmlinuz"),
			Ramdisk:     filepath.Join(guestDir, "initrd.img"),
			Cmdline:     "console=hvc0 quiet",
		},
	}
	if _, err := rand.Read(cfg.CInfo.UUID[:]); err != nil {
		t.Fatal(err)
	}
	if typ == idl.DomainTypeHVM {
		cfg.BInfo.TypeHVM = &idl.DomainBuildInfoHVM{VNC: idl.VNCInfo{Enable: idl.False}}
	} else {
		cfg.BInfo.TypePVH = &idl.DomainBuildInfoPVH{}
	}
	return cfg
}

// openConsole waits for the domain's terminal and opens it.
func (g *guest) openConsole() {
	g.t.Helper()
	ctx, cancel := context.WithTimeout(g.t.Context(), time.Minute)
	defer cancel()
	store, err := xenstore.Open()
	if err != nil {
		g.t.Fatal(err)
	}
	defer store.Close()
	changes, err := store.Watch(ctx, fmt.Sprintf("/local/domain/%d/console", g.id))
	if err != nil {
		g.t.Fatal(err)
	}
	for range changes {
		path, err := g.xl.ConsoleTTY(ctx, g.id, 0, idl.ConsoleTypePV)
		if err != nil || path == "" {
			continue
		}
		tty, err := os.OpenFile(path, os.O_RDWR|syscall.O_NOCTTY, 0) // not ours: its end would end this process
		if err != nil {
			g.t.Fatal(err)
		}
		g.t.Cleanup(func() { tty.Close() })
		g.tty = tty
		return
	}
	g.t.Fatal("no console terminal in a minute")
}

var counted = regexp.MustCompile(`tiny (\d+)`)

// waitCount reads the console until the guest has counted beyond n, and returns how far.
func (g *guest) waitCount(n int) int {
	g.t.Helper()
	if err := g.tty.SetReadDeadline(time.Now().Add(4 * time.Minute)); err != nil {
		g.t.Fatal(err)
	}
	chunk := make([]byte, 4096)
	for {
		k, err := g.tty.Read(chunk)
		if err != nil {
			g.t.Fatalf("console: %v; it said:\n%s", err, g.buf.Bytes())
		}
		g.buf.Write(chunk[:k])
		for _, m := range counted.FindAllSubmatch(g.buf.Bytes(), -1) {
			if v, err := strconv.Atoi(string(m[1])); err == nil && v > n {
				return v
			}
		}
	}
}

// info describes the domain.
func (g *guest) info() DomainInfo {
	g.t.Helper()
	d, err := g.x.DomainInfo(g.t.Context(), g.id)
	if err != nil {
		g.t.Fatalf("%+v", err)
	}
	return d
}

// suspend asks the guest to suspend itself and waits until it has.
func (g *guest) suspend(ctx context.Context) error {
	store, err := xenstore.Open()
	if err != nil {
		return err
	}
	defer store.Close()
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	changes, err := store.Watch(ctx, "@releaseDomain") // changes when a domain shuts down, too
	if err != nil {
		return err
	}
	if err := store.Write(ctx, fmt.Sprintf("/local/domain/%d/control/shutdown", g.id), "suspend"); err != nil {
		return err
	}
	for range changes {
		d, err := g.x.DomainInfo(ctx, g.id)
		if err != nil {
			return err
		}
		if d.Shutdown {
			return nil
		}
	}
	return fmt.Errorf("the guest does not suspend itself: %w", ctx.Err())
}

// soFar returns the highest number that the test has read.
func (g *guest) soFar() int {
	all := counted.FindAllSubmatch(g.buf.Bytes(), -1)
	n, err := strconv.Atoi(string(all[len(all)-1][1]))
	if err != nil {
		g.t.Fatal(err)
	}
	return n
}
