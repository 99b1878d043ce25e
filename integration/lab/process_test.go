package lab

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestStartTime(t *testing.T) {
	const tail = " 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4711 20 21"
	for stat, want := range map[string]uint64{
		"12 (qemu) S" + tail:               4711,
		"12 (evil) S 1 2) R" + tail:        4711,
		"12 (two\nlines (and)) ) S" + tail: 4711,
	} {
		if got, err := startTime([]byte(stat)); err != nil || got != want {
			t.Errorf("startTime(%q) = %d, %v", stat, got, err)
		}
	}
	for _, bad := range []string{"", "12 qemu S 1", "12 (qemu) S 1 2 3", ")"} {
		if got, err := startTime([]byte(bad)); err == nil {
			t.Errorf("startTime(%q) = %d", bad, got)
		}
	}
	if _, err := startTime([]byte("12 (qemu) Z" + tail)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a zombie: %v", err)
	}
}

func TestKillOnlyTheRightOne(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	cmd := exec.Command("sleep", "60")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p, err := identify(cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	for what, other := range map[string]process{
		"an earlier process": {p.PID, p.Start - 1, p.Boot},
		"an earlier boot":    {p.PID, p.Start, "0000"},
		"nobody":             {},
	} {
		if other.alive() {
			t.Errorf("%s counts as alive", what)
		}
		if err := other.kill(ctx); err != nil || !p.alive() {
			t.Fatalf("killing %s hit the process that has its number: %v", what, err)
		}
	}
	if err := p.kill(ctx); err != nil {
		t.Error(err)
	}
	if p.alive() {
		t.Error("alive after kill")
	}
	if err := cmd.Wait(); err == nil || cmd.ProcessState.String() != "signal: killed" {
		t.Errorf("it ended by %v", err)
	}
	if err := p.kill(ctx); err != nil {
		t.Errorf("killing it again: %v", err)
	}
}

func TestStateFile(t *testing.T) {
	dir := t.TempDir()
	if _, err := loadState(dir); !errors.Is(err, ErrNoLab) {
		t.Errorf("no file: %v", err)
	}
	s := &state{Format: stateFormat, CPU: "c", Hosts: map[string]*hostState{"a": {SSHPort: 7, Process: process{1, 2, "b"}}}}
	for range 2 { // the second time over an old file
		if err := s.save(dir); err != nil {
			t.Fatal(err)
		}
	}
	got, err := loadState(dir)
	if err != nil || got.CPU != "c" || got.Hosts["a"].SSHPort != 7 || got.Hosts["a"].Process != s.Hosts["a"].Process {
		t.Errorf("read back %+v, %v", got, err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) != 1 {
		t.Errorf("saving leaves %q", left)
	}
	for text, want := range map[string]string{
		`{"format":99}`: "format 99", `{`: "unexpected EOF", `[]`: "cannot unmarshal",
		strings.Repeat(" ", maxState+1): "no state file",
	} {
		if err := os.WriteFile(filepath.Join(dir, "state.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := loadState(dir); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: %v, want %q", text, err, want)
		}
	}
}

// A lab that runs is found by a newer program, too.
func TestStateFormat1(t *testing.T) {
	dir := t.TempDir()
	const old = `{"format":1,"image":"0123","cache_dir":"/c","hosts":{"a":{"ssh_port":7}}}`
	if err := os.WriteFile(filepath.Join(dir, "state.json"), []byte(old), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := open(dir)
	if err != nil {
		t.Fatal(err)
	}
	hosts := l.Hosts()
	if len(hosts) != 1 || hosts[0].Xen() != "4.17" || l.machine("a").Image.Dir != "/c/image-0123" {
		t.Errorf("hosts %+v with %+v", hosts, l.st)
	}
	if err := l.st.save(dir); err != nil {
		t.Fatal(err)
	}
	if again, err := loadState(dir); err != nil || again.Dom0["a"] != (dom0{"4.17", "0123"}) {
		t.Errorf("saved and read again: %+v, %v", again, err)
	}
}

// The program is refused before anything goes to the host, which does not even run.
func TestInstallOtherXen(t *testing.T) {
	l := &Lab{Name: "x", dir: t.TempDir(), st: &state{Dom0: map[string]dom0{"a": {"4.20", "03"}}}}
	path := filepath.Join(t.TempDir(), "program")
	source := path + ".s"
	if err := os.WriteFile(source, []byte(".globl f\nf:\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	lib := filepath.Join(filepath.Dir(path), "libxenlight.so.4.17")
	for _, args := range [][]string{
		{"-shared", "-nostdlib", "-Wl,-soname,libxenlight.so.4.17", "-o", lib, source},
		{"-shared", "-nostdlib", "-Wl,--no-as-needed", "-o", path, source, lib},
	} {
		if out, err := exec.CommandContext(t.Context(), "gcc", args...).CombinedOutput(); err != nil {
			t.Fatalf("gcc: %v: %s", err, out)
		}
	}
	err := (&Host{Name: "a", lab: l}).Install(t.Context(), path, "/x")
	if !errors.Is(err, ErrOtherXen) || !strings.HasSuffix(err.Error(), "4.17, and the host has 4.20") {
		t.Errorf("Install of a program for 4.17: %v", err)
	}
}

func TestBuiltFor(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"empty": "", "script": "#!/bin/sh\nexec true # and no more\n"} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
		if xen, err := BuiltFor(path); err != nil || xen != "" {
			t.Errorf("%s: %q, %v", name, xen, err)
		}
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if xen, err := BuiltFor(self); err != nil || xen != "" {
		t.Errorf("this test, which needs no Xen: %q, %v", xen, err)
	}
	if _, err := BuiltFor(filepath.Join(dir, "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	for lib, want := range map[string]string{
		"libxenlight.so.4.17": "4.17", "libxenctrl.so.4.20": "4.20", "libxenstore.so.4": "", "libxenstore.so.3.0": "", "libc.so.6": "",
		"libxenlight.so.4.17.0": "",
	} {
		got := ""
		if m := versioned().FindStringSubmatch(lib); m != nil {
			got = m[1]
		}
		if got != want {
			t.Errorf("%s: %q, want %q", lib, got, want)
		}
	}
}

func TestQuote(t *testing.T) {
	argv := []string{"a b", "", "$(reboot)", "it's", "`x`", "new\nline", `\`, "*"}
	out, err := exec.Command("sh", "-c", `printf '%s\0' `+quote(argv)).Output()
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.Join(argv, "\x00") + "\x00"; string(out) != want {
		t.Errorf("the shell read %q, want %q", out, want)
	}
}

func TestSocketDir(t *testing.T) {
	short := t.TempDir()[:10]
	if got, err := socketDir(short); err != nil || got != short {
		t.Errorf("socketDir(%q) = %q, %v", short, got, err)
	}
	got, err := socketDir("/" + strings.Repeat("long", 30))
	if err != nil || len(got) > maxSocketDir {
		t.Errorf("socketDir of a long path = %q, %v", got, err)
	}
	if err := os.Remove(got); err != nil {
		t.Error(err)
	}
}

func TestDownWithoutLab(t *testing.T) {
	if err := Down(t.Context(), "none", t.TempDir()); err != nil {
		t.Error(err)
	}
}
