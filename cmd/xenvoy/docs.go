package main

import (
	"bytes"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"
)

func newDocsCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "docs",
		Short: "Write the manual from the help of the commands",
		RunE:  group,
	}
	c.AddCommand(
		&cobra.Command{
			Use: "man DIR", Short: "Write a man page for each command into a folder", Args: args(cobra.ExactArgs(1)),
			RunE: func(c *cobra.Command, words []string) error { return writeManPages(c.Root(), words[0]) },
		},
		&cobra.Command{
			Use: "markdown", Short: "Print all commands as one page", Args: noArgs,
			RunE: func(c *cobra.Command, _ []string) error { return writeReference(a.stdout, c.Root()) },
		},
	)
	return c
}

// writeReference writes each command's help, in the order of the alphabet.
func writeReference(w io.Writer, root *cobra.Command) error {
	var b bytes.Buffer
	fmt.Fprint(&b, "# The commands\n\nMade of the commands' own help by `xenvoy docs markdown`; `xenvoy docs man DIR` makes man pages of it.\n")
	reference(&b, root)
	_, err := w.Write(b.Bytes())
	return err
}

func reference(b *bytes.Buffer, c *cobra.Command) {
	c.InitDefaultHelpFlag()
	long := c.Long
	if long == "" {
		long = c.Short + "."
	}
	fmt.Fprintf(b, "\n## %s\n\n%s\n\n```\n%s\n", c.CommandPath(), long, c.UseLine())
	if flags := c.NonInheritedFlags().FlagUsages(); flags != "" {
		fmt.Fprintf(b, "\n%s", flags)
	}
	b.WriteString("```\n")
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() && !slices.Contains([]string{"help", "completion"}, sub.Name()) {
			reference(b, sub)
		}
	}
}
