package main

import (
	"bytes"
	"strings"
	"testing"
)

const sampleDocument = `
| header | functions | plumbing | operations | bound | left out | share bound |
|---|--:|--:|--:|--:|--:|--:|
| [a.h](#ah) | 4 | 2 | 2 | 1 | 1 | 50.0 % |

## a.h

4 functions: 2 plumbing, 2 operations; bound 1 (50.0 %), left out 1.

| C function | Go | or why not |
|---|---|---|
| ` + "`a_open` | `x.Open`" + ` |  |
| ` + "`a_free`" + ` |  | plumbing: C's memory |
| ` + "`a_exec` |  | `x.Open`" + ` does it |
| ` + "`a_list_free` | `x.List`" + ` | plumbing |

## Other headers

Of these, only what is bound.

| C function | header | Go |
|---|---|---|
| ` + "`b_json` | b.h | `x.JSON`" + ` |

## Newer than 4.17

Bound where the binary is built against a release that has them; otherwise they return an error that matches
` + "`xen.ErrNotSupported`" + `.

| C function | since Xen | Go |
|---|---|---|
| ` + "`a_new` | 4.20 | `x.New`" + ` |
`

func TestDocument(t *testing.T) {
	r, _ := judge(sampleInput())
	got := document(r)
	if !strings.HasSuffix(string(got), sampleDocument) {
		t.Errorf("got %s\nwant at the end %s", got, sampleDocument)
	}
	if again := document(r); !bytes.Equal(got, again) {
		t.Error("the second document differs from the first")
	}
}

func TestDocumentShowsWhatIsMissing(t *testing.T) {
	in := sampleInput()
	in.bindings = in.bindings[1:3]
	r, _ := judge(in)
	got := string(document(r))
	for _, want := range []string{
		"| left out | missing | share bound |",
		"| [a.h](#ah) | 4 | 2 | 2 | 0 | 1 | 1 | 0.0 % |",
		"| `a_open` |  | **missing** |",
		"Nothing is bound that Xen 4.17 lacks.",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in %s", want, got)
		}
	}
}

func TestShareOfNothing(t *testing.T) {
	if got := (count{functions: 1, plumbing: 1}).share(); got != "-" {
		t.Error(got)
	}
}
