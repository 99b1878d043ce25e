package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"unicode"

	"github.com/xenvoy/xenvoy/toolstack"
	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/xen/libxl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// hooks is what xl's commands need of this program.
func (a *app) hooks() xl.Hooks {
	return xl.Hooks{Monitor: a.xlMonitor, Self: selfAsXL, Progress: a.progress}
}

// xlMonitor watches over a domain that one of xl's commands has made.
func (a *app) xlMonitor(ctx context.Context, id idl.DomID, log string) error {
	if log == "" {
		return a.monitor(ctx, toolstack.DomID(id), plainLog(a.stderr), nil)
	}
	return leaveMonitor(ctx, toolstack.DomID(id), log)
}

// progress draws one line anew on a terminal. Elsewhere nothing is shown.
func (a *app) progress(what string) (show func(libxl.Progress), clear func()) {
	if !a.terminal() {
		return nil, func() {}
	}
	width := 0
	var mu sync.Mutex
	draw := func(line string) {
		mu.Lock()
		defer mu.Unlock()
		line = strings.Map(printable, line)
		if room := columnsOf(a.stderr) - 1; len(line) > room {
			line = line[:max(0, room)] // one that wraps could not be drawn anew
		}
		fmt.Fprintf(a.stderr, "\r%-*s", width, line)
		width = len(line)
	}
	show = func(p libxl.Progress) {
		percent := 100 * float64(p.Done) / float64(max(p.Total, 1))
		draw(fmt.Sprintf("%s: %s %3.0f%%", what, p.Doing, min(percent, 100)))
	}
	return show, func() { draw(""); fmt.Fprint(a.stderr, "\r") }
}

// printable keeps what would move the cursor from the terminal: names come from other hosts, too.
func printable(r rune) rune {
	if unicode.IsPrint(r) {
		return r
	}
	return '?'
}

// selfAsXL is this program under xl's name.
func selfAsXL(words ...string) (*exec.Cmd, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self, words...)
	cmd.Args[0] = "xl"
	return cmd, nil
}
