package main

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/xenvoy/xenvoy/toolstack/domcfg"
	"github.com/xenvoy/xenvoy/toolstack/domcfg/libvirtcfg"
	"github.com/xenvoy/xenvoy/toolstack/domcfg/xlcfg"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

const languageXML = "xml" // libvirt's

// addStrictFlag is for languages that do not say everything.
func addStrictFlag(c *cobra.Command, strict *bool) {
	c.Flags().BoolVar(strict, "strict", false, "with --to xml: fail, and print nothing, when libvirt's XML cannot say all that the file says")
}

// xmlDomain is a domain in JSON and YAML.
type xmlDomain struct {
	XML     string               `json:"xml"`
	Dropped []libvirtcfg.Dropped `json:"dropped"`
}

// A libvirtDomain is a file in libvirt's language.
type libvirtDomain struct {
	config   *idl.DomainConfig
	warnings xlcfg.Warnings
	err      error // what is wrong with it
	hasUUID  bool  // else config has a random one
}

// loadXML reads a file; the error is that of reading it.
func loadXML(file string) (*libvirtDomain, error) {
	data, err := readBounded(file)
	if err != nil {
		return nil, err
	}
	var says struct {
		UUID *string `xml:"uuid"`
	}
	d := &libvirtDomain{hasUUID: xml.Unmarshal(data, &says) == nil && says.UUID != nil}
	d.config, d.warnings, d.err = libvirtcfg.Parse(data, file)
	return d, nil
}

// printXML prints a configuration as virsh would print the domain. What libvirt has no
// words for goes to standard error.
func (a *app) printXML(file string, config *idl.DomainConfig, strict bool) error {
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
