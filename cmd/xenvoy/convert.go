package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/xenvoy/xenvoy/toolstack/domcfg"
	"github.com/xenvoy/xenvoy/toolstack/domcfg/xlcfg"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// A target is a language that configurations are written in.
type target struct {
	language string
	write    func(*idl.DomainConfig) ([]byte, error)
}

// targets is all of them but libxl's own JSON and libvirt's XML, which --output has a say in.
func targets() []target {
	return []target{
		{languageYAML, toYAML},
		{languageXL, func(c *idl.DomainConfig) ([]byte, error) { return xlcfg.Write(c, xlcfg.Host{}) }},
	}
}

func targetNames() string {
	names := []string{languageLibxl}
	for _, t := range targets() {
		names = append(names, t.language)
	}
	return strings.Join(append(names, languageXML), ", ")
}

type convertOptions struct {
	language, to string
	strict       bool // of XML
}

func newConfigConvertCommand(a *app) *cobra.Command {
	var o convertOptions
	c := &cobra.Command{
		Use:   "convert FILE",
		Short: "Print a domain file in another language",
		Long: `Print a domain file in another language, without Xen. By default it is the JSON of
libxl's own configuration: what "xl create -n" prints. Warnings go to standard error.

What the other language cannot say is an error for each such member, and nothing
is printed; the exit status is then 2. With --to xml, which is as virsh would print
the domain, it is a warning, unless --strict is given. In JSON, a file without a uuid gets a new
one each time; in the other languages it stays without.`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, words []string) error { return a.configConvert(words[0], o) },
	}
	addLanguageFlag(c, &o.language)
	addStrictFlag(c, &o.strict)
	c.Flags().StringVar(&o.to, "to", languageLibxl, "language of the result: "+targetNames())
	return c
}

func (a *app) configConvert(file string, o convertOptions) error {
	known := targets()
	i := slices.IndexFunc(known, func(t target) bool { return t.language == o.to })
	switch {
	case i < 0 && o.to != languageLibxl && o.to != languageXML:
		return usageError{fmt.Errorf("--to %q: want one of %s", o.to, targetNames())}
	case i >= 0 && a.output != formatTable:
		return usageError{fmt.Errorf("--output %s does not go with --to %s", a.output, o.to)}
	case o.strict && o.to != languageXML:
		return usageError{errors.New("--strict goes with --to xml")}
	}
	in, err := readDomains(file, o.language)
	if err != nil {
		return err
	}
	config, warnings, err := in.config()
	if in.inXL != nil {
		_, depends := xlcfg.HostOf(in.inXL)
		warnings = append(depends, warnings...)
	}
	for _, w := range warnings {
		fmt.Fprintln(a.stderr, w)
	}
	if err != nil {
		return err
	}
	if o.to != languageLibxl && !in.hasUUID() {
		config.CInfo.UUID = idl.UUID{}
	}
	switch {
	case o.to == languageXML:
		return a.printXML(file, config, o.strict)
	case i < 0:
		if a.output == formatTable {
			a.output = formatJSON
		}
		return a.print(config, nil)
	}
	text, err := known[i].write(config)
	if err != nil {
		return in.placed(err)
	}
	_, err = a.stdout.Write(text)
	return err
}

// hasUUID tells whether the file has a UUID, or got a random one.
func (f *domainFile) hasUUID() bool {
	switch {
	case f.inXL != nil:
		return f.inXL.Lookup("uuid") != nil
	case f.inXML != nil:
		return f.inXML.hasUUID
	case f.inJSON != nil:
		return f.inJSON.Says("uuid")
	}
	return f.inYAML[0].Says("uuid")
}

// placed gives the errors about a configuration, which has no places, those of the
// file.
func (f *domainFile) placed(err error) error {
	var faults domcfg.Errors
	if !errors.As(err, &faults) {
		return err
	}
	for _, e := range faults {
		e.Pos = domcfg.Position{File: f.name}
		if f.inJSON != nil {
			e.Pos = f.inJSON.Pos(e.Field)
		}
	}
	faults.Sort()
	return faults
}
