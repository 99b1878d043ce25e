package main

import (
	"cmp"
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/xenvoy/xenvoy/toolstack/native"
	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/toolstack/xl/device"
	"github.com/xenvoy/xenvoy/toolstack/xl/inspect"
	"github.com/xenvoy/xenvoy/toolstack/xl/life"
	"github.com/xenvoy/xenvoy/toolstack/xl/tune"
	"github.com/xenvoy/xenvoy/xen/libxl"
)

// calledAsXL says that the program was started under xl's name, by a link.
func calledAsXL() bool { return filepath.Base(os.Args[0]) == "xl" }

// xlCommands are all of xl's commands, in the order of the alphabet.
func xlCommands() []*xl.Command {
	all := slices.Concat(inspect.Commands(), tune.Commands(), device.Commands(), life.Commands())
	slices.SortFunc(all, func(a, b *xl.Command) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

// runXL is xl.
func (a *app) runXL(ctx context.Context, words []string) int {
	p := &xl.Program{
		Commands: xlCommands(), Stdin: a.stdin, Stdout: a.stdout, Stderr: a.stderr,
		Hooks: a.hooks(), OpenList: native.OpenList,
		Open: openXL, Printer: func(format string) (func(any, func(io.Writer) error) error, error) {
			a.output = format
			return a.print, checkOutput(format)
		},
	}
	return p.Run(ctx, words)
}

// openXL opens libxl, or has the build that has it do the command.
func openXL(ctx context.Context, log func(libxl.Record), least libxl.Level) (xl.Xen, io.Closer, error) {
	if err := handOver(ctx); err != nil {
		return nil, nil, err
	}
	return native.OpenXL(ctx, log, least)
}

// verboseOption is an option of all this program's commands, and of some of xl's.
const verboseOption = "verbose"

// newXLCommand is one of xl's commands in the words of this program: an error that xl passes
// over is one, and lists are printed as --output says.
func newXLCommand(a *app, x *xl.Command) *cobra.Command {
	var (
		given  []xl.Given
		dryRun bool
	)
	c := &cobra.Command{
		Use: x.Name + " " + x.Operands, Short: x.Summary, Hidden: x.Hidden, Args: args(cobra.MinimumNArgs(x.MinArgs)),
		RunE: func(c *cobra.Command, words []string) error {
			s := &xl.Session{Stdin: a.stdin, Stdout: a.stdout, Stderr: a.stderr, DryRun: dryRun, Strict: true, Print: a.print,
				Hooks: a.hooks(), OpenList: native.OpenList}
			if a.verbose { // which stands for xl's -v as well
				given = append(given, xl.Given{Name: verboseOption})
			}
			call, err := x.Call(s, given, words)
			if err != nil {
				return usageError{err}
			}
			return a.xlCall(c.Context(), call)
		},
	}
	for _, o := range slices.Concat(x.Options, x.Own) {
		if o.Long != verboseOption {
			addOption(c.Flags(), o, &given)
		}
	}
	if x.DryRun {
		c.Flags().BoolVar(&dryRun, "dry-run", false, "check everything and print what would be done, change nothing")
	}
	return c
}

// xlCall does a call, with libxl where it must.
func (a *app) xlCall(ctx context.Context, call *xl.Call) error {
	if quick := call.Command.Quick; quick != nil {
		if done, err := quick(ctx, call); done {
			return err
		}
	}
	if err := handOver(ctx); err != nil {
		return err
	}
	log := a.logger()
	xen, closer, err := native.OpenXL(ctx, func(r libxl.Record) { native.Log(log, r) }, libxl.LevelInfo)
	if err != nil {
		return err
	}
	defer closer.Close()
	call.Xen = xen
	if err := call.LoadConf(); err != nil {
		return err
	}
	return call.Command.Run(ctx, call)
}

// An option collects what it is given.
type option struct {
	xl.Option
	into *[]xl.Given
}

// String is pflag's: the default, which is nothing.
func (option) String() string { return "" }

// Type is the value's name in the help, which shows none for "bool".
func (o option) Type() string { return cmp.Or(o.Value, "bool") }

// Set adds a value, in the order of the words. One that takes none may be "false", which is to
// leave it out.
func (o option) Set(value string) error {
	if on, err := strconv.ParseBool(value); o.Value == "" && (err != nil || !on) {
		return err
	}
	*o.into = append(*o.into, xl.Given{Name: o.Name(), Value: value})
	return nil
}

// addOption adds a flag for an option of xl's. One that has no long name gets its letter as
// one; a letter that stands for something else in all of this program's commands is left to that.
func addOption(flags *pflag.FlagSet, o xl.Option, into *[]xl.Given) {
	short := ""
	if o.Short != 0 && o.Short != 'o' && o.Short != 'v' && o.Short != 'h' {
		short = string(rune(o.Short))
	}
	f := flags.VarPF(option{o, into}, o.Name(), short, o.Help)
	if o.Value == "" {
		f.NoOptDefVal = "true"
	}
}
