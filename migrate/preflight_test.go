package migrate

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xenvoy/xenvoy/toolstack"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// pair is two hosts that can hand the guest over to each other, for a test to put an obstacle
// between them. Both have the same files.
type pair struct {
	*world
	dir string
	cfg *idl.DomainConfig // the guest's
}

func (p *pair) path(name string) string { return filepath.Join(p.dir, name) }

func (p *pair) write(name, text string) string {
	p.t.Helper()
	path := p.path(name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o700); err != nil {
		p.t.Fatal(err)
	}
	return path
}

func (p *pair) remove(name string) {
	p.t.Helper()
	if err := os.Remove(p.path(name)); err != nil {
		p.t.Fatal(err)
	}
}

// newPair has a guest with a kernel, firmware, disks and network, and nothing that stands
// against its move.
func newPair(t *testing.T) *pair {
	p := &pair{world: newWorld(t), dir: t.TempDir(), cfg: guestConfig(t)}
	c := p.cfg
	c.CInfo.PoolName = "Pool-0"
	c.CInfo.Type, c.BInfo.TypePVH = idl.DomainTypeHVM, nil
	c.BInfo.TypeHVM = &idl.DomainBuildInfoHVM{SystemFirmware: p.write("firmware", "f")}
	c.BInfo.Kernel = p.write("kernel", "k")
	c.Disks = []idl.DeviceDisk{
		{VDev: "xvda", PDevPath: p.write("root", "disk"), Format: idl.DiskFormatRaw, Backend: idl.DiskBackendPhy, Readwrite: 1},
		{VDev: "xvdb", PDevPath: p.write("data", "data"), Format: idl.DiskFormatRaw, Backend: idl.DiskBackendQdisk, Readwrite: 1},
	}
	c.NICs = []idl.DeviceNIC{{Bridge: "br0", Script: "vif-bridge"}}
	p.write("net/br0", "")
	p.write("scripts/vif-bridge", "")
	p.write("backends/vbd", "")
	p.write("backends/vif", "")
	p.peer.place = &place{net: p.path("net"), scripts: p.path("scripts"), backends: p.path("backends"), programs: []string{p.path("bin")}}
	for _, h := range []interface {
		Change(func(*toolstack.HostInfo))
	}{p.a, p.b} {
		h.Change(func(i *toolstack.HostInfo) { i.Caps = append(i.Caps, "shadow") })
	}
	return p
}

// check runs the preflight for the pair's guest, in the place of the world's.
func (p *pair) check() (*Report, error) {
	p.t.Helper()
	if err := p.a.Destroy(p.t.Context(), p.guest); err != nil {
		p.t.Fatal(err)
	}
	id, err := p.a.Create(p.t.Context(), p.cfg)
	if err == nil {
		err = p.a.Unpause(p.t.Context(), id)
	}
	if err != nil {
		p.t.Fatal(err)
	}
	p.guest = id
	return p.sender.Check(p.t.Context(), id)
}

// other makes another domain at the destination.
func (p *pair) other(name string, change func(*idl.DomainConfig)) {
	p.t.Helper()
	cfg := guestConfig(p.t)
	cfg.CInfo.Name = name
	rand.Read(cfg.CInfo.UUID[:])
	if change != nil {
		change(cfg)
	}
	if _, err := p.b.Create(p.t.Context(), cfg); err != nil {
		p.t.Fatal(err)
	}
}

func TestPreflightOfACleanPair(t *testing.T) {
	p := newPair(t)
	r, err := p.check()
	if err != nil || len(r.Findings) != 0 || r.Outcome != OutcomeChecked {
		t.Fatalf("%v, %v", r.Findings, err)
	}
	if len(r.Decisions) != 3 || !strings.Contains(r.Decisions[1].Why, "CPUs' features") || !strings.Contains(r.Decisions[2].Why, "what is on the disks") {
		t.Errorf("decisions %+v", r.Decisions)
	}
	if r, err := p.sender.Migrate(t.Context(), p.guest); err != nil || r.Outcome != OutcomeMoved {
		t.Errorf("%+v, %v", r, err)
	}
}

// obstacle is one thing that stands against a move.
type obstacle struct {
	plant func(*pair)
	want  string // in exactly one finding
	note  bool   // which refuses nothing
}

// TestPreflightFindsEachObstacle plants one at a time: it must be found by name, and nothing else.
func TestPreflightFindsEachObstacle(t *testing.T) {
	for _, table := range []map[string]obstacle{obstaclesOfHosts(), obstaclesOfDevices(), obstaclesOfGuests()} {
		for name, o := range table {
			t.Run(name, func(t *testing.T) {
				p := newPair(t)
				o.plant(p)
				r, err := p.check()
				if len(r.Findings) != 1 || !strings.Contains(r.Findings[0].What, o.want) || r.Findings[0].Fatal == o.note {
					t.Fatalf("found %+v (%v), want %q alone", r.Findings, err, o.want)
				}
				if errors.Is(err, ErrRefused) == o.note {
					t.Errorf("the end is %v", err)
				}
			})
		}
	}
}

func obstaclesOfHosts() map[string]obstacle {
	info := func(f func(*toolstack.HostInfo)) func(*pair) { return func(p *pair) { p.b.Change(f) } }
	return map[string]obstacle{
		"name taken": {func(p *pair) { p.other("web", nil) }, `the name "web" is taken by domain 1`, false},
		"uuid taken": {func(p *pair) {
			p.other("x", func(c *idl.DomainConfig) { c.CInfo.UUID = p.cfg.CInfo.UUID })
		}, `is taken by domain "x" (id 1)`, false},
		"memory": {func(p *pair) {
			p.other("big", func(c *idl.DomainConfig) { m := idl.MemKB(1000 << 10); c.BInfo.MaxMemKB = &m })
		}, "not enough memory: the domain needs 65 MiB", false},
		"older Xen": {info(func(i *toolstack.HostInfo) { i.XenMinor = 16 }), "Xen 4.16 there is older than Xen 4.17 here", false},
		"no HVM":    {info(func(i *toolstack.HostInfo) { i.Caps = []string{"pv"} }), "cannot run hvm guests", false},
		"no paging": {info(func(i *toolstack.HostInfo) { i.Caps = []string{"pv", "hvm"} }), "needs shadow paging there", false},
		"hap off": {func(p *pair) {
			p.cfg.CInfo.HAP = idl.False
			p.b.Change(func(i *toolstack.HostInfo) { i.Caps = []string{"hvm", "hap"} })
		}, "needs shadow paging there", false},
		"few CPUs": {func(p *pair) { p.cfg.BInfo.MaxVCPUs = 64 }, "64 virtual CPUs", true},
		"pool":     {func(p *pair) { p.cfg.CInfo.PoolName = "fast" }, `no CPU pool "fast" there`, false},
		"CPU": {func(p *pair) {
			p.sender.CPUs, p.peer.cpus = &fakeCPUs{}, &fakeCPUs{found: []Finding{fatal("", "no avx512 there")}}
		}, "no avx512 there", false},
	}
}

func obstaclesOfDevices() map[string]obstacle {
	disk := func(to string) func(*pair) {
		return func(p *pair) {
			if to == "short" {
				p.write(to, "d")
			}
			p.sender.Map.Disks = map[string]string{"xvda": p.path(to)}
		}
	}
	shared := func(ours, theirs int32, path string) func(*pair) {
		return func(p *pair) {
			p.cfg.Disks[1].Readwrite = ours
			if path == "link" {
				if err := os.Symlink(p.path("data"), p.path(path)); err != nil {
					p.t.Fatal(err)
				}
			}
			p.other("db", func(c *idl.DomainConfig) {
				c.Disks = []idl.DeviceDisk{{VDev: "xvda", PDevPath: p.path(path), Readwrite: theirs}}
			})
		}
	}
	return map[string]obstacle{
		"kernel":       {func(p *pair) { p.cfg.BInfo.Kernel = p.path("no-kernel") }, "/no-kernel does not exist there", false},
		"firmware":     {func(p *pair) { p.remove("firmware") }, "/firmware does not exist there", false},
		"device model": {func(p *pair) { p.cfg.BInfo.DeviceModel = p.path("no-qemu") }, "device model " /* its path */, false},
		"disk":         {disk("no-disk"), "/no-disk does not exist there", false},
		"disk size":    {disk("short"), "/short has 1 bytes there and 4 here", false},
		"disk shared":  {shared(1, 1, "data"), `is in use by domain "db" there, which writes to it`, false},
		"disk linked":  {shared(0, 1, "link"), `is in use by domain "db" there, which writes to it`, false},
		"disk read":    {shared(1, 0, "data"), `in use by domain "db" there, and this one would write to it`, false},
		"bridge":       {func(p *pair) { p.remove("net/br0") }, `no bridge "br0" there`, false},
		"mapped bridge": {func(p *pair) {
			p.sender.Map.Bridges = map[string]string{"br0": "br7"}
		}, `no bridge "br7" there`, false},
		"vif script":   {func(p *pair) { p.remove("scripts/vif-bridge") }, "/scripts/vif-bridge does not exist there", false},
		"disk script":  {func(p *pair) { p.cfg.Disks[0].Script = "block-iscsi" }, "/scripts/block-iscsi does not exist there", false},
		"blktap":       {func(p *pair) { p.cfg.Disks[0].Backend = idl.DiskBackendTap }, "tap-ctl is not there", false},
		"blkback":      {func(p *pair) { p.remove("backends/vbd") }, "no driver vbd loaded", true},
		"netback":      {func(p *pair) { p.remove("backends/vif") }, "no driver vif loaded", true},
		"driver":       {func(p *pair) { p.cfg.NICs[0].BackendDomName = "net" }, `served by the driver domain "net", which does not run there`, false},
		"driver by id": {func(p *pair) { p.cfg.Disks[0].BackendDomID = 3 }, "disk xvda is served by domain 3", false},
	}
}

func obstaclesOfGuests() map[string]obstacle {
	b := func(f func(*idl.DomainBuildInfo)) func(*pair) { return func(p *pair) { f(&p.cfg.BInfo) } }
	return map[string]obstacle{
		"vNUMA":     {b(func(b *idl.DomainBuildInfo) { b.VNUMANodes = []idl.VnodeInfo{{}} }), "vNUMA", false},
		"nested":    {b(func(b *idl.DomainBuildInfo) { b.NestedHVM = idl.True }), "nested HVM", false},
		"nested 2":  {b(func(b *idl.DomainBuildInfo) { b.TypeHVM.NestedHVM = idl.True }), "nested HVM", false},
		"altp2m":    {b(func(b *idl.DomainBuildInfo) { b.AltP2M = idl.AltP2MModeMixed }), "altp2m", true},
		"RDM":       {b(func(b *idl.DomainBuildInfo) { b.TypeHVM.RDM.Strategy = idl.RDMReserveStrategyHost }), "RDM", false},
		"nomigrate": {b(func(b *idl.DomainBuildInfo) { b.DisableMigrate = idl.True }), "nomigrate", false},
		"stubdom":   {b(func(b *idl.DomainBuildInfo) { b.DeviceModelStubdomain = idl.True }), "a domain of its own", false},
		"ports":     {b(func(b *idl.DomainBuildInfo) { b.IRQs = []uint32{5} }), "I/O ports, interrupts or memory of this host", false},
		"QEMU's USB": {b(func(b *idl.DomainBuildInfo) { b.TypeHVM.USBDeviceList = []string{"tablet", "host:1.2"} }),
			"USB device 1.2 of this host", false},
		"PCI": {func(p *pair) { p.cfg.PCIDevs = []idl.DevicePCI{{Bus: 3, Func: 1}} }, "PCI device 0000:03:00.1 of this host", false},
		"USB": {func(p *pair) {
			p.cfg.USBDevs = []idl.DeviceUSBDev{{TypeHostdev: &idl.DeviceUSBDevHostdev{Hostbus: 1, Hostaddr: 4}}}
		}, "USB device 1.4 of this host", false},
		"device tree": {func(p *pair) { p.cfg.DTDevs = []idl.DeviceDTDev{{Path: "/soc/x"}} }, "/soc/x of this host", false},
	}
}

// TestPreflightTellsAllAtOnce plants many.
func TestPreflightTellsAllAtOnce(t *testing.T) {
	p := newPair(t)
	want := 0
	for _, o := range obstaclesOfGuests() {
		o.plant(p)
		want++
	}
	p.remove("net/br0")
	p.remove("firmware")
	r, err := p.check()
	// Both ways to say nested HVM make one finding, and so do the two of USB two.
	if want += 2 - 1; len(r.Findings) != want || !errors.Is(err, ErrRefused) {
		t.Errorf("%d findings, want %d: %+v, %v", len(r.Findings), want, r.Findings, err)
	}
	for _, f := range r.Findings {
		if f.Do == "" {
			t.Errorf("%q does not say what to do", f.What)
		}
	}
}

func TestAnotherKernelIsNoted(t *testing.T) {
	p := newPair(t)
	here := neededFiles(p.cfg, p.cfg)[0]
	f, err := here.fact(t.Context())
	if err != nil || f.What != "kernel" || f.Hash == "" {
		t.Fatalf("%+v, %v", f, err)
	}
	p.write("kernel", "another")
	x := &examination{offer: &Offer{Config: p.cfg, Files: []FileFact{f}}}
	if err := x.files(t.Context()); err != nil || len(x.found) != 1 || x.found[0].Fatal || !strings.Contains(x.found[0].What, "another content") {
		t.Errorf("%+v, %v", x.found, err)
	}
}

// TestMappedDevicesAreBuilt says what the destination builds: the guest with its devices' names there.
func TestMappedDevicesAreBuilt(t *testing.T) {
	p := newPair(t)
	p.write("net/lan", "")
	p.sender.Map = Mapping{Bridges: map[string]string{"br0": "lan"},
		Disks: map[string]string{"xvda": p.write("there/root", "disk"), p.path("data"): p.write("there/data", "DATA")}}
	if r, err := p.check(); err != nil || len(r.Findings) != 0 {
		t.Fatalf("%+v, %v", r, err)
	}
	if _, err := p.sender.Migrate(t.Context(), p.guest); err != nil {
		t.Fatal(err)
	}
	all := copies(t, p.b)
	cfg, err := p.b.Config(t.Context(), all[0].ID)
	if err != nil || cfg.NICs[0].Bridge != "lan" || cfg.Disks[0].PDevPath != p.path("there/root") || cfg.Disks[1].PDevPath != p.path("there/data") {
		t.Errorf("%+v, %v", cfg, err)
	}
}

func TestMappingOfWhatIsNotThere(t *testing.T) {
	p := newPair(t)
	p.sender.Map = Mapping{Bridges: map[string]string{"br9": "x"}, Disks: map[string]string{"xvdz": "/x", "xvda": ""}}
	_, err := p.check()
	if !errors.Is(err, ErrMapping) || p.peer.dials != 0 {
		t.Fatalf("%v, %d connections", err, p.peer.dials)
	}
	for _, want := range []string{`no bridge "br9"; it has br0`, `no disk "xvdz"; it has xvda (`, `no name there for the disk "xvda"`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
}

func TestBridgeOf(t *testing.T) {
	for _, tc := range [][3]string{{"", "br0", "br0"}, {"/etc/xen/scripts/vif-openvswitch", "ovs0.10:20", "ovs0"}, {"vif-route", "xenbr0", ""}} {
		if got := bridgeOf(&idl.DeviceNIC{Script: tc[0], Bridge: tc[1]}); got != tc[2] {
			t.Errorf("%v: %q", tc, got)
		}
	}
}

// fakeCPUs finds what it was told to.
type fakeCPUs struct{ found []Finding }

func (*fakeCPUs) Describe(context.Context, toolstack.Host, *idl.DomainConfig) (json.RawMessage, error) {
	return json.RawMessage(`{"a":1}`), nil
}

func (c *fakeCPUs) Compare(_ context.Context, _ toolstack.Host, _ *idl.DomainConfig, there json.RawMessage) ([]Finding, error) {
	if !slices.Equal(there, json.RawMessage(`{"a":1}`)) {
		return nil, errors.New("not what was described")
	}
	return c.found, nil
}

// TestFilesOfTheConfigurationOnly: a peer cannot have this host look at, or tell of, any other path.
func TestFilesOfTheConfigurationOnly(t *testing.T) {
	p := newPair(t)
	secret := p.write("secret", "s")
	look := func(ctx context.Context, files ...FileFact) (*examination, error) {
		x := &examination{offer: &Offer{Config: p.cfg, Files: files}}
		return x, x.files(ctx)
	}
	if x, err := look(t.Context(), FileFact{What: "kernel", Path: secret, Hash: "another"}); err != nil || len(x.found) != 0 || len(x.skipped) != 1 {
		t.Errorf("%+v, %v", x, err)
	}
	p.cfg.BInfo.Kernel = "/dev/null"
	if x, err := look(t.Context(), FileFact{What: "kernel", Path: "/dev/null"}); err != nil || len(x.found) != 1 || !x.found[0].Fatal {
		t.Errorf("a character device: %+v, %v", x.found, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	p.cfg.BInfo.Kernel = secret
	if _, err := look(ctx, FileFact{What: "kernel", Path: secret}); !errors.Is(err, context.Canceled) {
		t.Errorf("after its end: %v", err)
	}
}

// TestRelativePathForADisk is refused, for it would be looked for nowhere, and opened somewhere.
func TestRelativePathForADisk(t *testing.T) {
	p := newPair(t)
	for _, old := range []string{"xvda", p.path("root")} {
		p.sender.Map = Mapping{Disks: map[string]string{old: "disks/root"}}
		if _, err := p.check(); !errors.Is(err, ErrMapping) || !strings.Contains(err.Error(), "absolute path") {
			t.Errorf("%s: %v", old, err)
		}
	}
	p.cfg.Disks[0].PDevPath = "rbd:pool/root"
	if _, err := (Mapping{Disks: map[string]string{"xvda": "rbd:pool/other"}}).apply(p.cfg); err != nil {
		t.Errorf("a disk without a path: %v", err)
	}
}
