package lab

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"

	"github.com/xenvoy/xenvoy/integration/lab/image"
)

const qemuProgram = "qemu-system-x86_64"

// running is a host's QEMU, started by this process.
type running struct {
	process
	machine *machine
	exited  chan struct{} // closed at its end
	err     error         // why it ended; to be read after exited
}

// errPoweredOff is the end of a machine that switched itself off, as after a panic.
var errPoweredOff = errors.New("the machine powered off")

// qemuVersion returns the first line of QEMU's own version text.
func qemuVersion(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, qemuProgram, "--version").Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w", qemuProgram, err)
	}
	line, _, _ := strings.Cut(string(out), "\n")
	return line, nil
}

// startQEMU starts m. Its sockets listen already when this returns.
func startQEMU(m *machine, dieWithParent bool) (*running, error) {
	for _, s := range []string{".qmp", ".console", ".link"} {
		if err := os.Remove(m.socket(s)); err != nil && !os.IsNotExist(err) {
			return nil, err
		}
	}
	qmp, err := listen(m.socket(".qmp"))
	if err != nil {
		return nil, err
	}
	defer qmp.Close()
	console, err := listen(m.socket(".console"))
	if err != nil {
		return nil, err
	}
	defer console.Close()
	out, err := os.Create(m.path(".qemu.log"))
	if err != nil {
		return nil, err
	}
	defer out.Close()
	cmd := exec.Command(qemuProgram, m.args("fd=3", "fd=4")...)
	cmd.Stdout, cmd.Stderr = out, out
	cmd.ExtraFiles = []*os.File{qmp, console}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if dieWithParent {
		cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	}
	r := &running{machine: m, exited: make(chan struct{})}
	started := make(chan error)
	go r.live(cmd, started)
	if err := <-started; err != nil {
		return nil, err
	}
	return r, nil
}

// live starts the process and waits for its end on one thread: Pdeathsig looks at the thread, not at the process.
func (r *running) live(cmd *exec.Cmd, started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := cmd.Start()
	if err == nil {
		r.process, err = identify(cmd.Process.Pid)
	}
	started <- err
	if cmd.Process != nil {
		if r.err = cmd.Wait(); r.err == nil {
			r.err = errPoweredOff
		}
		close(r.exited)
	}
}

// output is the end of what QEMU itself said.
func (r *running) output() string {
	data, err := os.ReadFile(r.machine.path(".qemu.log"))
	if err != nil {
		return err.Error()
	}
	return image.Tail(string(data), logTail)
}

// listen opens a unix socket that this process hands down: the client can connect before QEMU is up.
func listen(path string) (*os.File, error) {
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, err
	}
	defer l.Close()
	l.SetUnlinkOnClose(false)
	return l.File()
}
