package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/xenvoy/xenvoy/migrate/stream"
	"github.com/xenvoy/xenvoy/toolstack/domcfg"
	"github.com/xenvoy/xenvoy/toolstack/durable"
)

type streamExtractOptions struct {
	format string
	config bool
	page   string
	out    string
}

func newStreamExtractCommand(a *app) *cobra.Command {
	var o streamExtractOptions
	c := &cobra.Command{
		Use:   "extract FILE {--config | --page PFN}",
		Short: "Take the configuration or a page out of a save file or migration stream",
		Long: `Take one thing out of a save file, also a compressed one, or a recorded migration stream,
or "-" for standard input.

--config prints the guest's configuration as a domain file in YAML. --page writes the 4096
bytes that a restore would find in a page: those that were sent last, and in a
checkpointed stream before its last complete checkpoint. A page that has no contents is
an error that says why. Needs no Xen.`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, words []string) error { return a.streamExtract(c.Context(), words[0], o) },
	}
	f := c.Flags()
	f.BoolVar(&o.config, "config", false, "the configuration, in YAML")
	f.StringVar(&o.page, "page", "", "the page with this page frame number, such as 0x1f0")
	f.StringVar(&o.out, "out", "", "write to this file instead of standard output")
	addStreamFormatFlag(c, &o.format)
	return c
}

func (a *app) streamExtract(ctx context.Context, file string, o streamExtractOptions) error {
	var pfn uint64
	switch {
	case o.config == (o.page != ""):
		return usageError{errors.New("want one of --config and --page")}
	case a.output != formatTable:
		return usageError{fmt.Errorf("--output %s does not go with stream extract; --out names a file", a.output)}
	case o.page != "":
		var err error
		if pfn, err = strconv.ParseUint(o.page, 0, 52); err != nil {
			return usageError{fmt.Errorf("--page %q: want a number below 2^52", o.page)}
		}
		if f, ok := a.stdout.(*os.File); ok && o.out == "" && term.IsTerminal(int(f.Fd())) {
			return usageError{errors.New("a page is not written to a terminal; use --out, or a pipe")}
		}
	}
	var found []byte
	err := a.openStream(ctx, file, o.format, func(r io.Reader, read stream.ReaderOptions) (err error) {
		if o.config {
			found, err = streamConfig(r, read, file)
		} else {
			found, err = stream.ExtractPage(r, pfn, read)
		}
		return err
	})
	if err != nil {
		return err
	}
	return a.writeFound(found, o.out)
}

// streamConfig reads no further than xl's header.
func streamConfig(r io.Reader, o stream.ReaderOptions, file string) ([]byte, error) {
	rec, err := stream.NewReader(r, o).Next()
	if err != nil {
		return nil, err
	}
	h, ok := rec.Body.(*stream.XLHeader)
	if !ok || len(h.Config) == 0 {
		return nil, errors.New("has no configuration: only what xl has written has one")
	}
	config, err := h.DomainConfig()
	if err != nil {
		return nil, err
	}
	text, err := toYAML(config)
	var faults domcfg.Errors
	if errors.As(err, &faults) {
		for _, e := range faults {
			e.Pos = domcfg.Position{File: file}
		}
	}
	return text, err
}

// writeFound writes a file whole or not at all. It has what the guest knows: only its owner may read it.
func (a *app) writeFound(data []byte, out string) error {
	if out == "" {
		_, err := a.stdout.Write(data)
		return err
	}
	f, err := durable.Create(out, 0o600)
	if err != nil {
		return err
	}
	defer f.Discard()
	if _, err := f.Write(data); err != nil {
		return err
	}
	return f.Commit()
}
