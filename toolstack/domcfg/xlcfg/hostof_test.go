package xlcfg

import (
	"slices"
	"testing"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

func TestHostOf(t *testing.T) {
	for text, want := range map[string]Host{
		"":                                     {CPUs: 1, Nodes: 1},
		"cpus = '0-3,^1,9'":                    {CPUs: 10, Nodes: 1},
		"cpus = ['1', '^nodes:2-3', 'all']":    {CPUs: 2, Nodes: 4},
		"cpus_soft = 'node:5'":                 {CPUs: 1, Nodes: 6},
		"cpus = 'x'; cpus_soft = '4294967295'": {CPUs: 1, Nodes: 1},
		"cpus = '2147483647'":                  {CPUs: 4096, Nodes: 1},
		"vnuma = [[' pnode = 3 ', 'size=64', 'vcpus=0,4-5'], 'pnode=9', []]": {CPUs: 6, Nodes: 10},
	} {
		if got, _ := HostOf(base(t, text)); got.CPUs != want.CPUs || got.Nodes != want.Nodes {
			t.Errorf("%s: %d CPUs, %d nodes", text, got.CPUs, got.Nodes)
		}
	}
}

// TestHostOfLargeFile: what a file names by number is not cut to the CPUs of some host.
func TestHostOfLargeFile(t *testing.T) {
	f := base(t, "name='g'\nkernel='/k'\nvcpus=2\ncpus='62-63'\nvnuma=[['pnode=1','size=64','vcpus=0-1']]\n")
	host, depends := HostOf(f)
	c, warnings, err := Config(f, host)
	if err != nil || len(warnings)+len(depends) > 0 {
		t.Fatalf("%v, %v, %v", err, warnings, depends)
	}
	if got := c.BInfo.VCPUHardAffinity[1]; !slices.Equal(got, idl.Bitmap{62, 63}) || c.BInfo.VNUMANodes[0].Pnode != 1 {
		t.Errorf("CPUs %v, nodes %+v", got, c.BInfo.VNUMANodes)
	}
	if _, depends := HostOf(base(t, "cpus = 'all,^3'\ncpus_soft = ['node:0', 'x']\n")); len(depends) != 2 ||
		depends[1].String() != `f.cfg:2:15: warning: cpus_soft: "node:0" depends on the host (without one it has only the CPUs that the file names)` {
		t.Errorf("warnings: %v", depends)
	}
}
