package xl

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/xenvoy/xenvoy/toolstack"
	"github.com/xenvoy/xenvoy/xen/libxl"
)

// A Program is xl, with all that it takes from outside.
type Program struct {
	Commands       []*Command
	Stdin          *os.File
	Stdout, Stderr io.Writer
	ConfPath       string // as in Session
	Hooks          Hooks

	// Open opens libxl, whose messages go to log.
	Open func(ctx context.Context, log func(libxl.Record), least libxl.Level) (Xen, io.Closer, error)
	// Printer makes what prints rows in a format: "table", "json" or "yaml".
	Printer func(format string) (func(v any, text func(io.Writer) error) error, error)
	// OpenList is as in Session.
	OpenList func() (toolstack.Lister, error)
}

// Run does what a command line of xl says and returns the status to end with.
//
// The option -o json|yaml before the command is not xl's: it makes what lists or shows
// something print it in that format.
func (p *Program) Run(ctx context.Context, words []string) int {
	g, words, err := p.globalOptions(words)
	if err != nil {
		return p.fail(nil, err)
	}
	if len(words) == 0 {
		writeHelp(p.Stdout, p.Commands)
		return StatusFailed
	}
	c := Find(p.Commands, words[0])
	switch {
	case c == nil && words[0] == "help":
		return p.help(words[1:])
	case c == nil:
		return p.fail(nil, Failf(StatusFailed, "command not implemented"))
	case g.dryRun && !c.DryRun:
		return p.fail(nil, Failf(StatusFailed, "command does not implement -N (dryrun) option"))
	}
	call, err := p.prepare(c, g, words[1:])
	if err != nil || call == nil {
		p.warn(c)
		return p.fail(c, err)
	}
	return p.fail(c, p.do(ctx, call, g))
}

// prepare makes a call of a command's words. nil says that help was asked for, and given.
func (p *Program) prepare(c *Command, g global, words []string) (*Call, error) {
	print, err := p.Printer(g.format)
	if err != nil {
		return nil, Failf(StatusFailed, "%w", err)
	}
	call, err := c.NewCall(&Session{
		Stdin: p.Stdin, Stdout: p.Stdout, Stderr: p.Stderr, DryRun: g.dryRun, ConfPath: p.ConfPath, Print: print, Hooks: p.Hooks, OpenList: p.OpenList,
		Front: Front{Verbose: g.verbose, Progress: g.progress, Times: g.times},
	}, words)
	if errors.Is(err, ErrHelp) {
		c.writeUsage(p.Stdout)
		return nil, nil
	}
	return call, err
}

// ErrHelp says that -h is among a command's words.
var ErrHelp = errors.New("help was asked for")

// NewCall reads the words after the command's name. The error is ErrHelp or a *Failure.
func (c *Command) NewCall(s *Session, words []string) (*Call, error) {
	var own []Option
	if s.Strict {
		own = c.Own
	}
	given, operands, help, err := c.parse(words, own...)
	if err != nil {
		return nil, err
	}
	if help {
		return nil, ErrHelp
	}
	return c.Call(s, given, operands)
}

// Call makes a call of options and operands that another parser has read.
func (c *Command) Call(s *Session, given []Given, operands []string) (*Call, error) {
	if len(operands) < c.MinArgs {
		plural := ""
		if c.MinArgs > 1 {
			plural = "s"
		}
		return nil, &Failure{Status: StatusUsage, Usage: true, Text: fmt.Sprintf("'xl %s' requires at least %d argument%s.\n", c.Name, c.MinArgs, plural)}
	}
	return &Call{Session: s, Command: c, Args: operands, given: given}, nil
}

func (p *Program) do(ctx context.Context, call *Call, g global) error {
	if quick := call.Command.Quick; quick != nil {
		if done, err := quick(ctx, call); done {
			return err
		}
	}
	xen, closer, err := p.Open(ctx, p.logger(call.Session, g), g.level)
	if err != nil {
		return Failf(StatusFailed, "cannot init xl context: %w", err)
	}
	defer closer.Close()
	p.warn(call.Command) // not before: to open may be to hand over to another build, which says it, too
	call.Xen = xen
	if err := call.LoadConf(); err != nil {
		return err
	}
	return call.Command.Run(ctx, call)
}

// warn says what a command says first.
func (p *Program) warn(c *Command) {
	if c.Warning != "" {
		fmt.Fprintln(p.Stderr, c.Warning)
	}
}

// help is the command help, which is not in the table.
func (p *Program) help(words []string) int {
	if len(words) == 0 || words[0] == "help" {
		writeHelp(p.Stdout, p.Commands)
		return StatusOK
	}
	if c := Find(p.Commands, words[0]); c != nil {
		c.writeUsage(p.Stdout)
		return StatusOK
	}
	fmt.Fprintf(p.Stdout, "command \"%s\" not implemented\n", words[0])
	return StatusOK
}

// fail says what a command has failed with, and gives its status.
func (p *Program) fail(c *Command, err error) int {
	if err == nil {
		return StatusOK
	}
	var f *Failure
	if !errors.As(err, &f) {
		f = &Failure{Status: StatusFailed, Err: err}
	}
	switch {
	case f.Text != "":
		fmt.Fprintln(p.Stderr, f.Text)
	case f.Err != nil && !told(f.Err):
		fmt.Fprintf(p.Stderr, "xl: %v\n", f.Err)
	}
	if f.Usage && c != nil {
		c.writeUsage(p.Stdout)
	}
	return f.Status
}

// told says that libxl has logged an error, which is then on standard error already.
func told(err error) bool {
	var e *libxl.Error
	return errors.As(err, &e) && slices.ContainsFunc(e.Log, func(r libxl.Record) bool { return r.Level >= libxl.LevelError })
}
