//go:build cgo

package libxl

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
	"github.com/xenvoy/xenvoy/xen/xenstore"
)

// guestDir holds the guest's kernel and ramdisk.
const guestDir = "/var/lib/xenvoy/guests/tiny"

func tinyConfig(t *testing.T, typ idl.DomainType) *idl.DomainConfig {
	t.Helper()
	cfg := &idl.DomainConfig{
		CInfo: idl.DomainCreateInfo{Type: typ, Name: fmt.Sprintf("xv-test-%d-%v", os.Getpid(), typ)},
		BInfo: idl.DomainBuildInfo{
			MaxVCPUs:    1,
			AvailVCPUs:  idl.Bitmap{0},
			MaxMemKB:    new(idl.MemKB(128 << 10)),
			TargetMemKB: new(idl.MemKB(128 << 10)),
			Kernel:      filepath.Join(guestDir, "vmlinuz"),
			Ramdisk:     filepath.Join(guestDir, "initrd.img"),
			Cmdline:     "console=hvc0 quiet",
		},
		NICs: []idl.DeviceNIC{{Bridge: "br0"}},
	}
	if _, err := rand.Read(cfg.CInfo.UUID[:]); err != nil {
		t.Fatal(err)
	}
	switch typ {
	case idl.DomainTypePV:
		cfg.BInfo.TypePV = &idl.DomainBuildInfoPV{}
	case idl.DomainTypePVH:
		cfg.BInfo.TypePVH = &idl.DomainBuildInfoPVH{}
	case idl.DomainTypeHVM:
		cfg.BInfo.TypeHVM = &idl.DomainBuildInfoHVM{VNC: idl.VNCInfo{Enable: idl.False}}
	}
	return cfg
}

// create builds a domain, and destroys it after the test.
func create(t *testing.T, c *Context, cfg *idl.DomainConfig) idl.DomID {
	t.Helper()
	id, err := c.DomainCreateNew(t.Context(), cfg, CreateOptions{})
	destroyLater(t, c, id)
	if err != nil {
		t.Fatalf("%+v", err)
	}
	return id
}

func destroyLater(t *testing.T, c *Context, id idl.DomID) {
	if id == idl.InvalidDomID {
		return
	}
	t.Cleanup(func() {
		ctx := context.Background() // that of the test has ended
		if err := c.DomainDestroy(ctx, id); err != nil && !errors.Is(err, ErrDomainNotFound) {
			t.Errorf("%+v", err)
		}
	})
}

// A guest is a domain whose console the test reads.
type guest struct {
	t   *testing.T
	c   *Context
	id  idl.DomID
	tty *os.File
	buf bytes.Buffer
}

// openConsole waits for the domain's terminal and opens it.
func openConsole(t *testing.T, c *Context, id idl.DomID) *guest {
	t.Helper()
	path := waitTTY(t, c, id)
	tty, err := os.OpenFile(path, os.O_RDWR|syscall.O_NOCTTY, 0) // not ours: its end would end this process
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tty.Close() })
	return &guest{t: t, c: c, id: id, tty: tty}
}

func waitTTY(t *testing.T, c *Context, id idl.DomID) string {
	t.Helper()
	store, err := xenstore.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	changes, err := store.Watch(ctx, fmt.Sprintf("/local/domain/%d/console", id))
	if err != nil {
		t.Fatal(err)
	}
	for range changes {
		if path, err := c.ConsoleTTY(ctx, id, 0, idl.ConsoleTypePV); err == nil && path != "" {
			return path
		}
	}
	t.Fatal("no console terminal in a minute")
	return ""
}

var count = regexp.MustCompile(`tiny (\d+)`)

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
		for _, m := range count.FindAllSubmatch(g.buf.Bytes(), -1) {
			if v, err := strconv.Atoi(string(m[1])); err == nil && v > n {
				return v
			}
		}
	}
}
