package tune

import (
	"context"
	"strings"
	"testing"

	"github.com/xenvoy/xenvoy/toolstack/xl/xltest"
	"github.com/xenvoy/xenvoy/xen/libxl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

func (f *fake) DomainSetMaxMem(_ context.Context, id idl.DomID, kb idl.MemKB) error {
	return f.call("DomainSetMaxMem", "%d %d", id, kb)
}

func (f *fake) SetMemoryTarget(_ context.Context, id idl.DomID, kb int64, relative, enforce bool) error {
	return f.call("SetMemoryTarget", "%d %d %v %v", id, kb, relative, enforce)
}

func (f *fake) SetVCPUAffinity(_ context.Context, id idl.DomID, vcpu uint32, hard, soft idl.Bitmap) error {
	return f.call("SetVCPUAffinity", "%d %d %v %v", id, vcpu, hard, soft)
}

func (f *fake) SetVCPUAffinityForce(_ context.Context, id idl.DomID, vcpu uint32, hard, soft idl.Bitmap) error {
	return f.call("SetVCPUAffinityForce", "%d %d %v %v", id, vcpu, hard, soft)
}

func (f *fake) SetVCPUAffinityAll(_ context.Context, id idl.DomID, vcpus int, hard, soft idl.Bitmap) error {
	return f.call("SetVCPUAffinityAll", "%d %d %v %v", id, vcpus, hard, soft)
}

func (f *fake) SetVCPUOnline(_ context.Context, id idl.DomID, vcpus idl.Bitmap) error {
	err := f.call("SetVCPUOnline", "%d %v", id, vcpus)
	if id == 0 && err == nil {
		f.dom0CPUs = uint32(len(vcpus))
	}
	return err
}

func TestMemory(t *testing.T) {
	check(t, nil, []row{
		{"mem-max web 512", []string{"DomainSetMaxMem 7 524288"}, "", "", 0},
		{"mem-set web 512", []string{"SetMemoryTarget 7 524288 false true"}, "", "", 0},
		{"mem-set 0 2G", []string{"SetMemoryTarget 0 2097152 false true"}, "", "", 0},
		{"mem-set web 1t", []string{"SetMemoryTarget 7 1073741824 false true"}, "", "", 0},
		{"mem-set web 4096k", []string{"SetMemoryTarget 7 4096 false true"}, "", "", 0},
		{"mem-set web 10240b", []string{"SetMemoryTarget 7 10 false true"}, "", "", 0},
		{"mem-set web 5MB", nil, "", "invalid memory size: 5MB\n", 1},
		{"mem-set web m", nil, "", "invalid memory size: m\n", 1},
		{"mem-set web 99999999999999999999t", nil, "", "invalid memory size: 99999999999999999999t\n", 1},
		{"mem-set -- web -5", nil, "", "invalid memory size: -5\n", 1},
		{"mem-max nosuch 5", nil, "", "nosuch is an invalid domain identifier (rc=-6)\n", 1},
	})
	checkFailures(t, nil, []struct {
		words, method, stderr string
		status                int
	}{
		{"mem-max web 5", "DomainSetMaxMem", "cannot set domid 7 static max memory to : 5\n", 1},
		{"mem-set web 5g", "SetMemoryTarget", "cannot set domid 7 dynamic max memory to : 5g\n", 1},
	})
	checkUsage(t, map[string]int{"mem-max web": 2, "mem-set": 2})
}

func TestVCPUPin(t *testing.T) {
	check(t, nil, []row{
		{"vcpu-pin web 0 1", []string{"SetVCPUAffinity 7 0 [1] []"}, "", "", 0},
		{"vcpu-pin web 0 - 0-1", []string{"SetVCPUAffinity 7 0 [] [0 1]"}, "", "", 0},
		{"vcpu-pin web 1 node:1,0,^3 -", []string{"SetVCPUAffinity 7 1 [0 2] []"}, "", "", 0},
		{"vcpu-pin web all all nodes:0", []string{"SetVCPUAffinityAll 7 2 [0 1 2 3 4 5 6 7] [0 1]"}, "", "", 0},
		{"vcpu-pin -f web 1 - -", []string{"SetVCPUAffinityForce 7 1 [] []"}, "", "", 0},
		{"vcpu-pin web 0 0-4000000000", []string{"SetVCPUAffinity 7 0 [0 1 2 3 4 5 6 7] []"}, "", "", 0},
		{"vcpu-pin web 0 node:0-4000000000,9", []string{"SetVCPUAffinity 7 0 [0 1 2 3] []"}, "", "", 0},
		{"-N vcpu-pin web 0 0-1 all", nil, "cpumap: 0-1 all\n", "", 0},
		{"-N vcpu-pin web 0 -", nil, "cpumap: -\n", "", 0},
		{"vcpu-pin web x 1", nil, "", "Error: Invalid argument x as VCPU.\n", 1},
		{"vcpu-pin -f web all 1", nil, "", "Error: --force and 'all' as VCPU not allowed.\n", 1},
		{"vcpu-pin web 0 3-1", nil, "", "Invalid pcpu range: 3-1.\n", 1},
		{"vcpu-pin web 0 ^x", nil, "", "Invalid pcpu range: x.\n", 1},
		{"vcpu-pin web 0 -1", nil, "", "Invalid pcpu range: -1.\n", 1},
		{"vcpu-pin web 0 ^all", nil, "", "Can't combine \"^\" and \"all\".\n", 1},
		{"vcpu-pin web 0 99", nil, "", "vcpu hard affinity map is empty\n", 1},
		{"vcpu-pin 9 0 1", nil, "", "Could not get domain info\n", 1},
	})
	checkFailures(t, nil, []struct {
		words, method, stderr string
		status                int
	}{
		{"vcpu-pin web 0 1", "SetVCPUAffinity", "Could not set affinity for vcpu `0'.\n", 1},
		{"vcpu-pin web all 1", "SetVCPUAffinityAll", "Could not set affinity.\n", 0},
		{"vcpu-pin web all 1", "ListVCPUs", "libxl_list_vcpu failed.\n", 1},
		{"vcpu-pin web 0 node:1", "NodeToCPUMap", "libxl_node_to_cpumap failed.\n", 1},
	})
	checkUsage(t, map[string]int{"vcpu-pin web 0": 2})
}

// What xl.conf keeps from guests is taken away, unless that is to be ignored.
func TestVCPUPinMasks(t *testing.T) {
	for _, tc := range []struct{ conf, words, call, stderr string }{
		{"vm.cpumask=\"0-2\"", "vcpu-pin web 0 all", "SetVCPUAffinity 7 0 [0 1 2] []", ""},
		{"vm.cpumask=\"0-2\"\nvm.hvm.cpumask=\"2-3\"", "vcpu-pin web 0 all", "SetVCPUAffinity 7 0 [2] []", ""},
		{"vm.hvm.cpumask=\"3\"\nvm.pv.cpumask=\"1\"", "vcpu-pin 0 0 0-3", "SetVCPUAffinity 0 0 [1] []", ""},
		{"vm.cpumask=\"0\"", "vcpu-pin web 0 1", "", "vcpu hard affinity map is empty\n"},
		{"vm.cpumask=\"0\"", "vcpu-pin --ignore-global-affinity-masks web 0 1", "SetVCPUAffinity 7 0 [1] []", ""},
		{"vm.cpumask=\"0\"", "vcpu-pin web 0 - 1", "SetVCPUAffinity 7 0 [] [1]", ""},
		{"vm.cpumask=\"x\"", "vcpu-pin web 0 1", "", "Invalid pcpu range: x."},
	} {
		f := newFake()
		got := xltest.Bench{Commands: Commands(), Xen: f, Conf: tc.conf + "\n"}.XL(t, strings.Fields(tc.words)...)
		if strings.Join(f.calls, ",") != tc.call || !strings.Contains(got.Stderr, tc.stderr) || (got.Status == 0) != (tc.stderr == "") {
			t.Errorf("%s, %s: %+v, %v", tc.conf, tc.words, got, f.calls)
		}
	}
}

func TestVCPUPinJSON(t *testing.T) {
	b := xltest.Bench{Commands: Commands(), Xen: newFake()}
	got := b.Xenvoy(t, "json", "-N", "vcpu-pin", "web", "0", "1-2")
	if got.Err != nil || strings.Join(strings.Fields(got.Stdout), "") != `{"hard_affinity":[1,2]}` {
		t.Errorf("%+v", got)
	}
}

func TestVCPUSet(t *testing.T) {
	check(t, nil, []row{
		{"vcpu-set web 3", []string{"SetVCPUOnline 7 [0 1 2]"}, "", "", 0},
		{"vcpu-set web 5", nil, "", "You are overcommmitting! You have 4 physical CPUs and want 5 vCPUs! Aborting, use --ignore-host to continue\n", 1},
		{"vcpu-set -i web 5", []string{"SetVCPUOnline 7 [0 1 2 3 4]"}, "", "", 0},
		{"vcpu-set web x", nil, "", "Error: Invalid argument.\n", 1},
		{"vcpu-set -- web -1", nil, "", "Error: Invalid argument.\n", 1},
		{"vcpu-set 9 1", nil, "", "xl: libxl_domain_info: domain_notfound (-21)\n", 1},
	})
	check(t, func(f *fake) { f.fail["SetVCPUOnline"] = xltest.Fault("x", libxl.ErrDomainNotFound) }, []row{
		{"vcpu-set -i 9 1", []string{"SetVCPUOnline 9 [0]"}, "", "Domain 9 does not exist.\n", 1},
	})
	checkFailures(t, nil, []struct {
		words, method, stderr string
		status                int
	}{
		{"vcpu-set web 1", "SetVCPUOnline", "libxl_set_vcpuonline failed domid=7 max_vcpus=1, rc: -3\n", 1},
		{"vcpu-set web 1", "DomainInfo", "xl: libxl: fail (-3)\n", 1},
	})
	checkUsage(t, map[string]int{"vcpu-set web": 2})
}
