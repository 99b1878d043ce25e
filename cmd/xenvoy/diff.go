package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/xenvoy/xenvoy/toolstack"
	"github.com/xenvoy/xenvoy/toolstack/reconcile"
)

func newConfigDiffCommand(a *app) *cobra.Command {
	var language string
	c := &cobra.Command{
		Use:   "diff FILE DOMAIN",
		Short: "Compare a domain file with a running domain",
		Long: `Tell in what a running domain differs from a file, a line for each difference with its place in the
file and both values. Of a file with several domains the one of the domain's name counts. What libxl
adds by itself is no difference.

The exit status is 0 when there is none, 1 when there is, and 2 when the two cannot be compared.`,
		Args: args(cobra.ExactArgs(2)),
		RunE: func(c *cobra.Command, words []string) error {
			equal, err := a.configDiff(c.Context(), words[0], words[1], language)
			switch {
			case err != nil: // as diff has it, trouble is not a difference
				fmt.Fprintln(a.stderr, explain(err))
				return exitError{exitUsage}
			case !equal:
				return exitError{exitFailed}
			}
			return nil
		},
	}
	addLanguageFlag(c, &language)
	return c
}

func (a *app) configDiff(ctx context.Context, file, domain, language string) (equal bool, err error) {
	read, err := readDomains(file, language)
	if err != nil {
		return false, err
	}
	var found []reconcile.Difference
	err = a.withDomain(ctx, domain, func(h toolstack.Host, d toolstack.DomainInfo) error {
		files, err := a.sources(ctx, h, []domainFile{read})
		if err != nil {
			return err
		}
		src, err := theOne(files, file, d.Name)
		if err != nil {
			return err
		}
		found, err = reconcile.Compare(ctx, h, d, src)
		return err
	})
	if err != nil {
		return false, err
	}
	err = a.print(changeRows(found), func(w io.Writer) error {
		for i := range found {
			how := "apply changes it live"
			if !found[i].Live() {
				how = found[i].Refused
			}
			if _, err := fmt.Fprintf(w, "%s: %s (%s)\n", found[i].Pos, &found[i], how); err != nil {
				return err
			}
		}
		return nil
	})
	return len(found) == 0, err
}

// theOne is the domain of a file that is compared: its only one, or the one of that name.
func theOne(files []toolstack.Source, file, name string) (toolstack.Source, error) {
	if len(files) == 1 {
		return files[0], nil
	}
	for _, f := range files {
		cfg, err := f.LibxlConfig()
		if err != nil {
			return nil, err
		}
		if cfg.CInfo.Name == name {
			return f, nil
		}
	}
	return nil, fmt.Errorf("%s has %d domains, and none of the name %q", file, len(files), name)
}
