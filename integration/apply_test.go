//go:build lab

package integration

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

// applyFiles are six domains, of each type and in both languages.
func applyFiles() map[string]string {
	return map[string]string{
		"base.yaml": `defaults:
  type: pvh
  memory: 96MiB
  kernel: /var/lib/xenvoy/guests/tiny/vmlinuz
  ramdisk: /var/lib/xenvoy/guests/tiny/initrd.img
  cmdline: console=hvc0 quiet
`,
		"front.yaml": `include: base.yaml
---
name: ap-web
memory: 128MiB
vcpus: 2
max_vcpus: 2
disks:
  - path: /root/apply/a.img
    target: xvda
networks:
  - bridge: br0
autostart: {order: 1, timeout: 100}
---
name: ap-mail
autostart: {order: 2, on_host_shutdown: save}
`,
		"pv.yaml": `include: base.yaml
---
name: ap-pv
type: pv
`,
		"hvm.yaml": `name: ap-hvm
type: hvm
memory: 112MiB
max_memory: 128MiB
kernel: /var/lib/xenvoy/guests/tiny/vmlinuz
ramdisk: /var/lib/xenvoy/guests/tiny/initrd.img
cmdline: console=hvc0 quiet
`,
		"db.yaml": `include: [base.yaml]
---
name: ap-db
type: pvh
`,
		"old.cfg": `name = "ap-old"
type = "pvh"
memory = 96
kernel = "/var/lib/xenvoy/guests/tiny/vmlinuz"
ramdisk = "/var/lib/xenvoy/guests/tiny/initrd.img"
cmdline = "console=hvc0 quiet"
vif = ["mac=00:16:3e:00:00:77"]
`,
	}
}

// put writes a file of the folder that is applied.
func (s *site) putApply(t *testing.T, name, text string) {
	t.Helper()
	if err := s.Put(t.Context(), strings.NewReader(text), "/root/apply/"+name, 0o644); err != nil {
		t.Fatal(err)
	}
}

// apply runs apply and demands its exit status.
func (s *site) apply(t *testing.T, status int, argv ...string) string {
	t.Helper()
	argv = append([]string{"xenvoy", "apply", "-f", "/root/apply"}, argv...)
	res, err := s.Run(t.Context(), argv...)
	t.Logf("%v: %d\n%s%s", argv, res.Code, res.Stdout, res.Stderr)
	if err != nil || res.Code != status {
		t.Fatalf("%v: %v, exit status %d, want %d", argv, err, res.Code, status)
	}
	return res.Stdout + res.Stderr
}

func contains(t *testing.T, text string, all ...string) {
	t.Helper()
	for _, want := range all {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in:\n%s", want, text)
		}
	}
}

// applies brings a folder of six domains into being, edits it, and ends it.
func (a *site) applies(t *testing.T) {
	a.do(t, "sh", "-c", "rm -rf /root/apply; mkdir /root/apply; cd /root/apply; truncate -s 4M a.img b.img c.img")
	files := applyFiles()
	for name, text := range files {
		a.putApply(t, name, text)
	}
	defer a.do(t, "sh", "-c", "for d in web mail pv hvm db old; do xenvoy destroy ap-$d 2>/dev/null; done; true")

	contains(t, a.apply(t, 0, "--dry-run"), "6 to create, 0 to change")
	if a.has(t, "ap-web") {
		t.Fatal("a dry run has made a domain")
	}
	contains(t, a.apply(t, 0), "6 to create", "done: 12 steps")
	a.do(t, "xenvoy", "pause", "ap-db", "ap-old", "ap-pv") // they need not boot, and an emulated host is slow
	contains(t, a.apply(t, 0), "6 as their files say", "nothing to do")
	a.applyLive(t, files)
	a.applyRefused(t, files)
	a.applyFails(t, files)
	a.autostarts(t)
}

// applyLive edits what can change live, in three types of guests.
func (a *site) applyLive(t *testing.T, files map[string]string) {
	files["front.yaml"] = strings.NewReplacer("memory: 128MiB\nvcpus: 2\n", "memory: 112MiB\nvcpus: 1\n",
		"a.img\n    target: xvda\n", "a.img\n    target: xvda\n  - path: /root/apply/b.img\n    target: xvdb\n").Replace(files["front.yaml"])
	files["hvm.yaml"] = strings.Replace(files["hvm.yaml"], "memory: 112MiB", "memory: 96MiB", 1) + "disks: [{path: /root/apply/c.img, target: xvdc}]\n"
	files["old.cfg"] = strings.Replace(files["old.cfg"], "vif = [", `vif = ["mac=00:16:3e:00:00:78", `, 1)
	files["pv.yaml"] += "memory: 80MiB\n"
	for _, name := range []string{"front.yaml", "hvm.yaml", "old.cfg", "pv.yaml"} {
		a.putApply(t, name, files[name])
	}
	a.booted(t)
	res, err := a.Run(t.Context(), "xenvoy", "config", "diff", "/root/apply/front.yaml", "ap-web")
	if err != nil || res.Code != 1 {
		t.Errorf("config diff: %v, exit status %d", err, res.Code)
	}
	contains(t, res.Stdout, "front.yaml:4:9: memory: running 128MiB, file says 112MiB (apply changes it live)",
		"front.yaml:5:8: vcpus: running 2, file says 1")
	contains(t, a.apply(t, 0), "0 to create, 4 to change, 2 as their files say", "done: 7 steps",
		"ap-web: vcpus 2 -> 1", "ap-hvm: memory 112MiB -> 96MiB")
	contains(t, a.apply(t, 0), "nothing to do")
	contains(t, a.do(t, "xl", "block-list", "ap-web"), "51728")
	contains(t, a.do(t, "xl", "network-list", "ap-old"), "00:16:3e:00:00:78")
	a.becomes(t, "ap-web", 112, 1)
	a.becomes(t, "ap-hvm", 96-8, 1) // libxl takes the 8 MiB of the video card off what it tells the guest
	a.do(t, "xenvoy", "config", "diff", "/root/apply/front.yaml", "ap-web")

	files["front.yaml"] = strings.NewReplacer("memory: 112MiB\nvcpus: 1\n", "memory: 128MiB\nvcpus: 2\n",
		"  - path: /root/apply/b.img\n    target: xvdb\n", "").Replace(files["front.yaml"])
	a.putApply(t, "front.yaml", files["front.yaml"])
	contains(t, a.apply(t, 0), "1 to change", "done: 3 steps")
	contains(t, a.apply(t, 0), "nothing to do")
	a.becomes(t, "ap-web", 128, 1) // its udev would have to switch the other virtual CPU on, and it has none
	told := a.do(t, "sh", "-c", "xenstore-read /local/domain/$(xl domid ap-web)/cpu/1/availability")
	contains(t, told, "online")
}

// booted waits until the plan no longer refuses the HVM guest for its lack of drivers, and
// until another guest counts.
func (s *site) booted(t *testing.T) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Minute); time.Now().Before(deadline); {
		res, err := s.Run(t.Context(), "xenvoy", "apply", "-f", "/root/apply", "--dry-run")
		if err != nil {
			t.Fatal(err)
		}
		if res.Code == 0 {
			s.counting(t, "ap-web")
			return
		}
		contains(t, res.Stderr, "the guest has no drivers for Xen that would follow")
	}
	t.Fatal("ap-hvm does not boot")
}

// becomes waits until the guest has followed.
func (s *site) becomes(t *testing.T, domain string, mib, vcpus int) {
	t.Helper()
	var rows []struct {
		Memory int `json:"memory_mib"`
		VCPUs  int `json:"vcpus"`
	}
	for deadline := time.Now().Add(3 * time.Minute); time.Now().Before(deadline); {
		if err := json.Unmarshal([]byte(s.do(t, "xenvoy", "list", "-o", "json", domain)), &rows); err != nil {
			t.Fatal(err)
		}
		// libxl has the last MiB more or less than the target, by the type of guest.
		if len(rows) == 1 && rows[0].Memory-mib <= 2 && mib-rows[0].Memory <= 2 && rows[0].VCPUs == vcpus {
			return
		}
	}
	t.Errorf("%s has become %+v, want %d MiB and %d virtual CPUs", domain, rows, mib, vcpus)
}

// applyRefused edits a type: nothing is changed, or with --partial the rest.
func (a *site) applyRefused(t *testing.T, files map[string]string) {
	a.putApply(t, "db.yaml", strings.Replace(files["db.yaml"], "type: pvh", "type: hvm", 1))
	a.putApply(t, "pv.yaml", strings.Replace(files["pv.yaml"], "80MiB", "88MiB", 1))
	out := a.apply(t, 2)
	contains(t, out, "/root/apply/db.yaml:4:7: type: running pvh, file says hvm (needs destroy and create)", "nothing was changed", "1 to change", "1 refused")
	contains(t, a.apply(t, 2), "memory  80MiB    88MiB")
	contains(t, a.apply(t, 1, "--partial"), "ap-pv: memory 80MiB -> 88MiB", "db.yaml:4:7: type: ")
	a.putApply(t, "db.yaml", files["db.yaml"])
	files["pv.yaml"] = strings.Replace(files["pv.yaml"], "80MiB", "88MiB", 1)
	contains(t, a.apply(t, 0), "nothing to do")
}

// applyFails has a step fail after others: a network on a bridge that is not there.
func (a *site) applyFails(t *testing.T, files map[string]string) {
	a.putApply(t, "pv.yaml", strings.Replace(files["pv.yaml"], "88MiB", "80MiB", 1)+"networks: [{bridge: nobridge}]\n")
	out := a.apply(t, 1)
	contains(t, out, "ap-pv: attach network on nobridge: ", "failed: 1 step undone, 0 could not be")
	a.putApply(t, "pv.yaml", files["pv.yaml"])
	contains(t, a.apply(t, 0), "nothing to do")
}

// autostarts ends the two domains that belong to the host, and starts them.
func (a *site) autostarts(t *testing.T) {
	out := a.do(t, "xenvoy", "autostop", "-f", "/root/apply")
	contains(t, out, "ap-mail: saved", "ap-web: shut down")
	if a.has(t, "ap-web") || a.has(t, "ap-mail") || !a.has(t, "ap-db") {
		t.Errorf("after autostop: %s", a.do(t, "xl", "list"))
	}
	contains(t, a.do(t, "xenvoy", "autostart", "-f", "/root/apply"), "ap-web: started", "ap-mail: restored")
	contains(t, a.do(t, "xenvoy", "autostart", "-f", "/root/apply", "-o", "json"), `"did": "running"`)
	if res, err := a.Run(t.Context(), "xenvoy", "apply", "-f", "/root/apply/front.yaml", "--prune"); err != nil || res.Code != 2 {
		t.Errorf("prune without yes: %+v, %v", res, err)
	}
	contains(t, fmt.Sprint(a.do(t, "xenvoy", "apply", "-f", "/root/apply/front.yaml", "--prune", "--yes")), "4 to destroy", "done: 4 steps")
}
