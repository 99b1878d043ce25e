package lab

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// process identifies one process for good: a number alone is given to another one some day.
type process struct {
	PID   int    `json:"pid"`
	Start uint64 `json:"start"` // clock ticks after the machine's boot, field 22 of /proc/PID/stat
	Boot  string `json:"boot"`  // the machine's boot, /proc/sys/kernel/random/boot_id
}

// exitPoll is how often the wait for a process looks at its context.
const exitPoll = 100 * time.Millisecond

// identify reads who pid is now. It fails with os.ErrNotExist or unix.ESRCH when there is no such process.
func identify(pid int) (process, error) {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return process{}, fmt.Errorf("process %d: %w", pid, err)
	}
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return process{}, fmt.Errorf("process %d: %w", pid, err)
	}
	start, err := startTime(stat)
	if err != nil {
		return process{}, fmt.Errorf("process %d: %w", pid, err)
	}
	return process{PID: pid, Start: start, Boot: strings.TrimSpace(string(boot))}, nil
}

// startTime takes field 22 out of /proc/PID/stat; the name in field 2 may hold anything, also ")". A zombie has ended:
// os.ErrNotExist.
func startTime(stat []byte) (uint64, error) {
	i := bytes.LastIndexByte(stat, ')')
	f := strings.Fields(string(stat[i+1:]))
	if i < 0 || len(f) < 20 {
		return 0, fmt.Errorf("%q is not a line of /proc/PID/stat", stat)
	}
	if f[0] == "Z" || f[0] == "X" {
		return 0, os.ErrNotExist
	}
	return strconv.ParseUint(f[19], 10, 64)
}

// alive tells whether this very process runs.
func (p process) alive() bool {
	now, err := identify(p.PID)
	return p.PID > 0 && err == nil && now == p
}

// kill ends the process and waits until it is gone. One that has ended already is fine.
func (p process) kill(ctx context.Context) error {
	if p.PID <= 0 {
		return nil
	}
	fd, err := unix.PidfdOpen(p.PID, 0)
	if errors.Is(err, unix.ESRCH) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("process %d: %w", p.PID, err)
	}
	defer unix.Close(fd)
	// The descriptor holds whoever has the number now, so that looking first and killing then cannot hit another one.
	if !p.alive() {
		return nil
	}
	if err := unix.PidfdSendSignal(fd, unix.SIGKILL, nil, 0); err != nil && !errors.Is(err, unix.ESRCH) {
		return fmt.Errorf("kill process %d: %w", p.PID, err)
	}
	return p.gone(ctx, fd)
}

// gone waits for the end of the process behind a pidfd.
func (p process) gone(ctx context.Context, fd int) error {
	for {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, int(exitPoll.Milliseconds()))
		switch {
		case n == 1:
			return nil
		case err != nil && !errors.Is(err, unix.EINTR):
			return fmt.Errorf("wait for process %d: %w", p.PID, err)
		case ctx.Err() != nil:
			return fmt.Errorf("wait for process %d: %w", p.PID, context.Cause(ctx))
		}
	}
}
