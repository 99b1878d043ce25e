package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"testing"

	"github.com/xenvoy/xenvoy/migrate"
	"github.com/xenvoy/xenvoy/toolstack/domcfg"
)

// TestExitCode holds the table of docs/scripting.md.
func TestExitCode(t *testing.T) {
	child := exec.Command("sh", "-c", "exit 3").Run()
	for name, tc := range map[string]struct {
		err  error
		want int
	}{
		"done":                    {nil, 0},
		"failed":                  {errors.New("x"), 1},
		"a program that it ran":   {fmt.Errorf("build the image: %w", child), 1},
		"wrong words":             {usageError{errors.New("x")}, 2},
		"a faulty file":           {fmt.Errorf("x: %w", domcfg.Errors{}), 2},
		"in doubt":                {fmt.Errorf("%w: x", migrate.ErrInDoubt), 3},
		"in doubt, interrupted":   {fmt.Errorf("%w (%w)", context.Canceled, migrate.ErrInDoubt), 3},
		"a command in a lab host": {exitError{42}, 42},
	} {
		if got := exitCode(tc.err); got != tc.want {
			t.Errorf("%s: exit status %d, want %d", name, got, tc.want)
		}
	}
}
