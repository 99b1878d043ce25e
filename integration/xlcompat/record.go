package xlcompat

import (
	"fmt"
	"io"
	"strings"
)

// Record writes what xl itself does in all cases, as text to read.
func Record(w io.Writer, files []*File, all Results) error {
	var b strings.Builder
	for _, f := range files {
		for _, s := range f.Sections {
			for _, c := range s.Cases {
				if r := all.Of(c, "real", "run"); r.Status >= 0 {
					c.record(&b, r, all.Of(c, "real", "then"))
				}
			}
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (c *Case) record(b *strings.Builder, r, then *Result) {
	fmt.Fprintf(b, "$ %s\n", c.Line)
	if c.Before != "" {
		fmt.Fprintf(b, "before: %s\n", c.Before)
	}
	fmt.Fprintf(b, "status %d, %d ms\n", r.Status, r.Time.Milliseconds())
	for _, t := range []struct{ name, text string }{{"stdout", r.Stdout}, {"stderr", r.Stderr}, {"then: " + c.Then, then.Stdout + then.Stderr}} {
		if t.text == "" {
			continue
		}
		fmt.Fprintf(b, "%s:\n", t.name)
		for line := range strings.Lines(t.text) {
			fmt.Fprintf(b, "  | %s\n", strings.TrimSuffix(line, "\n"))
		}
	}
	b.WriteByte('\n')
}
