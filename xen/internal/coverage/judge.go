package main

import (
	"fmt"
	"regexp"
	"slices"
)

// A report is what the document shows.
type report struct {
	release string
	tables  []table
	newer   []binding // of what the release does not have
}

// A table is the functions of one header.
type table struct {
	header
	rows []row
}

// A row is one C function. Without goName and reason it is neither bound nor explained.
type row struct {
	name     string
	plumbing bool
	goName   string
	reason   string
}

// A count is the sums of a table.
type count struct{ functions, plumbing, bound, leftOut, missing int }

func (t table) count() count {
	c := count{functions: len(t.rows)}
	for _, r := range t.rows {
		switch {
		case r.plumbing:
			c.plumbing++
		case r.goName != "":
			c.bound++
		case r.reason != "":
			c.leftOut++
		default:
			c.missing++
		}
	}
	return c
}

// operations is all that is not plumbing.
func (c count) operations() int { return c.bound + c.leftOut + c.missing }

// A judgement compares bindings and reasons with the headers.
type judgement struct {
	in    *input
	bound map[string]string // C name -> Go name
	used  []bool            // by number of the rule
	errs  []error
}

// judge makes the report, and returns everything that does not fit together.
func judge(in *input) (*report, []error) {
	j := &judgement{in: in, bound: map[string]string{}, used: make([]bool, len(in.rules))}
	r := &report{release: in.release}
	for _, b := range in.bindings {
		if newerThan(b.release, in.release) {
			r.newer = append(r.newer, b)
			continue
		}
		j.bind(b)
	}
	for _, h := range in.headers {
		t := j.table(h)
		r.tables = append(r.tables, t)
		j.checkShare(t)
	}
	j.checkRules()
	return r, j.errs
}

// newer returns what does not fit in the bindings that name a release, where the
// headers are not the documented release's.
func (in *input) newer() []error {
	j := &judgement{in: in, bound: map[string]string{}}
	for _, b := range in.bindings {
		if b.release != "" && !newerThan(b.release, in.release) {
			j.bind(b)
		}
	}
	return j.errs
}

// problem records what does not fit, once.
func (j *judgement) problem(format string, args ...any) {
	err := fmt.Errorf(format, args...)
	if !slices.ContainsFunc(j.errs, func(e error) bool { return e.Error() == err.Error() }) {
		j.errs = append(j.errs, err)
	}
}

// bind records a binding whose C function must be in a header, as the line says it.
func (j *judgement) bind(b binding) {
	f, ok := j.find(b.name)
	if !ok {
		j.problem("%s: no header has %s", b.place, b.prototype)
		return
	}
	if !same(f.prototype, b.prototype) {
		j.problem("%s: the header has %s, the line %s", b.place, f.prototype, b.prototype)
	}
	if other, ok := j.bound[b.name]; ok {
		j.problem("%s: %s is bound by %s and %s", b.place, b.name, other, b.goName)
		return
	}
	j.bound[b.name] = b.goName
}

func (j *judgement) find(name string) (function, bool) {
	for _, h := range j.in.headers {
		for _, f := range h.functions {
			if f.name == name {
				return f, true
			}
		}
	}
	return function{}, false
}

func (j *judgement) table(h header) table {
	t := table{header: h}
	for _, f := range h.functions {
		if r := j.row(h, f); h.whole || r.goName != "" {
			t.rows = append(t.rows, r)
		}
	}
	return t
}

// row finds a function's place. A function has one reason at most, and what is left out
// cannot be bound.
func (j *judgement) row(h header, f function) row {
	r := row{name: f.name, goName: j.bound[f.name]}
	if !h.whole {
		return r
	}
	var first *rule
	for i, rule := range j.in.rules {
		if rule.header != h.name || !rule.matches(f.name) {
			continue
		}
		j.used[i] = true
		if first != nil {
			j.problem("reasons.txt:%d: %s has a reason in line %d already", rule.line, f.name, first.line)
			continue
		}
		first = &rule
		r.plumbing = rule.plumbing
		if r.goName == "" {
			r.reason = j.resolve(rule)
		} else if !rule.plumbing {
			j.problem("reasons.txt:%d: %s is not left out: %s binds it", rule.line, f.name, r.goName)
		}
	}
	if first == nil && r.goName == "" {
		j.problem("%s: %s is neither bound nor has a reason", h.name, f.name)
	}
	return r
}

// reference is a C function that stands for its Go function.
var reference = regexp.MustCompile(`@(\w+)`)

// resolve returns a rule's reason with Go names for the C functions it refers to. A
// function that is missing in its own table is told there.
func (j *judgement) resolve(r rule) string {
	return reference.ReplaceAllStringFunc(r.reason, func(ref string) string {
		name := ref[1:]
		if bound := j.bound[name]; bound != "" {
			return "`" + bound + "`"
		}
		if _, ok := j.find(name); !ok || j.hasRule(name) {
			j.problem("reasons.txt:%d: @%s is not bound", r.at, name)
		}
		return "`" + name + "`"
	})
}

func (j *judgement) hasRule(name string) bool {
	return slices.ContainsFunc(j.in.rules, func(r rule) bool { return r.matches(name) })
}

// checkShare demands the header's share. What is left out for a good reason does not
// count as bound.
func (j *judgement) checkShare(t table) {
	c := t.count()
	if c.bound*100 < t.share*c.operations() {
		j.problem("%s: %d of %d operations are bound, that is less than %d %%", t.name, c.bound, c.operations(), t.share)
	}
}

func (j *judgement) checkRules() {
	for i, r := range j.in.rules {
		if !j.used[i] {
			j.problem("reasons.txt:%d: no function of %s is a %s", r.line, r.header, r.pattern)
		}
	}
}
