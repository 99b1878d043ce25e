package main

import (
	"slices"
	"strings"
	"testing"
)

func TestParseReasons(t *testing.T) {
	got, err := parseReasons("# a comment\n[a.h]\n\nplumbing: C's memory: all of it\n\ta_free\n\ta_*_copy\nleft out: @b_x does it\n\ta_x\n[b.h]\nplumbing: len\n\tb_length\n")
	if err != nil {
		t.Fatal(err)
	}
	want := []rule{
		{"a.h", "a_free", true, "C's memory: all of it", 5, 4},
		{"a.h", "a_*_copy", true, "C's memory: all of it", 6, 4},
		{"a.h", "a_x", false, "@b_x does it", 8, 7},
		{"b.h", "b_length", true, "len", 11, 10},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestParseReasonsRefuses(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"[a.h]\n\ta_free", "reasons.txt:2: a_free has no reason"},
		{"[a.h]\nplumbing: x\n[b.h]\n\tb_free", "reasons.txt:4: b_free has no reason"},
		{"plumbing: x\n\ta_free", "reasons.txt:1: a reason before the first [HEADER]"},
		{"[a.h]\nplumbing:\n\ta", "reasons.txt:2: neither"},
		{"[a.h]\nplumbing: \n\ta", "reasons.txt:2: neither"},
		{"[a.h]\nforgotten: x\n\ta", "reasons.txt:2: neither"},
		{"[a.h]\nplumbing: x\n\ta_[", "reasons.txt:3: a_[: syntax error"},
		{"[a.h]\nplumbing: x\n    a_free", "reasons.txt:3: neither"},
	} {
		if _, err := parseReasons(c.text); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: got %v, want %q", c.text, err, c.want)
		}
	}
	_, err := parseReasons("[a.h]\nx\ny\n")
	if got := strings.Count(err.Error(), "reasons.txt:"); got != 2 {
		t.Errorf("%d mistakes of 2 are told: %v", got, err)
	}
}
