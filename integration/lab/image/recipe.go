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
const format = 2

// packages are what dom0 of each release holds beside Xen and mmdebstrap's minimal base. The cloud kernel is for the
// guests: Debian 12's is packed with LZ4, and unpacking the other's XZ takes an emulated guest half a minute.
var packages = [...]string{
	"qemu-system-xen", "linux-image-amd64", "linux-image-cloud-amd64",
	"seabios", "ovmf", "ipxe-qemu", "openssh-server", "openssh-client",
	"iproute2", "bridge-utils", "iputils-ping", "tcpdump", "ethtool", "socat",
	"udev", "kmod", "procps", "psmisc", "busybox-static",
	"python3", "nbd-client", "qemu-utils", "zstd",
}

// excluded are paths that packages bring and no lab needs: documentation, and drivers for hardware that
// QEMU's machine does not have. Debian 12 has its modules in /lib, Debian 13 in /usr/lib.
var excluded = [...]string{
	"/usr/share/man/*", "/usr/share/doc/*", "/usr/share/info/*", "/usr/share/locale/*",
	"*/lib/modules/*/kernel/sound/*",
	"*/lib/modules/*/kernel/drivers/gpu/*", "*/lib/modules/*/kernel/drivers/media/*",
	"*/lib/modules/*/kernel/drivers/net/wireless/*", "*/lib/modules/*/kernel/drivers/infiniband/*",
	"*/lib/modules/*/kernel/drivers/staging/*", "*/lib/modules/*/kernel/drivers/iio/*",
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

// key names the image that this program would build for the release: a hash of all that goes into it, except the
// versions of Debian's packages.
func (r release) key(k keys) (string, error) {
	user, host, err := k.public()
	if err != nil {
		return "", err
	}
	h := sha256.New()
	fmt.Fprintln(h, format, r, r.packages(), excluded, rootModules, guestModules, overlay, runtime.Version())
	fmt.Fprintf(h, "%s%s", user, host)
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
