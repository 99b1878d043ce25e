package xlcompat

import (
	_ "embed" // the shell functions
	"fmt"
	"strings"
)

//go:embed run.sh
var runner string

// Folder is where the host has what the script needs: the files of the cases,
// and the folders real and ours, each with a program xl.
const Folder = "/root/xl"

// Script is the shell program, for bash, that runs all cases with one xl after
// the other, "real" and "ours", and writes what it leaves as a tar archive to
// its standard output. How far it is comes on standard error.
func Script(files []*File, who ...string) string {
	var b strings.Builder
	b.WriteString(runner)
	fmt.Fprintf(&b, "who_all=%s\n", Quote(strings.Join(who, " ")))
	for _, f := range files {
		fmt.Fprintf(&b, "\n# %s\necho \"$SECONDS s: %s\" >&2\n", f.Name, f.Name)
		around(&b, f.Name+".setup", f.Setup)
		for i, s := range f.Sections {
			name := fmt.Sprintf("%s.%d", f.Name, i)
			fmt.Fprintf(&b, "echo \"$SECONDS s: %s: %s\" >&2\n", f.Name, s.Command)
			around(&b, name+".setup", s.Setup)
			for _, c := range s.Cases {
				fmt.Fprintf(&b, "run %d %s %s %s %s\n", c.ID, Quote(c.Line), Quote(c.Before), Quote(c.Then), Quote(c.After))
			}
			around(&b, name+".teardown", s.Teardown)
		}
		around(&b, f.Name+".teardown", f.Teardown)
	}
	b.WriteString("kill -- -$watcher\ntar c out\nrm -r out\n")
	return b.String()
}

// around runs commands of a file or a section, with xl itself.
func around(b *strings.Builder, name string, commands []string) {
	for i, c := range commands {
		fmt.Fprintf(b, "part %s.%d \"$real\" %s\n", name, i, Quote(c))
	}
}

// Quote makes one word of the shell of a text.
func Quote(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }
