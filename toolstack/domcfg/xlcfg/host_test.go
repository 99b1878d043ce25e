package xlcfg

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/xenvoy/xenvoy/toolstack/domcfg"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

func readConf(t *testing.T, text string) (Host, Warnings, error) {
	t.Helper()
	f, err := ParseBytes([]byte(text), "xl.conf")
	if err != nil {
		t.Fatal(err)
	}
	var h Host
	c, warnings, err := ReadConf(f)
	if err == nil {
		h.Defaults = c.Defaults
	}
	return h, warnings, err
}

func TestReadConf(t *testing.T) {
	h, warnings, err := readConf(t, `autoballoon = "off"
run_hotplug_scripts = 0
claim_mode = 0
vifscript = "old"
vif.default.script = "vif-mine"
defaultbridge = "br9"
vif.default.gatewaydev = "eth0"
vif.default.backend = "netvm"
blkdev_start = "xvdq"
max_grant_frames = 64
max_maptrack_frames = 0
max_grant_version = 1
vm.cpumask = "0-1"
vm.hvm.cpumask = "1"
vm.pv.cpumask = "0"
`)
	want := Host{Defaults: Defaults{
		NoHotplug: true, NoClaim: true, BlkdevStart: "xvdq", VifScript: "vif-mine", VifBridge: "br9", VifGatewayDev: "eth0",
		VifBackend: "netvm", MaxGrantFrames: new(int32(64)), MaxMaptrackFrames: new(int32(0)), MaxGrantVersion: new(int32(1)),
		CPUMask: "0-1", HVMCPUMask: "1", PVCPUMask: "0",
	}}
	if err != nil || !reflect.DeepEqual(h, want) {
		t.Errorf("%+v, %v", h, err)
	}
	if got := warnings.String(); strings.Count(got, "is deprecated") != 2 {
		t.Errorf("warnings: %s", got)
	}
}

func TestReadConfRefuses(t *testing.T) {
	_, _, err := readConf(t, "max_grant_frames = '-1'\n")
	var one *domcfg.Error
	if !errors.As(err, &one) || one.Field != "max_grant_frames" {
		t.Errorf("got %v", err)
	}
}

func TestHostDefaults(t *testing.T) {
	h := Host{CPUs: 4, FirmwareDir: "/fw", Defaults: Defaults{
		NoHotplug: true, NoClaim: true, BlkdevStart: "xvdq", VifScript: "s", VifBridge: "b", VifGatewayDev: "g", VifBackend: "d",
		MaxGrantFrames: new(int32(5)), MaxMaptrackFrames: new(int32(6)), MaxGrantVersion: new(int32(1)), CPUMask: "0-1", PVCPUMask: "1-3",
	}}
	f, err := ParseBytes([]byte("name='g'\nfirmware='pvgrub64'\nvcpus=2\nvif=['', 'bridge=c,backend=e']\n"), "f")
	if err != nil {
		t.Fatal(err)
	}
	c, _, err := Config(f, h)
	if err != nil {
		t.Fatal(err)
	}
	b := c.BInfo
	if c.CInfo.RunHotplugScripts != idl.False || b.ClaimMode != idl.False || b.BlkDevStart != "xvdq" || b.Kernel != "/fw/pvgrub64.bin" {
		t.Errorf("%+v", b)
	}
	if *b.MaxGrantFrames != 5 || *b.MaxMaptrackFrames != 6 || *b.MaxGrantVersion != 1 {
		t.Errorf("grants: %v, %v, %v", b.MaxGrantFrames, b.MaxMaptrackFrames, b.MaxGrantVersion)
	}
	if first, second := c.NICs[0], c.NICs[1]; first.Script != "s" || first.Bridge != "b" || first.Gatewaydev != "g" || first.BackendDomName != "d" ||
		second.Bridge != "c" || second.BackendDomName != "e" {
		t.Errorf("NICs: %+v", c.NICs)
	}
	if !reflect.DeepEqual(b.VCPUHardAffinity, []idl.Bitmap{{1}, {1}}) {
		t.Errorf("masks of xl.conf leave %v", b.VCPUHardAffinity)
	}
}

func TestRandomFails(t *testing.T) {
	f, err := ParseBytes([]byte("name='g'\nkernel='k'\n"), "f")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := config(f, Host{}, strings.NewReader("short")); err == nil || !strings.Contains(err.Error(), "random") {
		t.Errorf("got %v", err)
	}
}
