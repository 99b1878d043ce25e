//go:build lab && chaos

package integration

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/xenvoy/xenvoy/integration/lab"
)

// matrixPage is the page that TestMatrix writes when XENVOY_WRITE is set.
const matrixPage = "../docs/peers.md"

// TestMatrix moves guests between every two of xl and the product, of both releases, live and in a file.
func TestMatrix(t *testing.T) {
	var rows []string
	for _, releases := range []string{"4.17,4.17", "4.17,4.20", "4.20,4.20"} {
		t.Run(releases, func(t *testing.T) {
			if only := os.Getenv("XENVOY_XEN"); only != "" && only != releases {
				t.Skipf("XENVOY_XEN is %s", only)
			}
			m := newMatrix(t, releases)
			rows = append(rows, m.crossings(t, m.a, m.b)...)
			if m.a.Xen() != m.b.Xen() {
				rows = append(rows, m.crossings(t, m.b, m.a)...)
			}
		})
	}
	if os.Getenv("XENVOY_WRITE") != "" && !t.Failed() {
		must(t, os.WriteFile(matrixPage, []byte(matrixText(rows)), 0o644))
	}
}

func matrixText(rows []string) string {
	return `# Who can hand a guest to whom

Written by "make matrix": each line was run between two hosts of the lab. The guest counts; it has to count on
at the other end, and to be gone from the first. The downtime is by the guest's own count of seconds, to a second.

| from | to | guest | how | what came of it |
|---|---|---|---|---|
` + strings.Join(rows, "\n") + "\n"
}

// matrix is a pair of hosts, which may be of two releases.
type matrix struct{ a, b *site }

func newMatrix(t *testing.T, releases string) *matrix {
	t.Helper()
	l := lab.Start(t, lab.Options{Xen: releases})
	m := &matrix{}
	for name, p := range map[string]**site{"a": &m.a, "b": &m.b} {
		h, err := l.Host(name)
		must(t, err)
		var env []string
		if h.Xen() != lab.DefaultXen {
			root, err := lab.BuildRoot(t.Context(), "", h.Xen(), func(_, text string) { t.Log(text) })
			must(t, err)
			env = root.Env()
		}
		*p = &site{h, name}
		install(t, h, build(t, h.Xen(), env...))
		for _, kind := range []string{"pvh", "hvm"} {
			must(t, h.Put(t.Context(), strings.NewReader(matrixGuest(kind)), "/root/"+kind+".cfg", 0o644))
		}
		(*p).do(t, "sh", "-c", `mkdir -p /root/real /root/ours; ln -sf "/usr/lib/xen-$1/bin/xl" /root/real/xl; ln -sf "$2" /root/ours/xl`,
			"link", h.Xen(), program)
	}
	return m
}

func matrixGuest(kind string) string {
	return fmt.Sprintf(`name = "cross"
type = %q
kernel = "/var/lib/xenvoy/guests/tiny/vmlinuz"
ramdisk = "/var/lib/xenvoy/guests/tiny/initrd.img"
extra = "console=hvc0 quiet"
memory = 96
vcpus = 1
`, kind)
}

// crossings goes through senders, receivers, guests and ways, and gives lines of the page.
func (m *matrix) crossings(t *testing.T, from, to *site) []string {
	var rows []string
	for _, kind := range []string{"pvh", "hvm"} {
		for _, sender := range []string{"xl", "xenvoy"} {
			for _, receiver := range []string{"xl", "xenvoy"} {
				for _, way := range []string{"live", "file"} {
					c := crossing{from, to, kind, sender, receiver, way}
					t.Run(c.name(), func(t *testing.T) {
						came := c.run(t)
						t.Log(c.name(), came)
						rows = append(rows, fmt.Sprintf("| %s %s | %s %s | %s | %s | %s |",
							sender, from.Xen(), receiver, to.Xen(), kind, way, came))
					})
				}
			}
		}
	}
	return rows
}

// crossing is one line.
type crossing struct {
	from, to                    *site
	kind, sender, receiver, way string
}

func (c crossing) name() string {
	return fmt.Sprintf("%s %s to %s %s, %s, %s", c.sender, c.from.Xen(), c.receiver, c.to.Xen(), c.kind, c.way)
}

// backward says whether the other end is of an older Xen.
func (c crossing) backward() bool { return c.from.Xen() > c.to.Xen() }

// folder has the program of a kind under the name xl.
func folder(who string) string {
	return map[string]string{"xl": "/root/real/xl", "xenvoy": "/root/ours/xl"}[who]
}

// command is what sends the guest.
func (c crossing) command() string {
	there := fmt.Sprintf("ssh %s %s", c.to.name, folder(c.receiver))
	switch {
	case c.way == "file":
		return fmt.Sprintf("%s save cross /root/cross.save && ssh %s 'cat >/root/cross.save' </root/cross.save && %s restore /root/cross.save",
			folder(c.sender), c.to.name, there)
	case c.sender == "xl":
		return fmt.Sprintf("%s migrate -s '' cross '%s migrate-receive'", folder("xl"), there)
	case c.receiver == "xl":
		return "xenvoy migrate --peer xl cross " + c.to.name
	}
	return "xenvoy migrate cross " + c.to.name
}

// run is one crossing, with a guest of its own.
func (c crossing) run(t *testing.T) string {
	t.Helper()
	defer func() {
		for _, s := range []*site{c.from, c.to} {
			s.do(t, "sh", "-c", "rm -f /root/cross.save; for d in cross cross--incoming cross--migratedaway; do xl destroy $d 2>/dev/null; done; true")
		}
	}()
	c.from.do(t, folder(c.sender), "create", "-q", "/root/"+c.kind+".cfg")
	before := c.from.counting(t, "cross")
	seen := time.Now()
	res, err := c.from.Run(t.Context(), "timeout", "200", "sh", "-c", c.command())
	must(t, err)
	if c.backward() {
		return c.refused(t, res, before)
	}
	if res.Code != 0 {
		t.Fatalf("%s: exit status %d: %s%s", c.command(), res.Code, res.Stdout, res.Stderr)
	}
	if c.from.has(t, "cross") || !c.to.has(t, "cross") {
		t.Fatalf("here %v, there %v", c.from.has(t, "cross"), c.to.has(t, "cross"))
	}
	after := c.to.counting(t, "cross")
	lost := time.Since(seen).Seconds() - float64(after-before)
	if after <= before {
		t.Fatalf("it counted to %d before and to %d after", before, after)
	}
	return fmt.Sprintf("counts on; stood still for %.0f s", max(lost, 0))
}

// refused is for a guest of a newer Xen: our preflight says why it cannot go, and whatever was tried, it
// runs on where it was, or is in its file.
func (c crossing) refused(t *testing.T, res lab.Result, before int) string {
	t.Helper()
	ours := c.way == "live" && c.sender == "xenvoy" && c.receiver == "xenvoy"
	if ours && !regexp.MustCompile(`Xen 4\.17.* is older than Xen 4\.20`).MatchString(res.Stdout+res.Stderr) {
		t.Errorf("refused with status %d: %s%s", res.Code, res.Stdout, res.Stderr)
	}
	switch here, there := c.from.has(t, "cross"), c.to.has(t, "cross"); {
	case there && !ours && res.Code == 0:
		c.to.counting(t, "cross")
		return "counts on, though the Xen there is older"
	case here && !there:
		if after := c.from.counting(t, "cross"); after <= before {
			t.Errorf("it counted to %d before and to %d after", before, after)
		}
		if ours {
			return "refused in preflight; runs on where it was"
		}
		return "fails; runs on where it was"
	case !here && !there && c.way == "file":
		return "the restore fails; the file is there"
	}
	t.Errorf("status %d, here %s, there %s: %s%s", res.Code, c.from.do(t, "xl", "list"), c.to.do(t, "xl", "list"), res.Stdout, res.Stderr)
	return "unclear"
}
