package xlcfg

import (
	"encoding/json"
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
				if second, _ := written(t, again, host); second != text {
					t.Errorf("written again it is\n%s\ninstead of\n%s", second, text)
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

// TestWriteHost: what xl.conf brings need not be in the file, and what it would
// bring and is not wanted must.
func TestWriteHost(t *testing.T) {
	h := Host{Defaults: Defaults{NoHotplug: true, NoClaim: true, BlkdevStart: "xvdq", VifBridge: "br9", VifScript: "vif-x", MaxGrantFrames: new(int32(5))}}
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
