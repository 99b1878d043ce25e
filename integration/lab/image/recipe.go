package image

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"runtime"

	"github.com/xenvoy/xenvoy/integration/lab/guest"
)

// format changes when the build code changes what it makes of the same recipe.
const format = 1

// suite is the Debian release of dom0: it brings Xen 4.17.
const suite = "bookworm"

// packages are what dom0 holds beyond mmdebstrap's minimal base. The cloud kernel is for the guests: it is
// packed with LZ4, and unpacking the other's XZ takes an emulated guest half a minute. The hypervisor is the
// release's own: the security update's is built without shadow paging (CONFIG_SHADOW_PAGING in
// /boot/xen-4.17-amd64.config), and then no PV guest can move live.
var packages = [...]string{
	"xen-utils-4.17", "xen-hypervisor-4.17-amd64/" + suite, "qemu-system-xen", "linux-image-amd64", "linux-image-cloud-amd64",
	"seabios", "ovmf", "ipxe-qemu", "openssh-server", "openssh-client",
	"iproute2", "bridge-utils", "iputils-ping", "tcpdump", "ethtool", "socat",
	"udev", "kmod", "procps", "psmisc", "busybox-static",
	"python3", "nbd-client", "qemu-utils", "zstd",
}

// excluded are paths that packages bring and no lab needs: documentation, and drivers for hardware that
// QEMU's machine does not have.
var excluded = [...]string{
	"/usr/share/man/*", "/usr/share/doc/*", "/usr/share/info/*", "/usr/share/locale/*",
	"/lib/modules/*/kernel/sound/*",
	"/lib/modules/*/kernel/drivers/gpu/*", "/lib/modules/*/kernel/drivers/media/*",
	"/lib/modules/*/kernel/drivers/net/wireless/*", "/lib/modules/*/kernel/drivers/infiniband/*",
	"/lib/modules/*/kernel/drivers/staging/*", "/lib/modules/*/kernel/drivers/iio/*",
}

// rootModules are what dom0 needs to mount its root disk, guestModules what the tiny guest needs for its devices.
var (
	rootModules  = [...]string{"virtio_pci", "virtio_blk", "crc32c_generic", "ext4"}
	guestModules = [...]string{"xen-netfront", "xen-blkfront"}
)

//go:embed files
var files embed.FS

// overlay says where each embedded file goes in dom0's root.
var overlay = [...]struct {
	src, dst string
	mode     fs.FileMode
}{
	{"setup.sh", "usr/local/lib/xenvoy/setup", 0o755},
	{"inittab", "etc/inittab", 0o644},
	{"sshd_config", "etc/ssh/sshd_config", 0o644},
	{"ssh_config", "root/.ssh/config", 0o600},
	{"hosts", "usr/local/share/xenvoy-lab/hosts", 0o644},
	{"xl.conf", "etc/xen/xl.conf", 0o644},
}

// Key names the image that this program would build: a hash of all that goes into it, except the versions of
// Debian's packages.
func Key() (string, error) {
	h := sha256.New()
	fmt.Fprintln(h, format, suite, packages, excluded, rootModules, guestModules, overlay, runtime.Version())
	if err := hashFS(h, files); err != nil {
		return "", err
	}
	if err := hashFS(h, guest.Tiny()); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil))[:16], nil
}

// hashFS feeds every file of fsys, with its name and length, into w in lexical order.
func hashFS(w io.Writer, fsys fs.FS) error {
	return fs.WalkDir(fsys, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(fsys, path)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "%s %d\n", path, len(data))
		_, err = w.Write(data)
		return err
	})
}
