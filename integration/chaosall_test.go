//go:build lab && chaos

package integration

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// leastChaos is how many runs there have to be.
const leastChaos = 60

// chaosPage is the page that TestChaos writes when XENVOY_WRITE is set.
const chaosPage = "../docs/chaos.md"

// TestChaos breaks migrations at each of their steps in each of the ways, and writes down where the guest
// was in the end. "make chaos" runs it.
func TestChaos(t *testing.T) {
	s := startSites(t, "")
	for _, h := range []*site{s.a, s.b} {
		h.do(t, "sync") // the product is to be there after a loss of power
	}
	some := os.Getenv("XENVOY_CHAOS") // for a try: a word of the names of the runs
	c := &chaos{sites: s}
	ends := c.runs(t, func(step string, f fault) bool { return strings.Contains(step+"/"+f.name, some) })
	if some != "" {
		return
	}
	if len(ends) < leastChaos {
		t.Errorf("%d runs held, want %d", len(ends), leastChaos)
	}
	if os.Getenv("XENVOY_WRITE") != "" && !t.Failed() {
		must(t, os.WriteFile(chaosPage, []byte(chaosText(ends)), 0o644))
	}
}

// chaosText is the page.
func chaosText(ends map[[2]string]string) string {
	var b strings.Builder
	fmt.Fprintf(&b, `# What is left of a migration that breaks

Written by "make chaos": a PVH guest that writes to its memory moves between two hosts of the lab. The sender is held at a
step, something is broken, and the sender goes on, if it still can. Then what was broken is mended, and migrate resolve is run
where a migration is not decided. %d runs; in each of them at most one copy of the guest ran at any time, and in the end it
ran once with its memory as it had written it, where the table says; or it had died with its host, which had lost its power.

| step |`, len(ends))
	for _, f := range faults() {
		fmt.Fprintf(&b, " %s |", f.name)
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(faults())) + "\n")
	for i, step := range stepsOfMove() {
		fmt.Fprintf(&b, "| %d %s |", i+1, step)
		for _, f := range faults() {
			fmt.Fprintf(&b, " %s |", ends[[2]string{step, f.name}])
		}
		b.WriteString("\n")
	}
	return b.String()
}
