package image

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/xenvoy/xenvoy/integration/lab/guest"
)

// guestDir is where dom0 keeps the guests that the lab brings.
const guestDir = "var/lib/xenvoy/guests"

// dom0Initrd packs busybox, the modules for the root disk and the first program.
func (b *builder) dom0Initrd(ctx context.Context, modDir string) ([]byte, error) {
	first, err := files.ReadFile("files/dom0-init.sh")
	if err != nil {
		return nil, err
	}
	return rootInitrd(ctx, b.root, first, modDir, rootModules[:])
}

// busyboxIn is where Debian's static busybox is in a root folder.
func busyboxIn(root string) string { return filepath.Join(root, "bin/busybox") }

// rootInitrd packs, for the system in root, a ramdisk whose first program, a script for busybox, loads the modules and
// hands over to the root disk at /newroot.
func rootInitrd(ctx context.Context, root string, first []byte, modDir string, modules []string) ([]byte, error) {
	busybox, err := os.ReadFile(busyboxIn(root))
	if err != nil {
		return nil, err
	}
	var buf bytes.Buffer
	c := &cpioWriter{w: &buf}
	for _, d := range []string{"bin", "proc", "sys", "dev", "newroot", "modules"} {
		c.Dir(d)
	}
	c.CharDev("dev/console", 5, 1)
	c.File("bin/busybox", cpioExec, busybox)
	c.File("init", cpioExec, first)
	if err := addModules(ctx, c, root, modDir, modules); err != nil {
		return nil, err
	}
	if err := c.Close(); err != nil {
		return nil, err
	}
	return gzipped(buf.Bytes())
}

// addModules adds the modules' files under modules/, unpacked, and the order to load them in as modules/order.
func addModules(ctx context.Context, c *cpioWriter, root, modDir string, names []string) error {
	paths, err := moduleClosure(modDir, names)
	if err != nil {
		return err
	}
	var order strings.Builder
	for _, p := range paths {
		data, err := readModule(ctx, root, filepath.Join(modDir, p))
		if err != nil {
			return err
		}
		name := strings.TrimSuffix(filepath.Base(p), packedModule)
		c.File("modules/"+name, cpioFile, data)
		fmt.Fprintln(&order, name)
	}
	c.File("modules/order", cpioFile, []byte(order.String()))
	return nil
}

// tiny builds the tiny guest's program and puts its kernel and ramdisk into dom0.
func (b *builder) tiny(ctx context.Context) error {
	prog, err := b.compileTiny(ctx)
	if err != nil {
		return err
	}
	kernel, modDir, err := findKernel(b.root, guestFlavour)
	if err != nil {
		return err
	}
	busybox, err := os.ReadFile(busyboxIn(b.root))
	if err != nil {
		return err
	}
	var buf bytes.Buffer
	c := &cpioWriter{w: &buf}
	for _, d := range []string{"bin", "sbin", "proc", "sys", "dev", "modules"} {
		c.Dir(d)
	}
	c.CharDev("dev/console", 5, 1)
	c.File("init", cpioExec, prog)
	c.File("bin/busybox", cpioExec, busybox)
	// The kernel calls these when the toolstack asks the guest to go down.
	c.Symlink("sbin/poweroff", "/init")
	c.Symlink("sbin/reboot", "/init")
	if err := addModules(ctx, c, b.root, modDir, guestModules[:]); err != nil {
		return err
	}
	if err := c.Close(); err != nil {
		return err
	}
	initrd, err := gzipped(buf.Bytes())
	if err != nil {
		return err
	}
	linux, err := os.ReadFile(kernel)
	if err != nil {
		return err
	}
	dir := filepath.Join(b.root, guestDir, "tiny")
	return errors.Join(
		writeFile(filepath.Join(dir, "vmlinuz"), linux, 0o644),
		writeFile(filepath.Join(dir, "initrd.img"), initrd, 0o644))
}

// compileTiny builds the guest's only program from the source inside this one.
func (b *builder) compileTiny(ctx context.Context) ([]byte, error) {
	src, out := filepath.Join(b.tmp, "tiny"), filepath.Join(b.tmp, "tiny.bin")
	if err := os.CopyFS(src, guest.Tiny()); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(src, "go.mod"), []byte("module tiny\n\ngo 1.26\n"), fs.FileMode(0o644)); err != nil {
		return nil, err
	}
	env := []string{"CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64", "GOFLAGS=", "GOWORK=off"}
	if err := run(ctx, env, "go", "build", "-C", src, "-trimpath", "-ldflags=-s -w", "-o", out, "."); err != nil {
		return nil, err
	}
	return os.ReadFile(out)
}
