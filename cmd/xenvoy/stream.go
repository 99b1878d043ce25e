package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/xenvoy/xenvoy/migrate/stream"
	"github.com/xenvoy/xenvoy/toolstack/packed"
)

func newStreamCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "stream",
		Short: "Look into save files and migration streams",
		RunE:  group,
	}
	c.AddCommand(newStreamInspectCommand(a), newStreamVerifyCommand(a), newStreamExtractCommand(a),
		newStreamPackCommand(a), newStreamUnpackCommand(a))
	return c
}

// streamFormats are the values of --format, in the order of stream.Format.
func streamFormats() []string { return []string{"auto", "xl", "libxl", "libxc"} }

func addStreamFormatFlag(c *cobra.Command, format *string) {
	c.Flags().StringVar(format, "format", "auto", "outermost layer of the file: xl (a save file, or a recorded migration), libxl, libxc, or auto: by its first bytes")
}

// openStream opens a file, which may be compressed, or standard input for "-", and runs f. An interrupt ends the reading.
func (a *app) openStream(ctx context.Context, file, format string, f func(io.Reader, stream.ReaderOptions) error) error {
	i := slices.Index(streamFormats(), format)
	if i < 0 {
		return usageError{fmt.Errorf("--format %q: want auto, xl, libxl or libxc", format)}
	}
	in := a.stdin
	if file != "-" {
		var err error
		if in, err = os.Open(file); err != nil {
			return err
		}
	}
	defer in.Close() // only read from
	stop := context.AfterFunc(ctx, func() { in.Close() })
	defer stop()
	// A compressed save file is read as what it holds.
	content, _, err := packed.Open(in)
	if err == nil {
		err = f(content, stream.ReaderOptions{Format: stream.Format(i)})
		content.Close() // only read from
	}
	switch {
	case err != nil && ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil && file != "-":
		return fmt.Errorf("%s: %w", file, err)
	}
	return err
}
