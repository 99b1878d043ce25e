//go:build lab

package integration

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"
)

// chaosDomain is the guest of these tests: it writes to its memory and can tell whether all of it is
// as it wrote it.
const (
	chaosName   = "chaos"
	chaosDomain = `name: chaos
type: pvh
memory: 96MiB
kernel: /var/lib/xenvoy/guests/tiny/vmlinuz
ramdisk: /var/lib/xenvoy/guests/tiny/initrd.img
cmdline: console=hvc0 quiet tiny.dirty=1,4
on_poweroff: destroy
`
)

// A fault is one thing that goes wrong while a migration stands still at a step.
type fault struct {
	name  string
	power bool // it takes the power of a host
	do    func(t *testing.T, c *chaos)
	mend  func(t *testing.T, c *chaos)
}

// faults are in the order of the table in docs/chaos.md.
func faults() []fault {
	return []fault{
		{"kill sender", false, func(t *testing.T, c *chaos) { c.from.killAll(t, "xenvoy.* [m]igrate ") }, nil},
		{"kill receiver", false, func(t *testing.T, c *chaos) { c.to.killAll(t, "[m]igrate-receive") }, nil},
		{"cut link", false,
			func(t *testing.T, c *chaos) { must(t, c.to.Cut(t.Context())) },
			func(t *testing.T, c *chaos) { must(t, c.to.Heal(t.Context())) }},
		{"power off source", true,
			func(t *testing.T, c *chaos) { must(t, c.from.Kill(t.Context())) },
			func(t *testing.T, c *chaos) { must(t, c.from.Boot(t.Context())) }},
		{"power off destination", true,
			func(t *testing.T, c *chaos) { must(t, c.to.Kill(t.Context())) },
			func(t *testing.T, c *chaos) { must(t, c.to.Boot(t.Context())) }},
		{"disk full at destination", false,
			func(t *testing.T, c *chaos) {
				c.to.do(t, "sh", "-c", "dd if=/dev/zero of=/var/lib/filler bs=64k 2>/dev/null; sync; true")
			},
			func(t *testing.T, c *chaos) { c.to.do(t, "rm", "-f", "/var/lib/filler") }},
	}
}

// takesTheGuest says whether the host that loses its power is the one that has the guest at the step:
// the source until the destination has started it.
func (f *fault) takesTheGuest(step string) bool {
	started := step == "confirm" || step == "retire"
	return f.name == "power off source" && !started || f.name == "power off destination" && started
}

// killAll ends processes whose command lines match, as the kernel's killer of memory would. There may be none.
func (s *site) killAll(t *testing.T, pattern string) {
	t.Helper()
	s.do(t, "sh", "-c", "pkill -KILL -f '"+pattern+"' || [ $? = 1 ]")
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// chaos is one pair of hosts and the guest that is somewhere on it.
type chaos struct {
	*sites
	from, to *site
	count    int // what the guest counted to when it was seen last
}

// prepare sees to it that the guest runs on exactly one host, from.
func (c *chaos) prepare(t *testing.T) {
	t.Helper()
	c.from, c.to = c.a, c.b
	if c.b.copies(t)["running"] > 0 {
		c.from, c.to = c.b, c.a
	}
	if c.from.copies(t)["running"] == 0 {
		must(t, c.from.Put(t.Context(), strings.NewReader(chaosDomain), "/root/chaos.yaml", 0o644))
		c.from.do(t, "xenvoy", "create", "/root/chaos.yaml")
		c.count = 0
	}
	c.count = c.from.intact(t, c.count)
}

// copies counts what a host has of the guest, under whatever name: running, and standing still.
func (s *site) copies(t *testing.T) map[string]int {
	t.Helper()
	all := map[string]int{}
	for _, line := range strings.Split(s.do(t, "xl", "list"), "\n") {
		f := strings.Fields(line)
		if len(f) < 6 || !strings.HasPrefix(f[0], chaosName) {
			continue
		}
		if strings.ContainsAny(f[4], "psc") {
			all["still"]++
		} else {
			all["running"]++
		}
	}
	return all
}

// intact asks the guest on its console whether its memory is as it wrote it, and gives how far it has
// counted: further than before.
func (s *site) intact(t *testing.T, before int) int {
	t.Helper()
	const ask = `(sleep 0.5; echo; echo verify; sleep 0.5; echo count; sleep 2) | timeout 4 xenvoy console ` + chaosName + `; true`
	var said string
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
		said = s.do(t, "sh", "-c", ask)
		var ok bool
		var n int
		for _, line := range strings.Split(said, "\n") {
			f := strings.Fields(strings.TrimSpace(line))
			switch {
			case len(f) >= 2 && f[0] == "ok" && f[1] != "0":
				ok = true
			case len(f) >= 2 && f[0] == "tiny":
				if i, err := strconv.Atoi(f[1]); err == nil {
					n = i
				}
			case strings.Contains(line, "error: page"):
				t.Fatalf("the guest's memory is damaged: %s", said)
			}
		}
		if ok && n > before {
			return n
		}
	}
	t.Fatalf("%s on %s, which had counted to %d, says %q", chaosName, s.name, before, said)
	return 0
}

// run breaks one migration and gives where the guest is in the end.
func (c *chaos) run(t *testing.T, step string, f fault) string {
	c.prepare(t)
	m := c.from.background(t, "env", "XENVOY_STOP_AT="+step, "xenvoy", "migrate", chaosName, c.to.name)
	c.from.stopped(t, m)
	f.do(t, c)
	if c.from.Running() {
		c.from.do(t, "sh", "-c", "pkill -CONT -f 'xenvoy.* [m]igrate ' || true")
		m.ends(t)
	}
	if !f.power {
		c.quiet(t)
	}
	c.never2(t)
	if f.mend != nil {
		f.mend(t, c)
	}
	c.quiet(t)
	where := c.resolve(t, f.takesTheGuest(step))
	c.never2(t)
	if t.Failed() {
		t.Logf("migrate said:\n%s", m.output())
	}
	return where
}

// stopped waits until the sender has come to its step.
func (s *site) stopped(t *testing.T, m *running) {
	t.Helper()
	const look = `for p in $(pgrep -f 'xenvoy.* [m]igrate '); do read -r _ _ state _ <"/proc/$p/stat" && [ "$state" = T ] && echo stopped; done; true`
	for deadline := time.Now().Add(5 * time.Minute); time.Now().Before(deadline); {
		if strings.Contains(s.do(t, "sh", "-c", look), "stopped") {
			return
		}
		select {
		case <-m.done:
			t.Fatalf("the migration ended before its step:\n%s", m.output())
		default:
		}
	}
	t.Fatalf("the migration does not come to its step:\n%s", m.output())
}

// ends waits for the end of a command, however it ends.
func (r *running) ends(t *testing.T) {
	t.Helper()
	select {
	case <-r.done:
	case <-time.After(6 * time.Minute):
		t.Fatalf("%v does not end:\n%s", r.argv, r.output())
	}
}

// quiet waits until no process works on the migration on a host that is on.
func (c *chaos) quiet(t *testing.T) {
	t.Helper()
	for _, s := range []*site{c.from, c.to} {
		if s.Running() {
			s.do(t, "timeout", "300", "sh", "-c", "while pgrep -f 'xenvoy.* [m]igrate(-receive)?' >/dev/null; do sleep 0.2; done")
		}
	}
}

// never2 demands that at most one copy runs.
func (c *chaos) never2(t *testing.T) {
	t.Helper()
	n := 0
	for _, s := range []*site{c.from, c.to} {
		if s.Running() {
			n += s.copies(t)["running"]
		}
	}
	if n > 1 {
		t.Fatalf("%d copies of the guest run", n)
	}
}

// resolve does what an operator would: on the source, the one command for a migration that is not
// decided. Then the guest runs once and is intact, or it died with its host, and nothing is left of it.
func (c *chaos) resolve(t *testing.T, mayDie bool) string {
	t.Helper()
	const undecided = `cd /var/lib/xenvoy/migrate 2>/dev/null || exit 0
for j in *.source.jsonl; do [ -e "$j" ] || continue
tail -n 1 "$j" | grep -qE '"mark":"(retired|kept)"' || echo "${j%.source.jsonl}"; done`
	how := ""
	for _, id := range strings.Fields(c.from.do(t, "sh", "-c", undecided)) {
		res, err := c.from.Run(t.Context(), "timeout", "200", "xenvoy", "migrate", "resolve", id)
		must(t, err)
		how = ", after resolve"
		if res.Code != 0 && strings.Contains(res.Stderr, "nobody knows whether the guest ran") {
			// Its host lost its power with it, or it never ran: the operator decides.
			res, err = c.from.Run(t.Context(), "xenvoy", "migrate", "resolve", "--assume", "aborted", id)
			must(t, err)
			how = ", after resolve --assume"
		}
		t.Logf("resolve: %d %s%s", res.Code, res.Stdout, res.Stderr)
	}
	from, to := c.from.copies(t), c.to.copies(t)
	switch {
	case from["running"]+to["running"] > 1:
		t.Fatalf("runs twice: %v, %v", from, to)
	case from["running"] == 1:
		c.count = c.from.intact(t, c.count)
		c.gone(t, c.to, to)
		return "source" + how
	case to["running"] == 1:
		c.count = c.to.intact(t, c.count)
		c.gone(t, c.from, from)
		return "destination" + how
	case from["still"]+to["still"] > 0:
		t.Fatalf("stands still: %v on %s, %v on %s", from, c.from.name, to, c.to.name)
	}
	if !mayDie {
		t.Fatal("the guest is lost, though its host kept its power")
	}
	return "died with its host" + how
}

// gone demands that a host has nothing of the guest, once the next migration to it has swept.
func (c *chaos) gone(t *testing.T, s *site, copies map[string]int) {
	t.Helper()
	if copies["still"] == 0 {
		return
	}
	s.do(t, "sh", "-c", "xenvoy migrate-receive </dev/null >/dev/null 2>&1; true")
	if left := s.copies(t); left["still"] > 0 {
		t.Errorf("%s keeps a copy: %s", s.name, fmt.Sprint(left))
	}
}

// stepsOfMove are the twelve of docs/migration.md.
func stepsOfMove() []string {
	return []string{"connect", "preflight", "prepare", "pre-copy", "drain", "suspend", "final pages", "verify",
		"release", "start", "confirm", "retire"}
}

// runs breaks a migration at each of the steps by each of the faults that pick names, and gives where
// the guest was in the end, by step and fault.
func (c *chaos) runs(t *testing.T, pick func(step string, f fault) bool) map[[2]string]string {
	ends := map[[2]string]string{}
	for _, step := range stepsOfMove() {
		for _, f := range faults() {
			if !pick(step, f) {
				continue
			}
			ok := t.Run(step+"/"+f.name, func(t *testing.T) {
				start := time.Now()
				where := c.run(t, step, f)
				ends[[2]string{step, f.name}] = where
				t.Logf("%s, %s: %s, %.0f s", step, f.name, where, time.Since(start).Seconds())
			})
			if !ok {
				c.reset(t) // the next run must not pay for this one
			}
		}
	}
	return ends
}
