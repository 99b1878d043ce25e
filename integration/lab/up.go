package lab

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/xenvoy/xenvoy/integration/lab/image"
)

// Up makes the lab, or completes it: images that are missing are built, hosts that do not run are started. A host
// that was killed boots from its own disk; all others start from a snapshot when there is one. When it fails, the
// hosts that it has started are ended. Errors: ErrConfig, image.ErrNotRoot, ErrBoot with the end of the host's logs
// and the command that reproduces it, ErrUnreachable, or ctx's cause.
func Up(ctx context.Context, c Config, events Events) (*Lab, error) {
	if err := c.complete(); err != nil {
		return nil, err
	}
	l := &Lab{Name: c.Name, dir: filepath.Join(c.StateDir, c.Name), dieWithParent: c.dieWithParent, events: events}
	if err := os.MkdirAll(l.dir, 0o700); err != nil {
		return nil, fmt.Errorf("lab: %w", err)
	}
	unlock, err := image.Lock(ctx, l.dir+".lock", func() { events.say("", "waiting for another command on lab %q", c.Name) })
	if err != nil {
		return nil, fmt.Errorf("lab %q: %w", c.Name, err)
	}
	defer unlock()
	old, err := loadState(l.dir)
	if err != nil && !errors.Is(err, ErrNoLab) {
		return nil, err
	}
	want, err := l.ensureImages(ctx, &c, old)
	if err != nil {
		return nil, err
	}
	var debian string // the guest's key, when it is asked for
	if slices.Contains(c.Guests, guestDebian) {
		d, err := image.EnsureDebian(ctx, c.CacheDir, func(s string) { events.say("", "%s", s) })
		if err != nil {
			return nil, err
		}
		debian = d.Key
	}
	if l.qemu, err = qemuVersion(ctx); err != nil {
		return nil, err
	}
	if err := l.settle(&c, old, want, debian); err != nil {
		return nil, err
	}
	if err := l.bringAll(ctx, hostNames[:c.Hosts], &c); err != nil {
		return nil, err
	}
	return l, l.applyWAN(ctx, &c)
}

// ensureImages builds the images that are missing, and says what each host that is asked for is to boot.
func (l *Lab) ensureImages(ctx context.Context, c *Config, old *state) (map[string]dom0, error) {
	want := make(map[string]dom0, c.Hosts)
	for i, host := range hostNames[:c.Hosts] {
		xen := orDefault(old.release(host), DefaultXen)
		if c.releases != nil {
			xen = c.releases[i]
		}
		img, err := image.Ensure(ctx, c.CacheDir, xen, func(s string) { l.events.say("", "%s", s) })
		if err != nil {
			return nil, err
		}
		want[host] = dom0{Xen: xen, Image: img.Key}
	}
	return want, nil
}

// settle takes up the lab as it runs, or begins a new one.
func (l *Lab) settle(c *Config, old *state, want map[string]dom0, debian string) error {
	if old != nil && old.alive() {
		l.st = old
		if err := l.compare(c, want, debian); err != nil {
			return err
		}
		return l.update(func(st *state) { st.boot(want) })
	}
	accel, why := accelerator()
	cpu := map[string]string{accelTCG: DefaultCPU, accelKVM: "host"}[accel]
	fresh := &state{
		Format: stateFormat, CacheDir: c.CacheDir, Accel: accel, AccelWhy: why,
		CPU: orDefault(c.CPU, cpu), CPUs: c.CPUs, Spare: c.Spare, Memory: cmp.Or(c.Memory, DefaultMemory),
		Dom0: make(map[string]dom0), Hosts: make(map[string]*hostState),
	}
	if old != nil && (debian == "" || debian == old.Debian) {
		fresh.Dom0, fresh.Hosts, debian = old.Dom0, old.Hosts, old.Debian
	}
	fresh.Debian = debian
	fresh.boot(want)
	if old != nil && exists(old.RunDir) {
		fresh.RunDir = old.RunDir
	} else {
		var err error
		if fresh.RunDir, err = socketDir(l.dir); err != nil {
			return err
		}
	}
	l.st = fresh
	return l.update(func(*state) {})
}

// boot settles what hosts boot. One that keeps its image keeps its disk; the disk on another image is of no use.
func (s *state) boot(want map[string]dom0) {
	for host, d := range want {
		if s.Dom0[host] != d {
			delete(s.Hosts, host)
		}
		s.Dom0[host] = d
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// alive tells whether any host runs.
func (s *state) alive() bool {
	for _, h := range s.Hosts {
		if h.Process.alive() {
			return true
		}
	}
	return false
}

// compare refuses to complete a running lab with what does not fit it.
func (l *Lab) compare(c *Config, want map[string]dom0, debian string) error {
	what := l.otherImage(want)
	switch {
	case what != "":
	case debian != "" && debian != l.st.Debian:
		what = "without this debian guest"
	case c.CPU != "" && c.CPU != l.st.CPU:
		what = "with processor " + l.st.CPU
	case c.CPUs != 0 && c.CPUs != max(l.st.CPUs, 1):
		what = fmt.Sprintf("with %d CPUs a host", max(l.st.CPUs, 1))
	case c.Spare && !l.st.Spare:
		what = "without spare hardware"
	case c.Memory != 0 && c.Memory != l.st.Memory:
		what = fmt.Sprintf("with %d MiB a host", l.st.Memory)
	default:
		return nil
	}
	return fmt.Errorf("%w: lab %q runs already, %s; end it with \"xenvoy lab down\" first", ErrConfig, l.Name, what)
}

// otherImage says what a running host boots that is asked to boot something else, or "".
func (l *Lab) otherImage(want map[string]dom0) string {
	for _, host := range hostNames {
		rec, d, has := l.host(host), want[host], l.st.Dom0[host]
		switch {
		case rec == nil || d == (dom0{}) || d == has || !rec.Process.alive():
		case d.Xen != has.Xen:
			return fmt.Sprintf("with Xen %s on host %s", has.Xen, host)
		default:
			return "from an older image"
		}
	}
	return ""
}

// bringAll starts, at the same time, the hosts that do not run.
func (l *Lab) bringAll(ctx context.Context, names []string, c *Config) error {
	var (
		wg      sync.WaitGroup
		mu      sync.Mutex
		failed  error
		started []*running
	)
	for _, name := range names {
		rec := l.host(name)
		if rec != nil && rec.Process.alive() && rec.Ready {
			l.events.say(name, "runs already")
			continue
		}
		how := l.howToStart(rec, c)
		wg.Go(func() {
			r, err := l.startHost(ctx, name, how, c)
			mu.Lock()
			defer mu.Unlock()
			failed = errors.Join(failed, err)
			if r != nil {
				started = append(started, r)
			}
		})
	}
	wg.Wait()
	if failed == nil {
		return nil
	}
	for _, r := range started {
		failed = errors.Join(failed, r.kill(context.WithoutCancel(ctx)))
	}
	return failed
}

// howToStart: a host that was ready and lost its process, on a machine that ran on, has a disk worth keeping.
func (l *Lab) howToStart(rec *hostState, c *Config) start {
	self, err := identify(os.Getpid())
	switch {
	case c.Fresh:
		return fromNothing
	case rec != nil && rec.Ready && err == nil && rec.Process.Boot == self.Boot:
		return fromDisk
	}
	return fromSnapshot
}

// startHost starts one host and records it.
func (l *Lab) startHost(ctx context.Context, name string, how start, c *Config) (*running, error) {
	m := l.machine(name)
	old := l.host(name)
	rec := &hostState{Command: m.command(), WAN: "off"}
	if old != nil {
		// One that never became ready still runs perhaps.
		if err := old.Process.kill(ctx); err != nil {
			return nil, err
		}
		rec.WAN = old.WAN
	}
	if c.WAN != nil {
		rec.WAN = c.WAN.String()
	}
	return l.bring(ctx, m, how, func(r *running) error {
		rec.Process = r.process
		return l.update(func(st *state) { st.Hosts[name] = rec })
	})
}

// applyWAN shapes the link as the configuration says, where a host ran already with another one.
func (l *Lab) applyWAN(ctx context.Context, c *Config) error {
	if c.WAN == nil {
		return nil
	}
	for _, h := range l.Hosts() {
		if l.host(h.Name).WAN == c.WAN.String() {
			continue
		}
		if err := h.setWAN(ctx, *c.WAN); err != nil {
			return err
		}
	}
	return nil
}
