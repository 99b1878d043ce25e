package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/xenvoy/xenvoy/toolstack"
	"github.com/xenvoy/xenvoy/toolstack/domcfg/xlcfg"
)

type createOptions struct {
	paused, console, dryRun bool
	language                string
}

func newCreateCommand(a *app) *cobra.Command {
	var o createOptions
	c := &cobra.Command{
		Use:   "create FILE",
		Short: "Create and start a domain from a file",
		Long: `Create and start a domain from a YAML file (docs/domain-file.md), one of xl's
(xl.cfg(5), with the defaults of /etc/xen/xl.conf) or libxl's own JSON. All that is wrong with the file, and all that this host lacks for it, is reported at once
with its place in the file, and nothing is created. A background process then
carries out the file's on_… actions until the domain is gone.`,
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
	f, err := readDomain(file, o.language)
	if err != nil {
		return err
	}
	if f.inXML != nil {
		return usageError{fmt.Errorf("%s is libvirt's XML; \"xenvoy config convert --to yaml\" makes a domain file of it", file)}
	}
	h, err := a.host()
	if err != nil {
		return err
	}
	defer h.Close()
	d := f.source
	if f.inXL != nil {
		if d, err = a.xlDomain(ctx, f.inXL, h); err != nil {
			return err
		}
	}
	plan, err := toolstack.NewPlan(ctx, h, d)
	if err != nil {
		return err
	}
	if o.dryRun {
		if a.output == formatTable {
			a.output = formatJSON
		}
		return a.print(plan.Config, nil)
	}
	id, err := plan.Create(ctx, h, o.paused)
	if err != nil {
		return err
	}
	a.startMonitor(id, plan.Config.CInfo.Name)
	out := created{Name: plan.Config.CInfo.Name, ID: uint32(id), UUID: plan.Config.CInfo.UUID.String()}
	err = a.print(out, func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "created %s, domain %d\n", out.Name, out.ID)
		return err
	})
	if err != nil || !o.console {
		return err
	}
	return a.attach(ctx, h, id, toolstack.ConsolePrimary)
}
