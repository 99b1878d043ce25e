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

// maxXen bounds the unpacked hypervisor (4.17: 5 MiB).
const maxXen = 64 << 20

// builder holds one build: the embedded Image is where its results go.
type builder struct {
	*Image
	root string // dom0's root folder
	tmp  string
}

// bootstrap fills the root with Debian's packages.
func (b *builder) bootstrap(ctx context.Context) error {
	return mmdebstrap(ctx, nil, b.root, packages[:], excluded[:])
}

// mmdebstrap fills root with Debian's minimal base and packages, but for the paths excluded.
func mmdebstrap(ctx context.Context, env []string, root string, packages, excluded []string) error {
	args := []string{
		"--quiet", "--mode=root", "--variant=minbase", "--format=directory",
		"--include=" + strings.Join(packages, ","),
	}
	for _, p := range excluded {
		args = append(args, "--dpkgopt=path-exclude="+p)
	}
	// INITRD=No: the kernel's package need not build a ramdisk that nothing boots.
	return run(ctx, append(env, "INITRD=No"), "mmdebstrap", append(args, suite, root)...)
}

// keys makes the hosts' key and the key that opens them, and writes what each side must know of the other.
func (b *builder) keys(ctx context.Context) error {
	hostKey := filepath.Join(b.root, "etc/ssh/ssh_host_ed25519_key")
	if err := removeGlob(filepath.Join(b.root, "etc/ssh/ssh_host_*")); err != nil {
		return err
	}
	for _, k := range []string{b.SSHKey, hostKey} {
		if err := run(ctx, nil, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "xenvoy-lab", "-f", k); err != nil {
			return err
		}
	}
	hostPub, err := os.ReadFile(hostKey + ".pub")
	if err != nil {
		return err
	}
	private, err := os.ReadFile(b.SSHKey)
	if err != nil {
		return err
	}
	public, err := os.ReadFile(b.SSHKey + ".pub")
	if err != nil {
		return err
	}
	known := append([]byte("a,b,site-a,site-b,192.168.50.1,192.168.50.2 "), hostPub...)
	return errors.Join(
		writeFile(b.Known, append([]byte("xenvoy-lab "), hostPub...), 0o644),
		writeFile(filepath.Join(b.root, "root/.ssh/known_hosts"), known, 0o600),
		writeFile(filepath.Join(b.root, "root/.ssh/authorized_keys"), public, 0o600),
		writeFile(filepath.Join(b.root, "root/.ssh/id_ed25519"), private, 0o600),
	)
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
func (b *builder) boot(context.Context) error {
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
	xen, err := os.Open(filepath.Join(b.root, "boot/xen-4.17-amd64.gz"))
	if err != nil {
		return err
	}
	defer xen.Close()
	zr, err := gzip.NewReader(xen)
	if err != nil {
		return err
	}
	elf, err := io.ReadAll(io.LimitReader(zr, maxXen))
	if err != nil {
		return err
	}
	initrd, err := b.dom0Initrd(modDir)
	if err != nil {
		return err
	}
	return errors.Join(writeFile(b.Xen, elf, 0o644), writeFile(b.Initrd, initrd, 0o644))
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
