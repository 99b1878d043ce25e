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
