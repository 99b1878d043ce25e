package image

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestCPIO(t *testing.T) {
	if _, err := exec.LookPath("cpio"); err != nil {
		t.Fatalf("make deps installs cpio: %v", err)
	}
	var buf bytes.Buffer
	c := &cpioWriter{w: &buf}
	c.Dir("bin")
	c.File("bin/sh", cpioExec, []byte("odd"))
	c.File("empty", cpioFile, nil)
	c.Symlink("link", "bin/sh")
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cmd := exec.Command("cpio", "-id", "--quiet")
	cmd.Dir, cmd.Stdin = dir, &buf
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("cpio: %v: %s", err, out)
	}
	data, err := os.ReadFile(filepath.Join(dir, "link"))
	if err != nil || string(data) != "odd" {
		t.Errorf("through the link: %q, %v", data, err)
	}
	if st, err := os.Stat(filepath.Join(dir, "bin/sh")); err != nil || st.Mode().Perm() != 0o755 {
		t.Errorf("mode of bin/sh: %v, %v", st, err)
	}
	if st, err := os.Stat(filepath.Join(dir, "empty")); err != nil || st.Size() != 0 {
		t.Errorf("empty: %v, %v", st, err)
	}
}

func TestCPIOError(t *testing.T) {
	c := &cpioWriter{w: failing{}}
	c.File("x", cpioFile, []byte("y"))
	if err := c.Close(); !errors.Is(err, errFull) {
		t.Errorf("Close = %v", err)
	}
}

var errFull = errors.New("full")

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errFull }

func TestModuleClosure(t *testing.T) {
	dir := t.TempDir()
	dep := "kernel/a/ext4.ko: kernel/a/jbd2.ko kernel/a/crc-x.ko\nkernel/a/jbd2.ko:\nkernel/a/crc-x.ko:\nkernel/b/virtio_blk.ko: kernel/b/virtio.ko\nkernel/b/virtio.ko:\n"
	write(t, filepath.Join(dir, "modules.dep"), dep)
	write(t, filepath.Join(dir, "modules.builtin"), "kernel/drivers/hvc.ko\n")
	got, err := moduleClosure(dir, []string{"virtio-blk", "hvc", "ext4", "crc_x"})
	want := []string{"kernel/b/virtio.ko", "kernel/b/virtio_blk.ko", "kernel/a/jbd2.ko", "kernel/a/crc-x.ko", "kernel/a/ext4.ko"}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("moduleClosure = %q, %v", got, err)
	}
	write(t, filepath.Join(dir, "modules.dep"), strings.ReplaceAll(dep, ".ko", ".ko.xz"))
	got, err = moduleClosure(dir, []string{"virtio-blk", "hvc", "ext4", "crc_x"})
	for i := range want {
		want[i] += packedModule
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("moduleClosure with packed modules = %q, %v", got, err)
	}
	if _, err := moduleClosure(dir, []string{"nosuch"}); err == nil || !strings.Contains(err.Error(), `"nosuch"`) {
		t.Errorf("a module that is not there: %v", err)
	}
	write(t, filepath.Join(dir, "modules.dep"), "garbage\n")
	if _, err := moduleClosure(dir, nil); err == nil {
		t.Error("a broken modules.dep is accepted")
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// testKeys writes keys that are none.
func testKeys(t *testing.T, user string) keys {
	t.Helper()
	k := keysAt(t.TempDir())
	write(t, k.user+".pub", user)
	write(t, k.host+".pub", "host")
	return k
}

// The key of an image depends on the release and on the keys in it, and on nothing that changes by itself.
func TestKey(t *testing.T) {
	seen := make(map[string]string)
	for _, r := range releases {
		for _, user := range []string{"one", "two"} {
			a, err := r.key(testKeys(t, user))
			b, err2 := r.key(testKeys(t, user))
			if err != nil || err2 != nil || a != b || len(a) != 16 {
				t.Errorf("%s: key = %q %v, %q %v", r.xen, a, err, b, err2)
			}
			if other, ok := seen[a]; ok {
				t.Errorf("%s with key %s has the image of %s", r.xen, user, other)
			}
			seen[a] = r.xen + " with key " + user
		}
	}
	if _, err := releases[0].key(keysAt(t.TempDir())); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("without keys: %v", err)
	}
}

func TestFindRelease(t *testing.T) {
	for _, xen := range Releases() {
		if r, err := findRelease(xen); err != nil || r.xen != xen {
			t.Errorf("findRelease(%q) = %+v, %v", xen, r, err)
		}
	}
	const want = `no such Xen release "4.19"; there are 4.17, 4.20`
	if _, err := findRelease("4.19"); !errors.Is(err, ErrRelease) || err.Error() != want {
		t.Errorf("findRelease of another: %v, want %s", err, want)
	}
	for what, ensure := range map[string]func() error{
		"image":      func() error { _, err := Ensure(t.Context(), t.TempDir(), "", nil); return err },
		"build root": func() error { _, err := EnsureBuildRoot(t.Context(), t.TempDir(), "5.0", nil); return err },
	} {
		if err := ensure(); !errors.Is(err, ErrRelease) {
			t.Errorf("%s of a release that is not there: %v", what, err)
		}
	}
}

// The mirrors are the machine's own, for the suite that is asked for; half of them is none.
func TestSources(t *testing.T) {
	trixie := tree{suite: "trixie"}
	const own = "http://mirror.test/debian/ Debian\nhttp://mirror.test/debian/ Debian\nhttp://old.test/debian/ Debian\n" +
		"http://mirror.test/bpo/ Debian Backports\n"
	signed := "deb [signed-by=" + keyring + "] "
	want := []string{
		signed + "http://mirror.test/debian/ trixie main",
		signed + "http://mirror.test/debian/ trixie-updates main",
		signed + "http://safe.test/security/ trixie-security main",
	}
	if got := trixie.sourcesFrom(own + "http://safe.test/security/ Debian-Security\n"); !slices.Equal(got, want) {
		t.Errorf("sources %q, want %q", got, want)
	}
	for _, part := range []string{"", "\n", own, "http://safe.test/security/ Debian-Security\n", "$(REPO_URI) $(LABEL)\n"} {
		if got := trixie.sourcesFrom(part); got != nil {
			t.Errorf("sources of %q: %q", part, got)
		}
	}
}

func TestLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	unlock, err := Lock(t.Context(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	waited := 0
	if _, err := Lock(ctx, path, func() { waited++ }); !errors.Is(err, context.DeadlineExceeded) || waited != 1 {
		t.Errorf("a second Lock = %v after saying %d times that it waits", err, waited)
	}
	got := make(chan error)
	go func() {
		again, err := Lock(t.Context(), path, nil)
		if err == nil {
			again()
		}
		got <- err
	}()
	unlock()
	if err := <-got; err != nil {
		t.Errorf("after unlock: %v", err)
	}
}

func TestRunShowsTheEnd(t *testing.T) {
	err := run(t.Context(), []string{"WORD=why"}, "sh", "-c", "seq 100; echo $WORD >&2; exit 3")
	if err == nil || !strings.Contains(err.Error(), "exit status 3") || !strings.HasSuffix(err.Error(), "99\n100\nwhy") {
		t.Errorf("run: %v", err)
	}
}
