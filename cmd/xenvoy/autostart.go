package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/xenvoy/xenvoy/toolstack"
	"github.com/xenvoy/xenvoy/toolstack/autostart"
	"github.com/xenvoy/xenvoy/toolstack/domcfg"
	"github.com/xenvoy/xenvoy/toolstack/xl"
)

// domainsDir is where the files of the domains lie that belong to a host.
const domainsDir = "/etc/xenvoy/domains"

func newAutostartCommand(a *app) *cobra.Command {
	return a.autostartCommand("autostart", "Start the domains that belong to this host",
		`Start the domains whose files say "autostart: true" and that do not run: in the order that their files
say, each after the delay of the one before. A faulty file, or a domain that cannot start, does not keep
the others from starting; the exit status is then 1.`,
		func(ctx context.Context, h toolstack.Host, files []*domcfg.Domain, tell func(autostart.Result)) error {
			return autostart.Start(ctx, h, files, savesDir(), func(r autostart.Result) {
				if r.Did == autostart.Started || r.Did == autostart.Restored {
					a.startMonitor(r.ID, r.Name)
				}
				tell(r)
			})
		})
}

func newAutostopCommand(a *app) *cobra.Command {
	return a.autostartCommand("autostop", "End the domains that autostart has started",
		`End the running domains whose files say "autostart: true", as they say under on_host_shutdown, in the
reverse of the order in which they started; those of one order end at the same time. One that has not
ended in its time is destroyed. The next autostart restores those that were saved.`,
		func(ctx context.Context, h toolstack.Host, files []*domcfg.Domain, tell func(autostart.Result)) error {
			return autostart.Stop(ctx, h, files, savesDir(), tell)
		})
}

// savesDir is where autostop saves domains.
func savesDir() string { return filepath.Join(stateDir(), "saved") }

// autostartCommand makes a command that does something to the marked domains.
func (a *app) autostartCommand(name, short, long string,
	do func(context.Context, toolstack.Host, []*domcfg.Domain, func(autostart.Result)) error) *cobra.Command {
	var files []string
	c := &cobra.Command{Use: name, Short: short, Long: long, Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.autostart(c.Context(), files, do) }}
	c.Flags().StringArrayVarP(&files, "file", "f", []string{domainsDir}, "a domain file, or a folder of them; may be given several times")
	return c
}

// autostartRow is what became of a domain, in JSON and YAML.
type autostartRow struct {
	Name  string         `json:"name"`
	ID    uint32         `json:"id,omitempty"`
	Did   autostart.Deed `json:"did"`
	Note  string         `json:"note,omitempty"`
	Error string         `json:"error,omitempty"`
}

func (a *app) autostart(ctx context.Context, paths []string,
	do func(context.Context, toolstack.Host, []*domcfg.Domain, func(autostart.Result)) error) error {
	defer xl.OutlivePipes()()
	files, err := findFiles(paths)
	if err != nil {
		return err
	}
	files = slices.DeleteFunc(files, func(f string) bool { // only YAML has the mark
		l, err := languageOf(f, languageAuto)
		return err == nil && l != languageYAML
	})
	read, faults, err := readFiles(files, languageYAML)
	if err != nil {
		return err
	}
	var marked []*domcfg.Domain
	for _, f := range read {
		marked = append(marked, f.inYAML...)
	}
	h, err := a.host()
	if err != nil {
		return err
	}
	defer h.Close()
	failed := len(faults) > 0
	if failed {
		fmt.Fprintln(a.stderr, faults)
	}
	rows := []autostartRow{}
	err = do(ctx, h, marked, func(r autostart.Result) {
		rows = append(rows, a.told(r))
		failed = failed || r.Err != nil
	})
	err = errors.Join(a.print(rows, func(io.Writer) error { return nil }), err)
	if err == nil && failed {
		return exitError{exitFailed}
	}
	return err
}

// told says what became of a domain as soon as it is known: the next may take long.
func (a *app) told(r autostart.Result) autostartRow {
	row := autostartRow{Name: r.Name, ID: uint32(r.ID), Did: r.Did, Note: r.Note}
	if r.Err != nil {
		row.Error = r.Err.Error()
		fmt.Fprintln(a.stderr, explain(r.Err))
	}
	if a.output == formatTable && r.Err == nil {
		note := ""
		if r.Note != "" {
			note = ": " + r.Note
		}
		fmt.Fprintf(a.stdout, "%s: %s%s\n", r.Name, r.Did, note)
	}
	return row
}
