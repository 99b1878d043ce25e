package xlcompat

import (
	"fmt"
	"slices"
	"strings"
)

// A Verdict is what comparing has shown for one case.
type Verdict struct {
	Case       *Case
	Same       map[Part]bool
	SameStderr bool     // to the letter
	Faults     []string // what the test has to fail for
}

// Judge compares the results of one case: of xl itself with what the case
// expects, and of the other program with those of xl.
func Judge(c *Case, all Results) Verdict {
	v := Verdict{Case: c, Same: make(map[Part]bool)}
	v.Faults = Expect(c, all)
	real, ours := all.Of(c, "real", "run"), all.Of(c, "ours", "run")
	effect, own := all.Of(c, "real", "then"), all.Of(c, "ours", "then")
	for _, who := range []string{"real", "ours"} {
		v.Faults = append(v.Faults, surroundings(c, all, who)...)
	}
	b := func(text string) string { return blank(text, c.Blanks) }
	v.SameStderr = b(real.Stderr) == b(ours.Stderr)
	texts := map[Part][2]string{
		Status: {fmt.Sprint(real.Status), fmt.Sprint(ours.Status)},
		Stdout: {b(real.Stdout), b(ours.Stdout)},
		Stderr: {strings.Join(Classes(real.Stderr), ", "), strings.Join(Classes(ours.Stderr), ", ")},
		Effect: {b(effect.Stdout + effect.Stderr), b(own.Stdout + own.Stderr)},
	}
	for _, p := range parts() {
		xl, we := texts[p][0], texts[p][1]
		v.Same[p] = xl == we
		reason, listed := c.Differs[p]
		switch {
		case listed && v.Same[p]:
			v.Faults = append(v.Faults, fmt.Sprintf("%s does not differ any more: %s", p, reason))
		case !listed && !v.Same[p]:
			v.Faults = append(v.Faults, fmt.Sprintf("%s differs: xl %q, ours %q", p, xl, we))
		}
	}
	return v
}

// Expect says where xl itself does not do what the case expects.
func Expect(c *Case, all Results) []string {
	var faults []string
	r, then := all.Of(c, "real", "run"), all.Of(c, "real", "then")
	fault := func(format string, args ...any) { faults = append(faults, "xl: "+fmt.Sprintf(format, args...)) }
	switch {
	case r.Status == -1:
		fault("was not run")
	case c.Status >= 0 && r.Status != c.Status:
		fault("exit status %d, want %d", r.Status, c.Status)
	case c.Status < 0 && c.Path == Positive && r.Status != 0:
		fault("exit status %d on the positive path: %s", r.Status, r.Stderr)
	case c.Status < 0 && c.Path == Error && r.Status == 0:
		fault("exit status 0 on an error path")
	}
	if c.Out != nil && !c.Out.MatchString(r.Stdout) {
		fault("prints %q, want %q", r.Stdout, c.Out)
	}
	if c.Shows != nil && !c.Shows.MatchString(then.Stdout) {
		fault("afterwards there is %q %s, want %q", then.Stdout, then.Stderr, c.Shows)
	}
	return faults
}

// surroundings says what went wrong around a case, or with it.
func surroundings(c *Case, all Results, who string) []string {
	var faults []string
	for part, line := range map[string]string{"before": c.Before, "run": c.Line, "then": c.Then, "after": c.After} {
		r := all.Of(c, who, part)
		switch {
		case line == "":
		case r.Hung:
			faults = append(faults, fmt.Sprintf("%s, %s: hangs", who, part))
		case part != "run" && part != "then" && r.Status != 0:
			faults = append(faults, fmt.Sprintf("%s, %s: exit status %d: %s%s", who, part, r.Status, r.Stdout, r.Stderr))
		}
	}
	slices.Sort(faults)
	return faults
}

// Around says what failed of what is run around files and their sections.
func Around(files []*File, all Results) []string {
	var faults []string
	check := func(name string, commands []string) {
		for i, line := range commands {
			r := all[fmt.Sprintf("%s.%d", name, i)]
			if r == nil || r.Status != 0 {
				faults = append(faults, fmt.Sprintf("%s: %s: %+v", name, line, r))
			}
		}
	}
	for _, f := range files {
		check(f.Name+".setup", f.Setup)
		check(f.Name+".teardown", f.Teardown)
		for i, s := range f.Sections {
			check(fmt.Sprintf("%s.%d.setup", f.Name, i), s.Setup)
			check(fmt.Sprintf("%s.%d.teardown", f.Name, i), s.Teardown)
		}
	}
	return faults
}
