package inspect

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/xenvoy/xenvoy/toolstack/xl/xltest"
	"github.com/xenvoy/xenvoy/xen/libxl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

func (f *fake) GetMemoryTarget(context.Context, idl.DomID) (idl.MemKB, error) { return 1 << 20, nil }

func (f *fake) CPUTopology(context.Context) ([]idl.CPUTopology, error) {
	return []idl.CPUTopology{{Core: 0, Socket: 0, Node: 0}, {Core: unknown}, {Core: 1, Socket: 0, Node: 1}}, f.failed("CPUTopology")
}

func (f *fake) PCITopology(context.Context) ([]idl.PCITopology, error) {
	return []idl.PCITopology{{Bus: 1, Devfn: 0x1a, Node: 1}, {Node: unknown}}, f.failed("PCITopology")
}

func (f *fake) NUMAInfo(context.Context) ([]idl.NUMAInfo, error) {
	return []idl.NUMAInfo{{Size: 2048 << 20, Free: 1024 << 20, Dists: []uint32{10, 20}}, {Size: unknown}}, f.failed("NUMAInfo")
}

func (f *fake) XenConsole(_ context.Context, clear bool) (string, error) {
	if clear {
		f.calls = append(f.calls, "clear")
	}
	return "(XEN) one\n(XEN) two\n", f.failed("XenConsole")
}

// withNode puts what this machine says of itself into a golden text.
func withNode(t *testing.T, text string) string {
	t.Helper()
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		t.Fatal(err)
	}
	for name, field := range map[string][]byte{"HOST": u.Nodename[:], "RELEASE": u.Release[:], "VERSION": u.Version[:], "MACHINE": u.Machine[:]} {
		text = strings.Replace(text, "<"+name+">", unix.ByteSliceToString(field), 1)
	}
	return text
}

func TestInfo(t *testing.T) {
	for _, tc := range []struct{ golden, words string }{{"info.txt", "info"}, {"info-numa.txt", "info -n"}, {"info-numa.txt", "info --numa xen_major"}} {
		want, err := os.ReadFile("testdata/" + tc.golden)
		if err != nil {
			t.Fatal(err)
		}
		got := run(t, &fake{}, strings.Fields(tc.words)...)
		if got.Stdout != withNode(t, string(want)) || got.Stderr != "" || got.Status != 0 {
			t.Errorf("%s: status %d, stderr %q, stdout\n%s", tc.words, got.Status, got.Stderr, got.Stdout)
		}
	}
}

func TestInfoKey(t *testing.T) {
	for key, want := range map[string]string{
		"xen_version": "4.17.5\n", "xen_m": "4\n17\n", "virt_caps": "pv hvm hvm_directio pv_directio hap gnttab-v1\n", "cpu_mhz": "2400.007\n",
		"xen_changeset": "\n", "nosuch": "", "platform_params": "virt_start=0xffff800000000000\n",
	} {
		if got := run(t, &fake{}, "info", key); got.Stdout != want || got.Status != 0 || got.Stderr != "" {
			t.Errorf("%s: %+v", key, got)
		}
	}
	b := xltest.Bench{Commands: Commands(), Xen: &fake{}}
	if got := b.Xenvoy(t, "json", "info", "xen_m"); got.Err != nil || strings.Join(strings.Fields(got.Stdout), "") != `{"xen_major":"4","xen_minor":"17"}` {
		t.Errorf("%+v", got)
	}
	if got := b.Xenvoy(t, "table", "info", "nosuch"); got.Err == nil {
		t.Errorf("%+v", got)
	}
}

// xl prints what it can.
func TestInfoFails(t *testing.T) {
	for method, tc := range map[string]struct{ stderr, missing, there string }{
		"PhysInfo":    {"libxl_physinfo failed.\n", "nr_cpus", "xen_major"},
		"VersionInfo": {"libxl_get_version_info failed.\n", "xen_major", "nr_cpus"},
		"Scheduler":   {"get_scheduler sysctl failed.\n", "xen_major", "xend_config_format"},
		"CPUTopology": {"libxl_get_cpu_topology failed.\n", "device topology", "numa_info"},
		"PCITopology": {"libxl_get_pci_topology failed.\n", "device topology", "cpu_topology"},
		"NUMAInfo":    {"libxl_get_numainfo failed.\n", "numa_info", "cpu_topology"},
	} {
		f := &fake{fail: map[string]error{method: libxl.ErrFail}}
		got := run(t, f, "info", "-n")
		if got.Status != 0 || got.Stderr != tc.stderr || strings.Contains(got.Stdout, tc.missing) || !strings.Contains(got.Stdout, tc.there) {
			t.Errorf("%s: %+v", method, got)
		}
		strict := xltest.Bench{Commands: Commands(), Xen: f}.Xenvoy(t, "table", "info", "-n")
		if !errors.Is(strict.Err, libxl.ErrFail) || strict.Stdout != "" {
			t.Errorf("%s, strictly: %+v", method, strict)
		}
	}
}

func TestInfoJSON(t *testing.T) {
	got := xltest.Bench{Commands: Commands(), Xen: &fake{}}.Xenvoy(t, "json", "info", "-n")
	var r struct {
		Free  int `json:"free_memory_mib"`
		Spare int `json:"balloon_memory_mib"`
		CPUs  []struct {
			CPU, Node int
		} `json:"cpu_topology"`
		Nodes []struct {
			Memory int `json:"memory_mib"`
		} `json:"numa_nodes"`
	}
	if err := errors.Join(got.Err, json.Unmarshal([]byte(got.Stdout), &r)); err != nil {
		t.Fatal(err)
	}
	if r.Free != 1984 || len(r.CPUs) != 2 || r.CPUs[1].CPU != 2 || r.CPUs[1].Node != 1 || len(r.Nodes) != 1 || r.Nodes[0].Memory != 2048 {
		t.Errorf("%+v", r)
	}
}

func TestDmesg(t *testing.T) {
	f := &fake{}
	if got := run(t, f, "dmesg", "-c"); got.Stdout != "(XEN) one\n(XEN) two\n" || got.Status != 0 || len(f.calls) != 1 {
		t.Errorf("%+v, %v", got, f.calls)
	}
	f = &fake{fail: map[string]error{"XenConsole": libxl.ErrFail}}
	if got := run(t, f, "dmesg"); got.Status != 1 || got.Stderr == "" || len(f.calls) != 0 {
		t.Errorf("%+v", got)
	}
	got := xltest.Bench{Commands: Commands(), Xen: &fake{}}.XL(t, "-o", "json", "dmesg")
	if strings.Join(strings.Fields(got.Stdout), "") != `["(XEN)one","(XEN)two"]` {
		t.Errorf("%+v", got)
	}
}

func TestTop(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PATH", dir)
	if got := run(t, &fake{}, "top"); got.Status != 0 || !strings.Contains(got.Stderr, "xentop") {
		t.Errorf("without xentop: %+v", got)
	}
	if got := (xltest.Bench{Commands: Commands(), Xen: &fake{}}).Xenvoy(t, "table", "top"); got.Err == nil {
		t.Error("without xentop, strictly: no error")
	}
	if err := os.WriteFile(dir+"/xentop", []byte("#!/bin/sh\necho it runs\nexit 3\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	if got := run(t, &fake{}, "top"); got.Stdout != "it runs\n" || got.Status != 0 {
		t.Errorf("%+v", got)
	}
}

func TestUptime(t *testing.T) {
	times := regexp.MustCompile(`[0-9]+ days?, |[0-9 ]{2}:[0-9]{2}(:[0-9]{2})?`)
	got := run(t, &fake{}, "uptime")
	lines := strings.Split(got.Stdout, "\n")
	if got.Status != 0 || len(lines) != 4 || lines[0] != "Name                                ID Uptime" ||
		!strings.HasPrefix(lines[1], "Domain-0                             0 ") || lines[2] != "web                                  7 1 day,  1:01:01" {
		t.Errorf("%+v", got)
	}
	got = run(t, &fake{}, "uptime", "-s", "web")
	if want := " TIME up TIMETIME, web (7)\n"; times.ReplaceAllString(got.Stdout, "TIME") != want {
		t.Errorf("%q", got.Stdout)
	}
	if got = run(t, &fake{}, "uptime", "web", "nosuch"); got.Status != 1 || got.Stdout != "" {
		t.Errorf("%+v", got)
	}
	f := &fake{fail: map[string]error{"VMStartTime": libxl.ErrFail}}
	if got = run(t, f, "uptime", "web"); got.Status != 0 || strings.Count(got.Stdout, "\n") != 1 {
		t.Errorf("%+v", got)
	}
	f = &fake{fail: map[string]error{"ListVMs": libxl.ErrFail}}
	if got = run(t, f, "uptime"); got.Status != 0 || got.Stderr != "Could not list vms.\n" || strings.Count(got.Stdout, "\n") != 2 {
		t.Errorf("%+v", got)
	}
}

func TestSpan(t *testing.T) {
	for _, tc := range []struct {
		seconds uint64
		short   bool
		want    string
	}{
		{0, false, " 0:00:00"}, {3723, false, " 1:02:03"}, {3723, true, " 1:02"}, {86400, false, "1 day,  0:00:00"},
		{10*86400 + 45296, true, "10 days, 12:34"}, {10*86400 + 45296, false, "10 days, 12:34:56"},
	} {
		if got := span(tc.seconds, tc.short); got != tc.want {
			t.Errorf("%d: %q", tc.seconds, got)
		}
	}
}
