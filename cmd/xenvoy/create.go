package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/xenvoy/xenvoy/toolstack"
	"github.com/xenvoy/xenvoy/toolstack/domcfg/xlcfg"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

type createOptions struct {
	paused, console, dryRun bool
	language                string
}

func newCreateCommand(a *app) *cobra.Command {
	var o createOptions
	c := &cobra.Command{
		Use:   "create FILE",
		Short: "Create and start the domains of a file",
		Long: `Create and start the domains of a YAML file (docs/domain-file.md; docs/many-domains.md for more
than one) or the one of a file of xl's (xl.cfg(5), with the defaults of /etc/xen/xl.conf). Of several all are created, or none. All that is wrong with the file, and all that this host lacks for it, is reported at once
with its place in the file, and nothing is created. A background process for
each domain then carries out the file's on_… actions until the domain is gone.`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, words []string) error { return a.create(c.Context(), words[0], o) },
	}
	addLanguageFlag(c, &o.language)
	f := c.Flags()
	f.BoolVarP(&o.paused, "paused", "p", false, "leave the domain paused")
	f.BoolVarP(&o.console, "console", "c", false, "attach to the domain's console")
	f.BoolVarP(&o.dryRun, "dry-run", "n", false, "check everything and print the configuration for libxl, create nothing")
	return c
}

// xlDomain is what a file of xl's means on the host; its warnings go to standard error.
func (a *app) xlDomain(ctx context.Context, f *xlcfg.File, h toolstack.Host) (toolstack.Source, error) {
	info, err := h.Info(ctx)
	if err != nil {
		return nil, err
	}
	facts := xlcfg.Host{CPUs: info.MaxCPUID + 1, Online: info.CPUs, Nodes: info.Nodes}
	confWarnings, err := facts.LoadConf(xlcfg.ConfPath)
	if err != nil {
		return nil, err
	}
	d, warnings, err := xlcfg.NewDomain(f, facts)
	for _, w := range append(confWarnings, warnings...) {
		fmt.Fprintln(a.stderr, w)
	}
	if err != nil {
		return nil, err
	}
	return d, nil
}

// created is what create tells in JSON and YAML.
type created struct {
	Name string `json:"name"`
	ID   uint32 `json:"id"`
	UUID string `json:"uuid"`
}

func (a *app) create(ctx context.Context, file string, o createOptions) error {
	defer outlivePipes()()
	read, err := readDomains(file, o.language)
	if err != nil {
		return err
	}
	h, err := a.host()
	if err != nil {
		return err
	}
	defer h.Close()
	files, err := a.sources(ctx, h, []domainFile{read})
	if err != nil {
		return err
	}
	if o.console && len(files) > 1 {
		return usageError{fmt.Errorf("--console: %s has %d domains", file, len(files))}
	}
	plans, err := toolstack.NewPlans(ctx, h, files)
	if err != nil {
		return err
	}
	if o.dryRun {
		return a.printPlans(plans)
	}
	ids, err := toolstack.CreateAll(ctx, h, plans, o.paused)
	if err != nil {
		return err
	}
	if err := a.printCreated(plans, ids); err != nil || !o.console {
		return err
	}
	return a.attach(ctx, h, ids[0], toolstack.ConsolePrimary)
}

// printPlans prints what libxl would get: one configuration, or a list for several domains.
func (a *app) printPlans(plans []*toolstack.Plan) error {
	if a.output == formatTable {
		a.output = formatJSON
	}
	all := make([]*idl.DomainConfig, len(plans))
	for i, p := range plans {
		all[i] = p.Config
	}
	return a.print(oneOrAll(all), nil)
}

// oneOrAll is the element of a list that has one.
func oneOrAll[T any](all []T) any {
	if len(all) == 1 {
		return all[0]
	}
	return all
}

// printCreated starts the domains' monitors and tells what was made.
func (a *app) printCreated(plans []*toolstack.Plan, ids []toolstack.DomID) error {
	all := make([]created, len(ids))
	for i, id := range ids {
		info := &plans[i].Config.CInfo
		a.startMonitor(id, info.Name)
		all[i] = created{Name: info.Name, ID: uint32(id), UUID: info.UUID.String()}
	}
	return a.print(oneOrAll(all), func(w io.Writer) error {
		for _, c := range all {
			if _, err := fmt.Fprintf(w, "created %s, domain %d\n", c.Name, c.ID); err != nil {
				return err
			}
		}
		return nil
	})
}
