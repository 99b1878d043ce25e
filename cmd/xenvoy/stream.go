package main

import "github.com/spf13/cobra"

func newStreamCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "stream",
		Short: "Look into save files and migration streams",
		RunE:  group,
	}
	c.AddCommand(newStreamPackCommand(a), newStreamUnpackCommand(a))
	return c
}
