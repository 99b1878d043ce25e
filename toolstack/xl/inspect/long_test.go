package inspect

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/xenvoy/xenvoy/toolstack/xl/xltest"
	"github.com/xenvoy/xenvoy/xen/libxl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// DomainConfigurationText gives what the fake was made with for the guest, and nothing for dom0.
func (f *fake) DomainConfigurationText(_ context.Context, id idl.DomID) (json.RawMessage, error) {
	if id != 7 {
		return nil, xltest.Fault("libxl_retrieve_domain_configuration", libxl.ErrFail)
	}
	var c idl.DomainConfig
	c.CInfo.Type, c.CInfo.Name = idl.DomainTypePV, "web"
	c.BInfo.MaxVCPUs, c.BInfo.MaxMemKB, c.BInfo.Kernel = 2, new(idl.MemKB(524288)), "/boot/vmlinuz"
	c.BInfo.TypePV = &idl.DomainBuildInfoPV{}
	c.BInfo.Bootloader, c.BInfo.BootloaderArgs = "pygrub", idl.StringList{"-q"}
	c.Disks = []idl.DeviceDisk{{PDevPath: "/dev/vg/web", VDev: "xvda", Backend: idl.DiskBackendPhy, Readwrite: 1}}
	c.NICs = []idl.DeviceNIC{{DevID: new(idl.DevID(0)), IfName: "web0", MAC: idl.MAC{0, 0x16, 0x3e, 1, 2, 3}}}
	c.VFBs = []idl.DeviceVFB{{DevID: new(idl.DevID(0)), VNC: idl.VNCInfo{Enable: idl.True}}}
	c.PCIDevs = []idl.DevicePCI{{Bus: 3, Dev: 2, Func: 1, PowerMgmt: true}}
	text, err := json.Marshal(c)
	text = []byte(strings.Replace(string(text), `"vdev":`, `"script":"","vdev":`, 1)) // an empty text stays
	return text, errors.Join(err, f.failed("DomainConfigurationText"))
}

func golden(t *testing.T, name string) string {
	t.Helper()
	want, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(want)
}

// What cannot be had is left out.
func TestListLong(t *testing.T) {
	if got := run(t, &fake{}, "list", "-l"); got != (xltest.Result{Stdout: golden(t, "long.txt")}) {
		t.Errorf("%s%s", got.Stderr, got.Stdout)
	}
	if got := run(t, &fake{}, "list", "--long", "0"); got != (xltest.Result{Stdout: "[\n\n]\n\n"}) {
		t.Errorf("%+v", got)
	}
	b := xltest.Bench{Commands: Commands(), Xen: &fake{}}
	if got := b.Xenvoy(t, "json", "list", "--long"); got.Err == nil || got.Stdout != "" {
		t.Errorf("strictly: %+v", got)
	}
	var found []struct {
		DomID  int
		Config struct {
			Disks []any
		}
	}
	got := b.Xenvoy(t, "json", "list", "--long", "web")
	if err := json.Unmarshal([]byte(got.Stdout), &found); err != nil || len(found) != 1 || found[0].DomID != 7 || len(found[0].Config.Disks) != 1 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestListLongSXP(t *testing.T) {
	b := xltest.Bench{Commands: Commands(), Xen: &fake{}, Conf: "output_format=\"sxp\"\n"}
	if got := b.XL(t, "list", "-l"); got != (xltest.Result{Stdout: golden(t, "long.sxp")}) {
		t.Errorf("%s%s", got.Stderr, got.Stdout)
	}
	b.Conf = "output_format=\"xml\"\n"
	if got := b.XL(t, "list", "-l"); got.Status != 0 || got.Stderr == "" || !strings.HasPrefix(got.Stdout, "[\n") {
		t.Errorf("%+v", got)
	}
}
