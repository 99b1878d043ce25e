package image

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Debian is the built disk of the debian guest. It is read-only once built: each host writes to an overlay of its own.
type Debian struct {
	Key  string // hash of the recipe
	Dir  string
	Disk string // raw, with a DOS partition table: GRUB before the only partition, an ext4 root
}

// debianFormat changes when the build code changes what it makes of the same recipe.
const debianFormat = 1

// debianSuite is the guest's release, whatever its host's.
const debianSuite = "bookworm"

// debianPackages are what the guest holds beyond mmdebstrap's minimal base. GRUB's own install program wants a block
// device; its parts do not, and are taken out of the package.
var debianPackages = [...]string{
	"linux-image-cloud-amd64", "busybox-static", "grub-pc-bin", "grub-common", "iproute2", "procps",
	"redis-server", "redis-tools", "postgresql",
}

// debianExcluded are paths that packages bring and the guest does not need: documentation, and the compiler that
// postgres would use for its longest queries.
var debianExcluded = [...]string{
	"/usr/share/man/*", "/usr/share/doc/*", "/usr/share/info/*", "/usr/share/locale/*",
	"/usr/lib/x86_64-linux-gnu/libLLVM*", "/usr/lib/llvm-*", "/usr/lib/postgresql/*/lib/bitcode/*",
}

// debianModules are what the guest's ramdisk loads: its devices and its root file system.
var debianModules = [...]string{"xen-netfront", "xen-blkfront", "crc32c_generic", "ext4"}

// debianGRUB are the modules inside GRUB's core: enough to read a kernel from the partition.
var debianGRUB = [...]string{"biosdisk", "part_msdos", "ext2", "linux"}

//go:embed debian
var debianFiles embed.FS

// debianOverlay says where each embedded file goes in the guest's root.
var debianOverlay = [...]struct {
	src, dst string
	mode     fs.FileMode
}{
	{"setup.sh", "usr/local/lib/xenvoy/setup", 0o755},
	{"stop.sh", "usr/local/lib/xenvoy/stop", 0o755},
	{"inittab", "etc/inittab", 0o644},
}

// debianKey names the disk that this program would build, as key does for dom0.
func debianKey() (string, error) {
	h := sha256.New()
	fmt.Fprintln(h, debianFormat, debianSuite, debianPackages, debianExcluded, debianModules, debianGRUB, debianOverlay)
	if err := hashFS(h, debianFiles); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil))[:16], nil
}

// EnsureDebian is Ensure for the debian guest's disk.
func EnsureDebian(ctx context.Context, cacheDir string, progress func(string)) (*Debian, error) {
	key, err := debianKey()
	if err != nil {
		return nil, fmt.Errorf("debian guest: %w", err)
	}
	d := DebianAt(cacheDir, key)
	err = ensure(ctx, d.Dir, progress, func(tmp string) []step {
		b := &debianBuilder{Debian: debianAt(filepath.Join(tmp, resultDir), key), root: filepath.Join(tmp, "root"), tmp: tmp}
		return []step{
			{"installing Debian " + debianSuite + " with redis and postgres for the debian guest", b.bootstrap},
			{"setting up its servers", b.configure},
			{"packing its initial ramdisk", b.boot},
			{"making its disk", b.disk},
		}
	})
	if errors.Is(err, ErrNotRoot) {
		return nil, err
	}
	if err != nil {
		return nil, fmt.Errorf("debian guest: %w", err)
	}
	return d, nil
}

// DebianAt returns where the debian guest with this key is, or would be, in cacheDir.
func DebianAt(cacheDir, key string) *Debian {
	return debianAt(filepath.Join(cacheDir, "debian-"+key), key)
}

func debianAt(dir, key string) *Debian {
	return &Debian{Key: key, Dir: dir, Disk: filepath.Join(dir, "disk.raw")}
}

// debianBuilder holds one build: the embedded Debian is where its result goes.
type debianBuilder struct {
	*Debian
	root string // the guest's root folder
	tmp  string
}

// bootstrap fills the root with Debian's packages; postgres' makes its first database while it is installed, and
// takes the text encoding from the locale.
func (b *debianBuilder) bootstrap(ctx context.Context) error {
	t := tree{
		suite: debianSuite, variant: "minbase", packages: debianPackages[:], excluded: debianExcluded[:],
		env: []string{"LC_ALL=C.UTF-8"},
	}
	return t.make(ctx, b.root)
}

// configure puts the lab's own files over Debian's and lets the guest's network in.
func (b *debianBuilder) configure(context.Context) error {
	for _, f := range debianOverlay {
		data, err := debianFiles.ReadFile("debian/" + f.src)
		if err != nil {
			return err
		}
		if err := writeFile(filepath.Join(b.root, f.dst), data, f.mode); err != nil {
			return err
		}
	}
	etc, err := filepath.Glob(filepath.Join(b.root, "etc/postgresql/*/main"))
	if err != nil {
		return err
	}
	if len(etc) != 1 {
		return fmt.Errorf("postgres made %d databases, want one: %q", len(etc), etc)
	}
	access, err := debianFiles.ReadFile("debian/pg_hba.conf")
	if err != nil {
		return err
	}
	return errors.Join(
		busyboxInit(b.root),
		appendFile(filepath.Join(etc[0], "postgresql.conf"), "debian/postgres.conf"),
		writeFile(filepath.Join(etc[0], "pg_hba.conf"), access, 0o640), // the old one's owner stays
		appendFile(filepath.Join(b.root, "etc/redis/redis.conf"), "debian/redis.conf"),
		writeFile(filepath.Join(b.root, "etc/hosts"), []byte("127.0.0.1 localhost debian\n"), 0o644),
		removeGlob(filepath.Join(b.root, "var/cache/apt/*")),
		removeGlob(filepath.Join(b.root, "var/lib/apt/lists/*")))
}

// appendFile adds an embedded file to one of the guest's, which keeps its owner and mode.
func appendFile(path, embedded string) error {
	data, err := debianFiles.ReadFile(embedded)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}

// boot gives the kernel and the ramdisk the names that GRUB and dom0 look for.
func (b *debianBuilder) boot(ctx context.Context) error {
	kernel, modDir, err := findKernel(b.root, guestFlavour)
	if err != nil {
		return err
	}
	first, err := debianFiles.ReadFile("debian/init.sh")
	if err != nil {
		return err
	}
	initrd, err := rootInitrd(ctx, b.root, first, modDir, debianModules[:])
	if err != nil {
		return err
	}
	link := filepath.Join(b.root, "boot/vmlinuz")
	return errors.Join(os.Symlink(filepath.Base(kernel), link),
		writeFile(filepath.Join(b.root, "boot/initrd.img"), initrd, 0o644))
}
