package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/xenvoy/xenvoy/integration/lab/image"
)

// Lab is one lab: its hosts run on when the process that made it ends. Its methods may be called from several
// goroutines and processes.
type Lab struct {
	Name string

	dir           string
	qemu          string // version
	dieWithParent bool
	events        Events

	mu sync.Mutex
	st *state
}

// Open finds the lab of this name ("" is DefaultName) in the default state folder. It fails with ErrNoLab when
// there is none.
func Open(name string) (*Lab, error) {
	c := Config{Name: name}
	if err := c.complete(); err != nil {
		return nil, err
	}
	return open(filepath.Join(c.StateDir, c.Name))
}

func open(dir string) (*Lab, error) {
	st, err := loadState(dir)
	if err != nil {
		return nil, err
	}
	return &Lab{Name: filepath.Base(dir), dir: dir, st: st}, nil
}

// lock keeps other processes from changing the lab, and reads what they have changed before.
func (l *Lab) lock(ctx context.Context) (func(), error) {
	unlock, err := image.Lock(ctx, l.dir+".lock", nil)
	if err != nil {
		return nil, fmt.Errorf("lab %q: %w", l.Name, err)
	}
	if err := l.reload(); err != nil {
		unlock()
		return nil, err
	}
	return unlock, nil
}

func (l *Lab) reload() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	st, err := loadState(l.dir)
	if err != nil {
		return err
	}
	l.st = st
	return nil
}

// update changes the state and saves it.
func (l *Lab) update(change func(*state)) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	change(l.st)
	return l.st.save(l.dir)
}

// host returns the record of a host of this lab, or nil.
func (l *Lab) host(name string) *hostState {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.st.Hosts[name]
}

// StateDir is the folder that the lab is recorded in: XENVOY_STATE for programs that should see it.
func (l *Lab) StateDir() string { return filepath.Dir(l.dir) }

func (l *Lab) shell(host string, port int) *shell {
	m := l.machine(host)
	return &shell{img: m.Image, port: port, control: m.socket(".ssh"), log: m.path(".ssh.log")}
}

func (l *Lab) machine(host string) *machine {
	m := &machine{
		Host: host, Number: slices.Index(hostNames[:], host) + 1, Image: image.At(l.st.CacheDir, l.st.Dom0[host].Image),
		Accel: l.st.Accel, CPU: l.st.CPU, CPUs: max(l.st.CPUs, 1), Spare: l.st.Spare, Memory: l.st.Memory, Dir: l.dir, RunDir: l.st.RunDir,
	}
	m.Disk = m.path(".qcow2")
	if l.st.Debian != "" {
		m.Debian, m.GuestDisk = image.DebianAt(l.st.CacheDir, l.st.Debian), m.path(".debian.qcow2")
	}
	return m
}

// Hosts returns the lab's hosts, running or not, in order.
func (l *Lab) Hosts() []*Host {
	var all []*Host
	for _, n := range hostNames {
		if l.host(n) != nil {
			all = append(all, &Host{Name: n, lab: l})
		}
	}
	return all
}

// Host returns one host of the lab, running or not; "site-a" is another name of a. It fails with ErrConfig.
func (l *Lab) Host(name string) (*Host, error) {
	for _, h := range l.Hosts() {
		if name == h.Name || name == "site-"+h.Name {
			return h, nil
		}
	}
	return nil, fmt.Errorf("%w: no host %q in lab %q", ErrConfig, name, l.Name)
}

// Down ends all hosts of the lab of this name in stateDir ("" is StateDir()) and forgets it. Its images and
// snapshots stay in the cache. A lab that is not there is down already.
func Down(ctx context.Context, name, stateDir string) error {
	c := Config{Name: name, StateDir: stateDir}
	if err := c.complete(); err != nil {
		return err
	}
	l, err := open(filepath.Join(c.StateDir, c.Name))
	if errors.Is(err, ErrNoLab) {
		return nil
	}
	if err != nil {
		return err
	}
	return l.Down(ctx)
}

// Down ends all hosts and forgets the lab.
func (l *Lab) Down(ctx context.Context) error {
	unlock, err := l.lock(ctx)
	if errors.Is(err, ErrNoLab) {
		return nil
	}
	if err != nil {
		return err
	}
	defer unlock()
	for _, h := range l.Hosts() {
		rec := l.host(h.Name)
		l.shell(h.Name, rec.SSHPort).close(ctx)
		if err := rec.Process.kill(ctx); err != nil {
			return fmt.Errorf("host %s: %w", h.Name, err)
		}
	}
	if l.st.RunDir != l.dir {
		err = os.RemoveAll(l.st.RunDir)
	}
	return errors.Join(err, os.RemoveAll(l.dir))
}
