package lab

import (
	"errors"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/xenvoy/xenvoy/integration/lab/image"
)

var update = flag.Bool("update", false, "write the golden files anew")

func testMachine() *machine {
	return &machine{
		Host: "b", Number: 2, Image: image.At("/cache", "0123"), Accel: accelTCG, CPU: DefaultCPU, Memory: 2048,
		Disk: "/state/with,comma/b.qcow2", Dir: "/state/with,comma", RunDir: "/run/lab", Load: bootedTag,
	}
}

func TestArgs(t *testing.T) {
	got := strings.Join(testMachine().args("fd=3", "fd=4"), "\n") + "\n"
	const golden = "testdata/qemu-args.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the command line changed (-update writes it anew):\n%s", got)
	}
}

func TestArgsWithKVM(t *testing.T) {
	m := testMachine()
	m.Accel = accelKVM
	if got := strings.Join(m.args("fd=3", "fd=4"), " "); !strings.Contains(got, "-accel kvm ") || strings.Contains(got, "tcg") {
		t.Errorf("arguments for KVM: %s", got)
	}
}

// A snapshot fits only the machine that made it, wherever its files lie.
func TestSnapshotKey(t *testing.T) {
	base := testMachine().snapshotKey("7.2")
	same := testMachine()
	same.Dir, same.RunDir, same.Disk, same.Load = "/other", "/other", "/other/disk", ""
	if same.snapshotKey("7.2") != base {
		t.Error("the key depends on where the lab's files are")
	}
	for what, change := range map[string]func(*machine){
		"image":  func(m *machine) { m.Image = image.At("/cache", "4567") },
		"cpu":    func(m *machine) { m.CPU = "EPYC" },
		"memory": func(m *machine) { m.Memory = 4096 },
		"accel":  func(m *machine) { m.Accel = accelKVM },
		"guest":  func(m *machine) { m.Debian = image.DebianAt("/cache", "89ab") },
		"host":   func(m *machine) { m.Host, m.Number = "a", 1 },
	} {
		m := testMachine()
		change(m)
		if m.snapshotKey("7.2") == base {
			t.Errorf("the key does not depend on %s", what)
		}
	}
	if testMachine().snapshotKey("8.0") == base {
		t.Error("the key does not depend on QEMU's version")
	}
}

// The debian guest is the second disk, and only of a lab that has it.
func TestArgsWithDebian(t *testing.T) {
	m := testMachine()
	m.Debian, m.GuestDisk = image.DebianAt("/cache", "89ab"), "/state/with,comma/b.debian.qcow2"
	got := strings.Join(m.args("fd=3", "fd=4"), " ")
	for _, want := range []string{
		"-device virtio-blk-pci,drive=disk -device virtio-blk-pci,drive=guest ",
		"-drive if=none,id=guest,cache=unsafe,format=qcow2,file=/state/with,,comma/b.debian.qcow2 ",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in %s", want, got)
		}
	}
	disks := m.disks("/cache/snapshot-1")
	if len(disks) != 2 || disks[1].path != m.Disk || disks[1].snap != "/cache/snapshot-1/b.qcow2" ||
		disks[0] != (disk{m.GuestDisk, "/cache/debian-89ab/disk.raw", "/cache/snapshot-1/b.debian.qcow2"}) {
		t.Errorf("disks %+v", disks)
	}
	if disks = testMachine().disks("/cache/snapshot-1"); len(disks) != 1 {
		t.Errorf("disks without the guest %+v", disks)
	}
}

// A snapshot that lacks a disk is none.
func TestCopySnapshot(t *testing.T) {
	dir := t.TempDir()
	both := []disk{{path: dir + "/1", snap: dir + "/s1"}, {path: dir + "/2", snap: dir + "/s2"}}
	if err := os.WriteFile(both[0].snap, []byte("one"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := copySnapshot(both); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("with one of two disks: %v", err)
	}
	if err := os.WriteFile(both[1].snap, []byte("two"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := copySnapshot(both); err != nil {
		t.Error(err)
	}
	if got, err := os.ReadFile(both[1].path); err != nil || string(got) != "two" {
		t.Errorf("the second disk: %q, %v", got, err)
	}
}

func TestSettleDebian(t *testing.T) {
	hosts := map[string]*hostState{"a": {Ready: true}}
	for _, c := range []struct {
		had, asked, want string
		keeps            bool
	}{
		{"", "", "", true},
		{"", "new", "new", false},
		{"old", "", "old", true},
		{"old", "old", "old", true},
		{"old", "new", "new", false},
	} {
		dir := t.TempDir()
		old := &state{Format: stateFormat, RunDir: dir, Image: "0123", Debian: c.had, Hosts: hosts}
		if err := old.save(dir); err != nil {
			t.Fatal(err)
		}
		l := &Lab{Name: "x", dir: dir, img: image.At("/cache", "0123")}
		if err := l.settle(&Config{CacheDir: "/cache"}, c.asked); err != nil {
			t.Fatal(err)
		}
		if l.st.Debian != c.want || (len(l.st.Hosts) == 1) != c.keeps {
			t.Errorf("had %q, asked for %q: has %q and %d hosts", c.had, c.asked, l.st.Debian, len(l.st.Hosts))
		}
	}
	l := &Lab{Name: "x", img: image.At("/cache", "0123"), st: &state{Image: "0123"}}
	if err := l.compare(&Config{}, "new"); !errors.Is(err, ErrConfig) {
		t.Errorf("a running lab without the guest: %v", err)
	}
	if err := l.compare(&Config{}, ""); err != nil {
		t.Errorf("a running lab that is not asked for it: %v", err)
	}
}

func TestKVMModule(t *testing.T) {
	for cpuinfo, want := range map[string]string{
		"flags\t\t: fpu vmx sse\n":        "kvm_intel",
		"model\t: svm\nflags : fpu svm\n": "kvm_amd",
		"flags\t\t: fpu sse\n":            "",
		"model name\t: vmx svm\n":         "",
	} {
		if got := kvmModule(cpuinfo); got != want {
			t.Errorf("kvmModule(%q) = %q, want %q", cpuinfo, got, want)
		}
	}
}

func TestFollowBoot(t *testing.T) {
	for log, want := range map[string]string{
		"(XEN) Xen 4.17\r\nxenvoy-lab: ready\r\n":            "",
		"x\n(XEN) Panic on CPU 0:\r\n(XEN) boo\n":            "(XEN) Panic on CPU 0:",
		"[ 1.0] Kernel panic - not syncing: VFS\n":           "[ 1.0] Kernel panic - not syncing: VFS",
		"xenvoy-lab: fatal: sshd\nxenvoy-lab: ready\n":       "xenvoy-lab: fatal: sshd",
		"(XEN) Xen 4.17\r\n[    2.7] evm: HMAC attrs: 0x1\n": "QEMU ended before dom0 was ready",
		"": "QEMU ended before dom0 was ready",
	} {
		if got := followBoot(strings.NewReader(log)); got != want {
			t.Errorf("%q: %q, want %q", log, got, want)
		}
	}
}

func TestSSHPort(t *testing.T) {
	const info = "Hub -1 (user):\r\n  Protocol[State]    FD  Source Address  Port   Dest. Address  Port RecvQ SendQ\r\n" +
		"  TCP[ESTABLISHED]   18       127.0.0.1 40000       10.0.2.15    22     0     0\r\n" +
		"  TCP[HOST_FORWARD]  15       127.0.0.1 45721       10.0.2.15    22     0     0\r\n"
	if port, err := sshPort(info); err != nil || port != 45721 {
		t.Errorf("sshPort = %d, %v", port, err)
	}
	for _, bad := range []string{"", "TCP[HOST_FORWARD] 15 127.0.0.1 0 x", "TCP[HOST_FORWARD] 15 127.0.0.1 70000 x"} {
		if port, err := sshPort(bad); err == nil {
			t.Errorf("sshPort(%q) = %d", bad, port)
		}
	}
}

func TestConfig(t *testing.T) {
	good := Config{StateDir: "/s", CacheDir: "/c"}
	if err := good.complete(); err != nil || good.Name != DefaultName || good.Hosts != 2 {
		t.Errorf("the zero configuration: %+v, %v", good, err)
	}
	for what, c := range map[string]Config{
		"../etc":     {Name: "../etc"},
		"3 hosts":    {Hosts: 3},
		"-1 hosts":   {Hosts: -1},
		"512 MiB":    {Memory: 512},
		`"q -drive"`: {CPU: "q -drive"},
		`"win"`:      {Guests: []string{"tiny", "win"}},
	} {
		if err := c.complete(); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%+v: %v; want an error with %s", c, err, what)
		}
	}
}
