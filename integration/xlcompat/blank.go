package xlcompat

import (
	"regexp"
	"slices"
	"strings"
)

// A Blank is something that changes from one run of xl to the next, and why.
type Blank struct {
	Pattern *regexp.Regexp // its first group, if there is one, is what is left out
	Why     string
}

// Blanks are those that cases can name.
func Blanks() map[string]Blank {
	return map[string]Blank{
		"seconds": {regexp.MustCompile(`(?m) +[0-9]+\.[0-9](?: |$)`), "CPU time goes on"},
		"clock":   {regexp.MustCompile(`[0-9]+:[0-9]{2}(?::[0-9]{2})?`), "time goes on"},
		"uuid":    {regexp.MustCompile(`[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}`), "it is made at random"},
		"mac":     {regexp.MustCompile(`00:16:3e(?::[0-9a-f]{2}){3}`), "it is made at random"},
		"domid":   {regexp.MustCompile(`\b[0-9]{1,4}\b`), "each new domain has a new number"},
		"free":    {regexp.MustCompile(`(?m)^(?:free_memory|outstanding_claims) +: [0-9]+$`), "Xen itself takes and gives back memory"},
		"cpu":     {regexp.MustCompile(`(?m)^\S+ +[0-9]+ +[0-9]+ +([0-9]+ +[r-][b-]-)`), "a running vCPU moves from CPU to CPU"},
		"xentime": {regexp.MustCompile(`(?m)^\(XEN\) \[[^\]]*\]`), "Xen's time goes on"},
		"count":   {regexp.MustCompile(`(?s)(?:[^\n]*\n)*tiny [0-9]+.*`), "the guest counts"},
		helpBlank: {regexp.MustCompile(`(?sm)^(?:Usage: xl \[[^\]]*\] \S+(.*)|xl full list of subcommands:(.*))`), "the words of our help are our own"},
	}
}

// helpBlank is left out of every text that has it: of a command's help only the
// line with its name is compared, and of the list of commands nothing.
const helpBlank = "help"

// blank leaves out of text what the named blanks find.
func blank(text string, names []string) string {
	if strings.Contains(text, "Usage") {
		names = slices.Concat(names, []string{helpBlank})
	}
	for _, name := range names {
		text = leaveOut(text, Blanks()[name].Pattern, "<"+name+">")
	}
	return text
}

// leaveOut puts mark in the place of the first group of each match, or of the match.
func leaveOut(text string, pattern *regexp.Regexp, mark string) string {
	var b strings.Builder
	last := 0
	for _, m := range pattern.FindAllStringSubmatchIndex(text, -1) {
		from, to := m[0], m[1]
		for i := 2; i < len(m); i += 2 {
			if m[i] >= 0 {
				from, to = m[i], m[i+1]
				break
			}
		}
		b.WriteString(text[last:from] + mark)
		last = to
	}
	return b.String() + text[last:]
}
