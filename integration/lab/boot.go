package lab

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/xenvoy/xenvoy/integration/lab/qmp"
)

// bootTime is how long a host may take from nothing to ready, measured 12 s alone on two cores and allowed for a
// machine that does much else.
const bootTime = 6 * time.Minute

// start says where a host comes from.
type start int

const (
	fromSnapshot    start = iota // as it was after an earlier boot, or booted when there is no such snapshot
	fromNothing                  // booted on a new disk, and the snapshot made anew
	fromDisk                     // booted on the disk it had, like a server that lost its power
	fromOwnSnapshot              // as it was after its last boot from nothing, which its disk still holds
)

// bring starts a host and returns once it takes commands. started is called as soon as there is a process.
func (l *Lab) bring(ctx context.Context, m *machine, how start, started func(*running) error) (_ *running, err error) {
	begin := time.Now()
	disks := m.disks(filepath.Join(l.st.CacheDir, "snapshot-"+m.snapshotKey(l.qemu)))
	if err := m.prepareDisks(ctx, &how, disks); err != nil {
		return nil, fmt.Errorf("host %s: disk: %w", m.Host, err)
	}
	r, err := startQEMU(m, l.dieWithParent)
	if err != nil {
		return nil, fmt.Errorf("host %s: %s: %w", m.Host, qemuProgram, err)
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("host %s: %w", m.Host, err)
			if errors.Is(err, ErrBoot) {
				err = fmt.Errorf("%w\nto see it by hand: %s", err, quote(m.command()))
			}
			err = errors.Join(err, r.kill(context.WithoutCancel(ctx)))
		}
	}()
	if err := started(r); err != nil {
		return nil, err
	}
	ctx, stop := r.context(ctx)
	defer stop()
	if m.Load == "" {
		l.events.say(m.Host, "booting")
		if err := r.waitReady(ctx); err != nil {
			return nil, err
		}
	}
	mon, err := qmp.Dial(ctx, m.socket(".qmp"))
	if err != nil {
		return nil, orCause(ctx, err)
	}
	defer mon.Close()
	if how == fromNothing {
		if err := takeSnapshot(ctx, mon, disks); err != nil {
			return nil, fmt.Errorf("snapshot: %w", err)
		}
	}
	if err := l.enter(ctx, m.Host, mon); err != nil {
		return nil, err
	}
	l.events.say(m.Host, "ready after %.1f s", time.Since(begin).Seconds())
	return r, nil
}

// context is ctx with the time that a host has to come up, and ends with QEMU.
func (r *running) context(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	ctx, stop := context.WithTimeoutCause(ctx, bootTime, errTooSlow)
	go func() {
		select {
		case <-ctx.Done():
		case <-r.exited:
			cancel(fmt.Errorf("%w: QEMU ended: %w\n%s\n%s", ErrBoot, r.err, r.output(), r.log()))
		}
	}()
	return ctx, func() { stop(); cancel(nil) }
}

// enter opens ssh to a host that runs, sets its clock and its end of the link, and records all that. The clock of
// a host from a snapshot is that of the day of the snapshot.
func (l *Lab) enter(ctx context.Context, host string, mon *qmp.Client) error {
	info, err := mon.Human(ctx, "info usernet")
	if err != nil {
		return err
	}
	port, err := sshPort(info)
	if err != nil {
		return err
	}
	sh := l.shell(host, port)
	if err := sh.open(ctx); err != nil {
		return err
	}
	now := strconv.FormatFloat(float64(time.Now().UnixMilli())/1000, 'f', 3, 64)
	if err := sh.must(ctx, "date", "-u", "-s", "@"+now); err != nil {
		return err
	}
	wan, err := ParseWAN(l.host(host).WAN)
	if err != nil {
		return err
	}
	if wan != (WAN{}) {
		if err := sh.must(ctx, append([]string{"tc"}, wan.tc(siteDevice)...)...); err != nil {
			return err
		}
	}
	return l.update(func(st *state) {
		h := st.Hosts[host]
		h.SSHPort, h.Ready, h.Cut = port, true, false
	})
}

// must runs a program that has to succeed.
func (s *shell) must(ctx context.Context, argv ...string) error {
	res, err := s.run(ctx, argv)
	if err == nil && res.Code != 0 {
		err = fmt.Errorf("%s: exit status %d: %s", quote(argv), res.Code, strings.TrimSpace(res.Stderr))
	}
	return err
}

var forward = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`TCP\[HOST_FORWARD\]\s+\d+\s+127\.0\.0\.1\s+(\d+)\s`) })

// sshPort finds the port that QEMU chose in the text of its monitor's "info usernet".
func sshPort(info string) (int, error) {
	m := forward().FindStringSubmatch(info)
	if m == nil {
		return 0, fmt.Errorf("no forwarded port in %q", info)
	}
	port, err := strconv.Atoi(m[1])
	if err != nil || port < 1 || port > 65535 {
		return 0, fmt.Errorf("forwarded port %q", m[1])
	}
	return port, nil
}
