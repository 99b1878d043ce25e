package lab

import (
	"errors"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/xenvoy/xenvoy/integration/lab/image"
)

var update = flag.Bool("update", false, "write the golden files anew")

func testMachine() *machine {
	return &machine{
		Host: "b", Number: 2, Image: image.At("/cache", "0123"), Accel: accelTCG, CPU: DefaultCPU, CPUs: 1, Memory: 2048,
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

// One word is for all hosts, several are for each.
func TestConfigXen(t *testing.T) {
	for _, c := range []struct {
		conf Config
		want []string
	}{
		{Config{}, nil},
		{Config{Xen: "4.20"}, []string{"4.20", "4.20"}},
		{Config{Xen: "4.20", Hosts: 1}, []string{"4.20"}},
		{Config{Xen: "4.17,4.20"}, []string{"4.17", "4.20"}},
	} {
		c.conf.StateDir, c.conf.CacheDir = "/s", "/c"
		if err := c.conf.complete(); err != nil || !slices.Equal(c.conf.releases, c.want) {
			t.Errorf("Xen %q: %q, %v; want %q", c.conf.Xen, c.conf.releases, err, c.want)
		}
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
		"cpus":   func(m *machine) { m.CPUs = 2 },
		"spare":  func(m *machine) { m.Spare = true },
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

// bothOn is what a pair of hosts boots.
func bothOn(a, b dom0) map[string]dom0 { return map[string]dom0{"a": a, "b": b} }

func TestSettleDebian(t *testing.T) {
	img := bothOn(dom0{"4.17", "0123"}, dom0{"4.17", "0123"})
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
		old := &state{Format: stateFormat, RunDir: dir, Dom0: img, Debian: c.had, Hosts: map[string]*hostState{"a": {Ready: true}}}
		l := &Lab{Name: "x", dir: dir}
		if err := l.settle(&Config{CacheDir: "/cache"}, old, img, c.asked); err != nil {
			t.Fatal(err)
		}
		if l.st.Debian != c.want || (len(l.st.Hosts) == 1) != c.keeps {
			t.Errorf("had %q, asked for %q: has %q and %d hosts", c.had, c.asked, l.st.Debian, len(l.st.Hosts))
		}
	}
	l := &Lab{Name: "x", st: &state{Dom0: img}}
	if err := l.compare(&Config{}, img, "new"); !errors.Is(err, ErrConfig) {
		t.Errorf("a running lab without the guest: %v", err)
	}
	if err := l.compare(&Config{}, img, ""); err != nil {
		t.Errorf("a running lab that is not asked for it: %v", err)
	}
}

// A host keeps its disk as long as it keeps its image, each for itself.
func TestSettleRelease(t *testing.T) {
	old17, new17, new20 := dom0{"4.17", "01"}, dom0{"4.17", "02"}, dom0{"4.20", "03"}
	for _, c := range []struct {
		what         string
		want         map[string]dom0
		keepA, keepB bool
	}{
		{"the same", bothOn(old17, new20), true, true},
		{"another release on b", bothOn(old17, new17), true, false},
		{"a newer image on a", bothOn(new17, new20), false, true},
		{"one host", map[string]dom0{"a": old17}, true, true},
	} {
		dir := t.TempDir()
		old := &state{
			Format: stateFormat, RunDir: dir, Dom0: bothOn(old17, new20),
			Hosts: map[string]*hostState{"a": {Ready: true}, "b": {Ready: true}},
		}
		l := &Lab{Name: "x", dir: dir}
		if err := l.settle(&Config{CacheDir: "/cache"}, old, c.want, ""); err != nil {
			t.Fatal(err)
		}
		if (l.st.Hosts["a"] != nil) != c.keepA || (l.st.Hosts["b"] != nil) != c.keepB {
			t.Errorf("%s: keeps a %t, b %t", c.what, l.st.Hosts["a"] != nil, l.st.Hosts["b"] != nil)
		}
		for host, d := range c.want {
			if l.st.Dom0[host] != d || l.machine(host).Image.Key != d.Image {
				t.Errorf("%s: host %s boots %+v", c.what, host, l.st.Dom0[host])
			}
		}
	}
}

// What runs is not taken away: another release is refused, by name, and only for a host that runs.
func TestCompareRelease(t *testing.T) {
	self, err := identify(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	x17, x20 := dom0{"4.17", "01"}, dom0{"4.20", "03"}
	l := &Lab{Name: "x", st: &state{
		Dom0:  bothOn(x17, x17),
		Hosts: map[string]*hostState{"a": {Process: self}, "b": {}},
	}}
	for _, c := range []struct {
		want map[string]dom0
		text string
	}{
		{bothOn(x17, x17), ""},
		{bothOn(x17, x20), ""},
		{map[string]dom0{"b": x20}, ""},
		{bothOn(x20, x20), "with Xen 4.17 on host a"},
		{bothOn(dom0{"4.17", "02"}, x17), "from an older image"},
	} {
		err := l.compare(&Config{}, c.want, "")
		if (err == nil) != (c.text == "") || err != nil && (!errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), c.text)) {
			t.Errorf("asked for %v: %v, want %q", c.want, err, c.text)
		}
	}
}

func TestRelease(t *testing.T) {
	var none *state
	one := &state{Dom0: map[string]dom0{"a": {"4.20", "03"}}}
	pair := &state{Dom0: bothOn(dom0{"4.17", "01"}, dom0{"4.20", "03"})}
	for _, c := range []struct {
		st         *state
		host, want string
	}{{none, "a", ""}, {one, "a", "4.20"}, {one, "b", "4.20"}, {pair, "a", "4.17"}, {pair, "b", "4.20"}} {
		if got := c.st.release(c.host); got != c.want {
			t.Errorf("host %s of %+v: %q, want %q", c.host, c.st, got, c.want)
		}
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
		"../etc":                              {Name: "../etc"},
		"3 hosts":                             {Hosts: 3},
		"-1 hosts":                            {Hosts: -1},
		"512 MiB":                             {Memory: 512},
		"99 CPUs":                             {CPUs: 99},
		`"q -drive"`:                          {CPU: "q -drive"},
		`"win"`:                               {Guests: []string{"tiny", "win"}},
		`no Xen "4.19"; there are 4.17, 4.20`: {Xen: "4.19"},
		`no Xen ""; there are 4.17, 4.20`:     {Xen: "4.17,"},
		`"4.17,4.20": 2 releases for 1 hosts`: {Xen: "4.17,4.20", Hosts: 1},
		`"4.17,4.20,4.17": 3 releases for 2 hosts`: {Xen: "4.17,4.20,4.17"},
	} {
		if err := c.complete(); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%+v: %v; want an error with %s", c, err, what)
		}
	}
}
