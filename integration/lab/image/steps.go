package image

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// maxXen bounds the unpacked hypervisor (4.17: 3 MiB).
const maxXen = 64 << 20

// builder holds one build: the embedded Image is where its results go.
type builder struct {
	*Image
	release release
	shared  keys
	root    string // dom0's root folder
	tmp     string
}

// bootstrap fills the root with Debian's packages.
func (b *builder) bootstrap(ctx context.Context) error {
	t := tree{suite: b.release.suite, variant: "minbase", packages: b.release.packages(), excluded: excluded[:]}
	return t.make(ctx, b.root)
}

// overlay puts the lab's own files over Debian's.
func (b *builder) overlay(context.Context) error {
	for _, f := range overlay {
		data, err := files.ReadFile("files/" + f.src)
		if err != nil {
			return err
		}
		if err := writeFile(filepath.Join(b.root, f.dst), data, f.mode); err != nil {
			return err
		}
	}
	if err := os.Chmod(filepath.Join(b.root, "root/.ssh"), 0o700); err != nil {
		return err
	}
	return errors.Join(
		busyboxInit(b.root),
		removeGlob(filepath.Join(b.root, "boot/*"+guestFlavour)),
		removeGlob(filepath.Join(b.root, "lib/modules/*"+guestFlavour)),
		removeGlob(filepath.Join(b.root, "var/cache/apt/*")),
		removeGlob(filepath.Join(b.root, "var/lib/apt/lists/*")))
}

// busyboxInit makes busybox the first program and what ends it.
func busyboxInit(root string) error {
	for _, n := range []string{"init", "poweroff", "reboot", "halt"} {
		link := filepath.Join(root, "usr/sbin", n)
		if err := os.Remove(link); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		if err := os.Symlink("/bin/busybox", link); err != nil {
			return err
		}
	}
	return nil
}

// boot takes kernel and hypervisor out of the root and packs dom0's ramdisk.
func (b *builder) boot(ctx context.Context) error {
	kernel, modDir, err := findKernel(b.root, dom0Flavour)
	if err != nil {
		return err
	}
	data, err := os.ReadFile(kernel)
	if err != nil {
		return err
	}
	if err := writeFile(b.Kernel, data, 0o644); err != nil {
		return err
	}
	elf, err := b.hypervisor()
	if err != nil {
		return err
	}
	initrd, err := b.dom0Initrd(ctx, modDir)
	if err != nil {
		return err
	}
	return errors.Join(writeFile(b.Xen, elf, 0o644), writeFile(b.Initrd, initrd, 0o644))
}

// hypervisor unpacks Xen: QEMU loads an ELF file.
func (b *builder) hypervisor() ([]byte, error) {
	f, err := os.Open(filepath.Join(b.root, "boot/xen-"+b.release.xen+"-amd64.gz"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	zr, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(zr, maxXen))
}

// The flavours of Debian's kernel, as its release string ends.
const (
	dom0Flavour  = "[0-9]-amd64"
	guestFlavour = "-cloud-amd64"
)

// findKernel finds the Linux of one flavour and its modules' folder.
func findKernel(root, flavour string) (image, modDir string, err error) {
	found, err := filepath.Glob(filepath.Join(root, "boot/vmlinuz-*"+flavour))
	if err != nil {
		return "", "", err
	}
	if len(found) != 1 {
		return "", "", fmt.Errorf("there are %d kernels *%s, want one: %q", len(found), flavour, found)
	}
	release := strings.TrimPrefix(filepath.Base(found[0]), "vmlinuz-")
	return found[0], filepath.Join(root, "lib/modules", release), nil
}

// disk turns the root folder into a raw ext4 disk with room to write in.
func (b *builder) disk(ctx context.Context) error {
	return run(ctx, nil, "mke2fs", "-q", "-t", "ext4", "-L", "dom0", "-m", "0", "-d", b.root,
		"-E", "lazy_itable_init=0,lazy_journal_init=0", b.Disk, "3G")
}

// writeFile writes a file with exactly this mode and makes the folders above it.
func writeFile(path string, data []byte, mode os.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(path, data, mode); err != nil {
		return err
	}
	return os.Chmod(path, mode)
}

func removeGlob(pattern string) error {
	found, err := filepath.Glob(pattern)
	for _, f := range found {
		err = errors.Join(err, os.RemoveAll(f))
	}
	return err
}

// gzipped packs data; the kernel unpacks it while it boots.
func gzipped(data []byte) ([]byte, error) {
	var out bytes.Buffer
	zw := gzip.NewWriter(&out)
	if _, err := zw.Write(data); err != nil {
		return nil, err
	}
	err := zw.Close()
	return out.Bytes(), err
}
