package main

import (
	"bufio"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// help lists the commands; each gets one line of answer.
const help = "commands: count | dirty MIB_PER_SECOND MIB_SET [random] | dirty 0 | verify | poweroff | help; on the console also: sh"

// maxLine bounds a command.
const maxLine = 256

// answer carries out one command of the TCP service or the console.
func (g *guest) answer(line string) string {
	words := strings.Fields(line)
	if len(words) == 0 {
		return help
	}
	switch words[0] {
	case "count":
		return strconv.FormatInt(g.count.Load(), 10)
	case "dirty":
		return g.answerDirty(words[1:])
	case "verify":
		return g.dirty.verify()
	case "poweroff":
		down(syscall.LINUX_REBOOT_CMD_POWER_OFF)
	}
	return help
}

func (g *guest) answerDirty(words []string) string {
	if len(words) == 0 {
		return g.dirty.String()
	}
	num := make([]int, 2)
	random := len(words) == 3 && words[2] == "random"
	if len(words) > 3 || len(words) == 3 && !random {
		return help
	}
	for i, w := range words[:min(2, len(words))] {
		n, err := strconv.Atoi(w)
		if err != nil || n < 0 {
			return "error: not a number of MiB: " + w
		}
		num[i] = n
	}
	if err := g.dirty.set(num[0], num[1], random); err != nil {
		return "error: " + err.Error()
	}
	return g.dirty.String()
}

// serveTCP answers on port 7 of every address, one line a command.
func (g *guest) serveTCP() {
	l, err := net.Listen("tcp", ":7")
	if err != nil {
		log.Printf("tiny: %v", err)
		return
	}
	for {
		c, err := l.Accept()
		if err != nil {
			log.Printf("tiny: %v", err)
			return
		}
		go func() {
			defer c.Close()
			g.serve(c, c)
		}()
	}
}

// serve answers commands until r ends or w fails.
func (g *guest) serve(r io.Reader, w io.Writer) {
	sc := bufio.NewScanner(r)
	sc.Buffer(make([]byte, maxLine), maxLine)
	for sc.Scan() {
		if _, err := fmt.Fprintln(w, g.answer(sc.Text())); err != nil {
			return
		}
	}
}

// serveConsole answers commands typed on the console, where "sh" gives a shell.
func (g *guest) serveConsole(out consoles) {
	sc := bufio.NewScanner(out[0])
	sc.Buffer(make([]byte, maxLine), maxLine)
	for sc.Scan() {
		if strings.TrimSpace(sc.Text()) != "sh" {
			fmt.Fprintln(out, g.answer(sc.Text()))
			continue
		}
		sh := exec.Command("/bin/busybox", "sh", "-i")
		sh.Stdin, sh.Stdout, sh.Stderr = out[0], out[0], out[0]
		sh.Env = append(os.Environ(), "PATH=/bin:/sbin", "PS1=tiny# ")
		if err := sh.Run(); err != nil {
			log.Printf("tiny: sh: %v", err)
		}
	}
}
