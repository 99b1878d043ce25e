package xl

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
)

// StartDaemon runs this program once more as xl, with other words, in a session of its own:
// standard input is empty, and what it prints is added to the file log. It does not wait, and
// returns the pid.
func StartDaemon(log string, words ...string) (pid int, err error) {
	out, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return 0, err
	}
	defer out.Close()
	cmd := exec.Command("/proc/self/exe", words...)
	cmd.Args[0] = "xl"
	cmd.Dir = "/"
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return 0, fmt.Errorf("start a daemon: %w", err)
	}
	pid = cmd.Process.Pid
	return pid, cmd.Process.Release()
}
