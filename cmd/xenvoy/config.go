package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/xenvoy/xenvoy/toolstack/domcfg"
	"github.com/xenvoy/xenvoy/toolstack/domcfg/jsoncfg"
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
		Short: "Check, convert and compare domain files",
		RunE:  group,
	}
	c.AddCommand(newConfigCheckCommand(a), newConfigConvertCommand(a), newConfigSchemaCommand(a), withXen(newConfigDiffCommand(a)))
	return c
}

func newConfigCheckCommand(a *app) *cobra.Command {
	var language string
	c := &cobra.Command{
		Use:   "check FILE…",
		Short: "Tell all that is wrong or odd in domain files, with its place",
		Long: `Check domain files, in YAML, in xl's language, in libxl's JSON or in libvirt's XML: all errors and
warnings at once, a line each, in the order of the files. A warning is what xl would accept in
silence, and probably not do: an unknown key, "yes" for a boolean, an octal
number. Needs no Xen. The exit status is 2 when there is an error.`,
		Args: args(cobra.MinimumNArgs(1)),
		RunE: func(_ *cobra.Command, files []string) error { return a.configCheck(files, language) },
	}
	addLanguageFlag(c, &language)
	return c
}

func addLanguageFlag(c *cobra.Command, language *string) {
	c.Flags().StringVar(language, "language", languageAuto, "language of the files: yaml, xl, json (libxl's own), xml (libvirt's), or auto: by the name .yaml, .yml, .xml or .json, where a .json file may be libxl's or YAML's, else xl")
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
		warnings, err := checkFile(file, language)
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

// languageOf is the language that was asked for or, with auto, that the file's name tells. A file named .json is
// read to tell libxl's from a YAML file's twin.
func languageOf(file, asked string) (string, error) {
	switch asked {
	case languageYAML, languageXL, languageLibxl, languageXML:
		return asked, nil
	case languageAuto:
	default:
		return "", usageError{fmt.Errorf("--language %q: want yaml, xl, json, xml or auto", asked)}
	}
	switch strings.ToLower(filepath.Ext(file)) {
	case ".yaml", ".yml":
		return languageYAML, nil
	case ".xml":
		return languageXML, nil
	case ".json":
	default:
		return languageXL, nil
	}
	data, err := readBounded(file)
	if err != nil {
		return "", err
	}
	if jsoncfg.IsConfig(data) {
		return languageLibxl, nil
	}
	return languageYAML, nil
}

// readBounded reads a file, of which one byte more than a domain file may have is enough.
func readBounded(file string) ([]byte, error) {
	f, err := domcfg.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close() // only read from
	data, err := io.ReadAll(io.LimitReader(f, domcfg.MaxFileBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	return data, nil
}
