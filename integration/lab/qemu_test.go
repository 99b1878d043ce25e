package lab

import (
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
