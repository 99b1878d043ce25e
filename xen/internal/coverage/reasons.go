package main

import (
	_ "embed"
	"errors"
	"fmt"
	"path"
	"strings"
)

//go:embed reasons.txt
var reasons string

// A rule is one pattern of reasons.txt with its reason.
type rule struct {
	header   string
	pattern  string
	plumbing bool // else an operation that is left out
	reason   string
	line     int // the pattern's
	at       int // the reason's line
}

func (r rule) matches(name string) bool {
	ok, _ := path.Match(r.pattern, name) // parseReasons has looked at the pattern
	return ok
}

// parseReasons reads reasons.txt; the file itself says how it is written. The error has
// all mistakes, one a line.
func parseReasons(text string) ([]rule, error) {
	p := reasonParser{}
	for i, line := range strings.Split(text, "\n") {
		if err := p.parse(line, i+1); err != nil {
			p.errs = append(p.errs, fmt.Errorf("reasons.txt:%d: %w", i+1, err))
		}
	}
	return p.rules, errors.Join(p.errs...)
}

type reasonParser struct {
	rules   []rule
	current rule // without a pattern
	errs    []error
}

func (p *reasonParser) parse(line string, number int) error {
	name, isHeader := strings.CutPrefix(strings.TrimSuffix(line, "]"), "[")
	pattern, isPattern := strings.CutPrefix(line, "\t")
	switch {
	case line == "" || strings.HasPrefix(line, "#"):
	case isHeader:
		p.current = rule{header: name}
	case isPattern:
		return p.pattern(strings.TrimSpace(pattern), number)
	default:
		return p.reason(line, number)
	}
	return nil
}

func (p *reasonParser) reason(line string, number int) error {
	class, reason, ok := strings.Cut(line, ": ")
	p.current.plumbing, p.current.reason, p.current.at = class == "plumbing", reason, number
	if !ok || reason == "" || class != "plumbing" && class != "left out" {
		p.current.reason = ""
		return fmt.Errorf("neither \"plumbing: REASON\" nor \"left out: REASON\": %q", line)
	}
	if p.current.header == "" {
		return fmt.Errorf("a reason before the first [HEADER]")
	}
	return nil
}

func (p *reasonParser) pattern(pattern string, number int) error {
	if p.current.reason == "" {
		return fmt.Errorf("%s has no reason", pattern)
	}
	if _, err := path.Match(pattern, ""); err != nil {
		return fmt.Errorf("%s: %w", pattern, err)
	}
	r := p.current
	r.pattern, r.line = pattern, number
	p.rules = append(p.rules, r)
	return nil
}
