package main

import (
	"context"
	"fmt"
	"io"
	"math"

	"github.com/spf13/cobra"

	"github.com/xenvoy/xenvoy/toolstack"
	"github.com/xenvoy/xenvoy/toolstack/native"
)

func newListCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "list [DOMAIN…]",
		Aliases: []string{"ls"},
		Short:   "List domains",
		Long: `List all domains of this host, or those named. The table is xl list's own.
State is one letter a column: running, blocked, paused, shutdown, the reason of
the shutdown (- poweroff, r reboot, s suspend, c crash, w watchdog, S soft
reset), dying.`,
		RunE: func(c *cobra.Command, names []string) error { return a.list(c.Context(), names) },
	}
}

// domainRow is one domain in JSON and YAML.
type domainRow struct {
	Name      string  `json:"name"`
	ID        uint32  `json:"id"`
	UUID      string  `json:"uuid"`
	Type      string  `json:"type"`
	MemoryMiB uint64  `json:"memory_mib"`
	VCPUs     int     `json:"vcpus"`
	State     string  `json:"state"`
	Reason    string  `json:"shutdown_reason,omitempty"`
	CPUTime   float64 `json:"cpu_time_s"`
}

func (a *app) list(ctx context.Context, names []string) error {
	all, err := a.domains(ctx, names)
	if err != nil {
		return err
	}
	rows := make([]domainRow, len(all))
	for i, d := range all {
		rows[i] = rowOf(d)
	}
	return a.print(rows, func(w io.Writer) error { return writeList(w, rows) })
}

// domains looks without Xen's libraries, which takes half the time, or with them where it takes them.
func (a *app) domains(ctx context.Context, names []string) ([]toolstack.DomainInfo, error) {
	all, err := listed(ctx, native.OpenList, names)
	if !native.NeedsLibraries(err) {
		return all, err
	}
	log := a.logger()
	log.Debug().Err(err).Msg("list by libxl")
	if err := handOver(ctx); err != nil {
		return nil, err
	}
	return listed(ctx, func() (toolstack.Lister, error) { return a.host() }, names)
}

// listed opens a list, and picks from it.
func listed(ctx context.Context, open func() (toolstack.Lister, error), names []string) ([]toolstack.DomainInfo, error) {
	l, err := open()
	if err != nil {
		return nil, err
	}
	defer l.Close()
	return pick(ctx, l, names)
}

// pick gives all domains, or those named.
func pick(ctx context.Context, l toolstack.Lister, names []string) ([]toolstack.DomainInfo, error) {
	if len(names) == 0 {
		return l.Domains(ctx)
	}
	var picked []toolstack.DomainInfo
	for _, n := range names {
		d, err := toolstack.Find(ctx, l, n)
		if err != nil {
			return nil, err
		}
		picked = append(picked, d)
	}
	return picked, nil
}

func rowOf(d toolstack.DomainInfo) domainRow {
	r := domainRow{
		Name: d.Name, ID: uint32(d.ID), UUID: d.UUID, Type: d.Type,
		MemoryMiB: (d.MemoryKiB + d.OutstandingKiB) >> 10, VCPUs: d.VCPUs,
		State: stateOf(d), CPUTime: math.Round(d.CPUTime.Seconds()*10) / 10,
	}
	if d.Shutdown {
		r.Reason = d.Reason.String()
	}
	return r
}

// stateOf is the state column of xl list (tools/xl/xl_info.c, list_domains).
func stateOf(d toolstack.DomainInfo) string {
	letter := func(on bool, c byte) byte {
		if on {
			return c
		}
		return '-'
	}
	why := byte('-')
	if d.Shutdown {
		const reasons = "-rscwS"
		why = '?'
		if d.Reason >= 0 && int(d.Reason) < len(reasons) {
			why = reasons[d.Reason]
		}
	}
	return string([]byte{letter(d.Running, 'r'), letter(d.Blocked, 'b'), letter(d.Paused, 'p'),
		letter(d.Shutdown, 's'), why, letter(d.Dying, 'd')})
}

// writeList writes what xl list writes.
func writeList(w io.Writer, rows []domainRow) error {
	if _, err := fmt.Fprintln(w, "Name                                        ID   Mem VCPUs\tState\tTime(s)"); err != nil {
		return err
	}
	for _, r := range rows {
		if _, err := fmt.Fprintf(w, "%-40s %5d %5d %5d     %s  %8.1f\n", r.Name, r.ID, r.MemoryMiB, r.VCPUs, r.State, r.CPUTime); err != nil {
			return err
		}
	}
	return nil
}
