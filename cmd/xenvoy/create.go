package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/xenvoy/xenvoy/toolstack"
	"github.com/xenvoy/xenvoy/toolstack/domcfg/xlcfg"
	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

type createOptions struct {
	paused, console, dryRun bool
	language, file          string

	// As xl has them.
	noMonitor, foreground, quiet, show, viewer, password, ignoreMasks bool
}

func newCreateCommand(a *app) *cobra.Command {
	var o createOptions
	c := &cobra.Command{
		Use:   "create FILE [KEY=VALUE…]",
		Short: "Create and start the domains of a file",
		Long: `Create and start the domains of a YAML file (docs/domain-file.md; docs/many-domains.md for more
than one), or the one of a file of xl's (xl.cfg(5), with the defaults of /etc/xen/xl.conf) or of libxl's own JSON. Of several all are created, or none. All that is wrong with the file, and all that this host lacks for it, is reported at once
with its place in the file, and nothing is created. A background process for
each domain then carries out the file's on_… actions until the domain is gone.

Behind a file in xl's language, words with a "=" in them are lines of it, which win over its own;
/dev/null as the file says that there are only these.`,
		RunE: func(c *cobra.Command, words []string) error { return a.create(c.Context(), words, o) },
	}
	addLanguageFlag(c, &o.language)
	f := c.Flags()
	f.BoolVarP(&o.paused, "paused", "p", false, "leave the domain paused")
	f.BoolVarP(&o.console, "console", "c", false, "attach to the domain's console")
	f.BoolVarP(&o.dryRun, "dry-run", "n", false, "check everything and print the configuration for libxl, create nothing")
	f.StringVarP(&o.file, "defconfig", "f", "", "the file, as an option")
	f.BoolVarP(&o.noMonitor, "no-monitor", "e", false, "leave no process behind that carries out the on_… actions")
	f.BoolVarP(&o.foreground, "foreground", "F", false, "stay until the domain is gone, and carry out its on_… actions here")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "do not warn of what is odd in a file of xl's")
	f.BoolVarP(&o.show, "debug", "d", false, "print the configuration for libxl on standard error, too")
	f.BoolVarP(&o.viewer, "vncviewer", "V", false, "start a VNC viewer of the domain's screen")
	f.BoolVarP(&o.password, "vncviewer-autopass", "A", false, "the same, and give the viewer the password")
	f.BoolVarP(&o.ignoreMasks, "ignore-global-affinity-masks", "i", false, "ignore the vm…cpumask keys of xl.conf")
	return c
}

// An xlReading is how a file of xl's is read.
type xlReading struct {
	quiet       bool // without warnings
	ignoreMasks bool // without xl.conf's of CPUs
}

// xlDomain is what a file of xl's means on the host; its warnings go to standard error.
func (a *app) xlDomain(ctx context.Context, f *xlcfg.File, h toolstack.Host, how xlReading) (toolstack.Source, error) {
	info, err := h.Info(ctx)
	if err != nil {
		return nil, err
	}
	facts := xlcfg.Host{CPUs: info.MaxCPUID + 1, Online: info.CPUs, Nodes: info.Nodes}
	confWarnings, err := facts.LoadConf(xlcfg.ConfPath)
	if err != nil {
		return nil, err
	}
	if how.ignoreMasks {
		facts.CPUMask, facts.HVMCPUMask, facts.PVCPUMask = "", "", ""
	}
	d, warnings, err := xlcfg.NewDomain(f, facts)
	if !how.quiet {
		for _, w := range append(confWarnings, warnings...) {
			fmt.Fprintln(a.stderr, w)
		}
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

func (a *app) create(ctx context.Context, words []string, o createOptions) error {
	defer xl.OutlivePipes()()
	read, err := readForCreate(words, o)
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
	if (o.console || o.foreground || o.viewer || o.password) && len(files) > 1 {
		return usageError{fmt.Errorf("--console, --foreground and --vncviewer are for one domain, the file has %d", len(files))}
	}
	plans, err := toolstack.NewPlans(ctx, h, files)
	if err != nil {
		return err
	}
	if o.dryRun {
		return a.printPlans(a.stdout, plans)
	}
	if o.show {
		if err := a.printPlans(a.stderr, plans); err != nil {
			return err
		}
	}
	ids, err := toolstack.CreateAll(ctx, h, plans, o.paused)
	if err != nil {
		return err
	}
	if err := a.printCreated(plans, ids, !o.noMonitor && !o.foreground); err != nil {
		return err
	}
	return a.stay(ctx, h, ids[0], o)
}

// printPlans prints what libxl would get: one configuration, or a list for several domains.
func (a *app) printPlans(w io.Writer, plans []*toolstack.Plan) error {
	p := app{stdout: w, output: a.output}
	if p.output == formatTable {
		p.output = formatJSON
	}
	all := make([]*idl.DomainConfig, len(plans))
	for i, p := range plans {
		all[i] = p.Config
	}
	return p.print(oneOrAll(all), nil)
}

// oneOrAll is the element of a list that has one.
func oneOrAll[T any](all []T) any {
	if len(all) == 1 {
		return all[0]
	}
	return all
}

// printCreated starts the domains' monitors, unless they are to have none, and tells what was made.
func (a *app) printCreated(plans []*toolstack.Plan, ids []toolstack.DomID, monitors bool) error {
	all := make([]created, len(ids))
	for i, id := range ids {
		info := &plans[i].Config.CInfo
		if monitors {
			a.startMonitor(id, info.Name)
		}
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
