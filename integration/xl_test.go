//go:build lab

package integration

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/xenvoy/xenvoy/integration/lab"
	"github.com/xenvoy/xenvoy/integration/xlcompat"
)

// inPlaceOfXL runs the product in the place of xl, on a host of its own: with a second CPU for CPU
// pools, and with a PCI function and a USB device that dom0 can do without.
func inPlaceOfXL(t *testing.T) {
	h, bin := xlHost(t), build(t, lab.DefaultXen)
	install(t, h, bin)
	provideCases(t, h)
	s := &stand{h}
	for _, c := range []struct {
		name string
		test func(*testing.T)
	}{
		{"files", func(t *testing.T) { compareFiles(t, h) }},
		{"commands", func(t *testing.T) { compareXL(t, h, sampleOfCases()...) }},
		{"side by side", s.sideBySide},
		{"xendomains", s.xendomains},
	} {
		if !t.Run(c.name, c.test) && os.Getenv("XENVOY_LAB") == "" {
			if err := h.Reset(t.Context()); err != nil {
				t.Fatal(err)
			}
			install(t, h, bin)
			provideCases(t, h)
		}
	}
}

// sampleOfCases is what make test compares of xl's commands: what comes before a command, guests that
// are paused, and creation. All take a quarter of an hour.
func sampleOfCases() []string { return []string{"00", "20", "30"} }

// xlHost is the host of these tests: one of their own, or that of the lab XENVOY_LAB, which
// "xenvoy lab up --hosts 1 --cpus 2 --spare" has started, so that a try costs no boot.
func xlHost(t *testing.T) *lab.Host {
	t.Helper()
	var l *lab.Lab
	if name := os.Getenv("XENVOY_LAB"); name != "" {
		var err error
		if l, err = lab.Open(name); err != nil {
			t.Fatal(err)
		}
	} else {
		l = lab.Start(t, lab.Options{Hosts: 1, CPUs: 2, Spare: true})
	}
	h, err := l.Host("a")
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// stand is a host where both xl and the product stand ready as xl.
type stand struct{ *lab.Host }

// sh runs shell commands in dom0, with the functions of testdata/xl/helpers.sh and the xl of
// the folder who, and gives what they print. They have to succeed.
func (s *stand) sh(t *testing.T, who, commands string) string {
	t.Helper()
	const frame = "cd %s && PATH=$PWD/%s:$PATH && . ./helpers.sh && set -e\n%s"
	res, err := s.Run(t.Context(), "timeout", "120", "bash", "-c", fmt.Sprintf(frame, xlcompat.Folder, who, commands))
	if err != nil || res.Code != 0 {
		t.Fatalf("%s: %s: status %d, %v: %s%s", who, commands, res.Code, err, res.Stdout, res.Stderr)
	}
	return strings.TrimSpace(res.Stdout)
}

// sideBySide has guests that one of the two has made listed, rebooted, saved and destroyed by
// the other. A reboot is for the monitor of the one that has made the guest.
func (s *stand) sideBySide(t *testing.T) {
	for _, c := range []struct{ maker, other string }{{"real", "ours"}, {"ours", "real"}} {
		t.Run(c.maker+" creates", func(t *testing.T) {
			s.sh(t, c.maker, "xl create -q guests/live.cfg; booted live")
			first := s.sh(t, c.other, "xl domid live")
			if list := s.sh(t, c.other, "xl list live; xl list -l live"); !strings.Contains(list, `"name": "live"`) {
				t.Errorf("listed as %s", list)
			}
			s.sh(t, c.other, "xl reboot live; wait_for '[ $(id live) -gt "+first+" ]'; booted live")
			s.sh(t, c.other, "xl pause live; xl unpause live; xl save live image; wait_for 'no_monitor'")
			if left := s.sh(t, "real", "gone live"); left != "live is gone" {
				t.Errorf("after the save, %s", left)
			}
			s.sh(t, c.maker, "xl restore image; counts live; rm image")
			s.sh(t, c.other, "xl reboot live; second=$(id live); wait_for '[ $(id live) -gt '$second' ]'; booted live")
			s.sh(t, c.other, "xl destroy live; wait_for 'no_monitor'")
		})
	}
}

// xendomains runs Debian's script for the start and the end of dom0 unchanged. Meanwhile
// there is no other xl.
func (s *stand) xendomains(t *testing.T) {
	const script = "/etc/init.d/xendomains"
	away := "/usr/lib/xen-" + s.Xen() + "/bin/xl"
	s.sh(t, "real", "mkdir -p /etc/xen/auto /var/lib/xen/save; ln -sf $PWD/guests/live.cfg /etc/xen/auto/live.cfg; mv "+away+" "+away+".away")
	defer s.sh(t, "real", "mv "+away+".away "+away+"; rm /etc/xen/auto/live.cfg")
	s.sh(t, "ours", script+" start; booted live")
	before := s.sh(t, "ours", "count live")
	s.sh(t, "ours", script+" stop; test -s /var/lib/xen/save/live; ! xl domid live")
	s.sh(t, "ours", script+" start; counts live; ! test -e /var/lib/xen/save/live")
	if after := s.sh(t, "ours", "count live"); len(after) < len(before) || len(after) == len(before) && after <= before {
		t.Errorf("the guest counted to %s before it was saved, and to %s after", before, after)
	}
	s.sh(t, "ours", "sed -i.orig 's|^XENDOMAINS_SAVE=.*|XENDOMAINS_SAVE=|' /etc/default/xendomains")
	defer s.sh(t, "ours", "mv /etc/default/xendomains.orig /etc/default/xendomains")
	s.sh(t, "ours", script+" stop; ! xl domid live; ! test -e /var/lib/xen/save/live")
}
