package image

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Image is a built dom0: the files that QEMU boots a host from. All are read-only once built.
type Image struct {
	Key    string // hash of the recipe
	Dir    string
	Disk   string // raw ext4 root disk, used as the backing file of each host's own disk
	Xen    string // hypervisor, an ELF file that QEMU loads by multiboot
	Kernel string // dom0's Linux
	Initrd string // dom0's initial ramdisk
	SSHKey string // private key that opens root on every host
	Known  string // known_hosts with the hosts' key under the name "xenvoy-lab"
}

// ErrNotRoot means that an image has to be built and that this needs root, because dom0's files belong to root.
var ErrNotRoot = errors.New("building the lab's images needs root: run this once as root")

// Ensure returns the image of this program's recipe for a Xen release ("4.17") from cacheDir, and builds it there
// first when it is missing. Two builds at once wait for each other. progress gets one line a step. Errors: ErrRelease,
// ErrNotRoot, the failed program's last lines, or ctx's cause.
func Ensure(ctx context.Context, cacheDir, xen string, progress func(string)) (*Image, error) {
	rel, err := findRelease(xen)
	if err != nil {
		return nil, err
	}
	img, err := rel.ensure(ctx, cacheDir, progress)
	if errors.Is(err, ErrNotRoot) {
		return nil, err
	}
	if err != nil {
		return nil, fmt.Errorf("lab image: %w", err)
	}
	return img, nil
}

func (r release) ensure(ctx context.Context, cacheDir string, progress func(string)) (*Image, error) {
	shared, err := ensureKeys(ctx, cacheDir, progress)
	if err != nil {
		return nil, err
	}
	key, err := r.key(shared)
	if err != nil {
		return nil, err
	}
	img := At(cacheDir, key)
	return img, ensure(ctx, img.Dir, progress, func(tmp string) []step {
		b := &builder{
			Image: at(filepath.Join(tmp, resultDir), key), release: r, shared: shared,
			root: filepath.Join(tmp, "root"), tmp: tmp,
		}
		return []step{
			{"installing Debian " + r.suite + " with Xen " + r.xen + " for dom0", b.bootstrap},
			{"installing the lab's keys", b.installKeys},
			{"building the tiny guest", b.tiny},
			{"installing the lab's own files", b.overlay},
			{"packing dom0's initial ramdisk", b.boot},
			{"making the root disk", b.disk},
		}
	})
}

// step is one part of a build.
type step struct {
	what string
	do   func(context.Context) error
}

// resultDir is the folder, in a build's temporary one, that holds what is to stay.
const resultDir = "result"

// ensure makes the folder dir by the steps of a build, unless it is there: a build is renamed into place as a whole,
// so the folder's presence says it all.
func ensure(ctx context.Context, dir string, progress func(string), steps func(tmp string) []step) error {
	if isDir(dir) {
		return nil
	}
	if os.Geteuid() != 0 {
		return ErrNotRoot
	}
	cacheDir := filepath.Dir(dir)
	if err := os.MkdirAll(cacheDir, 0o755); err != nil {
		return err
	}
	unlock, err := Lock(ctx, filepath.Join(cacheDir, "image.lock"), func() {
		progress("waiting for another build of the image")
	})
	if err != nil {
		return err
	}
	defer unlock()
	if isDir(dir) {
		return nil
	}
	return build(ctx, dir, progress, steps)
}

func isDir(path string) bool {
	st, err := os.Stat(path)
	return err == nil && st.IsDir()
}

// At returns where the image with this key is, or would be, in cacheDir.
func At(cacheDir, key string) *Image { return at(filepath.Join(cacheDir, "image-"+key), key) }

func at(dir, key string) *Image {
	f := func(name string) string { return filepath.Join(dir, name) }
	return &Image{
		Key: key, Dir: dir, Disk: f("dom0.raw"), Xen: f("xen"), Kernel: f("vmlinuz"),
		Initrd: f("initrd.img"), SSHKey: f("id_ed25519"), Known: f("known_hosts"),
	}
}

// build runs the steps in a folder beside dir and renames their result to dir at the end.
func build(ctx context.Context, dir string, progress func(string), steps func(tmp string) []step) (err error) {
	tmp, err := os.MkdirTemp(filepath.Dir(dir), "build-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(tmp)) }()
	if err := os.Chmod(tmp, 0o755); err != nil {
		return err
	}
	result := filepath.Join(tmp, resultDir)
	if err := os.Mkdir(result, 0o755); err != nil {
		return err
	}
	start := time.Now()
	for _, s := range steps(tmp) {
		progress(fmt.Sprintf("image: %s [%.0f s]", s.what, time.Since(start).Seconds()))
		if err := s.do(ctx); err != nil {
			return fmt.Errorf("%s: %w", s.what, err)
		}
	}
	if err := syncDir(result); err != nil {
		return err
	}
	if err := os.Rename(result, dir); err != nil {
		return err
	}
	progress(fmt.Sprintf("image: built in %.0f s", time.Since(start).Seconds()))
	return nil
}

// syncDir brings every file of dir, and dir itself, to the disk.
func syncDir(dir string) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() && !d.Type().IsRegular() {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		return f.Sync()
	})
}
