package libvirtcfg

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/xenvoy/xenvoy/toolstack/domcfg"
	"github.com/xenvoy/xenvoy/toolstack/domcfg/xlcfg"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

func fromXL(t testing.TB, text string, host xlcfg.Host) *idl.DomainConfig {
	t.Helper()
	f, err := xlcfg.ParseBytes([]byte(text), "f.cfg")
	if err != nil {
		t.Fatal(err)
	}
	c, _, err := xlcfg.Config(f, host)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestDropped writes what libvirt has no words for, and looks for each member in the list.
func TestDropped(t *testing.T) {
	c := fromXL(t, `name = "hvm"
type = "hvm"
memory = 512
pool = "Pool-1"
cpu_weight = 512
shadow_memory = 16
timer_mode = "no_missed_ticks_pending"
vkb_device = 0
hdtype = "ahci"
xen_platform_pci = 0
nomigrate = 1
on_watchdog = "restart"
on_crash = "soft-reset"
viridian = ["reference_tsc"]
serial = "chardev:x"
soundhw = "hda,gus"
disk = ["script=block-nbd,vdev=xvda,target=1.2.3.4:10809", "vdev=xvdb,direct-io-safe,target=/x"]
vif = ["bridge=br0,gatewaydev=eth0,rate=1MB/s@20ms", "bridge=br0,rate=1Kb/s"]
p9 = ["tag=a,path=/a,security_model=none"]
vtpm = ["backend=tpm"]
iomem = ["fe000,1"]
cpus_soft = "0"
vcpus = 2
`, xlcfg.Host{})
	_, dropped, err := Format(c)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range dropped {
		got = append(got, d.String())
	}
	golden(t, "testdata/dropped.txt", lines(strings.Join(got, "\n")))
	for _, member := range []string{"c_info.pool_name", "disks[0].script", "p9s[0].tag", "b_info.iomem[0].start", "on_watchdog"} {
		if !slices.ContainsFunc(dropped, func(d Dropped) bool { return d.Member == member }) {
			t.Errorf("%s is not in the list", member)
		}
	}
}

// TestFormatFills: a display that libxl would make of its own accord is written.
func TestFormatFills(t *testing.T) {
	c := fromXL(t, "name='a'\ntype='hvm'\nmemory=128\n", xlcfg.Host{})
	text, dropped, err := Format(c)
	if err != nil || len(dropped) > 0 {
		t.Fatalf("%v, %v", dropped, err)
	}
	for _, want := range []string{"<graphics type='vnc'", "<boot dev='hd'/>\n    <boot dev='cdrom'/>", "<apic/>"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
}

func TestFormatRefuses(t *testing.T) {
	for name, c := range map[string]*idl.DomainConfig{
		"c_info.type": {},
		"memory":      {CInfo: idl.DomainCreateInfo{Type: idl.DomainTypePV, Name: "a"}, BInfo: idl.DomainBuildInfo{TypePV: &idl.DomainBuildInfoPV{}}},
		"no name":     {CInfo: idl.DomainCreateInfo{Type: idl.DomainTypePV}, BInfo: idl.DomainBuildInfo{TypePV: &idl.DomainBuildInfoPV{}}},
	} {
		var errs domcfg.Errors
		if _, _, err := Format(c); !errors.As(err, &errs) || !strings.Contains(err.Error(), name) || errs[0].Pos.IsValid() {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// TestFormatHostile: what XML cannot carry is told, and nothing becomes an element.
func TestFormatHostile(t *testing.T) {
	c := fromXL(t, "name='a'\nmemory=128\nkernel='/k'\n", xlcfg.Host{})
	c.BInfo.Cmdline = "a\x01b"
	c.BInfo.Kernel = "</kernel><evil/>&'\""
	c.BInfo.Bootloader = " blank "
	text, dropped, err := Format(c)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "<evil") {
		t.Errorf("an element came out of a text:\n%s", text)
	}
	var members []string
	for _, d := range dropped {
		members = append(members, d.Member)
	}
	if want := []string{"b_info.cmdline", "b_info.bootloader"}; !slices.Equal(members, want) {
		t.Errorf("dropped %q, want %q", members, want)
	}
}

// TestFormatAllOfXL writes each configuration that the tests of xl's language have. It
// must come back, but for what is in the list.
func TestFormatAllOfXL(t *testing.T) {
	for _, path := range glob(t, "../xlcfg/testdata/good/*.cfg", 300) {
		f, err := xlcfg.Load(path)
		if err != nil {
			t.Fatal(err)
		}
		c, _, err := xlcfg.Config(f, xlcfg.Host{})
		if err != nil {
			t.Fatal(err)
		}
		text, dropped, err := Format(c)
		var errs domcfg.Errors
		if errors.As(err, &errs) {
			continue // libvirt wants memory, and more
		}
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		back, warnings, err := Parse(text, "f.xml")
		if err != nil || len(warnings) > 0 {
			t.Errorf("%s: %v, %v", path, warnings, err)
		}
		different, err := difference(c, back)
		if err != nil || !slices.Equal(different, dropped) {
			t.Errorf("%s: %v, the list is not what differs: %v", path, err, different)
		}
	}
}

// TestFormatListen: libxl takes what stands behind a colon for the display.
func TestFormatListen(t *testing.T) {
	c := fromXL(t, "name='a'\ntype='hvm'\nmemory=128\nvncunused=0\nvnclisten='127.0.0.1:3'\n", xlcfg.Host{})
	text, _, err := Format(c)
	if err != nil {
		t.Fatal(err)
	}
	if want := "port='5903' autoport='no' listen='127.0.0.1'"; !strings.Contains(string(text), want) {
		t.Errorf("no %s in\n%s", want, text)
	}
}
