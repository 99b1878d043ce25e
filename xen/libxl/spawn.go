//go:build cgo

package libxl

// #include "glue.h"
import "C"

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
	"github.com/xenvoy/xenvoy/xen/xenstore"
)

const (
	// reportTime is how long a process that libxl has forked may take to exec.
	reportTime = 5 * time.Second
	// deathTime is how long a killed process may take to die.
	deathTime = 5 * time.Second
)

// endDeviceModels kills the domain's device models that this Context has started, and
// waits for their death. It is for a creation that failed: libxl may not know of the
// process yet (see spawn.c); and one that it does know of could write its first word to
// xenstore just after libxl, destroying the domain, has removed the place for it, where
// it would stay for ever.
func (c *Context) endDeviceModels(id idl.DomID) error {
	var failed error
	for _, p := range c.reported() {
		failed = errors.Join(failed, endDeviceModel(p, id))
	}
	return failed
}

// A process is one of those that libxl has forked. The pid is its own only while the
// process of that pid began at start, in ticks since the machine's start; 0 is unknown.
type process struct {
	pid   int
	start uint64
}

// reported waits until all that libxl's processes have forked have exec'd, and returns the
// last of them. Some have ended long since.
func (c *Context) reported() []process {
	var reports [C.XV_BORN]C.struct_xv_report
	n := C.xv_born(c.x, &reports[0], C.int(reportTime.Milliseconds()))
	all := make([]process, n)
	for i, r := range reports[:n] {
		all[i] = process{int(r.pid), uint64(r.start)}
	}
	return all
}

// endDeviceModel kills the process if it is a device model of the domain.
func endDeviceModel(p process, id idl.DomID) error {
	pid := p.pid
	fd, err := unix.PidfdOpen(pid, 0)
	if errors.Is(err, unix.ESRCH) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("device model %d: %w", pid, err)
	}
	defer unix.Close(fd)
	// The descriptor is that of one process, whoever has its number later.
	if p.start == 0 || statNumber(pid, statStart) != p.start {
		return nil // that process has ended, and the pid is another's
	}
	if !servesDomain(pid, id) && !isLostProbe(pid) {
		return nil
	}
	if err := unix.PidfdSendSignal(fd, unix.SIGKILL, nil, 0); err != nil && !errors.Is(err, unix.ESRCH) {
		return fmt.Errorf("device model %d: %w", pid, err)
	}
	return waitDeath(fd, pid)
}

// waitDeath waits until the killed process has ended.
func waitDeath(fd, pid int) error {
	for end := time.Now().Add(deathTime); ; {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, max(0, int(time.Until(end).Milliseconds())))
		if n == 1 {
			return nil
		}
		if err == nil || time.Now().After(end) {
			return fmt.Errorf("device model %d does not end", pid)
		}
	}
}

// servesDomain looks for "-xen-domid N" in the process's arguments, by which libxl tells
// every device model its domain (libxl_dm.c).
func servesDomain(pid int, id idl.DomID) bool {
	return hasArguments(pid, "-xen-domid", strconv.FormatUint(uint64(id), 10))
}

// isLostProbe recognises the QEMU that libxl starts, since Xen 4.19, to learn what it can
// do. It knows no domain; but while the creation that it belongs to goes on, the process
// in the middle, a child of this one, is its parent.
func isLostProbe(pid int) bool {
	return hasArguments(pid, "-machine", "none,accel=xen") && parent(parent(pid)) != os.Getpid()
}

// hasArguments looks for two arguments of the process, one after the other.
func hasArguments(pid int, first, second string) bool {
	args, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	return err == nil && bytes.Contains(args, []byte("\x00"+first+"\x00"+second+"\x00"))
}

// parent returns the pid of the process's parent, 0 when there is no such process.
func parent(pid int) int { return int(statNumber(pid, statParent)) }

// Fields of /proc/PID/stat, as proc_pid_stat(5) counts them: "PID (NAME) STATE PPID …".
const (
	statState  = 3
	statParent = 4
	statStart  = 22 // in ticks since the machine's start
)

// statNumber returns a number that the kernel has for a process, 0 when there is no such
// process.
func statNumber(pid, field int) uint64 {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:]) // the name may contain anything
	if len(fields) <= field-statState {
		return 0
	}
	n, err := strconv.ParseUint(string(fields[field-statState]), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// forgetDeviceModel removes what libxl has made for the domain's device model: a place in
// xenstore, and the sockets of its monitors. libxl does so when it destroys the domain,
// but not while it does not know of the device model's process.
func forgetDeviceModel(ctx context.Context, id idl.DomID) error {
	ctx, cancel := context.WithTimeout(ctx, reportTime)
	defer cancel()
	store, err := xenstore.OpenContext(ctx)
	if err != nil {
		return err
	}
	defer store.Close()
	// LIBXL_TOOLSTACK_DOMID is 0: the DEVICE_MODEL_XS_PATH of libxl_internal.h.
	err = unlessNone(store.Remove(ctx, fmt.Sprintf("/local/domain/0/device-model/%d", id)))
	for _, name := range [...]string{"libxl", "libxenstat"} { // libxl_qmp.c; XEN_RUN_DIR
		err = both(err, unlessNone(os.Remove(fmt.Sprintf("/var/run/xen/qmp-%s-%d", name, id))))
	}
	return err
}

func unlessNone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
