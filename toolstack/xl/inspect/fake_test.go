package inspect

import (
	"context"
	"testing"
	"time"

	"github.com/xenvoy/xenvoy/toolstack"
	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/toolstack/xl/xltest"
	"github.com/xenvoy/xenvoy/xen/libxl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// A fake has dom0 and a guest, and fails where fail names the method.
type fake struct {
	xl.Xen
	fail  map[string]error
	calls []string
}

func (f *fake) failed(method string) error { return f.fail[method] }

// call notes what was asked of libxl.
func (f *fake) call(text, method string) error {
	f.calls = append(f.calls, text)
	return f.failed(method)
}

func uuid(b byte) idl.UUID { return idl.UUID{0: b, 15: 1} }

func fakeDomains() []idl.DomInfo {
	return []idl.DomInfo{
		{DomID: 0, UUID: idl.UUID{}, Running: true, CurrentMemKB: 1024 << 10, VCPUOnline: 2, VCPUMaxID: 1, CPUTime: 123_450_000_000,
			DomainType: idl.DomainTypePV, SSIDLabel: "system_u:system_r:dom0_t"},
		{DomID: 7, UUID: uuid(0xab), Blocked: true, Shutdown: true, ShutdownReason: idl.ShutdownReasonCrash, CurrentMemKB: 512 << 10,
			OutstandingMemKB: 64 << 10, SharedMemKB: 3 << 10, VCPUOnline: 1, CPUTime: 1_500_000_000, CPUPool: 1, DomainType: idl.DomainTypeHVM},
	}
}

func fakeNames() map[idl.DomID]string { return map[idl.DomID]string{0: "Domain-0", 7: "web"} }

func (f *fake) ListDomains(context.Context) ([]idl.DomInfo, error) {
	return fakeDomains(), f.failed("ListDomains")
}

func (f *fake) DomainInfo(_ context.Context, id idl.DomID) (idl.DomInfo, error) {
	for _, d := range fakeDomains() {
		if d.DomID == id {
			return d, f.failed("DomainInfo")
		}
	}
	return idl.DomInfo{}, libxl.ErrDomainNotFound
}

func (f *fake) DomIDToName(_ context.Context, id idl.DomID) (string, error) {
	if name, ok := fakeNames()[id]; ok {
		return name, f.failed("DomIDToName")
	}
	return "", libxl.ErrDomainNotFound
}

func (f *fake) NameToDomID(_ context.Context, name string) (idl.DomID, error) {
	for id, n := range fakeNames() {
		if n == name {
			return id, nil
		}
	}
	return 0, libxl.ErrDomainNotFound
}

func (f *fake) FindDomain(ctx context.Context, word string) (idl.DomID, error) {
	switch word {
	case "0", "7", "9":
		return idl.DomID(word[0] - '0'), nil
	}
	return f.NameToDomID(ctx, word)
}

func (f *fake) CPUPoolIDToName(_ context.Context, pool uint32) (string, error) {
	return []string{"Pool-0", "fast"}[pool], nil
}

func (f *fake) DomainGetNodeAffinity(_ context.Context, id idl.DomID) (idl.Bitmap, error) {
	if id == 0 {
		return idl.Bitmap{0, 1, 2, 3}, nil
	}
	return idl.Bitmap{1, 2}, nil
}

func (f *fake) PhysInfo(context.Context) (idl.PhysInfo, error) {
	return idl.PhysInfo{
		NrCPUs: 4, MaxCPUID: 3, NrNodes: 4, CoresPerSocket: 4, ThreadsPerCore: 1, CPUKHz: 2_400_007,
		HwCap: idl.HWCap{0x178bf3ff, 1}, CapPV: true, CapHVM: true, CapHVMDirectio: true, CapHAP: true, CapGntTabV1: true,
		TotalPages: 4096 * 256, FreePages: 2048 * 256, OutstandingPages: 64 * 256, SharingFreedPages: 256, SharingUsedFrames: 512,
	}, f.failed("PhysInfo")
}

func (f *fake) VersionInfo(context.Context) (idl.VersionInfo, error) {
	return idl.VersionInfo{
		XenVersionMajor: 4, XenVersionMinor: 17, XenVersionExtra: ".5", Capabilities: "xen-3.0-x86_64 ", Pagesize: 4096,
		VirtStart: 0xffff800000000000, Changeset: "", Commandline: "dom0_mem=1024M", Compiler: "gcc", CompileBy: "me",
		CompileDomain: "here", CompileDate: "today", BuildID: "abc",
	}, f.failed("VersionInfo")
}

func (f *fake) Scheduler(context.Context) (idl.Scheduler, error) {
	return idl.SchedulerCredit2, f.failed("Scheduler")
}

func (f *fake) FreeCPUs(context.Context) (int, error) { return 1, f.failed("FreeCPUs") }

func (f *fake) ListVMs(context.Context) ([]idl.VMInfo, error) {
	return []idl.VMInfo{{DomID: 0}, {DomID: 7, UUID: uuid(0xab)}}, f.failed("ListVMs")
}

func (f *fake) VMStartTime(_ context.Context, id idl.DomID) (time.Time, error) {
	return time.Now().Add(-90061 * time.Second), f.failed("VMStartTime")
}

func run(t *testing.T, f *fake, words ...string) xltest.Result {
	t.Helper()
	return xltest.Bench{Commands: Commands(), Xen: f}.XL(t, words...)
}

// A lister is a list without libxl.
type lister struct {
	all []toolstack.DomainInfo
	err error
}

func (l lister) Domains(context.Context) ([]toolstack.DomainInfo, error) { return l.all, l.err }

func (l lister) Domain(context.Context, toolstack.DomID) (toolstack.DomainInfo, error) {
	return toolstack.DomainInfo{}, l.err
}

func (lister) Close() error { return nil }
