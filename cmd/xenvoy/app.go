package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/xenvoy/xenvoy/migrate"
	"github.com/xenvoy/xenvoy/toolstack"
	"github.com/xenvoy/xenvoy/toolstack/domcfg"
	"github.com/xenvoy/xenvoy/toolstack/native"
	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/xen"
)

// Exit codes; docs/scripting.md is the contract.
const (
	exitOK      = 0
	exitFailed  = 1
	exitUsage   = 2 // wrong words on the command line, or a faulty file
	exitInDoubt = 3 // a migration ended without anyone knowing where the guest runs
)

// app is what all commands share: streams and global options.
type app struct {
	stdin          *os.File
	stdout, stderr io.Writer

	output    string
	logFormat string
	verbose   bool
}

// usageError is a mistake in the command's words.
type usageError struct{ error }

// exitError carries the exit code of a command that has said all there is to
// say.
type exitError struct{ code int }

func (e exitError) Error() string { return fmt.Sprintf("exit status %d", e.code) }

func (a *app) run(ctx context.Context, args []string) int {
	root := a.rootCommand(args)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	var exit exitError
	if err != nil && !errors.As(err, &exit) {
		fmt.Fprintln(a.stderr, explain(err))
	}
	return exitCode(err)
}

func exitCode(err error) int {
	var (
		exit   exitError
		usage  usageError
		faults domcfg.Errors
		xls    *xl.Failure
	)
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &exit):
		return exit.code
	case errors.As(err, &usage), errors.As(err, &faults):
		return exitUsage
	case errors.As(err, &xls) && xls.Status == xl.StatusUsage:
		return exitUsage
	case errors.Is(err, migrate.ErrInDoubt):
		return exitInDoubt
	}
	return exitFailed
}

// explain is what the user reads: the error, and the next step where there is a
// usual one.
func explain(err error) string {
	switch {
	case errors.Is(err, xen.ErrNoHypervisor):
		return fmt.Sprintf("xenvoy: no Xen on this machine (%v); \"xenvoy lab up\" starts two Xen hosts inside QEMU", err)
	case errors.Is(err, context.Canceled):
		return "xenvoy: interrupted: " + err.Error()
	}
	var faults domcfg.Errors
	if errors.As(err, &faults) {
		return faults.Error()
	}
	return "xenvoy: " + err.Error()
}

// rootCommand has all commands below it, but for words that begin with list: scripts call that most, and making
// all others takes it as long as its work does.
func (a *app) rootCommand(words []string) *cobra.Command {
	root := &cobra.Command{
		Use:           "xenvoy",
		Short:         "Manage Xen hosts and move their domains live between sites",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.ArbitraryArgs,

		RunE: group,
		PersistentPreRunE: func(c *cobra.Command, _ []string) error {
			if err := errors.Join(checkOutput(a.output), checkLogFormat(a.logFormat)); err != nil {
				return err
			}
			if _, needs := c.Annotations[needsXen]; needs {
				return handOver(c.Context())
			}
			return nil
		},
	}
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usageError{fmt.Errorf("%w; see \"%s --help\"", err, c.CommandPath())}
	})
	f := root.PersistentFlags()
	f.StringVarP(&a.output, "output", "o", formatTable, "output format: table, json or yaml")
	f.StringVar(&a.logFormat, "log-format", "auto", "log format: auto, text or json")
	f.BoolVarP(&a.verbose, "verbose", "v", false, "log each step, and what libxl says")
	if len(words) > 0 && words[0] == "list" {
		root.AddCommand(newListCommand(a))
		return root
	}
	for _, c := range []func(*app) *cobra.Command{
		newCreateCommand, newInfoCommand, newConsoleCommand,
		newPauseCommand, newUnpauseCommand, newShutdownCommand, newDestroyCommand,
		newMigrateCommand, newMigrateReceiveCommand, newMonitorCommand,
		newApplyCommand, newAutostartCommand, newAutostopCommand,
	} {
		root.AddCommand(withXen(c(a)))
	}
	root.AddCommand(newListCommand(a), newConfigCommand(a), newLabCommand(a), newStreamCommand(a), newVersionCommand(a), newDocsCommand(a))
	own := map[string]bool{}
	for _, c := range root.Commands() { // sorts them, each time that others were added
		own[c.Name()] = true
	}
	for _, x := range xlCommands() {
		if own[x.Name] {
			continue
		}
		c := newXLCommand(a, x)
		if x.Quick == nil {
			withXen(c)
		}
		root.AddCommand(c)
	}
	return root
}

// group is what a command does that only has others below it: it shows them, or says that there is none with that name.
func group(c *cobra.Command, words []string) error {
	if len(words) == 0 {
		return c.Help()
	}
	c.SuggestionsMinimumDistance = 2
	return usageError{fmt.Errorf("unknown command %q%s; \"%s --help\" lists all", words[0], meant(c.SuggestionsFor(words[0])), c.CommandPath())}
}

// meant asks for the nearest commands to one that does not exist.
func meant(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return ", did you mean " + strings.Join(names, " or ")
}

// noArgs refuses operands.
func noArgs(c *cobra.Command, words []string) error {
	if len(words) > 0 {
		return usageError{fmt.Errorf("%s takes no operand, and got %.80q; an option's value with spaces wants quotes", c.CommandPath(), words[0])}
	}
	return nil
}

// args wraps a check of operands so that a wrong number is a usage error.
func args(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(c *cobra.Command, words []string) error {
		if err := check(c, words); err != nil {
			return usageError{fmt.Errorf("%w; usage: %s", err, c.UseLine())}
		}
		return nil
	}
}

func checkLogFormat(s string) error {
	if s != "auto" && s != "text" && s != "json" {
		return usageError{fmt.Errorf("--log-format %q: want auto, text or json", s)}
	}
	return nil
}

// logger writes for a person, in colour on a terminal, or JSON when told.
func (a *app) logger() zerolog.Logger {
	level := zerolog.InfoLevel
	if a.verbose {
		level = zerolog.DebugLevel
	}
	w := a.stderr
	if a.logFormat == "text" || a.logFormat == "auto" {
		w = zerolog.ConsoleWriter{Out: a.stderr, TimeFormat: time.TimeOnly, NoColor: !a.terminal()}
	}
	return zerolog.New(w).Level(level).With().Timestamp().Logger()
}

// terminal says whether messages go to a person's terminal.
func (a *app) terminal() bool {
	f, ok := a.stderr.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// host opens this machine's Xen. The caller closes it.
func (a *app) host() (toolstack.Host, error) {
	return native.Open(a.logger())
}

// withDomain runs f for a domain of this machine's Xen.
func (a *app) withDomain(ctx context.Context, name string, f func(toolstack.Host, toolstack.DomainInfo) error) error {
	h, err := a.host()
	if err != nil {
		return err
	}
	defer h.Close()
	d, err := toolstack.Find(ctx, h, name)
	if err != nil {
		return err
	}
	return f(h, d)
}
