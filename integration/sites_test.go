//go:build lab

package integration

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xenvoy/xenvoy/integration/lab"
)

// program is where the hosts have the product; its build for their Xen lies beside it.
const program = "/usr/local/bin/xenvoy"

// sites is the pair of hosts that all tests share.
type sites struct {
	lab  *lab.Lab
	a, b *site
	bin  string // folder with the product

	failed digest
}

// site is one host.
type site struct {
	*lab.Host
	name string
}

// startSites builds the product, boots the pair over a link like wan, and installs product and
// domain files.
func startSites(t *testing.T, wan string) *sites {
	t.Helper()
	bin := build(t, lab.DefaultXen)
	s := &sites{lab: lab.Start(t, lab.Options{WAN: wan}), bin: bin}
	for name, p := range map[string]**site{"a": &s.a, "b": &s.b} {
		h, err := s.lab.Host(name)
		if err != nil {
			t.Fatal(err)
		}
		*p = &site{h, name}
		(*p).provide(t, bin)
	}
	return s
}

// build makes the product as "make build" does, the program and its build for a release of
// Xen, with additions to the environment of the latter, and gives the folder that has both.
func build(t *testing.T, xen string, env ...string) string {
	t.Helper()
	dir := t.TempDir()
	for name, env := range map[string][]string{"xenvoy": {"CGO_ENABLED=0"}, "xenvoy-" + xen: env} {
		cmd := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(dir, name), "../cmd/xenvoy")
		cmd.Env = append(os.Environ(), env...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	return dir
}

// install puts the product into a host.
func install(t *testing.T, h *lab.Host, bin string) {
	t.Helper()
	for _, suffix := range []string{"", "-" + h.Xen()} {
		if err := h.Install(t.Context(), filepath.Join(bin, "xenvoy"+suffix), program+suffix); err != nil {
			t.Fatal(err)
		}
	}
}

// provide puts the product and the example domain files into the host.
func (s *site) provide(t *testing.T, bin string) {
	t.Helper()
	install(t, s.Host, bin)
	files, err := filepath.Glob("../configs/domains/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no domain files: %v", err)
	}
	for _, path := range files {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		err = s.Put(t.Context(), f, domainFile(strings.TrimSuffix(filepath.Base(path), ".yaml")), 0o644)
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
	}
}

// domainFile is where the hosts have an example domain file.
func domainFile(name string) string { return "/etc/xenvoy/domains/" + name + ".yaml" }

// do runs a command in the host that must succeed.
func (s *site) do(t *testing.T, argv ...string) string {
	t.Helper()
	out, err := s.Output(t.Context(), argv...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// state is all that a domain could leave behind: domains, xenstore keys,
// processes, files of libxl.
const stateScript = `
xl list | awk 'NR > 1 {print "domain", $1}'
xenstore-ls -f | cut -d' ' -f1 | grep -E '^/(vm|libxl|local/domain)/' | grep -vE '^/local/domain/0/(memory|device-model$|control)' | sed 's/^/key /'
ps -eo comm= | grep -E '^(xenvoy|qemu|xen-qemu|libxl-save|xl$|ssh$)' | sed 's/^/process /'
ls /run/xen /var/lib/xen | grep -E 'qmp|qemu|userdata-.\.[1-9]' | sed 's/^/file /'
ls /dev/shm | sed 's/^/shm /'
`

// state lists them, one a line, sorted.
func (s *site) state(t *testing.T) string {
	t.Helper()
	return s.do(t, "sh", "-c", "("+stateScript+") | sort; true")
}

// unchanged demands that the host gets back to the state before, within the
// time that monitors and xenstored take to notice an end.
func (s *site) unchanged(t *testing.T, before string) {
	t.Helper()
	var now string
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); {
		if now = s.state(t); now == before {
			return
		}
	}
	t.Errorf("host %s, before:\n%s\nnow:\n%s", s.name, before, now)
}

// counts reads the guest's console for some seconds through the product and
// gives the seconds that the guest counted meanwhile.
func (s *site) counts(t *testing.T, domain string, seconds int) []int {
	t.Helper()
	res, err := s.Run(t.Context(), "sh", "-c", fmt.Sprintf("timeout %d xenvoy console %s </dev/null", seconds, domain))
	if err != nil || res.Code != 124 {
		t.Fatalf("console of %s on %s: %+v, %v", domain, s.name, res, err)
	}
	var all []int
	for _, line := range strings.Split(res.Stdout, "\n") {
		if n, ok := strings.CutPrefix(strings.TrimSpace(line), "tiny "); ok {
			if i, err := strconv.Atoi(n); err == nil {
				all = append(all, i)
			}
		}
	}
	return all
}

// counting waits until the guest counts and gives its last count. Each must be
// one more than the one before.
func (s *site) counting(t *testing.T, domain string) int {
	t.Helper()
	for deadline := time.Now().Add(3 * time.Minute); time.Now().Before(deadline); {
		all := s.counts(t, domain, 6)
		if len(all) < 3 {
			continue
		}
		for i := 1; i < len(all); i++ {
			if all[i] != all[i-1]+1 {
				t.Fatalf("%s on %s counts %v", domain, s.name, all)
			}
		}
		return all[len(all)-1]
	}
	t.Fatalf("%s on %s does not count", domain, s.name)
	return 0
}

// has says whether the host lists the domain.
func (s *site) has(t *testing.T, domain string) bool {
	t.Helper()
	for _, line := range strings.Split(s.do(t, "xl", "list"), "\n") {
		if f := strings.Fields(line); len(f) > 0 && f[0] == domain {
			return true
		}
	}
	return false
}

// background starts a command in the host and gives its output as it comes.
func (s *site) background(t *testing.T, argv ...string) *running {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	cmd, err := s.Command(ctx, argv...)
	if err != nil {
		t.Fatal(err)
	}
	r := &running{cmd: cmd, argv: argv, lines: make(chan string, 1000), done: make(chan struct{})}
	t.Cleanup(cancel)
	r.start(t)
	return r
}
