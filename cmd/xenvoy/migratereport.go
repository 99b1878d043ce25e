package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/xenvoy/xenvoy/migrate"
)

func newMigrateReportCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "report [ID]",
		Short: "Show the report that is kept of a migration, or list all",
		Long: `Show what a migration did, as it said at its end: each pass over the guest's
memory, how long the guest stood still and for what, and the reason for each
decision. Without ID all reports of this host are listed, the oldest first. Both
hosts of a migration keep a report, the newest 500, for 400 days at most.`,
		Args: args(cobra.MaximumNArgs(1)),
		RunE: func(_ *cobra.Command, words []string) error {
			if len(words) == 1 {
				return a.showReport(words[0])
			}
			return a.listReports()
		},
	}
}

func (a *app) showReport(id string) error {
	r, err := migrate.LoadReport(stateDir(), id)
	if err != nil {
		return err
	}
	return a.printReport(r)
}

func (a *app) printReport(r *migrate.Report) error {
	return a.print(r, func(w io.Writer) error {
		_, err := io.WriteString(w, r.Text())
		return err
	})
}

func (a *app) listReports() error {
	all, unread := migrate.LoadReports(stateDir())
	return errors.Join(unread, a.print(all, func(w io.Writer) error {
		t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
		fmt.Fprintln(t, "ID\tSIDE\tDOMAIN\tFROM\tTO\tOUTCOME\tDATA\tTOOK\tDOWN")
		for _, r := range all {
			down := "-"
			if r.Down.Total > 0 {
				down = time.Duration(r.Down.Total).Round(time.Millisecond).String()
			}
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%.1f MB\t%s\t%s\n", r.ID, r.Side, strings.Map(printable, r.Domain), strings.Map(printable, r.From), r.To,
				r.Outcome, float64(r.Bytes)/1e6, time.Duration(r.Total).Round(100*time.Millisecond), down)
		}
		return t.Flush()
	}))
}
