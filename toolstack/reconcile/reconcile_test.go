package reconcile

import (
	"context"
	"errors"
	"fmt"
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

// A site is a host with files of domains.
type site struct {
	*testing.T
	host *fake.Host
	dir  string
}

func newSite(t *testing.T) *site {
	s := &site{T: t, host: fake.New(2048), dir: t.TempDir()}
	for _, name := range []string{"vmlinuz", "a.img", "b.img", "disc.iso"} {
		if err := os.WriteFile(filepath.Join(s.dir, name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// files reads a file of domains; DIR in it is where the site's files are.
func (s *site) files(text string) []toolstack.Source {
	s.Helper()
	path := filepath.Join(s.dir, "all.yaml")
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(text, "DIR", s.dir)), 0o600); err != nil {
		s.Fatal(err)
	}
	all, err := domcfg.LoadAll(path)
	if err != nil {
		s.Fatal(err)
	}
	var sources []toolstack.Source
	for _, d := range all {
		sources = append(sources, d)
	}
	return sources
}

func (s *site) plan(text string, o Options) *Plan {
	s.Helper()
	p, err := NewPlan(s.Context(), s.host, s.files(text), o)
	if err != nil {
		s.Fatal(err)
	}
	return p
}

// apply carries a plan out that nothing stands against.
func (s *site) apply(text string) Outcome {
	s.Helper()
	p := s.plan(text, Options{})
	if faults := p.Refused(); len(faults) > 0 {
		s.Fatal(faults)
	}
	out, err := p.Apply(s.Context(), Observer{})
	if err != nil {
		s.Fatal(err)
	}
	return out
}

// words is a plan in a line for each domain and difference, without the folder.
func (s *site) words(p *Plan) string {
	var b strings.Builder
	for i := range p.Domains {
		d := &p.Domains[i]
		fmt.Fprintf(&b, "%s: %s\n", d.Name, d.Action)
		for j := range d.Differences {
			diff := &d.Differences[j]
			fmt.Fprintf(&b, "  %d:%d %s", diff.Pos.Line, diff.Pos.Column, diff)
			if !diff.Live() {
				fmt.Fprintf(&b, " (%s)", diff.Refused)
			}
			b.WriteByte('\n')
		}
		for _, f := range d.Faults {
			if len(d.Differences) == 0 {
				fmt.Fprintf(&b, "  %s\n", f)
			}
		}
	}
	return strings.ReplaceAll(b.String(), s.dir, "DIR")
}

func (s *site) expect(p *Plan, want string) {
	s.Helper()
	if got := s.words(p); got != strings.TrimPrefix(want, "\n") {
		s.Errorf("the plan is\n%swant%s", got, want)
	}
}

const two = `name: web
type: pvh
memory: 128MiB
vcpus: 2
kernel: DIR/vmlinuz
disks:
  - {path: DIR/a.img, target: xvda}
networks:
  - bridge: br0
---
name: pc
type: hvm
memory: 128MiB
max_memory: 256MiB
vcpus: 1
max_vcpus: 2
kernel: DIR/vmlinuz
vnc: true
disks:
  - {cdrom: true, target: hdc}
networks:
  - {bridge: br0, mac: "00:16:3e:00:00:01"}
`

func TestApplyTwice(t *testing.T) {
	s := newSite(t)
	s.expect(s.plan(two, Options{}), `
web: create
pc: create
`)
	out := s.apply(two)
	want := []string{"web: create", "pc: create", "web: start", "pc: start"}
	if !slices.Equal(out.Done, want) {
		t.Errorf("done %q, want %q", out.Done, want)
	}
	s.expect(s.plan(two, Options{}), `
web: keep
pc: keep
`)
	if again := s.apply(two); len(again.Done) != 0 {
		t.Errorf("the second run did %q", again.Done)
	}
}

// A file of xl's numbers its networks by their place: one more before the others changes all
// numbers, and no other network.
func TestNetworksOfXL(t *testing.T) {
	s := newSite(t)
	plan := func(vifs string) *Plan {
		t.Helper()
		text := fmt.Sprintf("name='old'\ntype='pvh'\nmemory=64\nkernel='%s/vmlinuz'\nvif=[%s]\n", s.dir, vifs)
		f, err := xlcfg.ParseBytes([]byte(text), "old.cfg")
		if err != nil {
			t.Fatal(err)
		}
		d, _, err := xlcfg.NewDomain(f, xlcfg.Host{})
		if err != nil {
			t.Fatal(err)
		}
		p, err := NewPlan(t.Context(), s.host, []toolstack.Source{d}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	const a, b, c = "'mac=00:16:3e:00:00:01',", "'mac=00:16:3e:00:00:02',", "'bridge=br1',"
	for _, step := range []struct {
		vifs string
		done []string
	}{
		{a, []string{"old: create", "old: start"}},
		{c + b + a, []string{"old: attach network on br1", "old: attach network on the default bridge, 00:16:3e:00:00:02"}},
		{b + a + c, nil},
		{a + c, []string{"old: detach network on the default bridge, 00:16:3e:00:00:02"}},
		{a + c, nil},
	} {
		out, err := plan(step.vifs).Apply(t.Context(), Observer{})
		if err != nil || !slices.Equal(out.Done, step.done) {
			t.Errorf("%s: did %q, %v, want %q", step.vifs, out.Done, err, step.done)
		}
	}
}

func TestApplyLive(t *testing.T) {
	s := newSite(t)
	s.apply(two)
	edited := strings.NewReplacer(
		"memory: 128MiB\nvcpus: 2", "memory: 96MiB\nvcpus: 1", "{path: DIR/a.img, target: xvda}", "{path: DIR/b.img, target: xvdb}",
		"bridge: br0\n---", "bridge: br1\n---",
		"memory: 128MiB\nmax_memory: 256MiB\nvcpus: 1", "memory: 300MiB\nmax_memory: 384MiB\nvcpus: 2",
		"cdrom: true,", "cdrom: true, path: DIR/disc.iso,", `{bridge: br0, mac`, `{bridge: br1, ip: 192.0.2.7, mac`).Replace(two)
	p := s.plan(edited, Options{})
	s.expect(p, `
web: change
  3:9 memory: running 128MiB, file says 96MiB
  4:8 vcpus: running 2, file says 1
  7:5 disks[0]: running nothing, file says xvdb DIR/b.img
  7:3 disks: running xvda DIR/a.img, file says nothing
  9:5 networks[0]: running nothing, file says on br1
  9:3 networks: running on br0, 00:16:3e:00:00:00, file says nothing
pc: change
  14:13 max_memory: running 256MiB, file says 384MiB
  13:9 memory: running 128MiB, file says 300MiB
  15:8 vcpus: running 1, file says 2
  20:25 disks[0].path: running empty, file says DIR/disc.iso
  22:14 networks[0].bridge: running br0, file says br1
  22:23 networks[0].ip: running nothing, file says 192.0.2.7
`)
	out := s.apply(edited)
	if first := out.Done[0]; first != "web: memory 128MiB -> 96MiB" || len(out.Done) != 12 {
		t.Errorf("done %q", out.Done)
	}
	s.expect(s.plan(edited, Options{}), `
web: keep
pc: keep
`)
}

func TestRefused(t *testing.T) {
	s := newSite(t)
	s.apply(two)
	edited := strings.NewReplacer(
		"type: pvh\nmemory: 128MiB\nvcpus: 2\n", "type: pv\nmemory: 192MiB\nvcpus: 3\nuuid: 01020304-0506-4708-890a-0b0c0d0e0f10\non_crash: restart\n",
		"a.img", "b.img", "max_vcpus: 2", "max_vcpus: 4\nfirmware: bios\nnested_hvm: true\ncmdline: quiet", "vnc: true\n", "",
		"disks:\n  - {cdrom: true, target: hdc}\n", "").Replace(two)
	p := s.plan(edited, Options{})
	s.expect(p, `
web: refuse
  5:7 uuid: running `+s.uuid("web")+`, file says 01020304-0506-4708-890a-0b0c0d0e0f10 (needs destroy and create)
  2:7 type: running pvh, file says pv (needs destroy and create)
  6:11 on_crash: running destroy, file says restart (needs destroy and create)
  3:9 memory: running 128MiB, file says 192MiB (it may have 128MiB at most; write max_memory to allow more)
  4:8 vcpus: running 2, file says 3 (it was built with 2 (max_vcpus) and needs destroy and create for more)
  9:12 disks[0].path: running DIR/a.img, file says DIR/b.img (a disk in use is not exchanged: give the new one another target, or destroy and create the domain)
pc: refuse
  21:10 cmdline: running nothing, file says quiet (needs destroy and create)
  20:13 nested_hvm: running false, file says true (needs destroy and create)
  13:1 vnc: running true, file says false (needs destroy and create)
  18:12 max_vcpus: running 2, file says 4 (needs destroy and create)
  13:1 disks: running hdc empty, file says nothing (a running guest's drive is not taken away: needs destroy and create)
`)
	out, err := p.Apply(t.Context(), Observer{}) // as with --partial
	if err != nil || len(out.Done) != 0 {
		t.Errorf("did %q, %v", out.Done, err)
	}
	want := "all.yaml:2:7: type: running pvh, file says pv (needs destroy and create)"
	if text := p.Refused().Error(); !strings.Contains(text, want) {
		t.Errorf("%q is missing in\n%s", want, text)
	}
}

func (s *site) uuid(name string) string {
	s.Helper()
	d, err := toolstack.Find(s.Context(), s.host, name)
	if err != nil {
		s.Fatal(err)
	}
	return d.UUID
}

func TestRefusedStates(t *testing.T) {
	s := newSite(t)
	s.apply(two)
	s.host.NoDrivers = []string{"pc"}
	web, _ := toolstack.Find(t.Context(), s.host, "web")
	if err := s.host.Stop(web.ID, toolstack.ShutdownCrash); err != nil {
		t.Fatal(err)
	}
	p := s.plan(strings.Replace(two, "vcpus: 1\n", "vcpus: 2\n", 1), Options{})
	s.expect(p, `
web: refuse
  DIR/all.yaml:1:7: name: domain 1 of this name has stopped (crash) and is kept as it is (destroy it to have it created anew)
pc: refuse
  15:8 vcpus: running 1, file says 2 (the guest has no drivers for Xen that would follow)
`)
}

// Each step fails once; what came before it must be undone.
func TestFailureUndoes(t *testing.T) {
	edited := strings.NewReplacer("memory: 128MiB\nvcpus: 2", "memory: 96MiB\nvcpus: 1", "xvda}", "xvda}\n  - {path: DIR/b.img, target: xvdb}",
		"bridge: br0\n---", "bridge: br1\n---").Replace(two) + "---\nname: new\ntype: pv\nmemory: 64MiB\nkernel: DIR/vmlinuz\n"
	for _, op := range []string{"set memory", "set vcpus", "attach disk", "attach network", "detach network", "create", "unpause"} {
		t.Run(op, func(t *testing.T) {
			s := newSite(t)
			s.apply(two)
			plan := s.plan(edited, Options{})
			broken := errors.New("broken")
			failed := false
			s.host.Fail = func(o, _ string) error {
				if o == op && !failed {
					failed = true
					return broken
				}
				return nil
			}
			out, err := plan.Apply(t.Context(), Observer{})
			if !errors.Is(err, broken) || len(out.Left) != 0 {
				t.Fatalf("%+v, %v", out, err)
			}
			s.expect(s.plan(two, Options{}), `
web: keep
pc: keep
`)
			if all, _ := s.host.Domains(t.Context()); len(all) != 2 {
				t.Errorf("there are %d domains", len(all))
			}
		})
	}
}

func TestFailureThatStays(t *testing.T) {
	s := newSite(t)
	s.apply(two)
	plan := s.plan(strings.NewReplacer("memory: 128MiB\nvcpus: 2", "memory: 96MiB\nvcpus: 1").Replace(two), Options{})
	memory := 0
	s.host.Fail = func(op, _ string) error {
		if op == "set memory" {
			memory++
		}
		if op == "set vcpus" || op == "set memory" && memory > 1 {
			return errors.New("broken")
		}
		return nil
	}
	out, err := plan.Apply(t.Context(), Observer{})
	want := "web: memory 128MiB -> 96MiB: could not be undone: broken"
	if err == nil || !strings.Contains(err.Error(), want) || len(out.Left) != 1 || len(out.Undone) != 0 {
		t.Errorf("%+v, %v, want %q", out, err, want)
	}
}

func TestPrune(t *testing.T) {
	s := newSite(t)
	s.apply(two)
	only, _, _ := strings.Cut(two, "---")
	if p := s.plan(only, Options{}); len(p.Domains) != 1 {
		t.Errorf("without prune: %s", s.words(p))
	}
	p := s.plan(only, Options{Prune: true})
	s.expect(p, `
web: keep
pc: destroy
`)
	if out, err := p.Apply(t.Context(), Observer{}); err != nil || !slices.Equal(out.Done, []string{"pc: destroy"}) {
		t.Errorf("%+v, %v", out, err)
	}
}

// others is a host with domains that are not for pruning.
type others struct{ toolstack.Host }

func (h others) Domains(ctx context.Context) ([]toolstack.DomainInfo, error) {
	all, err := h.Host.Domains(ctx)
	return append(all,
		toolstack.DomainInfo{ID: 101, Name: "Xenstore", NeverStop: true},
		toolstack.DomainInfo{ID: 102, Name: toolstack.NoName},
		toolstack.DomainInfo{ID: 103, Name: "away", Shutdown: true, Reason: toolstack.ShutdownSuspend},
		toolstack.DomainInfo{ID: 104, Name: "guest--incoming"},
		toolstack.DomainInfo{ID: 105, Name: "web-dm"}), err
}

func TestPruneLeavesWhatOthersNeed(t *testing.T) {
	s := newSite(t)
	s.apply(two)
	p, err := NewPlan(t.Context(), others{s.host}, s.files(two), Options{Prune: true})
	if err != nil || p.Count(Destroy) > 0 {
		t.Errorf("%v, %s", err, s.words(p))
	}
}

func TestTooMuchMemory(t *testing.T) {
	s := newSite(t)
	var text strings.Builder
	for i := range 3 {
		fmt.Fprintf(&text, "---\nname: big%d\ntype: pv\nmemory: 900MiB\nkernel: DIR/vmlinuz\n", i)
	}
	s.expect(s.plan(text.String(), Options{}), `
big0: create
big1: create
big2: refuse
  DIR/all.yaml:14:9: memory: it takes 901 MiB, and the domains before it leave 246 MiB (stop a domain or give dom0 less memory)
`)
}

// What dom0 would give away is there for new domains, once, and not for those that run.
func TestMemoryOfDom0(t *testing.T) {
	s := newSite(t)
	const running = "name: web\ntype: pv\nmemory: 900MiB\nmax_memory: 1500MiB\nkernel: DIR/vmlinuz\n"
	s.apply(running)
	s.host.Change(func(i *toolstack.HostInfo) { i.BalloonMiB = 1000 })
	var text strings.Builder
	for i := range 2 {
		fmt.Fprintf(&text, "---\nname: big%d\ntype: pv\nmemory: 900MiB\nkernel: DIR/vmlinuz\n", i)
	}
	s.expect(s.plan(text.String(), Options{}), `
big0: create
big1: refuse
  DIR/all.yaml:9:9: memory: it takes 901 MiB, and the domains before it leave 646 MiB (stop a domain or give dom0 less memory)
`)
	if p := s.plan(strings.Replace(running, "900MiB", "1500MiB", 1), Options{}); p.Count(Refuse) != 1 {
		t.Error(s.words(p))
	}
}

// What a running domain is to get must be there; what it has already need not.
func TestMissingFile(t *testing.T) {
	s := newSite(t)
	s.apply(two)
	if err := os.Remove(filepath.Join(s.dir, "vmlinuz")); err != nil {
		t.Fatal(err)
	}
	p := s.plan(strings.Replace(two, "xvda}\n", "xvda}\n  - {path: DIR/none.img, target: xvdb}\n", 1), Options{})
	if p.Count(Refuse) != 1 || len(p.Refused()) != 1 || !strings.Contains(p.Refused().Error(), "all.yaml:8:12: disks[1].path: ") {
		t.Errorf("%s%v", s.words(p), p.Refused())
	}
}

func TestSameNameTwice(t *testing.T) {
	s := newSite(t)
	one, _, _ := strings.Cut(two, "---")
	files := s.files(one)
	_, err := NewPlan(t.Context(), s.host, append(files, files...), Options{})
	var faults domcfg.Errors
	if !errors.As(err, &faults) || !strings.Contains(err.Error(), "is already that of the domain at") {
		t.Error(err)
	}
}

// What a file says of scheduling is compared, what it leaves open is not.
func TestScheduling(t *testing.T) {
	s := newSite(t)
	s.apply(two)
	d, _ := toolstack.Find(t.Context(), s.host, "web")
	file := s.files(strings.Replace(two, "vcpus: 2", "vcpus: 2\nscheduler: {weight: 512}", 1))[0]
	found, err := Compare(t.Context(), s.host, d, file)
	if err != nil || len(found) != 1 || found[0].String() != "scheduler.weight: running 256, file says 512" || found[0].Pos.Line != 5 {
		t.Fatalf("%+v, %v", found, err)
	}
	for _, step := range found[0].steps {
		if err := step.do(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if found, err = Compare(t.Context(), s.host, d, file); err != nil || len(found) != 0 {
		t.Errorf("%+v, %v", found, err)
	}
}
