package toolstack_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/xenvoy/xenvoy/toolstack"
	"github.com/xenvoy/xenvoy/toolstack/fake"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

func TestMonitorDumpsThenActs(t *testing.T) {
	for action, left := range map[string]int{"coredump-destroy": 0, "coredump-restart": 1} {
		dumps := filepath.Join(t.TempDir(), "new")
		h, id, watched, ended := monitoredWith(t, "on_crash: "+action+"\n", dumps)
		h.Stop(id, toolstack.ShutdownCrash)
		if left == 1 {
			h.Destroy(t.Context(), <-watched)
		}
		if err := <-ended; err != nil {
			t.Errorf("%s: %v", action, err)
		}
		if _, err := os.Stat(filepath.Join(dumps, "web")); err != nil {
			t.Errorf("%s: %v", action, err)
		}
	}
}

// A dump that fails does not keep the rest from being done.
func TestMonitorActsWithoutADump(t *testing.T) {
	h, id, _, ended := monitoredWith(t, "on_watchdog: coredump-destroy\n", "/dev/null")
	h.Stop(id, toolstack.ShutdownWatchdog)
	if err := <-ended; err != nil || len(list(t, h)) != 0 {
		t.Errorf("%v, %+v", err, list(t, h))
	}
}

func TestMonitorRenamesAndRestarts(t *testing.T) {
	h, id, watched, ended := monitored(t, "on_crash: rename-restart\n")
	h.Stop(id, toolstack.ShutdownCrash)
	next := <-watched
	all := list(t, h)
	if len(all) != 2 || all[0].ID != id || !strings.HasPrefix(all[0].Name, "web-2") || !strings.HasSuffix(all[0].Name, "Z") ||
		all[1].ID != next || all[1].Name != "web" || all[1].Paused {
		t.Errorf("%+v", all)
	}
	h.Destroy(t.Context(), next)
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// Two crashes within a minute, which have the same name for xl.
func TestMonitorRenamesTwiceInAMinute(t *testing.T) {
	h, id, watched, ended := monitored(t, "on_crash: rename-restart\n")
	h.Stop(id, toolstack.ShutdownCrash)
	second := <-watched
	h.Stop(second, toolstack.ShutdownCrash)
	third := <-watched
	all := list(t, h)
	if len(all) != 3 || all[2].ID != third || all[2].Name != "web" || all[0].Name == all[1].Name {
		t.Errorf("%+v", all)
	}
	h.Destroy(t.Context(), third)
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// One whose next kernel is not there stays as it is: nothing could take its place.
func TestMonitorKeepsWhatItCannotStartAgain(t *testing.T) {
	h := fake.New(256)
	plan, err := toolstack.NewPlan(t.Context(), h, parse(t, web))
	if err != nil {
		t.Fatal(err)
	}
	id, err := plan.Create(t.Context(), h, false)
	if err != nil {
		t.Fatal(err)
	}
	h.Stop(id, toolstack.ShutdownReboot)
	m := &toolstack.Monitor{Host: h, Log: zerolog.Nop(), Successor: func(context.Context, toolstack.DomID) (*idl.DomainConfig, error) {
		next := *plan.Config
		next.BInfo.Kernel = "/nowhere/vmlinuz"
		return &next, nil
	}}
	if err := m.Run(t.Context(), id); err == nil || !strings.Contains(err.Error(), "/nowhere/vmlinuz does not exist") {
		t.Errorf("%v", err)
	}
	if all := list(t, h); len(all) != 1 || all[0].ID != id || !all[0].Shutdown {
		t.Errorf("%+v", all)
	}
}

// One that cannot be renamed stays as it is.
func TestMonitorKeepsWhatItCannotRename(t *testing.T) {
	h, id, _, ended := monitored(t, "on_crash: rename-restart\n")
	full := errors.New("no room in xenstore")
	h.Fail = func(op, _ string) error {
		if op == "preserve" {
			return full
		}
		return nil
	}
	h.Stop(id, toolstack.ShutdownCrash)
	if err := <-ended; !errors.Is(err, full) {
		t.Errorf("%v", err)
	}
	if all := list(t, h); len(all) != 1 || all[0].Name != "web" {
		t.Errorf("%+v", all)
	}
}

func TestMonitorResetsInPlace(t *testing.T) {
	h, id, watched, ended := monitored(t, "") // it is the default
	h.Stop(id, toolstack.ShutdownSoftReset)
	if same := <-watched; same != id {
		t.Errorf("watches %d, not %d", same, id)
	}
	if all := list(t, h); len(all) != 1 || all[0].Shutdown || all[0].Paused {
		t.Errorf("%+v", all)
	}
	h.Destroy(t.Context(), id)
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestMonitorDestroysWhatItCannotReset(t *testing.T) {
	h, id, _, ended := monitored(t, "")
	broken := errors.New("no memory map")
	h.Fail = func(op, _ string) error {
		if op == "soft reset" {
			return broken
		}
		return nil
	}
	h.Stop(id, toolstack.ShutdownSoftReset)
	if err := <-ended; !errors.Is(err, broken) || len(list(t, h)) != 0 {
		t.Errorf("%v, %+v", err, list(t, h))
	}
}

func TestMonitorTakesEjectedDisksOut(t *testing.T) {
	h := fake.New(256)
	cfg := &idl.DomainConfig{Disks: []idl.DeviceDisk{{VDev: "hdc", PDevPath: "/iso", Format: idl.DiskFormatRaw, Removable: 1, IsCdrom: 1}}}
	cfg.CInfo.Name = "web"
	id, err := h.Create(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	w := &tellWatch{Host: h, ids: make(chan toolstack.DomID, 4)}
	done := make(chan error, 1)
	inserted := make(chan struct{}, 1)
	h.Fail = func(op, _ string) error {
		if op == "change disc" {
			inserted <- struct{}{}
		}
		return nil
	}
	go func() { done <- (&toolstack.Monitor{Host: w, Log: zerolog.Nop()}).Run(t.Context(), id) }()
	<-w.ids
	h.Eject(id, "hdc")
	<-inserted
	if got, err := h.Config(t.Context(), id); err != nil || got.Disks[0].PDevPath != "" || got.Disks[0].Format != idl.DiskFormatEmpty {
		t.Errorf("%+v, %v", got, err)
	}
	h.Destroy(t.Context(), id)
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// The log has the lines that scripts look for in xl's.
func TestMonitorSpeaksAsXLDoes(t *testing.T) {
	h := fake.New(256)
	plan, err := toolstack.NewPlan(t.Context(), h, parse(t, web+"on_crash: rename-restart\n"))
	if err != nil {
		t.Fatal(err)
	}
	id, err := plan.Create(t.Context(), h, false)
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	w := &tellWatch{Host: h, ids: make(chan toolstack.DomID, 4)}
	done := make(chan error, 1)
	next := *plan.Config
	next.OnCrash = idl.ActionOnShutdownDestroy
	m := &toolstack.Monitor{Host: w, Log: zerolog.New(&log), Successor: func(context.Context, toolstack.DomID) (*idl.DomainConfig, error) { return &next, nil }}
	go func() { done <- m.Run(t.Context(), id) }()
	<-w.ids
	h.Stop(id, toolstack.ShutdownCrash)
	h.Stop(<-w.ids, toolstack.ShutdownCrash)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	rest := log.String()
	for _, line := range []string{
		"Waiting for domain web (domid 1) to die [pid ", "Domain 1 has shut down, reason code 3 0x3",
		"Action for shutdown reason code 3 is rename-restart", `\"xl\" configuration found, using it`, "Preserving domain 1 web with suffix-2",
		"Done. Rebooting now", "Waiting for domain web (domid 2) to die", "Action for shutdown reason code 3 is destroy",
		"Domain 2 needs to be cleaned up: destroying the domain", "Done. Exiting now",
	} {
		_, after, found := strings.Cut(rest, line)
		if !found {
			t.Errorf("%q is missing, or out of place, in:\n%s", line, log.String())
			continue
		}
		rest = after
	}
}

func TestMonitorReusesTheConfigurationWhenTheNewOneIsFaulty(t *testing.T) {
	h := fake.New(256)
	plan, err := toolstack.NewPlan(t.Context(), h, parse(t, web))
	if err != nil {
		t.Fatal(err)
	}
	id, err := plan.Create(t.Context(), h, false)
	if err != nil {
		t.Fatal(err)
	}
	w := &tellWatch{Host: h, ids: make(chan toolstack.DomID, 4)}
	done := make(chan error, 1)
	m := &toolstack.Monitor{Host: w, Log: zerolog.Nop(), Successor: func(context.Context, toolstack.DomID) (*idl.DomainConfig, error) {
		return nil, errors.New("line 1 is faulty")
	}}
	go func() { done <- m.Run(t.Context(), id) }()
	<-w.ids
	h.Stop(id, toolstack.ShutdownReboot)
	next := <-w.ids
	if all := list(t, h); len(all) != 1 || all[0].ID != next {
		t.Errorf("%+v", all)
	}
	h.Destroy(t.Context(), next)
	if err := <-done; err != nil {
		t.Error(err)
	}
}
