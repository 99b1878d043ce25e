package toolstack_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xenvoy/xenvoy/toolstack"
	"github.com/xenvoy/xenvoy/toolstack/domcfg"
	"github.com/xenvoy/xenvoy/toolstack/domcfg/xlcfg"
	"github.com/xenvoy/xenvoy/toolstack/fake"
)

func parse(t *testing.T, text string) *domcfg.Domain {
	t.Helper()
	kernel := filepath.Join(t.TempDir(), "vmlinuz")
	if err := os.WriteFile(kernel, []byte("kernel"), 0o600); err != nil {
		t.Fatal(err)
	}
	d, err := domcfg.Parse("web.yaml", []byte(strings.ReplaceAll(text, "KERNEL", kernel)))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

const web = "name: web\ntype: pvh\nmemory: 64MiB\nkernel: KERNEL\n"

func TestPlanNamesAllThatTheHostLacks(t *testing.T) {
	h := fake.New(32)
	h.Change(func(i *toolstack.HostInfo) { i.Caps = []string{"pv"} })
	d := parse(t, "name: web\ntype: pvh\nmemory: 64MiB\nkernel: /nowhere/vmlinuz\non_crash: rename-restart\n")
	_, err := toolstack.NewPlan(t.Context(), h, d)
	var faults domcfg.Errors
	if !errors.As(err, &faults) || len(faults) != 3 {
		t.Fatalf("got %v, want three faults", err)
	}
	if !slices.IsSortedFunc(faults, func(a, b *domcfg.Error) int { return a.Pos.Line - b.Pos.Line }) {
		t.Errorf("not in the order of the file:\n%v", err)
	}
	for _, want := range []string{
		"web.yaml:2:7: type: this host cannot run pvh guests: the CPU offers neither VT-x nor SVM",
		"web.yaml:4:9: kernel: /nowhere/vmlinuz does not exist on this host",
		"web.yaml:3:9: memory: the domain needs 65 MiB with overhead, 32 MiB are free",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in:\n%v", want, err)
		}
	}
	if all, _ := h.Domains(t.Context()); len(all) != 0 {
		t.Errorf("a plan made %+v", all)
	}
}

func TestPlanRefusesATakenName(t *testing.T) {
	h := fake.New(256)
	plan, err := toolstack.NewPlan(t.Context(), h, parse(t, web))
	if err != nil {
		t.Fatal(err)
	}
	id, err := plan.Create(t.Context(), h, false)
	if err != nil {
		t.Fatal(err)
	}
	if d, _ := h.Domain(t.Context(), id); d.Paused {
		t.Error("the domain is paused")
	}
	_, err = toolstack.NewPlan(t.Context(), h, parse(t, web))
	if err == nil || !strings.Contains(err.Error(), "web.yaml:1:7: name: domain 1 has this name") {
		t.Errorf("a second one: %v", err)
	}
}

// A guest that is on its way in, or has just gone, must not be started beside that.
func TestPlanRefusesADomainOnTheMove(t *testing.T) {
	for _, suffix := range []string{toolstack.IncomingSuffix, toolstack.AwaySuffix} {
		h := fake.New(256)
		plan, err := toolstack.NewPlan(t.Context(), h, parse(t, web))
		if err != nil {
			t.Fatal(err)
		}
		id, err := plan.Create(t.Context(), h, true)
		if err != nil {
			t.Fatal(err)
		}
		if err := h.Rename(t.Context(), id, "web"+suffix); err != nil {
			t.Fatal(err)
		}
		_, err = toolstack.NewPlan(t.Context(), h, parse(t, web))
		if err == nil || !strings.Contains(err.Error(), "on the move: domain 1 is web"+suffix) {
			t.Errorf("%v", err)
		}
	}
}

func TestCreateUndoesItsSteps(t *testing.T) {
	h := fake.New(256)
	h.Fail = func(op, _ string) error {
		if op == "unpause" {
			return errors.New("planted failure")
		}
		return nil
	}
	plan, err := toolstack.NewPlan(t.Context(), h, parse(t, web))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := plan.Create(t.Context(), h, false); err == nil || !strings.Contains(err.Error(), "planted failure") {
		t.Fatal(err)
	}
	if all, _ := h.Domains(t.Context()); len(all) != 0 {
		t.Errorf("left behind: %+v", all)
	}
}

func TestFind(t *testing.T) {
	h := fake.New(256)
	plan, err := toolstack.NewPlan(t.Context(), h, parse(t, web))
	if err != nil {
		t.Fatal(err)
	}
	id, err := plan.Create(t.Context(), h, true)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"web", "1", plan.Config.CInfo.UUID.String()} {
		if d, err := toolstack.Find(t.Context(), h, text); err != nil || d.ID != id {
			t.Errorf("%q: %+v, %v", text, d, err)
		}
	}
	for _, text := range []string{"", "we", "2", "-1"} {
		if _, err := toolstack.Find(t.Context(), h, text); !errors.Is(err, toolstack.ErrNoDomain) {
			t.Errorf("%q: %v, want ErrNoDomain", text, err)
		}
	}
}

// A plan does not care for the language of the file: faults have its places.
func TestPlanOfXLFile(t *testing.T) {
	f, err := xlcfg.ParseBytes([]byte("name='web'\ntype='pvh'\nmemory=64\nkernel='/nowhere/vmlinuz'\non_crash='rename-restart'\n"), "web.cfg")
	if err != nil {
		t.Fatal(err)
	}
	d, _, err := xlcfg.NewDomain(f, xlcfg.Host{})
	if err != nil {
		t.Fatal(err)
	}
	h := fake.New(32)
	_, err = toolstack.NewPlan(t.Context(), h, d)
	const want = `web.cfg:3:8: memory: the domain needs 65 MiB with overhead, 32 MiB are free (stop a domain or give dom0 less memory)
web.cfg:4:8: kernel: /nowhere/vmlinuz does not exist on this host`
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}

// What dom0 would give away counts as free.
func TestPlanCountsOnDom0(t *testing.T) {
	h := fake.New(32)
	h.Change(func(i *toolstack.HostInfo) { i.BalloonMiB = 33 })
	if _, err := toolstack.NewPlan(t.Context(), h, parse(t, web)); err != nil {
		t.Error(err)
	}
	if _, err := toolstack.NewPlans(t.Context(), h, []toolstack.Source{parse(t, web)}); err != nil {
		t.Error("among others: ", err)
	}
	h.Change(func(i *toolstack.HostInfo) { i.BalloonMiB = 32 })
	if _, err := toolstack.NewPlan(t.Context(), h, parse(t, web)); err == nil {
		t.Error("1 MiB is missing, and nobody says so")
	}
}
