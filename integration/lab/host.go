package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"strings"

	"github.com/xenvoy/xenvoy/integration/lab/qmp"
)

// Host is one Xen host of a lab.
type Host struct {
	Name string // a or b
	lab  *Lab
}

// Running tells whether the host's machine is on.
func (h *Host) Running() bool {
	rec := h.lab.host(h.Name)
	return rec != nil && rec.Process.alive() && rec.Ready
}

// Xen is the release that the host boots, such as "4.17".
func (h *Host) Xen() string { return h.lab.st.Dom0[h.Name].Xen }

// on returns the record of a host that has to run, else ErrNotRunning.
func (h *Host) on() (*hostState, error) {
	if err := h.lab.reload(); err != nil {
		return nil, err
	}
	if !h.Running() {
		return nil, fmt.Errorf("host %s: %w; \"xenvoy lab up\" starts it", h.Name, ErrNotRunning)
	}
	return h.lab.host(h.Name), nil
}

// Command is a program in the host, to be started by the caller with streams of its own; without argv it is a login
// shell on the terminal. The words of argv arrive as they are. ssh's exit status 255 means that ssh failed.
// It fails with ErrNotRunning.
func (h *Host) Command(ctx context.Context, argv ...string) (*exec.Cmd, error) {
	rec, err := h.on()
	if err != nil {
		return nil, err
	}
	return h.lab.shell(h.Name, rec.SSHPort).command(ctx, argv), nil
}

// Run runs a program in the host to its end. An exit status other than 0 is no error. Errors: ErrNotRunning,
// ErrUnreachable (also when a signal ended the program) or ctx's cause.
func (h *Host) Run(ctx context.Context, argv ...string) (Result, error) {
	rec, err := h.on()
	if err != nil {
		return Result{}, err
	}
	res, err := h.lab.shell(h.Name, rec.SSHPort).run(ctx, argv)
	if err != nil {
		err = fmt.Errorf("host %s: %w", h.Name, err)
	}
	return res, err
}

// Output is Run for a program that has to succeed; it returns what the program printed.
func (h *Host) Output(ctx context.Context, argv ...string) (string, error) {
	res, err := h.Run(ctx, argv...)
	if err == nil && res.Code != 0 {
		err = fmt.Errorf("host %s: %s: exit status %d: %s", h.Name, quote(argv), res.Code, strings.TrimSpace(res.Stderr))
	}
	return res.Stdout, err
}

// putScript writes its input to a file that appears whole.
const putScript = `mkdir -p "$(dirname "$1")" && t=$(mktemp "$1.XXXXXX") || exit
cat >"$t" && chmod "$2" "$t" && mv -f "$t" "$1" || { rm -f "$t"; exit 1; }`

// Put writes a file in the host, whole or not at all, and makes the folders above it.
func (h *Host) Put(ctx context.Context, r io.Reader, path string, mode fs.FileMode) error {
	cmd, err := h.Command(ctx, "sh", "-c", putScript, "put", path, fmt.Sprintf("%o", mode.Perm()))
	if err != nil {
		return err
	}
	cmd.Stdin = r
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("host %s: put %s: %w: %s", h.Name, path, orCause(ctx, err), out)
	}
	return nil
}

// Log opens the host's serial console log: Xen's messages and dom0's kernel's.
func (h *Host) Log() (io.ReadCloser, error) {
	return os.Open(h.lab.machine(h.Name).path(".serial.log"))
}

// monitor runs f with a connection to the host's QEMU, alone among the commands that change the lab.
func (h *Host) monitor(ctx context.Context, f func(*hostState, *qmp.Client) error) error {
	unlock, err := h.lab.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	rec, err := h.on()
	if err != nil {
		return err
	}
	mon, err := qmp.Dial(ctx, h.lab.machine(h.Name).socket(".qmp"))
	if err != nil {
		return fmt.Errorf("host %s: %w", h.Name, err)
	}
	defer mon.Close()
	if err := f(rec, mon); err != nil {
		return fmt.Errorf("host %s: %w", h.Name, err)
	}
	return nil
}

// Reset takes the host back to where it was after its boot: no guests, an untouched disk, the link up and shaped as
// it was set last. It works on a host that is off, too.
//
// It starts a new QEMU from the snapshot: loading it into the running one would turn back every clock but the time
// stamp counter, which QEMU 7.2 never lets go backwards (cpu_ticks_prev in softmmu/cpu-timers.c), and Xen would then
// sit still for as long as the host had run.
func (h *Host) Reset(ctx context.Context) error { return h.restart(ctx, fromOwnSnapshot) }

// Boot powers the host on after Kill, from its own disk. A host that runs stays as it is.
func (h *Host) Boot(ctx context.Context) error {
	if h.Running() {
		return nil
	}
	return h.restart(ctx, fromDisk)
}

func (h *Host) restart(ctx context.Context, how start) error {
	unlock, err := h.lab.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	if h.lab.qemu, err = qemuVersion(ctx); err != nil {
		return err
	}
	rec := h.lab.host(h.Name)
	h.lab.shell(h.Name, rec.SSHPort).close(ctx)
	if err := rec.Process.kill(ctx); err != nil {
		return fmt.Errorf("host %s: %w", h.Name, err)
	}
	_, err = h.lab.startHost(ctx, h.Name, how, &Config{})
	return err
}

// Kill takes the host's power away: its guests are gone, its disk keeps what was flushed. A host that is off stays so.
func (h *Host) Kill(ctx context.Context) error {
	unlock, err := h.lab.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	rec := h.lab.host(h.Name)
	if err := rec.Process.kill(ctx); err != nil {
		return fmt.Errorf("host %s: %w", h.Name, err)
	}
	h.lab.shell(h.Name, rec.SSHPort).close(ctx)
	return nil
}

// setLink plugs the host's end of the link between the sites in or out.
func setLink(ctx context.Context, mon *qmp.Client, up bool) error {
	return mon.Execute(ctx, "set_link", map[string]any{"name": siteNetdev, "up": up}, nil)
}

// Cut unplugs the host's end of the link between the sites; Heal plugs it in again.
func (h *Host) Cut(ctx context.Context) error { return h.link(ctx, false) }

// Heal undoes Cut.
func (h *Host) Heal(ctx context.Context) error { return h.link(ctx, true) }

func (h *Host) link(ctx context.Context, up bool) error {
	return h.monitor(ctx, func(_ *hostState, mon *qmp.Client) error {
		return errors.Join(setLink(ctx, mon, up), h.lab.update(func(st *state) { st.Hosts[h.Name].Cut = !up }))
	})
}

// siteDevice is the link between the sites as dom0 sees it.
const siteDevice = "eth1"

// WAN shapes what the host sends to the other site: w's rate and loss, and half of its delay. A round trip needs
// both hosts.
func (h *Host) WAN(ctx context.Context, w WAN) error {
	unlock, err := h.lab.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	return h.setWAN(ctx, w)
}

func (h *Host) setWAN(ctx context.Context, w WAN) error {
	rec, err := h.on()
	if err != nil {
		return err
	}
	if err := h.lab.shell(h.Name, rec.SSHPort).must(ctx, append([]string{"tc"}, w.tc(siteDevice)...)...); err != nil {
		return fmt.Errorf("host %s: %w", h.Name, err)
	}
	return h.lab.update(func(st *state) { st.Hosts[h.Name].WAN = w.String() })
}
