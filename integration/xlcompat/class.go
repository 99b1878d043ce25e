package xlcompat

import (
	"regexp"
	"slices"
	"strings"
	"sync"
)

// class is a kind of line that xl writes to standard error.
type class struct {
	name    string
	pattern *regexp.Regexp
}

// classes are tried in this order; the first that fits is a line's class.
var classes = sync.OnceValue(func() []class {
	var all []class
	for _, c := range [][2]string{
		{"too few operands", `requires at least \d+ argument|requires a domain argument`},
		{"unknown option", `^option .* not supported\.`},
		{"unknown global option", `^unknown global option|invalid option -- `},
		{"no dry run", `^command does not implement -N`},
		{"no such command", `^command not implemented`},
		{"unknown domain", `is an invalid domain identifier|^unknown domain|[Dd]omain .* does not exist|maybe this domain does not exist`},
		{"unknown device", `^Unknown device|not connected\.`},
		{"unknown pool", `^unknown cpupool|^Pool .* does not exist`},
		{"libxl", `^libxl: |^libxl-save-helper: |^xc: `},
		{"progress", `^Parsing config from|^Saving to|^Loading new save file|^ Savefile contains|^migration (sender|target): |^Migration successful`},
		{"deprecated", `^WARNING: `},
		{"fault of a configuration", `^[^ ]+:\d+: |^command line:\d+:|^Failed to parse config`},
	} {
		all = append(all, class{c[0], regexp.MustCompile(c[1])})
	}
	return all
})

// Classes says what kinds of lines a text of standard error has, sorted. A line
// that is of no other kind is a "message".
func Classes(stderr string) []string {
	var found []string
	for line := range strings.Lines(stderr) {
		line = strings.TrimRight(line, "\r\n")
		if strings.TrimSpace(line) == "" {
			continue
		}
		name := "message"
		for _, c := range classes() {
			if c.pattern.MatchString(line) {
				name = c.name
				break
			}
		}
		if !slices.Contains(found, name) {
			found = append(found, name)
		}
	}
	slices.Sort(found)
	return found
}
