package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/xenvoy/xenvoy/toolstack/domcfg"
	"github.com/xenvoy/xenvoy/toolstack/domcfg/libvirtcfg"
)

const languageXML = "xml" // libvirt's

// addStrictFlag is for languages that do not say everything.
func addStrictFlag(c *cobra.Command) *bool {
	return c.Flags().Bool("strict", false, "with --to xml: fail, and print nothing, when libvirt's XML cannot say all that the file says")
}

// xmlDomain is a domain in JSON and YAML.
type xmlDomain struct {
	XML     string               `json:"xml"`
	Dropped []libvirtcfg.Dropped `json:"dropped"`
}

// convertToXML prints a domain file as virsh would print the domain. What libvirt has no
// words for goes to standard error.
func (a *app) convertToXML(file, language string, strict bool) error {
	config, warnings, err := loadConfig(file, language)
	for _, w := range warnings {
		fmt.Fprintln(a.stderr, w)
	}
	if err != nil {
		return err
	}
	text, dropped, err := libvirtcfg.Format(config)
	if err != nil {
		return inFile(file, err)
	}
	severity := "warning: "
	if strict {
		severity = ""
	}
	for _, d := range dropped {
		fmt.Fprintf(a.stderr, "%s: %s%s\n", file, severity, d)
	}
	if strict && len(dropped) > 0 {
		return exitError{exitUsage}
	}
	out := xmlDomain{XML: string(text), Dropped: append([]libvirtcfg.Dropped{}, dropped...)}
	return a.print(out, func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
}

// inFile gives errors that have no place of their own the file's name.
func inFile(file string, err error) error {
	var errs domcfg.Errors
	if !errors.As(err, &errs) {
		return err
	}
	for _, e := range errs {
		e.Pos.File = file
	}
	return errs
}
