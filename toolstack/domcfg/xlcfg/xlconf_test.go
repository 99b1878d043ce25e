package xlcfg

import (
	"errors"
	"slices"
	"testing"

	"github.com/xenvoy/xenvoy/toolstack/domcfg"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

func confOf(t *testing.T, text string) (*Conf, Warnings) {
	t.Helper()
	f, err := ParseBytes([]byte(text), "xl.conf")
	if err != nil {
		t.Fatal(err)
	}
	c, warnings, err := ReadConf(f)
	if err != nil {
		t.Fatal(err)
	}
	return c, warnings
}

func TestConfBehaviour(t *testing.T) {
	c, warnings := confOf(t, `autoballoon="off"
output_format="sxp"
domid_policy="random"
lockfile="/run/xl.lock"
remus.default.netbufscript="/n"
colo.default.proxyscript="/c"
`)
	want := Conf{Autoballoon: Off, SXP: true, RandomDomIDs: true, Lockfile: "/run/xl.lock", NetbufScript: "/n", ColoProxy: "/c"}
	if *c != want || len(warnings) != 0 || c.LockFile() != "/run/xl.lock" {
		t.Errorf("%+v, %v", c, warnings)
	}
	empty, _ := confOf(t, "")
	if *empty != (Conf{}) || empty.LockFile() != LockPath {
		t.Errorf("an empty file: %+v", empty)
	}
}

func TestConfWarnsOfWordsAndKeysNobodyKnows(t *testing.T) {
	c, warnings := confOf(t, "autoballoon='maybe'\noutput_format='xml'\ndomid_policy='last'\nbootloader_restrict=1\nautobalon='on'\n")
	if *c != (Conf{}) {
		t.Errorf("%+v", c)
	}
	var keys []string
	for _, w := range warnings {
		keys = append(keys, w.Key)
	}
	if len(keys) != 5 || keys[0] != "autoballoon" || keys[3] != "bootloader_restrict" || keys[4] != "autobalon" {
		t.Errorf("%v", warnings)
	}
}

func TestBalloons(t *testing.T) {
	for _, c := range []struct {
		conf, commandLine string
		want              bool
	}{
		{"", "", true},
		{"", "console=com1 loglvl=all", true},
		{"", "dom0_mem=1024M,max:1024M console=com1", false},
		{"", "console=com1 dom0_mem=1G", false},
		{"", "dom0_mem=min:10%,max:1G+20%", false},
		{"", "dom0_mem=much", true},
		{"", "xdom0_mem=1G", true},
		{"autoballoon='auto'", "dom0_mem=1G", false},
		{"autoballoon='on'", "dom0_mem=1G", true},
		{"autoballoon=1", "dom0_mem=1G", true},
		{"autoballoon='off'", "", false},
		{"autoballoon=0", "", false},
	} {
		conf, _ := confOf(t, c.conf)
		if got := conf.Balloons(c.commandLine); got != c.want {
			t.Errorf("%q with %q: %v", c.conf, c.commandLine, got)
		}
	}
}

func TestMaskOfASavedConfiguration(t *testing.T) {
	host := Host{CPUs: 4, Defaults: Defaults{CPUMask: "0-1", HVMCPUMask: "1-2"}}
	cfg := &idl.DomainConfig{}
	cfg.CInfo.Type, cfg.BInfo.MaxVCPUs = idl.DomainTypePVH, 2
	if err := Mask(cfg, host); err != nil {
		t.Fatal(err)
	}
	if got := cfg.BInfo.VCPUHardAffinity; len(got) != 2 || !slices.Equal(got[0], idl.Bitmap{1}) || !slices.Equal(got[1], idl.Bitmap{1}) {
		t.Errorf("%v", got)
	}
	plain := &idl.DomainConfig{}
	plain.CInfo.Type, plain.BInfo.MaxVCPUs = idl.DomainTypePV, 2
	if err := Mask(plain, Host{CPUs: 4}); err != nil || plain.BInfo.VCPUHardAffinity != nil {
		t.Errorf("without masks: %v, %v", plain.BInfo.VCPUHardAffinity, err)
	}
	cfg.BInfo.VCPUHardAffinity = []idl.Bitmap{{3}}
	var faults domcfg.Errors
	if err := Mask(cfg, host); !errors.As(err, &faults) {
		t.Errorf("a vCPU without CPUs: %v", err)
	}
}

func FuzzReadConf(f *testing.F) {
	for _, text := range []string{
		"", "autoballoon=\"auto\"\nlockfile='/run/xl'\n", "vif.default.bridge='br0'\nvifscript='v'\nmax_grant_frames=0x40\n",
		"claim_mode=-1\nrun_hotplug_scripts=[1]\noutput_format+='sxp'\n", "max_grant_version=99999999999999999999\nvm.cpumask=\"0-1,^1\"\n",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		file, err := ParseBytes([]byte(text), "xl.conf")
		if err != nil {
			return
		}
		c, _, err := ReadConf(file)
		var faults domcfg.Errors
		switch {
		case err != nil && !errors.As(err, &faults):
			t.Errorf("an error without places: %v", err)
		case err == nil && c.Balloons("dom0_mem=1G") != (c.Autoballoon == On):
			t.Errorf("%+v balloons with dom0_mem", c)
		}
		var h Host
		if err == nil {
			h.Defaults = c.Defaults
			if _, _, err := Config(file, h); err != nil && !errors.As(err, &faults) {
				t.Errorf("%v", err)
			}
		}
	})
}
