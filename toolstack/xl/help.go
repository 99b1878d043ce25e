package xl

import (
	"fmt"
	"io"
	"strings"
)

// summaryColumn is where xl's list of commands has the summaries.
const summaryColumn = 19

// writeHelp is what "xl help" prints: all commands.
func writeHelp(w io.Writer, table []*Command) {
	fmt.Fprint(w, "Usage xl [-vfNtT] <subcommand> [args]\n\nxl full list of subcommands:\n\n")
	for _, c := range table {
		fmt.Fprintf(w, " %-*s ", summaryColumn, c.Name)
		if len(c.Name) > summaryColumn {
			fmt.Fprintf(w, "\n %*s ", summaryColumn, "")
		}
		fmt.Fprintln(w, c.Summary)
	}
}

// writeUsage is what -h prints of a command.
func (c *Command) writeUsage(w io.Writer) {
	global := "vtT"
	if c.Changes {
		global += "f"
	}
	if c.DryRun {
		global += "N"
	}
	fmt.Fprintf(w, "Usage: xl [-%s] %s %s\n\n%s.\n\nOptions:\n\n", global, c.Name, c.Operands, c.Summary)
	for _, o := range append([]Option{helpOption()}, c.Options...) {
		fmt.Fprintf(w, "%-24s %s\n", o.forms(), o.Help)
	}
	fmt.Fprintln(w)
}

// forms is how the option is written: "-n NAME, --name=NAME".
func (o Option) forms() string {
	var forms []string
	if o.Short != 0 {
		short := "-" + string(rune(o.Short))
		if o.Value != "" {
			short += " " + o.Value
		}
		forms = append(forms, short)
	}
	if o.Long != "" {
		long := "--" + o.Long
		if o.Value != "" {
			long += "=" + o.Value
		}
		forms = append(forms, long)
	}
	return strings.Join(forms, ", ")
}
