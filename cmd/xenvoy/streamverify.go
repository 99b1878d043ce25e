package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/xenvoy/xenvoy/migrate/stream"
)

func newStreamVerifyCommand(a *app) *cobra.Command {
	var format string
	c := &cobra.Command{
		Use:   "verify FILE",
		Short: "Hold a save file or migration stream to Xen's specifications",
		Long: `Hold a save file or a recorded migration stream, or "-" for standard input, to every rule
of Xen's two specifications, to that of Xen's save format for HVM guests, and to xl's
header. A compressed save file is held to them by its content. docs/streams.md lists the
rules by name. The first one that is broken is named, with the record and its offset,
and the exit status is 1.

A stream of Remus has no end: one that stops behind a complete checkpoint is valid, and
so is one that stops later, because a restore goes on from the checkpoint. The recording
of a migration may end with xl's permission to unpause. Needs no Xen.`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, words []string) error { return a.streamVerify(c.Context(), words[0], format) },
	}
	addStreamFormatFlag(c, &format)
	return c
}

// verdict is what stream verify says in JSON and YAML.
type verdict struct {
	File  string `json:"file"`
	Valid bool   `json:"valid"`
	stream.Verdict
	Error *streamFault `json:"error,omitempty"`
}

// streamFault is a [stream.Error] in JSON and YAML.
type streamFault struct {
	Rule    string `json:"rule"`
	Record  string `json:"record"`
	Offset  int64  `json:"offset"`
	Message string `json:"message"`
}

func streamFaultOf(err error) *streamFault {
	var e *stream.Error
	if !errors.As(err, &e) {
		return nil
	}
	return &streamFault{string(e.Rule), e.Record, e.Offset, e.Msg}
}

func (a *app) streamVerify(ctx context.Context, file, format string) error {
	return a.openStream(ctx, file, format, func(r io.Reader, o stream.ReaderOptions) error {
		found, err := stream.Verify(r, o)
		v := verdict{File: file, Valid: err == nil, Verdict: found, Error: streamFaultOf(err)}
		if err != nil && (v.Error == nil || a.output == formatTable) {
			return err
		}
		return errors.Join(a.print(v, v.table), err)
	})
}

// table says it in a line, and one for each peculiarity.
func (v *verdict) table(w io.Writer) error {
	_, err := fmt.Fprintf(w, "%s: valid, %d bytes, %d headers and records\n", v.File, v.Bytes, v.Records)
	if !v.Complete {
		_, err = fmt.Fprintf(w, "checkpointed: ends without END, behind checkpoint %d, from which a restore goes on\n", v.Checkpoints)
	}
	if v.Unfinished > 0 {
		_, err = fmt.Fprintf(w, "the last %d bytes are of a round that is not complete, and do not count\n", v.Unfinished)
	}
	if v.Tail > 0 {
		_, err = fmt.Fprintf(w, "followed by xl's permission to unpause: the recording of a migration\n")
	}
	return err
}
