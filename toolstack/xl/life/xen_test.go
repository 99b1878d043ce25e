package life

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/toolstack/xl/xltest"
	"github.com/xenvoy/xenvoy/xen/libxl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// A fakeXen has domains in memory. It fails where it is told to.
type fakeXen struct {
	xl.Xen
	version idl.VersionInfo

	mu       sync.Mutex
	domains  map[idl.DomID]*guest
	last     idl.DomID
	fail     map[string]libxl.Code // by the method
	calls    []string              // that change something
	userdata map[string]string
	events   chan libxl.Event
	afterMid func() // called in the middle of a suspend
}

type guest struct {
	cfg               idl.DomainConfig
	paused, suspended bool
}

// state is what a suspend writes; a restore reads as much.
const state = "the guest's state"

func newXen(names ...string) *fakeXen {
	x := &fakeXen{domains: map[idl.DomID]*guest{}, fail: map[string]libxl.Code{}, userdata: map[string]string{}}
	x.version = idl.VersionInfo{XenVersionMajor: 4, XenVersionMinor: 17, Commandline: "dom0_mem=1G"}
	for _, name := range names {
		g := &guest{}
		g.cfg.CInfo.Name, g.cfg.CInfo.Type = name, idl.DomainTypePVH
		x.last++
		x.domains[x.last] = g
	}
	return x
}

// running names the domains that run, here and with a fault of this test if two run.
func (x *fakeXen) running() []string {
	x.mu.Lock()
	defer x.mu.Unlock()
	names := []string{}
	for _, g := range x.domains {
		if !g.paused && !g.suspended {
			names = append(names, g.cfg.CInfo.Name)
		}
	}
	return names
}

func (x *fakeXen) names() []string {
	x.mu.Lock()
	defer x.mu.Unlock()
	names := []string{}
	for _, g := range x.domains {
		names = append(names, g.cfg.CInfo.Name)
	}
	slices.Sort(names)
	return names
}

// change does something to a domain unless the method is to fail.
func (x *fakeXen) change(op string, id idl.DomID, f func(*guest)) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.calls = append(x.calls, fmt.Sprintf("%s %d", op, id))
	if code := x.fail[op]; code != 0 {
		return xltest.Fault(op, code)
	}
	g := x.domains[id]
	if g == nil {
		return xltest.Fault(op, libxl.ErrDomainNotFound)
	}
	f(g)
	return nil
}

func (x *fakeXen) FindDomain(_ context.Context, word string) (idl.DomID, error) {
	if n, err := strconv.ParseUint(word, 10, 32); err == nil {
		return idl.DomID(n), nil
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	for id, g := range x.domains {
		if g.cfg.CInfo.Name == word {
			return id, nil
		}
	}
	return 0, xltest.Fault("libxl_domain_qualifier_to_domid", libxl.ErrInval)
}

func (x *fakeXen) DomIDToName(_ context.Context, id idl.DomID) (name string, err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if g := x.domains[id]; g != nil {
		return g.cfg.CInfo.Name, nil
	}
	return "", xltest.Fault("libxl_domid_to_name", libxl.ErrInval)
}

func (x *fakeXen) PhysInfo(context.Context) (idl.PhysInfo, error) {
	return idl.PhysInfo{MaxCPUID: 3, NrCPUs: 4, NrNodes: 1}, nil
}
func (x *fakeXen) VersionInfo(context.Context) (idl.VersionInfo, error) { return x.version, nil }

func (x *fakeXen) CreateLogfile(_ context.Context, name string) (string, error) {
	if strings.Contains(name, "/") {
		return "", xltest.Fault("libxl_create_logfile", libxl.ErrInval)
	}
	return "/var/log/xen/" + name + ".log", nil
}

func (x *fakeXen) DomainCreateNew(_ context.Context, cfg *idl.DomainConfig, _ libxl.CreateOptions) (idl.DomID, error) {
	return x.build("create", cfg)
}

func (x *fakeXen) DomainCreateRestore(_ context.Context, cfg *idl.DomainConfig, f *os.File, _ libxl.RestoreOptions) (idl.DomID, error) {
	got := make([]byte, len(state))
	if _, err := io.ReadFull(f, got); err != nil || string(got) != state {
		return idl.InvalidDomID, &libxl.Error{Op: "libxl_domain_create_restore", Domain: idl.InvalidDomID, Code: libxl.ErrFail, Cause: err}
	}
	return x.build("restore", cfg)
}

func (x *fakeXen) build(op string, cfg *idl.DomainConfig) (idl.DomID, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if code := x.fail[op]; code != 0 {
		return idl.InvalidDomID, xltest.Fault(op, code)
	}
	for _, g := range x.domains {
		if g.cfg.CInfo.Name == cfg.CInfo.Name {
			return idl.InvalidDomID, xltest.Fault(op, libxl.ErrInval)
		}
	}
	x.last++
	x.domains[x.last] = &guest{cfg: *cfg, paused: true}
	x.calls = append(x.calls, fmt.Sprintf("%s %d", op, x.last))
	return x.last, nil
}

func (x *fakeXen) DomainUnpause(_ context.Context, id idl.DomID) error {
	return x.change("unpause", id, func(g *guest) { g.paused = false })
}

func (x *fakeXen) DomainPause(_ context.Context, id idl.DomID) error {
	return x.change("pause", id, func(g *guest) { g.paused = true })
}

func (x *fakeXen) DomainResume(_ context.Context, id idl.DomID, _ bool) error {
	return x.change("resume", id, func(g *guest) { g.suspended = false })
}

func (x *fakeXen) DomainSuspendOnly(_ context.Context, id idl.DomID) error {
	return x.change("suspend only", id, func(g *guest) { g.suspended = true })
}

func (x *fakeXen) DomainDestroy(_ context.Context, id idl.DomID) error {
	return x.change("destroy", id, func(*guest) { delete(x.domains, id) })
}

func (x *fakeXen) DomainShutdown(_ context.Context, id idl.DomID) error {
	return x.change("shutdown", id, func(*guest) {})
}

func (x *fakeXen) DomainReboot(_ context.Context, id idl.DomID) error {
	return x.change("reboot", id, func(*guest) {})
}

func (x *fakeXen) SendTrigger(_ context.Context, id idl.DomID, t idl.Trigger, _ uint32) error {
	return x.change("trigger "+t.String(), id, func(*guest) {})
}

func (x *fakeXen) DomainRename(_ context.Context, id idl.DomID, from, to string) error {
	var err error
	failed := x.change("rename", id, func(g *guest) {
		if from != "" && g.cfg.CInfo.Name != from {
			err = xltest.Fault("rename", libxl.ErrInval)
			return
		}
		g.cfg.CInfo.Name = to
	})
	return errors.Join(failed, err)
}

func (x *fakeXen) DomainInfo(_ context.Context, id idl.DomID) (idl.DomInfo, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	g := x.domains[id]
	if g == nil {
		return idl.DomInfo{}, xltest.Fault("libxl_domain_info", libxl.ErrDomainNotFound)
	}
	d := idl.DomInfo{DomID: id, Paused: g.paused, Shutdown: g.suspended, ShutdownReason: idl.ShutdownReasonUnknown}
	if g.suspended {
		d.ShutdownReason = idl.ShutdownReasonSuspend
	}
	return d, nil
}

func (x *fakeXen) ListDomains(context.Context) ([]idl.DomInfo, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	all := []idl.DomInfo{{DomID: 0}}
	for id := range x.domains {
		all = append(all, idl.DomInfo{DomID: id, UUID: x.domains[id].cfg.CInfo.UUID, NeverStop: x.domains[id].cfg.CInfo.Name == "never"})
	}
	slices.SortFunc(all, func(a, b idl.DomInfo) int { return int(a.DomID) - int(b.DomID) })
	return all, nil
}

func (x *fakeXen) RetrieveDomainConfiguration(_ context.Context, id idl.DomID) (cfg *idl.DomainConfig, err error) {
	err = x.change("config", id, func(g *guest) { one := g.cfg; cfg = &one })
	return cfg, err
}

// DomainSuspend writes the state in two parts: what comes in between is while the guest runs.
func (x *fakeXen) DomainSuspend(ctx context.Context, id idl.DomID, f *os.File, _ libxl.SuspendOptions) error {
	half := len(state) / 2
	if _, err := f.WriteString(state[:half]); err != nil {
		return &libxl.Error{Op: "libxl_domain_suspend", Domain: id, Code: libxl.ErrFail, Cause: err}
	}
	if x.afterMid != nil {
		x.afterMid()
	}
	if ctx.Err() != nil {
		return &libxl.Error{Op: "libxl_domain_suspend", Domain: id, Code: libxl.ErrAborted, Cause: ctx.Err()}
	}
	if err := x.change("suspend", id, func(g *guest) { g.suspended = true }); err != nil {
		return err
	}
	if _, err := f.WriteString(state[half:]); err != nil {
		return &libxl.Error{Op: "libxl_domain_suspend", Domain: id, Code: libxl.ErrFail, Cause: err}
	}
	return nil
}

func (x *fakeXen) UserdataStore(_ context.Context, id idl.DomID, user string, data []byte) error {
	return x.change("userdata", id, func(*guest) { x.userdata[user] = string(data) })
}

func (x *fakeXen) WatchDomain(ctx context.Context, id idl.DomID, _ ...string) (<-chan libxl.Event, error) {
	out := make(chan libxl.Event)
	go func() {
		defer close(out)
		for {
			select {
			case e := <-x.events:
				out <- e
			case <-ctx.Done():
				return
			}
		}
	}()
	return out, nil
}

// A monitors hook remembers what it was called with.
type monitors struct {
	calls []string
	err   error
}

func (m *monitors) hooks() xl.Hooks {
	return xl.Hooks{Monitor: func(_ context.Context, id idl.DomID, log string) error {
		m.calls = append(m.calls, fmt.Sprintf("%d %s", id, log))
		return m.err
	}}
}

func bench(x *fakeXen, m *monitors) xltest.Bench {
	return xltest.Bench{Commands: Commands(), Xen: x, Hooks: m.hooks()}
}

// contains says which of the texts are missing.
func contains(t *testing.T, where, text string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(text, want) {
			t.Errorf("%s: %q is missing in:\n%s", where, want, text)
		}
	}
}
