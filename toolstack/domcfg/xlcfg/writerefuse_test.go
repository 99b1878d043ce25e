package xlcfg

import (
	"errors"
	"strings"
	"testing"

	"github.com/xenvoy/xenvoy/toolstack/domcfg"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

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
