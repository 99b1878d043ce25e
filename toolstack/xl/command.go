package xl

import (
	"context"
	"slices"
	"strings"
)

// A Command is one of xl's commands.
type Command struct {
	Name     string
	Operands string // as the help shows them: "<Domain> <Mem>"
	Summary  string // one line without an end
	Warning  string // what xl says first, whatever its words are
	Options  []Option
	Own      []Option // that xl does not have: only strict sessions know them
	MinArgs  int      // fewer operands are a usage error; more are the command's own affair
	Leading  int      // so many operands, without "=" in them, may come before the options
	Plain    bool     // xl looks for no options among its words, not even -h
	DryRun   bool     // it knows the global option -N
	Changes  bool     // it changes something
	Hidden   bool     // other programs call it, not people
	Exact    bool     // only by its whole name: xl of Xen 4.17 has no such command

	// Quick, when there is one, does the command without libxl, which takes long to open;
	// false leaves it to Run. Call.Xen is nil.
	Quick func(ctx context.Context, c *Call) (done bool, err error)

	// Run does it. A *Failure is what the command says and the status that it ends with;
	// any other error ends it with 1.
	Run func(ctx context.Context, c *Call) error
}

// An Option of a command. -h and --help are every command's.
type Option struct {
	Short byte   // 0: none
	Long  string // "": none
	Value string // what its value is, as the help shows it: "MIB"; "": it takes none
	Help  string
}

// Name is what a Call knows the option by: the long form, or else the letter.
func (o Option) Name() string {
	if o.Long != "" {
		return o.Long
	}
	return string(rune(o.Short))
}

// Find gives the command that a word means: the one with this name, or else the only one
// whose name begins so (tools/xl/xl_cmdtable.c, cmdtable_lookup). nil says that there is none.
func Find(table []*Command, word string) *Command {
	if i := slices.IndexFunc(table, func(c *Command) bool { return c.Name == word }); i >= 0 {
		return table[i]
	}
	var found *Command
	for _, c := range table {
		if strings.HasPrefix(c.Name, word) && !c.Exact {
			if found != nil {
				return nil
			}
			found = c
		}
	}
	return found
}
