package main

import (
	"slices"
	"testing"
)

// sampleInput has one header of four functions in which all fits together.
func sampleInput() *input {
	return &input{
		release: "4.17",
		headers: []header{
			{name: "a.h", share: 50, whole: true, functions: []function{
				{"a_open", "int a_open(void)"},
				{"a_free", "void a_free(a *p)"},
				{"a_exec", "int a_exec(void)"},
				{"a_list_free", "void a_list_free(a *list)"},
			}},
			{name: "b.h", functions: []function{
				{"b_json", "char *b_json(void)"},
				{"b_init", "void b_init(b *p)"},
			}},
		},
		bindings: []binding{
			{function{"a_open", "int a_open(void)"}, "x.Open", "", "x.go:1"},
			{function{"a_list_free", "void a_list_free(a *list)"}, "x.List", "", "x.go:2"},
			{function{"b_json", "char *b_json(void)"}, "x.JSON", "", "x.go:3"},
			{function{"a_new", "int a_new(void)"}, "x.New", "4.20", "x.go:4"},
		},
		rules: []rule{
			{"a.h", "a_*free", true, "C's memory", 3, 2},
			{"a.h", "a_exec", false, "@a_open does it", 5, 4},
		},
	}
}

func TestJudge(t *testing.T) {
	report, problems := judge(sampleInput())
	if len(problems) != 0 {
		t.Error(problems)
	}
	want := []row{
		{"a_open", false, "x.Open", ""},
		{"a_free", true, "", "C's memory"},
		{"a_exec", false, "", "`x.Open` does it"},
		{"a_list_free", true, "x.List", ""},
	}
	if got := report.tables[0].rows; !slices.Equal(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if got, want := report.tables[0].count(), (count{functions: 4, plumbing: 2, bound: 1, leftOut: 1}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got, want := report.tables[1].rows, []row{{"b_json", false, "x.JSON", ""}}; !slices.Equal(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if len(report.newer) != 1 || report.newer[0].name != "a_new" {
		t.Errorf("newer: %+v", report.newer)
	}
}

// TestProblems breaks one thing at a time.
func TestProblems(t *testing.T) {
	for _, c := range []struct {
		name string
		edit func(in *input)
		want []string
	}{
		{"unknown function", func(in *input) {
			in.bindings[2].function = function{"b_gone", "int b_gone(void)"}
		}, []string{"x.go:3: no header has int b_gone(void)"}},
		{"changed prototype", func(in *input) {
			in.headers[0].functions[0].prototype = "int a_open(int flags)"
		}, []string{"x.go:1: the header has int a_open(int flags), the line int a_open(void)"}},
		{"bound twice", func(in *input) {
			in.bindings = append(in.bindings, binding{function{"a_open", "int a_open(void)"}, "x.Other", "", "x.go:9"})
		}, []string{"x.go:9: a_open is bound by x.Open and x.Other"}},
		{"neither bound nor reason", func(in *input) {
			in.headers[0].functions = append(in.headers[0].functions, function{"a_forgotten", "int a_forgotten(void)"})
			in.headers[0].share = 0
		}, []string{"a.h: a_forgotten is neither bound nor has a reason"}},
		{"left out, but bound", func(in *input) {
			in.bindings = append(in.bindings, binding{function{"a_exec", "int a_exec(void)"}, "x.Exec", "", "x.go:9"})
		}, []string{"reasons.txt:5: a_exec is not left out: x.Exec binds it"}},
		{"reason for nothing", func(in *input) {
			in.rules = append(in.rules, rule{"a.h", "a_tmem_*", false, "gone", 7, 6})
		}, []string{"reasons.txt:7: no function of a.h is a a_tmem_*"}},
		{"reason for no header", func(in *input) {
			in.rules = append(in.rules, rule{"c.h", "a_exec", false, "gone", 7, 6})
		}, []string{"reasons.txt:7: no function of c.h is a a_exec"}},
		{"two reasons", func(in *input) {
			in.rules = append(in.rules, rule{"a.h", "a_ex*", false, "another", 7, 6})
		}, []string{"reasons.txt:7: a_exec has a reason in line 5 already"}},
		{"reference to what is left out", func(in *input) {
			in.rules[0].reason = "see @a_exec"
		}, []string{"reasons.txt:2: @a_exec is not bound"}},
		{"reference to nothing", func(in *input) {
			in.rules[1].reason = "see @a_gone"
		}, []string{"reasons.txt:4: @a_gone is not bound"}},
		{"reference to what is missing", func(in *input) {
			in.rules[1].reason = "see @a_forgotten"
			in.headers[0].functions = append(in.headers[0].functions, function{"a_forgotten", "int a_forgotten(void)"})
			in.headers[0].share = 0
		}, []string{"a.h: a_forgotten is neither bound nor has a reason"}},
		{"share", func(in *input) {
			in.headers[0].share = 51 // what is left out does not count as bound, plumbing not at all
		}, []string{"a.h: 1 of 2 operations are bound, that is less than 51 %"}},
		{"newer and installed", func(in *input) {
			in.release = "4.20"
		}, []string{"x.go:4: no header has int a_new(void)"}},
	} {
		in := sampleInput()
		c.edit(in)
		_, problems := judge(in)
		var got []string
		for _, p := range problems {
			got = append(got, p.Error())
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// TestNewer compares with another release's headers what names a release, and that alone.
func TestNewer(t *testing.T) {
	in := sampleInput()
	in.bindings[0].prototype = "int a_open(int other)"
	for release, want := range map[string]int{"4.18": 0, "4.20": 1, "4.21": 1} {
		in.release = release
		if got := in.newer(); len(got) != want {
			t.Errorf("%s: %v", release, got)
		}
	}
	in.headers[0].functions = append(in.headers[0].functions, function{"a_new", "int a_new(void)"})
	if got := in.newer(); len(got) != 0 {
		t.Error(got)
	}
}
