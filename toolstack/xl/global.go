package xl

import "github.com/xenvoy/xenvoy/xen/libxl"

// global are the options before the command.
type global struct {
	level    libxl.Level
	verbose  int // how many -v
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
				g.verbose++
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
