//go:build lab

package integration

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/xenvoy/xenvoy/integration/lab"
)

// TestXen runs everything that needs a hypervisor on one pair of hosts. Each
// test leaves both as it found them.
func TestXen(t *testing.T) {
	t.Parallel() // with TestXenBeside, whose hosts are others
	s := startSites(t, "100mbit 80ms")
	s.failed.show(t)
	for _, c := range []struct {
		name string
		test func(*testing.T)
	}{
		{"text of xl", s.textOfXL},
		{"scripts", s.scripts},
		{"packages in dom0", func(t *testing.T) { testPackages(t, &s.failed, s.b.Host, nil) }},
		{"pvh moves", func(t *testing.T) { s.moves(t, "tiny-pvh") }},
		{"pv moves", func(t *testing.T) { s.moves(t, "tiny-pv") }},
		{"hvm moves", func(t *testing.T) { s.moves(t, "tiny-hvm") }},
		{"failures in mid pre-copy", s.failures},
		{"guest stops by itself", s.guestStops},
		{"apply and autostart", func(t *testing.T) { s.a.applies(t) }},
	} {
		ok := t.Run(c.name, func(t *testing.T) {
			a, b := s.a.state(t), s.b.state(t)
			c.test(t)
			s.a.unchanged(t, a)
			s.b.unchanged(t, b)
		})
		if !ok {
			s.reset(t) // the next test must not pay for this one
		}
	}
}

// TestXenBeside runs, beside TestXen, what needs one host of another kind, one after the
// other: more than two busy machines at a time would not be faster on two CPUs, and the limits
// of time in the tests would break.
func TestXenBeside(t *testing.T) {
	t.Parallel()
	t.Run("other release", otherRelease)
	t.Run("in the place of xl", inPlaceOfXL)
	t.Run("no HVM", noHVM)
}

// otherRelease runs the tests of packages that reach the hypervisor in the dom0 of the other
// release of Xen.
func otherRelease(t *testing.T) {
	const release = "4.20"
	var failed digest
	failed.show(t)
	root, err := lab.BuildRoot(t.Context(), "", release, func(_, text string) { t.Log(text) })
	if err != nil {
		t.Fatal(err)
	}
	h, err := lab.Start(t, lab.Options{Hosts: 1, Xen: release}).Host("a")
	if err != nil {
		t.Fatal(err)
	}
	install(t, h, build(t, release, root.Env()...))
	testPackages(t, &failed, h, root.Env(), "-test.short") // what is repeated often is so on the default release
}

// reset takes both hosts back to how they were at the start.
func (s *sites) reset(t *testing.T) {
	t.Helper()
	for _, h := range []*site{s.a, s.b} {
		if err := h.Reset(t.Context()); err != nil {
			t.Fatal(err)
		}
		h.provide(t, s.bin)
	}
}

// textOfXL compares what xl and xenvoy print, but for what changes by itself.
func (s *sites) textOfXL(t *testing.T) {
	s.a.do(t, "xenvoy", "create", "-p", domainFile("tiny-pvh"))
	defer s.a.do(t, "xenvoy", "destroy", "tiny-pvh")
	seconds := regexp.MustCompile(`(?m) +[0-9]+\.[0-9]$`)
	free := regexp.MustCompile(`(?m)^free_memory +: [0-9]+$`)
	for _, c := range []struct {
		command string
		changes *regexp.Regexp
	}{{"list", seconds}, {"info", free}} {
		xl := c.changes.ReplaceAllString(s.a.do(t, "xl", c.command), "")
		own := c.changes.ReplaceAllString(s.a.do(t, "xenvoy", c.command), "")
		if xl != own || len(xl) < 80 {
			t.Errorf("%s: xl prints\n%q\nxenvoy prints\n%q", c.command, xl, own)
		}
	}
	var rows []struct{ Name, State string }
	if err := json.Unmarshal([]byte(s.a.do(t, "xenvoy", "-o", "json", "list")), &rows); err != nil {
		t.Fatal(err)
	}
	if len(rows) != 2 || rows[1].Name != "tiny-pvh" || rows[1].State != "--p---" {
		t.Errorf("list as JSON: %+v", rows)
	}
}

// testPackages builds the tests of the bindings, and of what stands on them, with the
// environment, and runs them in the host, with args. What fails goes to failed as well.
func testPackages(t *testing.T, failed *digest, h *lab.Host, env []string, args ...string) {
	for _, c := range []struct{ p, tests string }{
		{"xen/libxl", "^TestXen"}, // its others need no Xen, and more memory than dom0 has
		{"xen/libxc", "^TestXen"},
		{"xen/hypercall", "^TestXen"},
		{"xen/internal/forklock", "."},
		{"xen/xenstore", "."},
		{"toolstack/native", "."},
	} {
		t.Run(c.p, func(t *testing.T) {
			test := filepath.Join(t.TempDir(), "test")
			build := exec.CommandContext(t.Context(), "go", "test", "-c", "-o", test, "../"+c.p)
			build.Env = append(os.Environ(), env...)
			if out, err := build.CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			if err := h.Install(t.Context(), test, "/root/package.test"); err != nil {
				t.Fatal(err)
			}
			argv := []string{"env", "TMPDIR=/var/tmp", "XENVOY_TEST_XEN=1",
				"/root/package.test", "-test.run", c.tests, "-test.v", "-test.count=1", "-test.timeout=25m"}
			res, err := h.Run(t.Context(), append(argv, args...)...)
			t.Log(res.Stdout, res.Stderr)
			if err != nil || res.Code != 0 {
				t.Errorf("%v, exit status %d", err, res.Code)
				failed.add(t.Name(), failedParts(res.Stdout)+res.Stderr)
			}
		})
	}
}

// scripts runs testdata/script: the product through "xenvoy lab ssh", as a user
// of the lab would. They run in parallel, so in a test of their own: it ends with the last.
func (s *sites) scripts(t *testing.T) {
	t.Run("all", func(t *testing.T) {
		testscript.Run(t, testscript.Params{
			Dir: "testdata/script", RequireExplicitExec: true, RequireUniqueNames: true,
			Setup: func(e *testscript.Env) error {
				e.Setenv("PATH", s.bin+":"+e.Getenv("PATH"))
				e.Setenv("XENVOY_STATE", s.lab.StateDir())
				return nil
			},
		})
	})
}

// guestStops lets a guest power off by itself and checks its on_poweroff.
func (s *sites) guestStops(t *testing.T) {
	s.a.do(t, "xenvoy", "create", domainFile("tiny-pvh"))
	s.a.counting(t, "tiny-pvh")
	s.a.do(t, "xenvoy", "shutdown", "--wait", "tiny-pvh")
	for deadline := time.Now().Add(20 * time.Second); s.a.has(t, "tiny-pvh"); {
		if time.Now().After(deadline) {
			t.Fatal("a guest that has powered off is not destroyed; the monitor says:\n" +
				s.a.do(t, "sh", "-c", "tail -n 5 /var/log/xen/xenvoy-tiny-pvh.log"))
		}
	}
}

// lastLine is the last line of a text that is not empty.
func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}
