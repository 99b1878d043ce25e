// Package guesttest has the guest that tests on a real Xen start: the lab's "tiny", which
// prints "tiny N" on its console each second. Only tests import it.
package guesttest

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

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
	"github.com/xenvoy/xenvoy/xen/xenstore"
)

// dir holds the guest's kernel and ramdisk.
const dir = "/var/lib/xenvoy/guests/tiny"

// TinyConfig is a guest of one vCPU and 128 MiB. Its name begins with prefix and this
// process's pid.
func TinyConfig(t *testing.T, prefix string, typ idl.DomainType) *idl.DomainConfig {
	t.Helper()
	cfg := &idl.DomainConfig{
		CInfo: idl.DomainCreateInfo{Type: typ, Name: fmt.Sprintf("%s-%d-%v", prefix, os.Getpid(), typ)},
		BInfo: idl.DomainBuildInfo{
			MaxVCPUs:    1,
			AvailVCPUs:  idl.Bitmap{0},
			MaxMemKB:    new(idl.MemKB(128 << 10)),
			TargetMemKB: new(idl.MemKB(128 << 10)),
			Kernel:      filepath.Join(dir, "vmlinuz"),
			Ramdisk:     filepath.Join(dir, "initrd.img"),
			Cmdline:     "console=hvc0 quiet",
		},
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

// A Console is the guest's, which the test reads.
type Console struct {
	t    *testing.T
	tty  *os.File
	said bytes.Buffer
}

// OpenConsole waits for the domain's terminal, which path tells once there is one, and
// opens it until the test ends.
func OpenConsole(t *testing.T, id idl.DomID, path func(ctx context.Context) (string, error)) *Console {
	t.Helper()
	tty, err := os.OpenFile(waitTTY(t, id, path), os.O_RDWR|syscall.O_NOCTTY, 0) // not ours: its end would end this process
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tty.Close() })
	return &Console{t: t, tty: tty}
}

func waitTTY(t *testing.T, id idl.DomID, path func(ctx context.Context) (string, error)) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	store, err := xenstore.OpenContext(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	changes, err := store.Watch(ctx, fmt.Sprintf("/local/domain/%d/console", id))
	if err != nil {
		t.Fatal(err)
	}
	for range changes {
		if path, err := path(ctx); err == nil && path != "" {
			return path
		}
	}
	t.Fatal("no console terminal in a minute")
	return ""
}

// WaitCount reads the console until the guest has counted beyond n, and returns how far.
func (c *Console) WaitCount(n int) int {
	c.t.Helper()
	if err := c.tty.SetReadDeadline(time.Now().Add(4 * time.Minute)); err != nil {
		c.t.Fatal(err)
	}
	chunk := make([]byte, 4096)
	for {
		k, err := c.tty.Read(chunk)
		if err != nil {
			c.t.Fatalf("console: %v; it said:\n%s", err, c.said.Bytes())
		}
		c.said.Write(chunk[:k])
		for _, v := range c.counts() {
			if v > n {
				return v
			}
		}
	}
}

// Counted returns the last number that the test has read, 0 when it has read none.
func (c *Console) Counted() int {
	all := c.counts()
	if len(all) == 0 {
		return 0
	}
	return all[len(all)-1]
}

// counts are the numbers that the test has read to their end.
func (c *Console) counts() (all []int) {
	for _, m := range regexp.MustCompile(`tiny (\d+)\r?\n`).FindAllSubmatch(c.said.Bytes(), -1) {
		if v, err := strconv.Atoi(string(m[1])); err == nil {
			all = append(all, v)
		}
	}
	return all
}
