//go:build cgo

package native

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"os"
	"syscall"
	"testing"

	"github.com/rs/zerolog"

	"github.com/xenvoy/xenvoy/toolstack"
	"github.com/xenvoy/xenvoy/toolstack/domcfg"
	"github.com/xenvoy/xenvoy/toolstack/hosttest"
	"github.com/xenvoy/xenvoy/xen"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

const tinyPVH = `name: NAME
type: pvh
memory: 128MiB
vcpus: 2
kernel: /var/lib/xenvoy/guests/tiny/vmlinuz
ramdisk: /var/lib/xenvoy/guests/tiny/initrd.img
cmdline: console=hvc0 quiet
`

// TestContract runs where Xen runs, as root in dom0: the lab's tests take it
// there with XENVOY_TEST_XEN set, and then the lack of Xen is a failure.
// Elsewhere Open must say that there is no Xen.
func TestContract(t *testing.T) {
	h, err := Open(zerolog.Nop())
	if errors.Is(err, xen.ErrNoHypervisor) && os.Getenv("XENVOY_TEST_XEN") == "" {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	hosttest.Run(t, hosttest.Setup{Host: h, Config: config, Bridge: "br0", Booted: func(ctx context.Context, id toolstack.DomID) error {
		return booted(ctx, h, id)
	}})
}

func config(t *testing.T, name string) *idl.DomainConfig {
	t.Helper()
	d, err := domcfg.Parse(name, bytes.ReplaceAll([]byte(tinyPVH), []byte("NAME"), []byte(name)))
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := d.LibxlConfig()
	if err != nil {
		t.Fatal(err)
	}
	rand.Read(cfg.CInfo.UUID[:])
	return cfg
}

// booted reads the guest's console until it counts.
func booted(ctx context.Context, h toolstack.Host, id toolstack.DomID) error {
	path, err := h.Console(ctx, id, toolstack.ConsolePrimary)
	if err != nil {
		return err
	}
	tty, err := os.OpenFile(path, os.O_RDWR|syscall.O_NOCTTY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return err
	}
	defer tty.Close()
	defer context.AfterFunc(ctx, func() { tty.Close() })()
	var seen bytes.Buffer
	buf := make([]byte, 4096)
	for !bytes.Contains(seen.Bytes(), []byte("tiny 2")) {
		n, err := tty.Read(buf)
		if err != nil {
			return err
		}
		seen.Write(buf[:n])
	}
	return nil
}
