package main

import (
	"context"
	"fmt"
	"os"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/xenvoy/xenvoy/toolstack/native"
)

// needsXen marks, among a command's annotations, one that needs the libraries of this machine's Xen.
const needsXen = "needs-xen"

// withXen marks a command and those below it.
func withXen(c *cobra.Command) *cobra.Command {
	c.Annotations = map[string]string{needsXen: ""}
	for _, sub := range c.Commands() {
		withXen(sub)
	}
	return c
}

// handOver has the build for this machine's Xen do the command in the place of this process,
// when this one is built without cgo and there is such a build. It returns otherwise, and
// then the command says what is missing, or does what goes without.
func handOver(ctx context.Context) error {
	path, err := native.Build()
	if err != nil || path == "" {
		return err
	}
	if err := ctx.Err(); err != nil { // a signal has come, which the other would not see
		return err
	}
	err = syscall.Exec(path, os.Args, os.Environ())
	return fmt.Errorf("run %s: %w", path, err)
}
