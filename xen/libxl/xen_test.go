//go:build cgo

package libxl

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
	"github.com/xenvoy/xenvoy/xen/xenstore"
)

// The tests named TestXen… run where Xen runs, as root in dom0; elsewhere they skip,
// unless XENVOY_TEST_XEN is set: then the lack of Xen is a failure. They use the lab's
// guest "tiny", which prints "tiny N" on its console each second.

// guestDir holds the guest's kernel and ramdisk.
const guestDir = "/var/lib/xenvoy/guests/tiny"

// openXen opens the real libxl and tells what it logs when the test fails.
func openXen(t *testing.T) *Context {
	t.Helper()
	if !hasHypervisor() {
		if os.Getenv("XENVOY_TEST_XEN") != "" {
			t.Fatal("XENVOY_TEST_XEN is set, but this machine does not run Xen")
		}
		t.Skip("this machine does not run Xen; the lab does")
	}
	var log recorder
	c, err := Open(t.Context(), Options{Log: log.log, observe: worked.add})
	if err != nil {
		t.Fatalf("%+v", err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			for _, r := range log.records {
				if r.Progress == nil {
					t.Log(r)
				}
			}
		}
	})
	return c
}

func tinyConfig(t *testing.T, typ idl.DomainType) *idl.DomainConfig {
	t.Helper()
	cfg := &idl.DomainConfig{
		CInfo: idl.DomainCreateInfo{Type: typ, Name: fmt.Sprintf("xv-test-%d-%v", os.Getpid(), typ)},
		BInfo: idl.DomainBuildInfo{
			MaxVCPUs:    1,
			AvailVCPUs:  idl.Bitmap{0},
			MaxMemKB:    new(idl.MemKB(128 << 10)),
			TargetMemKB: new(idl.MemKB(128 << 10)),
			Kernel:      filepath.Join(guestDir, "vmlinuz"),
			Ramdisk:     filepath.Join(guestDir, "initrd.img"),
			Cmdline:     "console=hvc0 quiet",
		},
		NICs: []idl.DeviceNIC{{Bridge: "br0"}},
	}
	if _, err := rand.Read(cfg.CInfo.UUID[:]); err != nil {
		t.Fatal(err)
	}
	switch typ {
	case idl.DomainTypePV:
		cfg.BInfo.TypePV = &idl.DomainBuildInfoPV{}
	case idl.DomainTypePVH:
		cfg.BInfo.TypePVH = &idl.DomainBuildInfoPVH{}
	case idl.DomainTypeHVM:
		cfg.BInfo.TypeHVM = &idl.DomainBuildInfoHVM{VNC: idl.VNCInfo{Enable: idl.False}}
	}
	return cfg
}

// create builds a domain, and destroys it after the test.
func create(t *testing.T, c *Context, cfg *idl.DomainConfig) idl.DomID {
	t.Helper()
	id, err := c.DomainCreateNew(t.Context(), cfg, CreateOptions{})
	destroyLater(t, c, id)
	if err != nil {
		t.Fatalf("%+v", err)
	}
	return id
}

func destroyLater(t *testing.T, c *Context, id idl.DomID) {
	if id == idl.InvalidDomID {
		return
	}
	t.Cleanup(func() {
		ctx := context.Background() // that of the test has ended
		if err := c.DomainDestroy(ctx, id); err != nil && !errors.Is(err, ErrDomainNotFound) {
			t.Errorf("%+v", err)
		}
	})
}

// A guest is a domain whose console the test reads.
type guest struct {
	t   *testing.T
	c   *Context
	id  idl.DomID
	tty *os.File
	buf bytes.Buffer
}

// openConsole waits for the domain's terminal and opens it.
func openConsole(t *testing.T, c *Context, id idl.DomID) *guest {
	t.Helper()
	path := waitTTY(t, c, id)
	tty, err := os.OpenFile(path, os.O_RDWR|syscall.O_NOCTTY, 0) // not ours: its end would end this process
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tty.Close() })
	return &guest{t: t, c: c, id: id, tty: tty}
}

func waitTTY(t *testing.T, c *Context, id idl.DomID) string {
	t.Helper()
	store, err := xenstore.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	changes, err := store.Watch(ctx, fmt.Sprintf("/local/domain/%d/console", id))
	if err != nil {
		t.Fatal(err)
	}
	for range changes {
		if path, err := c.ConsoleTTY(ctx, id, 0, idl.ConsoleTypePV); err == nil && path != "" {
			return path
		}
	}
	t.Fatal("no console terminal in a minute")
	return ""
}

var count = regexp.MustCompile(`tiny (\d+)`)

// waitCount reads the console until the guest has counted beyond n, and returns how far.
func (g *guest) waitCount(n int) int {
	g.t.Helper()
	if err := g.tty.SetReadDeadline(time.Now().Add(4 * time.Minute)); err != nil {
		g.t.Fatal(err)
	}
	chunk := make([]byte, 4096)
	for {
		k, err := g.tty.Read(chunk)
		if err != nil {
			g.t.Fatalf("console: %v; it said:\n%s", err, g.buf.Bytes())
		}
		g.buf.Write(chunk[:k])
		for _, m := range count.FindAllSubmatch(g.buf.Bytes(), -1) {
			if v, err := strconv.Atoi(string(m[1])); err == nil && v > n {
				return v
			}
		}
	}
}

// suspendTo runs DomainSuspend while read consumes the stream.
func suspendTo(ctx context.Context, t *testing.T, c *Context, id idl.DomID, o SuspendOptions, read func(io.Reader)) error {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	var reading sync.WaitGroup
	reading.Go(func() {
		defer r.Close()
		read(r)
	})
	err = c.DomainSuspend(ctx, id, w, o)
	w.Close()
	reading.Wait()
	return err
}

func TestXenHostFacts(t *testing.T) {
	c := openXen(t)
	ctx := t.Context()
	domains, err := c.ListDomains(ctx)
	if err != nil || len(domains) == 0 || domains[0].DomID != 0 || domains[0].VCPUOnline == 0 {
		t.Fatalf("domains %+v, %+v", domains, err)
	}
	if d, err := c.DomainInfo(ctx, 0); err != nil || d.UUID != domains[0].UUID || d.CurrentMemKB == 0 {
		t.Errorf("dom0 = %+v, %v", d, err)
	}
	if _, err := c.DomainInfo(ctx, 32000); !errors.Is(err, ErrDomainNotFound) {
		t.Errorf("no domain: %+v", err)
	}
	p, err := c.PhysInfo(ctx)
	if err != nil || p.NrCPUs == 0 || p.TotalPages == 0 || p.HwCap[0] == 0 || !p.CapPV {
		t.Errorf("physinfo %+v, %v", p, err)
	}
	v, err := c.VersionInfo(ctx)
	if err != nil || v.XenVersionMajor != 4 || v.Pagesize != 4096 || v.Changeset+v.Capabilities == "" {
		t.Errorf("version %+v, %v", v, err)
	}
	if s, err := c.Scheduler(ctx); err != nil || s == idl.SchedulerUnknown {
		t.Errorf("scheduler %v, %v", s, err)
	}
	if n, err := c.OnlineCPUs(ctx); err != nil || n != int(p.NrCPUs) {
		t.Errorf("online CPUs %d, %v; want %d", n, err, p.NrCPUs)
	}
	if n, err := c.FreeCPUs(ctx); err != nil || n != 0 {
		t.Errorf("free CPUs %d, %v; want 0: the default pool has them all", n, err)
	}
	if text, err := c.XenConsole(ctx, false); err != nil || !strings.Contains(text, "(XEN)") {
		t.Errorf("console of %d bytes, %v", len(text), err)
	}
}

func TestXenMemory(t *testing.T) {
	c := openXen(t)
	ctx := t.Context()
	free, err := c.FreeMemory(ctx)
	if err != nil || free == 0 {
		t.Fatalf("free %d, %+v", free, err)
	}
	if target, err := c.GetMemoryTarget(ctx, 0); err != nil || target == 0 {
		t.Errorf("dom0's target %d, %+v", target, err)
	}
	need, err := c.DomainNeedMemory(ctx, tinyConfig(t, idl.DomainTypeHVM))
	if err != nil || need < 128<<10 {
		t.Errorf("a guest of 128 MiB needs %d KiB, %+v", need, err)
	}
	if err := c.WaitForFreeMemory(ctx, 1); err != nil {
		t.Errorf("waiting for what is there: %+v", err)
	}
	short, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
	defer cancel()
	err = c.WaitForFreeMemory(short, free*1000)
	if !errors.Is(err, ErrNoMem) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("waiting for too much: %+v", err)
	}
}

func TestXenNames(t *testing.T) {
	c := openXen(t)
	ctx := t.Context()
	if name, err := c.DomIDToName(ctx, 0); err != nil || name != "Domain-0" {
		t.Errorf("name of 0: %q, %v", name, err)
	}
	if id, err := c.NameToDomID(ctx, "Domain-0"); err != nil || id != 0 {
		t.Errorf("id of Domain-0: %d, %v", id, err)
	}
	if _, err := c.NameToDomID(ctx, "no such domain"); !errors.Is(err, ErrDomainNotFound) {
		t.Errorf("unknown name: %v", err)
	}
	if _, err := c.DomIDToName(ctx, 32000); !errors.Is(err, ErrDomainNotFound) {
		t.Errorf("unknown id: %v", err)
	}
}

// TestXenLife takes a guest of each type through its life: created, renamed, running,
// paused, saved while it runs, resumed, destroyed.
func TestXenLife(t *testing.T) {
	for _, typ := range []idl.DomainType{idl.DomainTypePVH, idl.DomainTypePV, idl.DomainTypeHVM} {
		t.Run(typ.String(), func(t *testing.T) { testLife(t, typ) })
	}
}

func testLife(t *testing.T, typ idl.DomainType) {
	c := openXen(t)
	ctx := t.Context()
	cfg := tinyConfig(t, typ)
	id := create(t, c, cfg)
	checkCreated(t, c, id, cfg)
	g := openConsole(t, c, id)
	if err := c.DomainUnpause(ctx, id); err != nil {
		t.Fatalf("%+v", err)
	}
	n := g.waitCount(0)

	if err := c.DomainPause(ctx, id); err != nil {
		t.Fatalf("%+v", err)
	}
	if d, err := c.DomainInfo(ctx, id); err != nil || !d.Paused {
		t.Errorf("after pause: %+v, %v", d, err)
	}
	if err := c.DomainUnpause(ctx, id); err != nil {
		t.Fatalf("%+v", err)
	}
	n = g.waitCount(n)

	testSuspendAndResume(t, g)
	g.waitCount(n)
	testDeath(t, c, id)
}

func checkCreated(t *testing.T, c *Context, id idl.DomID, cfg *idl.DomainConfig) {
	t.Helper()
	ctx := t.Context()
	typ := cfg.CInfo.Type
	if typ == idl.DomainTypePVH {
		typ = idl.DomainTypeHVM // all that the hypervisor knows
	}
	d, err := c.DomainInfo(ctx, id)
	if err != nil || !d.Paused || d.DomainType != typ || d.UUID != cfg.CInfo.UUID {
		t.Errorf("after creation: %+v, %v", d, err)
	}
	if err := c.DomainRename(ctx, id, "not its name", "x"); err == nil {
		t.Error("renamed in spite of a wrong old name")
	}
	if err := c.DomainRename(ctx, id, cfg.CInfo.Name, cfg.CInfo.Name+"-b"); err != nil {
		t.Errorf("%+v", err)
	}
	if got, err := c.NameToDomID(ctx, cfg.CInfo.Name+"-b"); err != nil || got != id {
		t.Errorf("by the new name: %d, %v", got, err)
	}
	got, err := c.RetrieveDomainConfiguration(ctx, id)
	if err != nil {
		t.Fatalf("%+v", err)
	}
	if key, _ := got.BInfo.Type(); key != cfg.CInfo.Type || got.BInfo.Kernel != cfg.BInfo.Kernel ||
		got.CInfo.UUID != cfg.CInfo.UUID || len(got.NICs) != 1 || got.NICs[0].Bridge != "br0" {
		t.Errorf("configuration %+v", got)
	}
	testUserdata(t, c, id)
}

func testUserdata(t *testing.T, c *Context, id idl.DomID) {
	t.Helper()
	ctx, data := t.Context(), []byte("kept\x00with the domain")
	if err := c.UserdataStore(ctx, id, "xenvoy-test", data); err != nil {
		t.Errorf("%+v", err)
	}
	if got, err := c.UserdataRetrieve(ctx, id, "xenvoy-test"); err != nil || !bytes.Equal(got, data) {
		t.Errorf("userdata %q, %v", got, err)
	}
	if err := c.UserdataUnlink(ctx, id, "xenvoy-test"); err != nil {
		t.Errorf("%+v", err)
	}
	if got, err := c.UserdataRetrieve(ctx, id, "xenvoy-test"); err != nil || got != nil {
		t.Errorf("userdata after removal %q, %v", got, err)
	}
}

func testSuspendAndResume(t *testing.T, g *guest) {
	t.Helper()
	var progress []Progress
	var size int64
	o := SuspendOptions{Live: canRunOn(t, g), Progress: func(p Progress) { progress = append(progress, p) }}
	err := suspendTo(t.Context(), t, g.c, g.id, o, func(r io.Reader) { size, _ = io.Copy(io.Discard, r) })
	if err != nil {
		t.Fatalf("%+v", err)
	}
	t.Logf("stream of %d bytes, %d progress reports", size, len(progress))
	frames := func(p Progress) bool { return strings.HasPrefix(p.Doing, "Frames") && p.Total > 0 }
	if size < 1<<20 || !slices.ContainsFunc(progress, frames) {
		t.Errorf("progress %+v", progress)
	}
	if d, err := g.c.DomainInfo(t.Context(), g.id); err != nil || !d.Shutdown || d.ShutdownReason != idl.ShutdownReasonSuspend {
		t.Errorf("after suspend: %+v, %v", d, err)
	}
	if err := g.c.DomainResume(t.Context(), g.id, true); err != nil {
		t.Fatalf("%+v", err)
	}
}

// canRunOn says whether the guest can run on while it is copied: a PV guest needs shadow
// paging for that, which Debian's Xen 4.20 is built without.
func canRunOn(t *testing.T, g *guest) bool {
	t.Helper()
	d, err := g.c.DomainInfo(t.Context(), g.id)
	if err != nil {
		t.Fatalf("%+v", err)
	}
	p, err := g.c.PhysInfo(t.Context())
	if err != nil {
		t.Fatalf("%+v", err)
	}
	return d.DomainType != idl.DomainTypePV || p.CapShadow
}

// testDeath destroys the domain and looks for the event, and for what is left.
func testDeath(t *testing.T, c *Context, id idl.DomID) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	events, err := c.WatchDomain(ctx, id)
	if err != nil {
		t.Fatalf("%+v", err)
	}
	if err := c.DomainDestroy(ctx, id); err != nil {
		t.Fatalf("%+v", err)
	}
	var last Event
	for e := range events {
		last = e
	}
	if want := (Event{Type: idl.EventTypeDomainDeath, Domain: id, Reason: idl.ShutdownReasonUnknown}); last != want {
		t.Errorf("last event %+v, want %+v", last, want)
	}
	if _, err := c.DomainInfo(ctx, id); !errors.Is(err, ErrDomainNotFound) {
		t.Errorf("after destroy: %v", err)
	}
	store, err := xenstore.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	for _, path := range []string{"/local/domain/%d", "/libxl/%d", "/local/domain/0/backend/vif/%d", "/local/domain/0/backend/console/%d"} {
		path = fmt.Sprintf(path, id)
		if names, err := store.List(ctx, path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is left, with %q, %v", path, names, err)
		}
	}
}

// TestXenShutdownEvent: a guest that powers off by itself gives a shutdown, with its reason.
func TestXenShutdownEvent(t *testing.T) {
	c := openXen(t)
	id := create(t, c, tinyConfig(t, idl.DomainTypePVH))
	g := openConsole(t, c, id)
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	events, err := c.WatchDomain(ctx, id)
	if err != nil {
		t.Fatalf("%+v", err)
	}
	if err := c.DomainUnpause(ctx, id); err != nil {
		t.Fatalf("%+v", err)
	}
	g.waitCount(0)
	if err := c.DomainShutdown(ctx, id); err != nil {
		t.Fatalf("%+v", err)
	}
	select {
	case e, ok := <-events:
		if !ok {
			t.Fatal("the watch ended")
		}
		if want := (Event{Type: idl.EventTypeDomainShutdown, Domain: id, Reason: idl.ShutdownReasonPoweroff}); e != want {
			t.Errorf("event %+v, want %+v", e, want)
		}
	case <-ctx.Done():
		t.Fatal("no event")
	}
	// A watch that begins later still learns of it.
	late, err := c.WatchDomain(ctx, id)
	if err != nil {
		t.Fatalf("%+v", err)
	}
	if e := <-late; e.Type != idl.EventTypeDomainShutdown || e.Reason != idl.ShutdownReasonPoweroff {
		t.Errorf("late watch: %+v", e)
	}
	if err := c.DomainDestroy(ctx, id); err != nil {
		t.Fatalf("%+v", err)
	}
	for _, watch := range []<-chan Event{events, late} {
		if e := <-watch; e.Type != idl.EventTypeDomainDeath {
			t.Errorf("after the shutdown: %+v", e)
		}
	}
	dead, err := c.WatchDomain(ctx, id)
	if err != nil {
		t.Fatalf("%+v", err)
	}
	if e := <-dead; e.Type != idl.EventTypeDomainDeath {
		t.Errorf("watch of a dead domain: %+v", e)
	}
}

// TestXenAbortSuspend cancels a live suspend whose stream nobody reads on: the guest
// goes on, and nothing stays open.
func TestXenAbortSuspend(t *testing.T) {
	c := openXen(t)
	id := create(t, c, tinyConfig(t, idl.DomainTypePVH))
	g := openConsole(t, c, id)
	if err := c.DomainUnpause(t.Context(), id); err != nil {
		t.Fatalf("%+v", err)
	}
	n := g.waitCount(0)
	fds := openFDs(t)
	for range 2 {
		ctx, cancel := context.WithCancelCause(t.Context())
		stop := errors.New("the test has seen enough")
		err := suspendTo(ctx, t, c, id, SuspendOptions{Live: true}, func(r io.Reader) {
			io.CopyN(io.Discard, r, 1<<20) // then the pipe fills up
			cancel(stop)
			<-ctx.Done()
			io.Copy(io.Discard, r)
		})
		if !errors.Is(err, stop) || !errors.Is(err, context.Canceled) || !errors.Is(err, ErrAborted) {
			t.Fatalf("%+v", err)
		}
	}
	if d, err := c.DomainInfo(t.Context(), id); err != nil || d.Shutdown {
		t.Errorf("after the abort: %+v, %v", d, err)
	}
	if now := openFDs(t); now != fds {
		t.Errorf("%d descriptors before, %d after", fds, now)
	}
	g.waitCount(n)
}

// TestXenSuspendToBrokenPipe: a reader that goes away is an error, not the end of this process.
func TestXenSuspendToBrokenPipe(t *testing.T) {
	c := openXen(t)
	id := create(t, c, tinyConfig(t, idl.DomainTypePVH))
	g := openConsole(t, c, id)
	if err := c.DomainUnpause(t.Context(), id); err != nil {
		t.Fatalf("%+v", err)
	}
	n := g.waitCount(0)
	for _, after := range []int64{0, 100, 1 << 20} { // in libxl's header, in the helper's, in a page
		err := suspendTo(t.Context(), t, c, id, SuspendOptions{Live: true}, func(r io.Reader) { io.CopyN(io.Discard, r, after) })
		var e *Error
		if !errors.As(err, &e) || e.Code == 0 || e.telling() == nil || !errors.Is(err, syscall.EPIPE) {
			t.Errorf("after %d bytes: %+v", after, err)
		}
		if d, err := c.DomainInfo(t.Context(), id); err != nil || d.Shutdown {
			t.Errorf("after %d bytes: %+v, %v", after, d, err)
		}
	}
	g.waitCount(n)
}

// TestXenRestore saves a guest of each type, and builds it again from the stream.
func TestXenRestore(t *testing.T) {
	for _, typ := range []idl.DomainType{idl.DomainTypePVH, idl.DomainTypePV, idl.DomainTypeHVM} {
		t.Run(typ.String(), func(t *testing.T) { testRestore(t, typ) })
	}
}

func testRestore(t *testing.T, typ idl.DomainType) {
	c := openXen(t)
	ctx := t.Context()
	id := create(t, c, tinyConfig(t, typ))
	g := openConsole(t, c, id)
	if err := c.DomainUnpause(ctx, id); err != nil {
		t.Fatalf("%+v", err)
	}
	n := g.waitCount(2)
	cfg, err := c.RetrieveDomainConfiguration(ctx, id)
	if err != nil {
		t.Fatalf("%+v", err)
	}
	file, err := os.CreateTemp("/var/tmp", "xenvoy-test")
	if err != nil {
		t.Fatal(err)
	}
	defer os.Remove(file.Name())
	defer file.Close()
	if err := c.DomainSuspend(ctx, id, file, SuspendOptions{}); err != nil {
		t.Fatalf("%+v", err)
	}
	testDeath(t, c, id)
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	back, err := c.DomainCreateRestore(ctx, cfg, file, RestoreOptions{})
	destroyLater(t, c, back)
	if err != nil {
		t.Fatalf("%+v", err)
	}
	g = openConsole(t, c, back)
	if err := c.DomainUnpause(ctx, back); err != nil {
		t.Fatalf("%+v", err)
	}
	if m := g.waitCount(0); m < n {
		t.Errorf("the guest had counted to %d and went on with %d", n, m)
	}
}

// TestXenRestoreOfRubbish: streams that are wrong at once, and after their head, are
// errors, and leave no domain.
func TestXenRestoreOfRubbish(t *testing.T) {
	c := openXen(t)
	for name, stream := range map[string]string{
		"no stream": strings.Repeat("not a stream", 100),
		"cut short": string(goodHead()[:20]),
		"head only": string(goodHead()),
		"bad body":  string(goodHead()) + strings.Repeat("rubbish!", 1000),
	} {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			defer w.Close()
			w.WriteString(stream) // libxl may stop reading before the end
		}()
		id, err := c.DomainCreateRestore(t.Context(), tinyConfig(t, idl.DomainTypePVH), r, RestoreOptions{})
		r.Close()
		destroyLater(t, c, id)
		var e *Error
		if !errors.As(err, &e) || e.Cause == nil && e.telling() == nil {
			t.Errorf("%s: %+v", name, err)
		}
		t.Logf("%s: %v", name, err)
	}
	noDomainLeft(t, c)
}

// TestXenAbortRestore cancels while no byte, only the head, and some of the stream has come.
func TestXenAbortRestore(t *testing.T) {
	c := openXen(t)
	fds := openFDs(t)
	for name, stream := range map[string]string{"nothing": "", "head": string(goodHead()), "start": string(goodHead()) + "\xff\xff\xff\xff"} {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.WriteString(stream); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		id, err := c.DomainCreateRestore(ctx, tinyConfig(t, idl.DomainTypePVH), r, RestoreOptions{})
		cancel()
		r.Close()
		w.Close()
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %+v", name, err)
		}
		t.Logf("%s: domain %d, %v", name, int32(id), err)
		if id == idl.InvalidDomID {
			continue
		}
		if err := c.DomainDestroy(t.Context(), id); err != nil && !errors.Is(err, ErrDomainNotFound) {
			t.Errorf("%+v", err)
		}
	}
	if n := openFDs(t); n != fds {
		t.Errorf("%d descriptors before, %d after", fds, n)
	}
	noDomainLeft(t, c)
}

// noDomainLeft checks that no domain of this test process is there, dying ones apart.
func noDomainLeft(t *testing.T, c *Context) {
	t.Helper()
	domains, err := c.ListDomains(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range domains {
		name, err := c.DomIDToName(t.Context(), d.DomID)
		if err == nil && strings.HasPrefix(name, fmt.Sprintf("xv-test-%d-", os.Getpid())) {
			t.Errorf("domain %d (%s) is left: %+v", d.DomID, name, d)
		}
	}
}

func TestXenCreateFailure(t *testing.T) {
	c := openXen(t)
	cfg := tinyConfig(t, idl.DomainTypePVH)
	cfg.BInfo.Kernel = "/no/such/kernel"
	id, err := c.DomainCreateNew(t.Context(), cfg, CreateOptions{})
	destroyLater(t, c, id)
	if err == nil || !strings.Contains(fmt.Sprintf("%+v", err), "/no/such/kernel") {
		t.Errorf("%+v", err)
	}
	noDomainLeft(t, c)
}

// TestXenAbortCreate cancels a creation at several moments: nothing stays.
func TestXenAbortCreate(t *testing.T) {
	c := openXen(t)
	before := leftovers(t)
	for _, after := range []time.Duration{time.Millisecond, 300 * time.Millisecond, time.Second} {
		ctx, cancel := context.WithTimeout(t.Context(), after)
		id, err := c.DomainCreateNew(ctx, tinyConfig(t, idl.DomainTypeHVM), CreateOptions{})
		cancel()
		t.Logf("after %v: domain %d, %v", after, int32(id), err)
		if !errors.Is(err, context.DeadlineExceeded) || id != idl.InvalidDomID {
			t.Errorf("after %v: domain %d, %+v", after, int32(id), err)
		}
		if now := leftovers(t); now != before {
			t.Errorf("after %v: before\n%snow\n%s", after, before, now)
		}
	}
	noDomainLeft(t, c)
}

// leftovers is what a half-built domain could leave: xenstore's entries, device models.
func leftovers(t *testing.T) string {
	t.Helper()
	const script = `xenstore-ls -f | cut -d' ' -f1 | grep -E '^/(vm|libxl|local/domain)/' | grep -vE '^/local/domain/0/(memory|device-model$)' | sort
ps -eo pid=,args= | grep '[ ]-xen-domid ' | sort; ls /run/xen`
	out, err := exec.CommandContext(t.Context(), "sh", "-c", script).Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestXenConcurrentReads(t *testing.T) {
	c := openXen(t)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 25 {
				if _, err := c.ListDomains(t.Context()); err != nil {
					t.Errorf("%+v", err)
				}
				if _, err := c.VersionInfo(t.Context()); err != nil {
					t.Errorf("%+v", err)
				}
				if _, err := c.DomainInfo(t.Context(), 32000); !errors.Is(err, ErrDomainNotFound) {
					t.Errorf("%+v", err)
				}
			}
		})
	}
	wg.Wait()
}

func TestXenOpenCloseLeaksNothing(t *testing.T) {
	cycle := func() {
		c := openXen(t)
		if _, err := c.ListDomains(t.Context()); err != nil {
			t.Fatalf("%+v", err)
		}
		if _, err := c.WatchDomain(t.Context(), 0); err != nil { // Close ends it
			t.Fatalf("%+v", err)
		}
		if _, err := c.NameToDomID(t.Context(), "nobody"); !errors.Is(err, ErrDomainNotFound) {
			t.Fatalf("%+v", err)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	cycle()
	fds, goroutines := openFDs(t), runtime.NumGoroutine()
	for range 20 {
		cycle()
	}
	if n := openFDs(t); n != fds {
		t.Errorf("%d descriptors before, %d after", fds, n)
	}
	waitGoroutines(t, goroutines)
}
