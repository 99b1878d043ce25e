package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/xenvoy/xenvoy/toolstack/domcfg"
	"github.com/xenvoy/xenvoy/toolstack/domcfg/libvirtcfg"
	"github.com/xenvoy/xenvoy/toolstack/domcfg/xlcfg"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// The languages of domain files.
const (
	languageAuto  = "auto"
	languageYAML  = "yaml"
	languageXL    = "xl"
	languageLibxl = "json" // libxl's own
)

func newConfigCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "config",
		Short: "Check and convert domain files, without Xen",
		RunE:  group,
	}
	c.AddCommand(newConfigCheckCommand(a), newConfigConvertCommand(a))
	return c
}

func newConfigCheckCommand(a *app) *cobra.Command {
	var language string
	c := &cobra.Command{
		Use:   "check FILE…",
		Short: "Tell all that is wrong or odd in domain files, with its place",
		Long: `Check domain files, in YAML, xl's language or libvirt's XML: all errors and warnings at once,
a line each, in the order of the files. A warning is what xl would accept in
silence, and probably not do: an unknown key, "yes" for a boolean, an octal
number. Needs no Xen. The exit status is 2 when there is an error.`,
		Args: args(cobra.MinimumNArgs(1)),
		RunE: func(_ *cobra.Command, files []string) error { return a.configCheck(files, language) },
	}
	addLanguageFlag(c, &language)
	return c
}

func addLanguageFlag(c *cobra.Command, language *string) {
	c.Flags().StringVar(language, "language", languageAuto, "language of the files: yaml, xl, xml (libvirt's), or auto: yaml when the name ends with .yaml, .yml or .json, xml with .xml, else xl")
}

// finding is an error or a warning in JSON and YAML.
type finding struct {
	File     string `json:"file"`
	Line     int    `json:"line,omitempty"`
	Column   int    `json:"column,omitempty"`
	Severity string `json:"severity"` // error or warning
	Key      string `json:"key,omitempty"`
	Message  string `json:"message"`
	Hint     string `json:"hint,omitempty"`
}

func findingOf(file, severity string, pos domcfg.Position, key, msg, hint string) finding {
	return finding{File: file, Line: pos.Line, Column: pos.Column, Severity: severity, Key: key, Message: msg, Hint: hint}
}

// configCheck looks at all files, also after one that cannot be read.
func (a *app) configCheck(files []string, language string) error {
	found, lines, faulty := []finding{}, []string{}, false
	for _, file := range files {
		_, warnings, err := loadConfig(file, language)
		var (
			faults domcfg.Errors
			usage  usageError
		)
		if errors.As(err, &usage) {
			return err
		}
		if err != nil && !errors.As(err, &faults) { // it cannot be read
			faults = domcfg.Errors{{Pos: domcfg.Position{File: file}, Msg: err.Error()}}
		}
		for _, w := range warnings {
			found = append(found, findingOf(file, "warning", w.Pos, w.Key, w.Msg, w.Hint))
			lines = append(lines, w.String())
		}
		for _, e := range faults {
			found = append(found, findingOf(file, "error", e.Pos, e.Field, e.Msg, e.Hint))
			lines = append(lines, e.Error())
			faulty = true
		}
	}
	err := a.print(found, func(w io.Writer) error {
		for _, line := range lines {
			if _, err := fmt.Fprintln(w, line); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil && faulty {
		return exitError{exitUsage}
	}
	return err
}

func newConfigConvertCommand(a *app) *cobra.Command {
	var language, to string
	c := &cobra.Command{
		Use:   "convert FILE",
		Short: "Print what a domain file gives libxl",
		Long: `Print a domain file, in YAML, in xl's language or in libvirt's XML, as the JSON
of libxl's own configuration: what "xl create -n" prints, without Xen. A file
without a uuid gets a new one each time. Warnings go to standard error.

With --to xml the domain is printed as virsh would print it; what libvirt's XML
has no words for is told on standard error, by libxl's names.`,
		Args: args(cobra.ExactArgs(1)),
	}
	strict := addStrictFlag(c)
	c.RunE = func(_ *cobra.Command, words []string) error {
		if to == languageXML {
			return a.convertToXML(words[0], language, *strict)
		}
		return a.configConvert(words[0], language, to)
	}
	addLanguageFlag(c, &language)
	c.Flags().StringVar(&to, "to", languageLibxl, "language of the result: json, or xml (libvirt's)")
	return c
}

func (a *app) configConvert(file, language, to string) error {
	if to != languageLibxl {
		return usageError{fmt.Errorf("--to %q: want json or xml", to)}
	}
	config, warnings, err := loadConfig(file, language)
	for _, w := range warnings {
		fmt.Fprintln(a.stderr, w)
	}
	if err != nil {
		return err
	}
	if a.output == formatTable {
		a.output = formatJSON
	}
	return a.print(config, nil)
}

// loadConfig reads a domain file in one of the languages. The warnings are complete even when there are errors,
// which are domcfg.Errors unless the file cannot be read.
func loadConfig(file, language string) (*idl.DomainConfig, xlcfg.Warnings, error) {
	if asked, err := languageOf(file, language); err == nil && asked == languageXML {
		return libvirtcfg.Load(file)
	}
	inYAML, inXL, err := readDomain(file, language)
	if err != nil {
		return nil, nil, err
	}
	if inXL != nil {
		return xlcfg.Config(inXL, xlcfg.Host{})
	}
	c, err := inYAML.LibxlConfig()
	return c, nil, err
}

// readDomain reads a domain file in its language: the result of the other one is nil.
func readDomain(file, language string) (*domcfg.Domain, *xlcfg.File, error) {
	language, err := languageOf(file, language)
	if err != nil {
		return nil, nil, err
	}
	if language == languageXML {
		return nil, nil, usageError{fmt.Errorf("%s is libvirt's XML: a domain is created from yaml or xl, into which config convert turns it", file)}
	}
	if language == languageXL {
		f, err := xlcfg.Load(file)
		return nil, f, err
	}
	d, err := domcfg.Load(file)
	return d, nil, err
}

// languageOf is the language that was asked for or, with auto, that the file's name tells.
func languageOf(file, asked string) (string, error) {
	switch asked {
	case languageYAML, languageXL, languageXML:
		return asked, nil
	case languageAuto:
	default:
		return "", usageError{fmt.Errorf("--language %q: want yaml, xl, xml or auto", asked)}
	}
	switch strings.ToLower(filepath.Ext(file)) {
	case ".yaml", ".yml", ".json":
		return languageYAML, nil
	case ".xml":
		return languageXML, nil
	}
	return languageXL, nil
}
