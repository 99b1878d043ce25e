// Command tiny is the first and only program of the lab's smallest guest. It prints "tiny N" on the console
// each second, N counted in memory, so that a guest that moved or was restored counts on from where it was;
// it answers commands on the console and on TCP port 7; and it dirties memory on request.
//
// Settings on the kernel's command line:
//
//	tiny.ip=ADDRESS/PREFIX       address of eth0, whenever that appears
//	tiny.dirty=RATE,SET[,random] dirty from the start: MiB a second, working set in MiB
//	console=ttyS0                count on the serial port too
package main

import (
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

func main() {
	switch filepath.Base(os.Args[0]) {
	case "poweroff", "halt":
		down(syscall.LINUX_REBOOT_CMD_POWER_OFF)
	case "reboot":
		down(syscall.LINUX_REBOOT_CMD_RESTART)
	default:
		boot()
	}
}

// down ends the guest; the kernel runs this program as /sbin/poweroff when the toolstack asks.
func down(cmd int) {
	syscall.Sync()
	log.Fatalf("tiny: reboot: %v", syscall.Reboot(cmd))
}

// boot is the life of the first program. It never returns: the kernel panics when its first program ends.
func boot() {
	for _, m := range [][2]string{{"devtmpfs", "/dev"}, {"proc", "/proc"}, {"sysfs", "/sys"}} {
		if err := syscall.Mount(m[0], m[1], m[0], 0, ""); err != nil {
			log.Printf("tiny: mount %s: %v", m[1], err)
		}
	}
	line, err := os.ReadFile("/proc/cmdline")
	if err != nil {
		log.Printf("tiny: %v", err)
	}
	set := settings(string(line))
	out := openConsoles(set)
	log.SetOutput(out)
	log.SetFlags(0)
	watchNetwork(set["tiny.ip"])
	loadModules("/modules")

	g := &guest{}
	if d := set["tiny.dirty"]; d != "" {
		fmt.Fprintln(out, "tiny:", g.answer("dirty "+strings.ReplaceAll(d, ",", " ")))
	}
	go g.serveTCP()
	go g.serveConsole(out)
	for range time.Tick(time.Second) {
		fmt.Fprintf(out, "tiny %d\n", g.count.Add(1))
	}
}

// guest is what the commands act on.
type guest struct {
	count atomic.Int64
	dirty dirtier
}

// settings splits the kernel's command line; a word without "=" has the value "". For console the words add up.
func settings(line string) map[string]string {
	set := make(map[string]string)
	for _, word := range strings.Fields(line) {
		k, v, _ := strings.Cut(word, "=")
		if k == "console" {
			v = set[k] + " " + v
		}
		set[k] = v
	}
	return set
}
