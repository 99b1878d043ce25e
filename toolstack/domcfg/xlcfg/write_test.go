package xlcfg

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xenvoy/xenvoy/toolstack/domcfg"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// parsed is the file in testdata, and the configuration that it gives.
func parsed(t *testing.T, path string, host Host) *idl.DomainConfig {
	t.Helper()
	file, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	c, _, err := config(file, host, new(counting))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// written is what Write makes of a configuration, and what that gives again.
func written(t *testing.T, c *idl.DomainConfig, host Host) (string, *idl.DomainConfig) {
	t.Helper()
	text, err := Write(c, host)
	if err != nil {
		t.Fatal(err)
	}
	file, err := ParseBytes(text, "written.cfg")
	if err != nil {
		t.Fatalf("%v\nin\n%s", err, text)
	}
	again, _, err := Config(file, host)
	if err != nil {
		t.Fatalf("%v\nin\n%s", err, text)
	}
	return string(text), again
}

func asJSON(t *testing.T, c *idl.DomainConfig) string {
	t.Helper()
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	return plain(t, text, true)
}

// TestWriteGood writes what each good file gives, and reads it again. All keys that
// are worth writing must have been in one of the texts.
func TestWriteGood(t *testing.T) {
	numa := Host{CPUs: 4, Nodes: 2, NodeCPUs: [][]int{{0, 1}, {2, 3}}}
	keys := map[string]bool{}
	for folder, host := range map[string]Host{"good": {}, "ours": {}, "numa": numa} {
		for _, path := range glob(t, "testdata/"+folder+"/*.cfg") {
			t.Run(folder+"/"+filepath.Base(path), func(t *testing.T) {
				c := parsed(t, path, host)
				text, again := written(t, c, host)
				if got, want := asJSON(t, again), asJSON(t, c); got != want {
					t.Errorf("comes back with\n%s\nfrom\n%s", difference(got, want), text)
				}
				for line := range strings.Lines(text) {
					key, _, _ := strings.Cut(line, " = ")
					keys[key] = true
				}
			})
		}
	}
	// Another key says the same; xl ignores the last three.
	other := strings.Fields(`builder extra root firmware stdvga pci_msitranslate pci_permissive pci_power_mgmt pci_seize
		device_model vif2 vncviewer`)
	for _, key := range Keys() {
		if keys[key] == slices.Contains(other, key) {
			t.Errorf("%s: written %v", key, keys[key])
		}
	}
}

// TestWriteReadable compares what people read.
func TestWriteReadable(t *testing.T) {
	for _, path := range glob(t, "../../../configs/domains/*.yaml") {
		d, err := domcfg.Load(path)
		if err != nil {
			t.Fatal(err)
		}
		c, err := d.LibxlConfig()
		if err != nil {
			t.Fatal(err)
		}
		if !d.Says("uuid") {
			c.CInfo.UUID = idl.UUID{}
		}
		text, _ := written(t, c, Host{})
		golden(t, "testdata/written/"+strings.TrimSuffix(filepath.Base(path), ".yaml")+".cfg", text)
	}
	for _, name := range []string{
		"man-hvm", "man-disk-equivalents", "cpuid-flags", "cpuid-xend-subleaf", "vnuma", "vnuma-two-sizes", "vif-many", "vif-rate-ms",
		"vsnd", "channel", "pci-options", "disk-target-with-commas", "grammar-escapes", "viridian-not-all", "cpus-list", "sched-rtds",
	} {
		text, _ := written(t, parsed(t, "testdata/good/"+name+".cfg", Host{}), Host{})
		golden(t, "testdata/written/"+name+".cfg", text)
	}
}

// changed is a configuration that Write takes, with a change.
func changed(t *testing.T, text string, change func(*idl.DomainConfig)) *idl.DomainConfig {
	t.Helper()
	c, _, err := Config(base(t, text), Host{})
	if err != nil {
		t.Fatal(err)
	}
	change(c)
	return c
}

// TestWriteRefuses names each member that no file can say.
func TestWriteRefuses(t *testing.T) {
	const hvm, pv = "name='g'\ntype='hvm'\nmemory=64\nvcpus=2\n", "name='g'\nkernel='/k'\nmemory=64\nvcpus=2\n"
	for name, test := range map[string]struct {
		text   string
		change func(*idl.DomainConfig)
		want   []string // the beginnings of the errors
	}{
		"members of libxl alone": {hvm, func(c *idl.DomainConfig) {
			c.CInfo.SSIDRef, c.CInfo.DomID, c.CInfo.PoolID = 1, 2, 3
			c.CInfo.XSData = idl.KeyValueList{{Key: "a"}}
			c.BInfo.IOMMUMemKB = new(idl.MemKB(1024))
			c.BInfo.NodeMap = idl.Bitmap{0}
			c.BInfo.SchedParams.Budget = new(int32(5))
			c.BInfo.TypeHVM.TimeOffset = "60"
			c.RDMs = []idl.DeviceRDM{{Start: 1}}
		}, []string{
			"b_info.iommu_memkb: xl has no words for 1024", "b_info.nodemap: ", "b_info.sched_params.budget: ", "b_info.type.hvm.timeoffset: ",
			"c_info.domid: ", "c_info.poolid: ", "c_info.ssidref: ", `c_info.xsdata: xl has no words for {"a":null}`, "rdms: ",
		}},
		"newer than 4.17": {hvm, func(c *idl.DomainConfig) {
			c.BInfo.LLCColors = []uint32{1}
			c.Virtios = []idl.DeviceVirtio{{Type: "x"}}
		}, []string{"b_info.llc_colors: xl has no words for [1] (b_info.llc_colors needs Xen 4.20; this is the language of 4.17)", "virtios: "}},
		"xl.conf": {hvm, func(c *idl.DomainConfig) {
			c.CInfo.RunHotplugScripts, c.BInfo.ClaimMode, c.BInfo.BlkDevStart = idl.False, 0, "xvdq"
		}, []string{
			`b_info.blkdev_start: xl has no words for "xvdq" (it is a setting of xl.conf, blkdev_start)`,
			`b_info.claim_mode: is not set, but xl would set it to "True"`, `c_info.run_hotplug_scripts: xl would take "False" for "True"`,
		}},
		"not whole MiB": {hvm, func(c *idl.DomainConfig) {
			c.BInfo.TargetMemKB = new(idl.MemKB(1025))
		}, []string{"b_info.target_memkb: xl has no words for 1025 (xl counts in MiB; this is in KiB)"}},
		"no name":   {hvm, func(c *idl.DomainConfig) { c.CInfo.Name = "" }, []string{"name: is missing"}},
		"no type":   {hvm, func(c *idl.DomainConfig) { c.CInfo.Type = 0 }, []string{"kernel: ", "b_info.type.hvm: ", "b_info.type.pv: ", "c_info.type: is not set"}},
		"odd texts": {hvm, func(c *idl.DomainConfig) { c.CInfo.Name, c.BInfo.TypeHVM.Keymap = "a\x00b", "\xff" }, []string{"name: ", "b_info.type.hvm.keymap: ", "c_info.name: "}},
		"two forms of one key": {hvm, func(c *idl.DomainConfig) {
			c.BInfo.TypeHVM.SerialList, c.BInfo.TypeHVM.Serial = idl.StringList{"pty"}, "null"
			c.BInfo.TypeHVM.Viridian, c.BInfo.TypeHVM.ViridianEnable = idl.False, idl.Bitmap{1}
			c.BInfo.TypeHVM.MCACaps = 3
		}, []string{"b_info.type.hvm.mca_caps: ", "b_info.type.hvm.serial: ", "b_info.type.hvm.viridian: "}},
		"keys of another type": {pv, func(c *idl.DomainConfig) {
			c.BInfo.TimerMode, c.BInfo.APIC = new(idl.TimerModeNoDelayForMissedTicks), idl.True
			c.BInfo.TypePV.SlackMemKB = new(idl.MemKB(1024))
		}, []string{"b_info.apic: ", "b_info.timer_mode: ", "b_info.type.pv.slack_memkb: "}},
		"vCPUs with a gap": {pv, func(c *idl.DomainConfig) { c.BInfo.AvailVCPUs = idl.Bitmap{1} }, []string{"b_info.avail_vcpus: "}},
		"placement": {pv, func(c *idl.DomainConfig) {
			c.BInfo.VCPUHardAffinity = []idl.Bitmap{{0}, {1}}
		}, []string{`b_info.numa_placement: is not set, but xl would set it to "False"`}},
		"a vCPU without a CPU": {pv, func(c *idl.DomainConfig) {
			c.BInfo.VCPUHardAffinity = []idl.Bitmap{{}, {}}
		}, []string{"cpus: vCPU 0 may run on no CPU"}},
		"disks": {pv, func(c *idl.DomainConfig) {
			c.Disks = []idl.DeviceDisk{
				{PDevPath: "/a", VDev: "xvda", Format: idl.DiskFormatRaw, Readwrite: 1, IRQ: 5},
				{PDevPath: "/b", VDev: "xvdb", Readwrite: 1},
				{PDevPath: "a\nb,c", VDev: "xvdc", Format: idl.DiskFormatRaw, Readwrite: 1},
				{PDevPath: "/d", VDev: "xvdd", Format: idl.DiskFormatRaw, Readwrite: 1, Removable: 1},
			}
		}, []string{"disks[2]: ", "disks[0].irq: ", "disks[1].format: is not set, but", "disks[3].removable: "}},
		"disk of a shape that xl refuses": {pv, func(c *idl.DomainConfig) {
			c.Disks = []idl.DeviceDisk{{PDevPath: "/a", VDev: "xvda,xvdb,c", Format: idl.DiskFormatRaw, Readwrite: 1, IRQ: 5}}
		}, []string{"disks[0]: "}},
		"networks": {pv, func(c *idl.DomainConfig) {
			c.NICs = []idl.DeviceNIC{
				{Bridge: "a,bridge=b", BackendDomID: 3}, {RateBytesPerInterval: 1 << 60, RateIntervalUsecs: 1}, {DevID: new(idl.DevID(9))},
			}
		}, []string{
			"nics[0].backend_domid: ", `nics[0].bridge: xl would take "a,bridge=b" for "b" (a comma ends a value there)`, "nics[0].devid: ",
			"nics[1].devid: ", "nics[1].rate_bytes_per_interval: ", "nics[1].rate_interval_usecs: ",
		}},
		"framebuffer without its keyboard": {pv, func(c *idl.DomainConfig) {
			c.VFBs = []idl.DeviceVFB{{DevID: new(idl.DevID(0))}}
		}, []string{"vkbs: is not set"}},
		"PCI with PV": {pv, func(c *idl.DomainConfig) {
			c.PCIDevs = []idl.DevicePCI{{Bus: 3, VFuncMask: 1}, {Bus: 4, VFuncMask: 7, Name: "x"}}
		}, []string{"b_info.type.pv.e820_host: is not set", "pcidevs[0].rdm_policy: ", "pcidevs[1].name: ", "pcidevs[1].rdm_policy: ", "pcidevs[1].vfunc_mask: "}},
		"channel without connection": {pv, func(c *idl.DomainConfig) {
			c.Channels = []idl.DeviceChannel{{Name: "a=b"}}
		}, []string{"channel: no connection", `channels[0].name: xl would take "a=b" for "a"`}},
		"policy of an MSR without a name": {hvm, func(c *idl.DomainConfig) {
			c.BInfo.CPUID.MSR = []idl.MSRPolicy{{Index: 7, Policy: strings.Repeat("k", 64)}}
		}, []string{"b_info.cpuid: xl has no words for"}},
		"not libxl's": {hvm, func(c *idl.DomainConfig) { c.OnCrash = 77 }, []string{"libxl has no such configuration: "}},
	} {
		t.Run(name, func(t *testing.T) {
			text, err := Write(changed(t, test.text, test.change), Host{})
			var errs domcfg.Errors
			if !errors.As(err, &errs) || text != nil {
				t.Fatalf("got %v and\n%s", err, text)
			}
			ok := len(errs) == len(test.want)
			for i := 0; ok && i < len(errs); i++ {
				ok = strings.HasPrefix(errs[i].Error(), test.want[i])
			}
			if !ok {
				t.Errorf("got\n%v\nwant\n%s", err, strings.Join(test.want, "\n"))
			}
		})
	}
}

func TestWriteRefusesWithBound(t *testing.T) {
	c := changed(t, "name='g'\ntype='hvm'\n", func(c *idl.DomainConfig) {
		c.NICs = make([]idl.DeviceNIC, 200)
		for i := range c.NICs {
			c.NICs[i].BackendDomID = 1
		}
	})
	_, err := Write(c, Host{})
	var errs domcfg.Errors
	if !errors.As(err, &errs) || len(errs) != maxErrors+1 || errs[maxErrors].Msg != "more errors are not shown" {
		t.Errorf("got %v", err)
	}
}

// TestWriteHost: what xl.conf brings need not be in the file, and what it would
// bring and is not wanted must.
func TestWriteHost(t *testing.T) {
	h := Host{NoHotplugScripts: true, NoClaim: true, BlkdevStart: "xvdq", VifBridge: "br9", VifScript: "vif-x", MaxGrantFrames: new(int32(5))}
	c := changed(t, "name='g'\ntype='hvm'\nvif=['']\n", func(c *idl.DomainConfig) {
		c.CInfo.RunHotplugScripts, c.BInfo.ClaimMode, c.BInfo.BlkDevStart = idl.False, idl.False, "xvdq"
		c.NICs[0].Bridge, c.BInfo.MaxGrantFrames = "br9", new(uint32(7))
	})
	text, again := written(t, c, h)
	if got, want := asJSON(t, again), asJSON(t, c); got != want {
		t.Error(difference(got, want))
	}
	if strings.Contains(text, "br9") || !strings.Contains(text, `"script="`) || !strings.Contains(text, "max_grant_frames = 7\n") {
		t.Errorf("wrote\n%s", text)
	}
}

func TestWriteManyCPUs(t *testing.T) {
	c := changed(t, "name='g'\ntype='hvm'\nvcpus=2\n", func(c *idl.DomainConfig) {
		c.BInfo.VCPUHardAffinity = []idl.Bitmap{{0, 1, 2, 200, 4095}, {0, 1, 2, 200, 4095}}
	})
	text, err := Write(c, Host{})
	if err != nil || !strings.Contains(string(text), `cpus = "0-2,200,4095"`) {
		t.Errorf("%v\n%s", err, text)
	}
}

// TestWriteGenerationID: a file asks for a new one.
func TestWriteGenerationID(t *testing.T) {
	c := changed(t, "name='g'\ntype='hvm'\n", func(c *idl.DomainConfig) { c.BInfo.TypeHVM.MsVMGenID = idl.VMGenID{1, 2, 3} })
	text, again := written(t, c, Host{})
	if again.BInfo.TypeHVM.MsVMGenID == (idl.VMGenID{}) || !strings.Contains(text, `ms_vm_genid = "generate"`) {
		t.Errorf("wrote\n%s", text)
	}
}

// TestQuote reads each byte back from quotes.
func TestQuote(t *testing.T) {
	for r := rune(1); r < 0x3000; r++ {
		for _, text := range []string{string(r), "'" + string(r), `"` + string(r), `'"` + string(r), string(r) + `\`} {
			file, err := ParseBytes([]byte("k = "+quote(text)), "f")
			if err != nil {
				t.Fatalf("%q: %v", text, err)
			}
			if got := file.Lookup("k").Value.Text; got != text || len(file.Warnings()) > 0 {
				t.Errorf("%q comes back as %q", text, got)
			}
		}
	}
}

// TestFormatRate reads each rate back.
func TestFormatRate(t *testing.T) {
	for _, micros := range []uint32{1, 7, 100, 50000, 999999, 1e6, 1234567, 3e6, 4294967295} {
		for bytes := uint64(0); bytes < 1<<41; bytes = bytes*3 + 1 {
			text := formatRate(bytes, micros)
			if text == "" {
				continue // not every pair is a speed: 3 s of a byte a second are 3, 6, 9 …
			}
			nic := rateOf(t, text)
			if nic.RateBytesPerInterval != bytes || nic.RateIntervalUsecs != micros {
				t.Errorf("%d in %d us: %s is %d in %d", bytes, micros, text, nic.RateBytesPerInterval, nic.RateIntervalUsecs)
			}
		}
	}
	for text, want := range map[string]string{
		"10Mb/s": "10Mb/s", "1GB/s@1s": "1GB/s@1s", "2500Kb/s@10ms": "2500Kb/s@10ms", "7b/s": "1B/s", "4294967295B/s@1s": "4294967295B/s@1s",
	} {
		nic := rateOf(t, text)
		if got := formatRate(nic.RateBytesPerInterval, nic.RateIntervalUsecs); got != want {
			t.Errorf("%s is written as %s", text, got)
		}
	}
}

func rateOf(t *testing.T, text string) idl.DeviceNIC {
	t.Helper()
	c := newConverter(base(t, ""), Host{}, new(counting))
	var nic idl.DeviceNIC
	c.rate(&nic, part{value: &Value{}, start: -1}, text)
	if len(c.errs) > 0 {
		t.Fatal(c.errs)
	}
	return nic
}

// FuzzWrite decodes configurations from JSON: what is written reads back equal, or
// is refused by name.
func FuzzWrite(f *testing.F) {
	for _, path := range append(glob(f, "testdata/good/*.json"), glob(f, "testdata/numa/*.json")...) {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Fuzz(func(t *testing.T, text string) {
		var c idl.DomainConfig
		if len(text) > 1<<14 || json.Unmarshal([]byte(text), &c) != nil {
			return
		}
		checkWrite(t, &c, Host{})
	})
}

func checkWrite(t *testing.T, c *idl.DomainConfig, host Host) domcfg.Errors {
	t.Helper()
	text, err := Write(c, host)
	if err != nil {
		var errs domcfg.Errors
		if !errors.As(err, &errs) || len(errs) == 0 || len(errs) > maxErrors+1 || text != nil {
			t.Fatalf("%T: %v", err, err)
		}
		for _, e := range errs {
			if e.Msg == "" || strings.ContainsAny(e.Error(), "\n\r\x00") {
				t.Errorf("%q", e.Error())
			}
		}
		return errs
	}
	file, err := ParseBytes(text, "f.cfg")
	if err != nil {
		t.Fatal(err)
	}
	again, _, err := Config(file, host.holding(c))
	if err != nil {
		t.Fatalf("%v\nin\n%s", err, text)
	}
	if c.CInfo.UUID == (idl.UUID{}) {
		again.CInfo.UUID = idl.UUID{}
	}
	want, err := membersOf(c)
	if err != nil {
		t.Fatal(err)
	}
	got, err := membersOf(again)
	if err != nil {
		t.Fatal(err)
	}
	differ("", want, got, func(path string, want, got any) { t.Errorf("%s: %v comes back as %v from\n%s", path, want, got, text) })
	return nil
}

// FuzzWriteFile writes what files give: there is a file for all of it, but for
// what only a faulty cpuid= gives.
func FuzzWriteFile(f *testing.F) {
	for _, path := range append(glob(f, "testdata/good/*.cfg"), glob(f, "testdata/ours/*.cfg")...) {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Fuzz(func(t *testing.T, text string) {
		file, err := ParseBytes([]byte(text), "f.cfg")
		if err != nil || len(text) > 1<<13 {
			return
		}
		numa := Host{CPUs: 12, Nodes: 2, NodeCPUs: [][]int{{0, 1, 2, 3, 4, 5}, {6, 7, 8, 9, 10, 11}}}
		c, _, err := Config(file, numa)
		if err != nil {
			return
		}
		for _, e := range checkWrite(t, c, numa) {
			if !strings.HasPrefix(e.Field, "b_info.cpuid") {
				t.Errorf("refused: %v", e)
			}
		}
	})
}
