package image

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestBuildRootKey(t *testing.T) {
	seen := make(map[string]bool)
	for _, r := range releases {
		key := r.buildRootKey()
		if len(key) != 16 || key != r.buildRootKey() || seen[key] {
			t.Errorf("%s: key %q", r.xen, key)
		}
		seen[key] = true
	}
}

// What is not for a compiler stays behind: devices, above all, which nobody may open.
func TestBuildRootTake(t *testing.T) {
	all := t.TempDir()
	for _, f := range []string{"usr/include/libxl.h", "usr/lib/x86_64-linux-gnu/libc.so", "usr/lib64/ld.so", "dev/console", "usr/bin/perl"} {
		if err := writeFile(filepath.Join(all, f), []byte(f), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("usr/lib", filepath.Join(all, "lib")); err != nil {
		t.Fatal(err)
	}
	b := buildRootAt(t.TempDir(), "0123", "4.20")
	if err := b.take(all); err != nil {
		t.Fatal(err)
	}
	for f, want := range map[string]bool{
		"usr/include/libxl.h": true, "lib/x86_64-linux-gnu/libc.so": true, "usr/lib64/ld.so": true,
		"dev": false, "usr/bin": false,
	} {
		if _, err := os.Stat(filepath.Join(b.Root, f)); (err == nil) != want {
			t.Errorf("%s: %v, want it there: %t", f, err, want)
		}
	}
}

// The compiler's script works wherever the build root has been renamed to, and passes its words on as they are.
func TestBuildRootCompiler(t *testing.T) {
	bin, dir := t.TempDir(), filepath.Join(t.TempDir(), "with space")
	if err := writeFile(filepath.Join(bin, "gcc"), []byte("#!/bin/sh\nprintf '%s\\n' \"$@\"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	b := buildRootAt(dir, "0123", "4.20")
	if err := b.take(t.TempDir()); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), b.CC, "-o", "a b", "x.c")
	cmd.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"))
	out, err := cmd.Output()
	lib := b.Root + "/usr/lib/x86_64-linux-gnu"
	want := strings.Join([]string{"--sysroot=" + b.Root, "-B" + lib, "-L" + lib, "-o", "a b", "x.c", ""}, "\n")
	if err != nil || string(out) != want {
		t.Errorf("the script runs gcc with\n%s%v; want\n%s", out, err, want)
	}
}

func TestBuildRootInOddFolder(t *testing.T) {
	for _, dir := range []string{"/my cache", "/it's"} {
		if _, err := EnsureBuildRoot(t.Context(), dir, releases[0].xen, nil); err == nil || !strings.Contains(err.Error(), dir) {
			t.Errorf("in %s: %v", dir, err)
		}
	}
}

func TestReadModule(t *testing.T) {
	root := t.TempDir()
	busybox := "#!/bin/sh\n[ \"$1\" = xzcat ] && sed s/packed/plain/ \"$2\"\n"
	if err := writeFile(busyboxIn(root), []byte(busybox), 0o755); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, want := range map[string]string{"a.ko": "packed", "a.ko.xz": "plain"} {
		write(t, filepath.Join(dir, name), "packed")
		if got, err := readModule(t.Context(), root, filepath.Join(dir, name)); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v; want %q", name, got, err, want)
		}
	}
	if _, err := readModule(t.Context(), root, filepath.Join(dir, "none.ko.xz")); err == nil {
		t.Error("a packed module that is not there is read")
	}
}
