//go:build lab

package integration

import (
	"regexp"
	"strings"
	"sync"
	"testing"
)

// A digest keeps what failed in tests whose output is long, to be said again at the end.
type digest struct {
	mu   sync.Mutex // tests run in parallel
	text []string
}

func (d *digest) add(title, text string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.text = append(d.text, title+":\n"+text)
}

// show logs all of it at the end of t.
func (d *digest) show(t *testing.T) {
	t.Cleanup(func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		for _, text := range d.text {
			t.Log(text)
		}
	})
}

// partLines bounds what failedParts keeps of a test.
const partLines = 40

// failedParts takes from the output of a test binary with -test.v what its failed tests say,
// the last lines of each, and what comes after the last result, as that of a panic does.
func failedParts(output string) string {
	said := map[string][]string{}
	var failed, rest []string
	current := ""
	about := regexp.MustCompile(`^=== (?:RUN|NAME|CONT) +(\S*)`)
	result := regexp.MustCompile(`^ *--- (FAIL|PASS|SKIP): (\S+)`)
	keep := func(lines []string, line string) []string {
		return append(lines[max(0, len(lines)+1-partLines):], line)
	}
	for line := range strings.Lines(output) {
		if m := about.FindStringSubmatch(line); m != nil {
			current = m[1]
			continue
		}
		m := result.FindStringSubmatch(line)
		if m == nil {
			said[current] = keep(said[current], line)
			rest = keep(rest, line)
			continue
		}
		rest = nil
		if m[1] == "FAIL" {
			failed = append(failed, line)
			failed = append(failed, said[m[2]]...)
		}
		delete(said, m[2])
	}
	return strings.Join(append(failed, rest...), "")
}

func TestFailedParts(t *testing.T) {
	const output = `=== RUN   TestA
    a_test.go:1: of A
=== RUN   TestB
=== RUN   TestB/one
    b_test.go:2: of one
=== NAME  TestB
    b_test.go:3: of B
--- PASS: TestA (0.00s)
--- FAIL: TestB (0.01s)
    --- FAIL: TestB/one (0.00s)
FAIL
exit status 1
`
	const want = `--- FAIL: TestB (0.01s)
    b_test.go:3: of B
    --- FAIL: TestB/one (0.00s)
    b_test.go:2: of one
FAIL
exit status 1
`
	if got := failedParts(output); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := failedParts("=== RUN   TestA\npanic: out of bounds\n"); got != "panic: out of bounds\n" {
		t.Errorf("of a panic: %q", got)
	}
}
