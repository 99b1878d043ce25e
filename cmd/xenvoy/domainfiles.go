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
	"github.com/xenvoy/xenvoy/toolstack/domcfg/jsoncfg"
	"github.com/xenvoy/xenvoy/toolstack/domcfg/xlcfg"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// A domainFile is a file that has been read: in YAML any number of domains, else one. What one in
// xl's language means depends on the host.
type domainFile struct {
	name   string
	inYAML []*domcfg.Domain
	inJSON *jsoncfg.Domain
	inXML  *libvirtDomain
	inXL   *xlcfg.File
	how    xlReading // for inXL
}

// readDomains reads a file in its language.
func readDomains(file, language string) (domainFile, error) {
	f := domainFile{name: file}
	language, err := languageOf(file, language)
	if err != nil {
		return f, err
	}
	switch language {
	case languageXL:
		f.inXL, err = xlcfg.Load(file)
	case languageLibxl:
		f.inJSON, err = jsoncfg.Load(file)
	case languageXML:
		f.inXML, err = loadXML(file)
	default:
		f.inYAML, err = domcfg.LoadAll(file)
	}
	return f, err
}

// config is what the file's only domain gives libxl; one of xl's on a host that has the CPUs and
// NUMA nodes that it names, and an empty xl.conf. The warnings are complete even when
// there are errors.
func (f *domainFile) config() (*idl.DomainConfig, xlcfg.Warnings, error) {
	switch {
	case f.inXL != nil:
		host, _ := xlcfg.HostOf(f.inXL)
		return xlcfg.Config(f.inXL, host)
	case f.inXML != nil:
		return f.inXML.config, f.inXML.warnings, f.inXML.err
	case f.inJSON != nil:
		c, err := f.inJSON.LibxlConfig()
		return c, nil, err
	case len(f.inYAML) != 1:
		return nil, nil, usageError{fmt.Errorf("%s has %d domains; this takes a file with one", f.name, len(f.inYAML))}
	}
	c, err := f.inYAML[0].LibxlConfig()
	return c, nil, err
}

// sources is the domains of all files on the host; there must be one. The error has all that
// is wrong with any.
func (a *app) sources(ctx context.Context, h toolstack.Host, files []domainFile) ([]toolstack.Source, error) {
	var (
		all    []toolstack.Source
		faults domcfg.Errors
	)
	for _, f := range files {
		for _, d := range f.inYAML {
			all = append(all, d)
		}
		switch {
		case f.inJSON != nil:
			all = append(all, f.inJSON)
			continue
		case f.inXML != nil:
			return nil, usageError{fmt.Errorf("%s is libvirt's XML; \"xenvoy config convert --to yaml\" makes a domain file of it", f.name)}
		case f.inXL == nil:
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
	f, err := readDomains(file, language)
	if err != nil {
		return nil, err
	}
	if len(f.inYAML) == 0 {
		_, warnings, err := f.config()
		return warnings, err
	}
	var faults domcfg.Errors
	for _, d := range f.inYAML {
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
func readFiles(files []string, language string) (all []domainFile, faults domcfg.Errors, err error) {
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
