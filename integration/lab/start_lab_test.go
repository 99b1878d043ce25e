//go:build lab

package lab_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/xenvoy/xenvoy/integration/lab"
)

// TestLab is the life of a lab: two hosts that see each other, a link that can be shaped and cut, a server that loses
// its power and comes back with its disk, and a reset.
func TestLab(t *testing.T) {
	l := lab.Start(t, lab.Options{WAN: "100mbit 80ms"})
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	a, b := host(t, l, "a"), host(t, l, "site-b")

	if out := output(t, a, ctx, "xl", "info"); !strings.Contains(out, " hvm ") {
		t.Errorf("host a takes no HVM guests:\n%s", out)
	}
	if got := output(t, a, ctx, "ssh", "site-b", "hostname"); got != "b\n" {
		t.Errorf("ssh from a to site-b reaches %q", got)
	}
	if rtt := roundTrip(t, a, ctx); rtt < 80*time.Millisecond || rtt > 400*time.Millisecond {
		t.Errorf("round trip %v over a link of 80 ms", rtt)
	}
	check(t, a.Cut(ctx))
	if res, err := a.Run(ctx, "ping", "-c", "2", "-W", "2", "b"); err != nil || res.Code == 0 {
		t.Errorf("ping over a cut link: %+v, %v", res, err)
	}
	check(t, a.Heal(ctx))
	roundTrip(t, a, ctx)

	check(t, b.Put(ctx, strings.NewReader("kept"), "/root/kept", 0o600))
	output(t, b, ctx, "sync")
	check(t, b.Kill(ctx))
	if _, err := b.Run(ctx, "true"); err == nil {
		t.Error("a killed host runs commands")
	}
	check(t, b.Boot(ctx))
	if got := output(t, b, ctx, "cat", "/root/kept"); got != "kept" {
		t.Errorf("after a power cut the file has %q", got)
	}
	check(t, b.Reset(ctx))
	if res, err := b.Run(ctx, "test", "-e", "/root/kept"); err != nil || res.Code != 1 {
		t.Errorf("after a reset the file is there: %+v, %v", res, err)
	}
	if rtt := roundTrip(t, b, ctx); rtt < 80*time.Millisecond {
		t.Errorf("round trip %v: the reset took the shaping away", rtt)
	}
}

// TestXen420 is a host of the newer release: it boots, says what it is, takes HVM guests, and runs a program that is
// built for it.
func TestXen420(t *testing.T) {
	const xen = "4.20"
	program := buildFor(t, xen)
	l := lab.Start(t, lab.Options{Hosts: 1, Xen: xen, Memory: 1536})
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	a := host(t, l, "a")
	if a.Xen() != xen {
		t.Errorf("Xen() = %q", a.Xen())
	}
	info := output(t, a, ctx, "xl", "info")
	for _, want := range []string{`(?m)^xen_version +: 4\.20\.`, `(?m)^virt_caps +:.* hvm `} {
		if !regexp.MustCompile(want).MatchString(info) {
			t.Errorf("xl info has no %s:\n%s", want, info)
		}
	}
	check(t, a.Install(ctx, program, "/usr/local/bin/xenvoy"))
	if out := output(t, a, ctx, "xenvoy", "info"); !strings.Contains(out, "\nxen_version            : 4.20.") {
		t.Errorf("the program built for %s tells\n%s", xen, out)
	}
}

// TestTwoReleases is a lab whose hosts differ, and know each other all the same.
func TestTwoReleases(t *testing.T) {
	l := lab.Start(t, lab.Options{Xen: "4.17,4.20", Memory: 1536})
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	const version = "xl info | sed -n 's/^xen_version *: //p'"
	for from, want := range map[string]string{"a": "4.20.", "b": "4.17."} {
		other := map[string]string{"a": "b", "b": "a"}[from]
		if got := output(t, host(t, l, from), ctx, "ssh", other, version); !strings.HasPrefix(got, want) {
			t.Errorf("%s sees Xen %q on %s, want %s", from, got, other, want)
		}
	}
}

// TestBuildRoot builds the same program for each release in turn, twice: the go command's cache must not hand one
// release's objects to the other.
func TestBuildRoot(t *testing.T) {
	for range 2 {
		for _, xen := range lab.Releases() {
			if got, err := lab.BuiltFor(buildFor(t, xen)); err != nil || got != xen {
				t.Errorf("built for %s: it is linked for %q, %v", xen, got, err)
			}
		}
	}
	if _, err := lab.BuildRoot(t.Context(), "", "4.19", nil); !errors.Is(err, lab.ErrConfig) {
		t.Errorf("a release that is not there: %v", err)
	}
}

// buildFor builds xenvoy for hosts of a release and gives its path.
func buildFor(t *testing.T, xen string) string {
	t.Helper()
	root, err := lab.BuildRoot(t.Context(), "", xen, func(_, text string) { t.Log(text) })
	check(t, err)
	path := filepath.Join(t.TempDir(), "xenvoy")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", path, "../../cmd/xenvoy")
	cmd.Env = append(os.Environ(), root.Env()...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build for Xen %s: %v: %s", xen, err, out)
	}
	return path
}

// roundTrip is the shortest of some pings to the other host.
func roundTrip(t *testing.T, h *lab.Host, ctx context.Context) time.Duration {
	t.Helper()
	other := map[string]string{"a": "b", "b": "a"}[h.Name]
	out := output(t, h, ctx, "ping", "-c", "5", "-i", "0.3", "-W", "5", other)
	_, rest, _ := strings.Cut(out, "min/avg/max/mdev = ")
	least, _, _ := strings.Cut(rest, "/")
	d, err := time.ParseDuration(least + "ms")
	if err != nil {
		t.Fatalf("ping said %q: %v", out, err)
	}
	return d
}

func host(t *testing.T, l *lab.Lab, name string) *lab.Host {
	t.Helper()
	h, err := l.Host(name)
	check(t, err)
	return h
}

func output(t *testing.T, h *lab.Host, ctx context.Context, argv ...string) string {
	t.Helper()
	out, err := h.Output(ctx, argv...)
	check(t, err)
	return out
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
