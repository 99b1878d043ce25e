package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/xenvoy/xenvoy/toolstack"
	"github.com/xenvoy/xenvoy/toolstack/domcfg/xlcfg"
	"github.com/xenvoy/xenvoy/toolstack/xl/life"
)

// readForCreate reads the file that the words or an option name, with the words that are lines of it.
func readForCreate(words []string, o createOptions) (domainFile, error) {
	file, lines, err := life.FileAndLines(words, o.file)
	if err != nil {
		return domainFile{}, usageError{err}
	}
	if file == "" {
		return domainFile{}, usageError{errors.New("create wants a file; see \"xenvoy create --help\"")}
	}
	language, err := languageOf(file, o.language)
	if err != nil {
		return domainFile{}, err
	}
	if language != languageXL {
		if len(lines) > 0 {
			return domainFile{}, usageError{fmt.Errorf("%q: a YAML file takes no lines from the command line", lines[0])}
		}
		return readDomains(file, language)
	}
	text, err := life.ReadSource(file, exitFailed)
	if err != nil {
		return domainFile{}, err
	}
	f, err := xlcfg.ParseBytes(text, file)
	if err == nil {
		err = f.Add(life.LinesOf(lines), "command line")
	}
	return domainFile{inXL: f, how: xlReading{o.quiet, o.ignoreMasks}}, err
}

// stay does what the user wants to see of the new domain.
func (a *app) stay(ctx context.Context, h toolstack.Host, id toolstack.DomID, o createOptions) error {
	if o.viewer || o.password {
		if err := startViewer(id, o.password); err != nil {
			return err
		}
	}
	if o.console {
		if err := a.attach(ctx, h, id, toolstack.ConsolePrimary); err != nil {
			return err
		}
	}
	if o.foreground {
		return a.monitor(ctx, id, a.logger(), nil)
	}
	return nil
}

// startViewer leaves a VNC viewer behind.
func startViewer(id toolstack.DomID, password bool) error {
	words := []string{"vncviewer", fmt.Sprint(id)}
	if password {
		words = append(words, "--autopass")
	}
	cmd, err := selfAsXL(words...)
	if err != nil {
		return err
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("vncviewer: %w", err)
	}
	return cmd.Process.Release()
}
