package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/xenvoy/xenvoy/migrate"
)

func newMigrateStatusCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "status [ID]",
		Short: "Show how migrations from and to this host stand",
		Long: `Show the migrations that this host has journals of, as source and as
destination: how each stands, its last step, how long ago it began, and which
process works on it. One that nobody has decided comes with the command that
decides it, and the side to run it at.`,
		Args: args(cobra.MaximumNArgs(1)),
		RunE: func(_ *cobra.Command, words []string) error {
			if len(words) == 0 {
				all, err := migrate.Statuses(stateDir())
				return errors.Join(err, a.printStatuses(all))
			}
			all, err := migrate.StatusOf(stateDir(), words[0])
			if len(all) == 0 {
				return err
			}
			return errors.Join(err, a.printStatuses(all))
		},
	}
}

func (a *app) printStatuses(all []migrate.Status) error {
	return a.print(all, func(w io.Writer) error {
		t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
		fmt.Fprintln(t, "ID\tSIDE\tDOMAIN\tOTHER HOST\tSTATE\tSTEP\tAGE\tPROCESS")
		for _, s := range all {
			step, process := "-", "-"
			if s.Step != nil {
				step = s.Step.String()
			}
			if s.AtWork {
				process = "at work"
			}
			if s.PID != 0 {
				process = fmt.Sprint(s.PID)
			}
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", s.ID, s.Side, strings.Map(printable, s.Domain), strings.Map(printable, s.Host),
				s.State, step, time.Duration(s.Age).Round(time.Second), process)
		}
		if err := t.Flush(); err != nil {
			return err
		}
		for _, s := range all {
			if err := writeDecision(w, s); err != nil {
				return err
			}
		}
		return nil
	})
}

// writeDecision says what one is to do about a migration that nobody has decided.
func writeDecision(w io.Writer, s migrate.Status) (err error) {
	switch {
	case s.State == migrate.StateDamaged:
		_, err = fmt.Fprintf(w, "%s is damaged: %s\n", s.ID, strings.Map(printable, s.Why))
	case s.Decide != "" && s.Side == s.DecideAt:
		_, err = fmt.Fprintf(w, "%s is undecided; run: %s\n", s.ID, s.Decide)
	case s.Decide != "":
		_, err = fmt.Fprintf(w, "%s is undecided; run at its %s: %s\n", s.ID, s.DecideAt, s.Decide)
	}
	return err
}

func newMigrateCancelCommand(a *app) *cobra.Command {
	var dryRun bool
	c := &cobra.Command{
		Use:   "cancel ID|DOMAIN",
		Short: "Call off a migration that another process works on",
		Long: `Ask the process that moves a domain away from this host to call that off, and
wait for its end: the guest runs on here. Once the guest has been given to the
other host this is refused, for it may run there already.`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, words []string) error { return a.cancel(c.Context(), words[0], dryRun) },
	}
	c.Flags().BoolVarP(&dryRun, "dry-run", "n", false, "say whether it can be called off, and change nothing")
	return c
}

// cancelled is what cancel tells.
type cancelled struct {
	ID      string `json:"id"`
	Outcome string `json:"outcome"`
}

func (a *app) cancel(ctx context.Context, word string, dryRun bool) error {
	if dryRun {
		s, err := migrate.Cancellable(stateDir(), word)
		if err != nil {
			return err
		}
		return a.print(cancelled{s.ID, string(s.State)}, func(w io.Writer) error {
			_, err := fmt.Fprintf(w, "migration %s can be called off\n", s.ID)
			return err
		})
	}
	id, outcome, err := migrate.Cancel(ctx, stateDir(), word)
	if err != nil {
		return err
	}
	return a.print(cancelled{id, string(outcome)}, func(w io.Writer) error {
		says := "is " + string(outcome)
		if outcome == migrate.OutcomeEnded {
			says = "had ended here by itself"
		}
		_, err := fmt.Fprintf(w, "migration %s is called off: the guest %s\n", id, says)
		return err
	})
}
