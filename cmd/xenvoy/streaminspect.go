package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/xenvoy/xenvoy/migrate/stream"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

func newStreamInspectCommand(a *app) *cobra.Command {
	var format string
	c := &cobra.Command{
		Use:   "inspect FILE",
		Short: "Tell what is in a save file or migration stream",
		Long: `Tell what is in a save file, also a compressed one, or a recorded migration stream,
or "-" for standard input: headers, the guest's configuration, records, passes over memory, pages by type, and the
records of Xen's HVM context by name. It takes what Xen takes; "stream verify" is strict.
Of a broken stream all that comes before the fault is shown, and the exit status is 1.
Needs no Xen.`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, words []string) error { return a.streamInspect(c.Context(), words[0], format) },
	}
	addStreamFormatFlag(c, &format)
	return c
}

// inspection is what stream inspect says in JSON and YAML.
type inspection struct {
	File string `json:"file"`
	*stream.Report
	Error *streamFault `json:"error,omitempty"`
}

func (a *app) streamInspect(ctx context.Context, file, format string) error {
	return a.openStream(ctx, file, format, func(r io.Reader, o stream.ReaderOptions) error {
		report, err := stream.Inspect(r, o)
		i := inspection{File: file, Report: report, Error: streamFaultOf(err)}
		if report.Format == "" {
			return err
		}
		return errors.Join(a.print(i, i.table), err)
	})
}

func (i *inspection) table(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	i.head(t)
	i.end(t)
	fmt.Fprintf(t, "\nOffset\tLayer\tRecord\tCount\tBytes\n")
	for _, r := range i.Records {
		fmt.Fprintf(t, "%d\t%s\t%s\t%d\t%d\n", r.Offset, r.Layer, r.Name, r.Count, r.Bytes)
	}
	if i.LeftOff > 0 {
		fmt.Fprintf(t, "… and %d more\n", i.LeftOff)
	}
	fmt.Fprintf(t, "\nPass\tOffset\tEntries\tPages\tBytes\n")
	for n, p := range i.Passes {
		fmt.Fprintf(t, "%d\t%d\t%d\t%d\t%d%s\n", n+1, p.Offset, p.Entries, p.Pages, p.Bytes, map[bool]string{true: "\tverify"}[p.Verify])
	}
	i.pages(t)
	i.state(t)
	return t.Flush()
}

func (i *inspection) head(w io.Writer) {
	if i.XL != nil {
		fmt.Fprintf(w, "xl header\tflags %#x/%#x, %d bytes of data\n", i.XL.Mandatory, i.XL.Optional, i.XL.DataLen)
	}
	config := &idl.DomainConfig{}
	if h := (&stream.XLHeader{Config: i.Config}); len(h.Config) > 0 {
		if c, err := h.DomainConfig(); err == nil {
			config = c
		}
		fmt.Fprintf(w, "configuration\t%s %q, UUID %s\n", config.CInfo.Type, config.CInfo.Name, config.CInfo.UUID)
	}
	if i.Libxl != nil {
		fmt.Fprintf(w, "libxl stream\tversion %d%s\n", i.Libxl.Version, map[bool]string{true: ", converted from a stream from before Xen 4.6"}[i.Libxl.Converted])
	}
	if i.Libxc != nil {
		fmt.Fprintf(w, "libxc stream\tversion %d, %s guest, from Xen %s\n", i.Libxc.Version, i.Libxc.Guest, i.Libxc.Xen)
	}
}

func (i *inspection) end(w io.Writer) {
	switch {
	case i.Error != nil:
		fmt.Fprintf(w, "end\tbroken after %d bytes\n", i.Bytes)
	case i.Complete:
		fmt.Fprintf(w, "end\tcomplete, %d bytes\n", i.Bytes)
	default:
		fmt.Fprintf(w, "end\tof input, behind checkpoint %d, %d bytes\n", i.Checkpoints, i.Bytes)
	}
	if i.Tail > 0 {
		fmt.Fprintf(w, "behind it\txl's permission to unpause, %d bytes\n", i.Tail)
	}
}

func (i *inspection) pages(w io.Writer) {
	fmt.Fprintf(w, "\nPages\t\n")
	for _, t := range i.Pages.Types {
		fmt.Fprintf(w, "%s\t%d\n", t.Type, t.Entries)
	}
	fmt.Fprintf(w, "with contents\t%d, of which %d are zero\n", i.Pages.Contents, i.Pages.Zero)
}

func (i *inspection) state(w io.Writer) {
	fmt.Fprintf(w, "\nState\t\n")
	fmt.Fprintf(w, "CPUID leaves\t%d\nMSRs\t%d\n", i.CPUID, i.MSRs)
	if t := i.TSC; t != nil {
		fmt.Fprintf(w, "TSC\tmode %d, %d kHz, %d ns, incarnation %d\n", t.Mode, t.KHz, t.Nanoseconds, t.Incarnation)
	}
	if i.VCPUs > 0 {
		fmt.Fprintf(w, "vCPUs\t%d\n", i.VCPUs)
	}
	for _, p := range i.HVMParams {
		fmt.Fprintf(w, "HVM parameter\t%s\t%#x\n", p.Name, p.Value)
	}
	for _, r := range i.HVMContext {
		fmt.Fprintf(w, "HVM context\t%s\t%d\t%d bytes\n", r.Name, r.Instance, r.Length)
	}
}
