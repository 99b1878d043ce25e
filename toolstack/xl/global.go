package xl

import (
	"fmt"
	"os"
	"time"

	"github.com/xenvoy/xenvoy/xen/libxl"
)

// global are the options before the command.
type global struct {
	level    libxl.Level
	dryRun   bool
	format   string
	progress bool // a step's progress overwrites the one before
	times    bool // messages carry the time and the pid
}

// globalOptions reads those before the command, with POSIX's rules.
func (p *Program) globalOptions(words []string) (global, []string, error) {
	g := global{level: libxl.LevelProgress, format: "table"}
	front := &Command{Options: []Option{{Short: 'v'}, {Short: 'f'}, {Short: 't'}, {Short: 'T'}, {Short: 'N'}, {Short: 'o', Value: "FORMAT"}}}
	for len(words) > 0 && len(words[0]) > 1 && words[0][0] == '-' {
		if words[0] == "--" {
			return g, words[1:], nil
		}
		o := parser{options: front.Options, rest: words[1:]}
		if err := o.short(words[0][1:]); err != nil {
			return g, nil, Failf(StatusFailed, "xl: invalid option -- '%s'\nunknown global option", words[0][1:2])
		}
		words = o.rest
		for _, given := range o.given {
			switch given.Name {
			case "v":
				g.level = max(g.level-1, libxl.LevelDebug)
			case "t":
				g.progress = true
			case "T":
				g.times = true
			case "N":
				g.dryRun = true
			case "o":
				g.format = given.Value
			}
		}
	}
	return g, words, nil
}

// logger prints what libxl says as xl does (tools/libs/toollog/xtl_logger_stdio.c).
func (p *Program) logger(g global) func(libxl.Record) {
	return func(r libxl.Record) {
		if r.Level < g.level {
			return
		}
		line, end := r.String(), "\n"
		if g.times {
			line = fmt.Sprintf("%s [%d] %s", time.Now().Format("2006-01-02 15:04:05 MST"), os.Getpid(), line)
		}
		if r.Progress != nil && g.progress && r.Progress.Percent < 100 {
			end = "\r"
		}
		fmt.Fprint(p.Stderr, line, end)
	}
}
