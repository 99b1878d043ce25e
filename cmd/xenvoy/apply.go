package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/xenvoy/xenvoy/toolstack/reconcile"
	"github.com/xenvoy/xenvoy/toolstack/xl"
)

type applyOptions struct {
	files                       []string
	language                    string
	dryRun, partial, prune, yes bool
}

func newApplyCommand(a *app) *cobra.Command {
	var o applyOptions
	c := &cobra.Command{
		Use:   "apply -f FILE|FOLDER…",
		Short: "Bring the running domains to what their files say",
		Long: `Compare the domains of all files, and of all .yaml, .yml and .cfg files of folders, with what runs under
their names; show what is to be done, and do it: create what is missing, and change what can change while
it runs: memory, virtual CPUs that are online, the share of the CPUs, disks, discs and networks.

What cannot change live is refused by name, with its place in the file, and then nothing is changed at
all: with --partial everything else is. When a step fails, those before it are undone. Domains that no
file names are left alone, or with --prune --yes destroyed. A second run finds nothing to do.`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.apply(c.Context(), o) },
	}
	addLanguageFlag(c, &o.language)
	f := c.Flags()
	f.StringArrayVarP(&o.files, "file", "f", nil, "a domain file, or a folder of them; may be given several times")
	f.BoolVarP(&o.dryRun, "dry-run", "n", false, "show what is to be done, and do nothing")
	f.BoolVar(&o.partial, "partial", false, "leave the domains alone that are refused, and do the rest")
	f.BoolVar(&o.prune, "prune", false, "destroy the domains that no file names")
	f.BoolVarP(&o.yes, "yes", "y", false, "destroy them without being asked")
	return c
}

func (a *app) apply(ctx context.Context, o applyOptions) error {
	defer xl.OutlivePipes()()
	if len(o.files) == 0 {
		return usageError{errors.New("apply needs -f FILE or -f FOLDER")}
	}
	files, err := findFiles(o.files)
	if err != nil {
		return err
	}
	read, faults, err := readFiles(files, o.language)
	if err != nil {
		return err
	}
	if len(faults) > 0 {
		return faults
	}
	h, err := a.host()
	if err != nil {
		return err
	}
	defer h.Close()
	sources, err := a.sources(ctx, h, read)
	if err != nil {
		return err
	}
	plan, err := reconcile.NewPlan(ctx, h, sources, reconcile.Options{Prune: o.prune})
	if err != nil {
		return err
	}
	return a.carryOut(ctx, plan, o)
}

// carryOut shows the plan, and carries it out when it may.
func (a *app) carryOut(ctx context.Context, plan *reconcile.Plan, o applyOptions) error {
	out := applied{appliedPlan: planOf(plan)}
	if a.output == formatTable {
		if err := writePlan(a.stdout, plan); err != nil {
			return err
		}
	}
	mayNot := a.mayApply(plan, o)
	if o.dryRun || mayNot != nil {
		return errors.Join(a.printApplied(out), mayNot)
	}
	done, err := plan.Apply(ctx, reconcile.Observer{Step: a.tellStep, Started: a.startMonitor})
	out.Done, out.Undone, out.Left = done.Done, done.Undone, done.Left
	out.Applied = err == nil
	if err != nil {
		out.Error = err.Error()
	}
	if err == nil && plan.Count(reconcile.Refuse) > 0 {
		fmt.Fprintln(a.stderr, plan.Refused())
		err = exitError{exitFailed}
	}
	return errors.Join(a.printApplied(out), err)
}

// mayApply is why a plan is not carried out as it is.
func (a *app) mayApply(plan *reconcile.Plan, o applyOptions) error {
	if plan.Count(reconcile.Refuse) > 0 && !o.partial {
		if !o.dryRun {
			fmt.Fprintln(a.stderr, "xenvoy: nothing was changed; --partial does what can be done without these:")
		}
		return plan.Refused()
	}
	if plan.Count(reconcile.Destroy) > 0 && !o.yes && !o.dryRun {
		var names []string
		for i := range plan.Domains {
			if d := &plan.Domains[i]; d.Action == reconcile.Destroy {
				names = append(names, d.Name)
			}
		}
		return usageError{fmt.Errorf("nothing was changed: --prune would destroy %s; --yes does so", strings.Join(names, ", "))}
	}
	return nil
}

// tellStep says what is being done, for somebody who waits.
func (a *app) tellStep(step string) {
	if a.output == formatTable {
		fmt.Fprintln(a.stderr, step)
	}
}

// printApplied ends the output: in JSON and YAML it is all of it.
func (a *app) printApplied(out applied) error {
	return a.print(out, func(w io.Writer) error {
		switch {
		case out.Applied && len(out.Done) == 0:
			_, err := fmt.Fprintln(w, "nothing to do")
			return err
		case out.Applied:
			_, err := fmt.Fprintf(w, "done: %s\n", count(len(out.Done), "step"))
			return err
		case out.Error != "":
			_, err := fmt.Fprintf(w, "failed: %s undone, %d could not be\n", count(len(out.Undone), "step"), len(out.Left))
			return err
		}
		return nil
	})
}

func count(n int, of string) string {
	if n == 1 {
		return "1 " + of
	}
	return fmt.Sprintf("%d %ss", n, of)
}

// writePlan is the plan for a person: a line for each domain, or for each thing of it that
// changes, and the sum.
func writePlan(w io.Writer, plan *reconcile.Plan) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "DOMAIN\tACTION\tFIELD\tRUNNING\tFILE\tPLACE")
	for i := range plan.Domains {
		d := &plan.Domains[i]
		if len(d.Differences) == 0 {
			fmt.Fprintf(t, "%s\t%s\t\t\t\t%s\n", d.Name, d.Action, d.File)
		}
		for j := range d.Differences {
			diff := &d.Differences[j]
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", d.Name, actionOf(diff), diff.Field, sideOf(diff.Running), sideOf(diff.File), diff.Pos)
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "%d to create, %d to change, %d as their files say, %d refused, %d to destroy\n", plan.Count(reconcile.Create),
		plan.Count(reconcile.Change), plan.Count(reconcile.Keep), plan.Count(reconcile.Refuse), plan.Count(reconcile.Destroy))
	return err
}

// actionOf is what happens to a single difference.
func actionOf(d *reconcile.Difference) reconcile.Action {
	if d.Live() {
		return reconcile.Change
	}
	return reconcile.Refuse
}

// sideOf is a value of one side of a comparison, for a table.
func sideOf(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
