package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/xenvoy/xenvoy/toolstack/packed"
)

func newStreamPackCommand(a *app) *cobra.Command {
	return a.repackCommand(packed.PackFile, "pack", `Compress a save file as "save --compress" does`,
		`Compress a save file (zstd, in frames that can be read alone). OUT is there as a
whole or not at all; a save file that is cut off or damaged is refused.`)
}

func newStreamUnpackCommand(a *app) *cobra.Command {
	return a.repackCommand(packed.UnpackFile, "unpack", "Make a save file that xl reads of a compressed one",
		`Decompress a file of "save --compress", in bounded memory. OUT is there as a whole
or not at all; what is cut off or damaged is refused.`)
}

// repackCommand makes a command that makes another file of one.
func (a *app) repackCommand(do func(ctx context.Context, from, to string, dryRun bool) (packed.Repacked, error), name, short, long string) *cobra.Command {
	var dryRun bool
	c := &cobra.Command{
		Use: name + " IN OUT", Short: short, Long: long,
		Args: args(cobra.ExactArgs(2)),
		RunE: func(c *cobra.Command, words []string) error {
			r, err := do(c.Context(), words[0], words[1], dryRun)
			if err != nil {
				return fmt.Errorf("%s %s: %w", name, words[0], err)
			}
			return a.print(r, func(w io.Writer) error {
				_, err := fmt.Fprintf(w, "%s: %d bytes, of %d in %s\n", r.Out, r.OutBytes, r.InBytes, r.In)
				return err
			})
		},
	}
	c.Flags().BoolVarP(&dryRun, "dry-run", "n", false, "read IN and tell how large OUT would be, write nothing")
	return c
}
