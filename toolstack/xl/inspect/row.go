package inspect

import (
	"context"
	"fmt"
	"math"
	"strings"

	"github.com/xenvoy/xenvoy/toolstack"
	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// columns are what a list shows beside the usual.
type columns struct{ verbose, context, claim, cpupool, numa bool }

// A Row is a domain of the list. Its JSON has name, id, uuid, type, memory_mib (what it has and
// what is claimed for it), vcpus (online), state (xl's six letters), shutdown_reason (only when
// it has stopped), cpu_time_s, and where they are asked for security_label ("" when it has none),
// claimed_mib, cpupool and node_affinity (numbers of NUMA nodes).
type Row struct {
	Name      string  `json:"name"`
	ID        uint32  `json:"id"`
	UUID      string  `json:"uuid"`
	Type      string  `json:"type"`
	MemoryMiB uint64  `json:"memory_mib"`
	VCPUs     int     `json:"vcpus"`
	State     string  `json:"state"`
	Reason    string  `json:"shutdown_reason,omitempty"`
	CPUTime   float64 `json:"cpu_time_s"`

	Label        *string     `json:"security_label,omitempty"`
	ClaimedMiB   *uint64     `json:"claimed_mib,omitempty"`
	CPUPool      *string     `json:"cpupool,omitempty"`
	NodeAffinity *idl.Bitmap `json:"node_affinity,omitempty"`

	domain toolstack.DomainInfo
}

func rowsOf(all []toolstack.DomainInfo) []Row {
	rows := make([]Row, len(all))
	for i, d := range all {
		rows[i] = Row{
			Name: d.Name, ID: uint32(d.ID), UUID: d.UUID, Type: d.Type,
			MemoryMiB: (d.MemoryKiB + d.OutstandingKiB) >> 10, VCPUs: d.VCPUs,
			State: state(d), CPUTime: math.Round(d.CPUTime.Seconds()*10) / 10, domain: d,
		}
		if d.Shutdown {
			rows[i].Reason = d.Reason.String()
		}
	}
	return rows
}

// ask adds the columns.
func (r *Row) ask(ctx context.Context, c *xl.Call, show columns) error {
	id := idl.DomID(r.ID)
	if show.claim {
		r.ClaimedMiB = new(r.domain.OutstandingKiB >> 10)
	}
	if show.verbose || show.context || show.cpupool {
		info, err := c.Xen.DomainInfo(ctx, id)
		if err != nil {
			return err
		}
		if show.verbose || show.context {
			r.Label = &info.SSIDLabel
		}
		if show.cpupool {
			name, err := c.PoolName(ctx, info.CPUPool)
			if err != nil {
				return err
			}
			r.CPUPool = &name
		}
	}
	if show.numa {
		nodes, err := c.Xen.DomainGetNodeAffinity(ctx, id)
		if err != nil {
			return err
		}
		r.NodeAffinity = &nodes
	}
	return nil
}

func writeHeader(b *strings.Builder, show columns) {
	b.WriteString("Name                                        ID   Mem VCPUs\tState\tTime(s)")
	for _, column := range []struct {
		shown bool
		title string
	}{
		{show.verbose, "   UUID                            Reason-Code\tSecurity Label"},
		{show.context && !show.verbose, "   Security Label"},
		{show.claim, "  Claimed"}, {show.cpupool, "         Cpupool"}, {show.numa, " NODE Affinity"},
	} {
		if column.shown {
			b.WriteString(column.title)
		}
	}
	b.WriteByte('\n')
}

func (r *Row) write(b *strings.Builder, show columns, nodes int) {
	fmt.Fprintf(b, "%-40s %5d %5d %5d     %s  %8.1f", r.Name, r.ID, r.MemoryMiB, r.VCPUs, r.State, xl.Seconds(uint64(r.domain.CPUTime)))
	if show.verbose {
		reason := "-"
		if r.domain.Shutdown {
			reason = fmt.Sprintf("%x", uint32(r.domain.Reason))
		}
		fmt.Fprintf(b, " %s %8s", r.UUID, reason)
	}
	if r.ClaimedMiB != nil {
		fmt.Fprintf(b, " %5d", *r.ClaimedMiB)
	}
	if r.Label != nil {
		label := *r.Label
		if label == "" {
			label = "-"
		}
		fmt.Fprintf(b, " %16s", label)
	}
	if r.CPUPool != nil {
		fmt.Fprintf(b, "%16s", *r.CPUPool)
	}
	if r.NodeAffinity != nil {
		fmt.Fprintf(b, " %s", xl.BitmapText(*r.NodeAffinity, nodes))
	}
	b.WriteByte('\n')
}

// state is the state column.
func state(d toolstack.DomainInfo) string {
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
