package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/xenvoy/xenvoy/toolstack"
	"github.com/xenvoy/xenvoy/toolstack/domcfg"
	"github.com/xenvoy/xenvoy/toolstack/domcfg/xlcfg"
)

// A domainSet is the domains of a file: in YAML any number, else one. What a file of xl's means
// depends on the host.
type domainSet struct {
	inYAML  []*domcfg.Domain
	inLibxl toolstack.Source
	inXL    *xlcfg.File
	how     xlReading // for inXL
}

// readDomains reads a file that may have several domains.
func readDomains(file, language string) (domainSet, error) {
	language, data, err := languageOf(file, language)
	if err != nil {
		return domainSet{}, err
	}
	if language == languageYAML && data == nil {
		all, err := domcfg.LoadAll(file)
		return domainSet{inYAML: all}, err
	}
	f, err := readDomain(file, language)
	switch {
	case err != nil:
		return domainSet{}, err
	case f.inXML != nil:
		return domainSet{}, usageError{fmt.Errorf("%s is libvirt's XML; \"xenvoy config convert --to yaml\" makes a domain file of it", file)}
	}
	return domainSet{inLibxl: f.source, inXL: f.inXL}, nil
}

// sources is the domains of all files on the host; there must be one. The error has all that
// is wrong with any.
func (a *app) sources(ctx context.Context, h toolstack.Host, files []domainSet) ([]toolstack.Source, error) {
	var (
		all    []toolstack.Source
		faults domcfg.Errors
	)
	for _, f := range files {
		for _, d := range f.inYAML {
			all = append(all, d)
		}
		if f.inLibxl != nil {
			all = append(all, f.inLibxl)
		}
		if f.inXL == nil {
			continue
		}
		d, err := a.xlDomain(ctx, f.inXL, h, f.how)
		var wrong domcfg.Errors
		if err != nil && !errors.As(err, &wrong) {
			return nil, err
		}
		faults = append(faults, wrong...)
		all = append(all, d)
	}
	if len(faults) > 0 {
		return nil, faults
	}
	if len(all) == 0 {
		return nil, errors.New("there is no domain in what was read, only defaults for some")
	}
	return all, nil
}

// checkFile finds all that is wrong or odd in a file, without Xen.
func checkFile(file, language string) (xlcfg.Warnings, error) {
	if found, data, err := languageOf(file, language); err != nil || found != languageYAML || data != nil {
		_, warnings, err := loadConfig(file, language)
		return warnings, err
	}
	all, err := domcfg.LoadAll(file)
	if err != nil {
		return nil, err
	}
	var faults domcfg.Errors
	for _, d := range all {
		var wrong domcfg.Errors
		if _, err := d.LibxlConfig(); err != nil && !errors.As(err, &wrong) {
			return nil, err
		}
		faults = append(faults, wrong...)
	}
	if len(faults) > 0 {
		return nil, faults
	}
	return nil, nil
}

// findFiles is the domain files that the paths name: files, and folders of them.
func findFiles(paths []string) ([]string, error) {
	var all []string
	for _, path := range paths {
		st, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		if !st.IsDir() {
			all = append(all, path)
			continue
		}
		found, err := filesIn(path)
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			return nil, fmt.Errorf("%s has no domain file: their names end in .yaml, .yml or .cfg", path)
		}
		all = append(all, found...)
	}
	return all, nil
}

// filesIn is the domain files in a folder, by name. Others in it are left alone, and so are
// hidden ones, where editors keep copies.
func filesIn(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var all []string
	for _, e := range entries {
		ext := strings.ToLower(filepath.Ext(e.Name()))
		if e.IsDir() || strings.HasPrefix(e.Name(), ".") || !slices.Contains([]string{".yaml", ".yml", ".cfg"}, ext) {
			continue
		}
		all = append(all, filepath.Join(dir, e.Name()))
	}
	return all, nil
}

// readFiles reads all files. What is wrong with some of them comes back as faults, beside the
// others; a file that cannot be read is one, too.
func readFiles(files []string, language string) (all []domainSet, faults domcfg.Errors, err error) {
	for _, file := range files {
		f, err := readDomains(file, language)
		var (
			wrong domcfg.Errors
			path  *fs.PathError
		)
		switch {
		case err == nil:
			all = append(all, f)
		case errors.As(err, &wrong):
			for _, e := range wrong { // once for a file that others include
				if !slices.ContainsFunc(faults, func(f *domcfg.Error) bool { return *f == *e }) {
					faults = append(faults, e)
				}
			}
		case errors.As(err, &path):
			faults = append(faults, &domcfg.Error{Pos: domcfg.Position{File: file}, Msg: path.Err.Error()})
		default:
			return nil, nil, err
		}
	}
	return all, faults, nil
}
