package tune

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

func psrCMTAttach() *xl.Command {
	return &xl.Command{
		Name: "psr-cmt-attach", Operands: "<Domain>", Summary: "Begin to monitor a domain's cache and memory bandwidth", MinArgs: 1, Changes: true,
		Run: func(ctx context.Context, c *xl.Call) error {
			id, err := c.Domain(ctx, c.Args[0])
			if err != nil {
				return err
			}
			return failed(c.Xen.PSRCMTAttach(ctx, id))
		},
	}
}

func psrCMTDetach() *xl.Command {
	return &xl.Command{
		Name: "psr-cmt-detach", Operands: "<Domain>", Summary: "Stop monitoring a domain's cache and memory bandwidth", MinArgs: 1, Changes: true,
		Run: func(ctx context.Context, c *xl.Call) error {
			id, err := c.Domain(ctx, c.Args[0])
			if err != nil {
				return err
			}
			return failed(c.Xen.PSRCMTDetach(ctx, id))
		},
	}
}

func psrCMTShow() *xl.Command {
	return &xl.Command{
		Name: "psr-cmt-show", Operands: "<PSR-CMT-Type> <Domain>", MinArgs: 1, Changes: true,
		Summary: "Show cache-occupancy, total-mem-bandwidth or local-mem-bandwidth of the monitored domains",
		Run: func(ctx context.Context, c *xl.Call) error {
			i := slices.IndexFunc(monitorTypes(), func(t monitorType) bool { return t.name == c.Args[0] })
			if i < 0 || len(c.Args) > 2 {
				return c.WrongWords(xl.StatusUsage, "want cache-occupancy, total-mem-bandwidth or local-mem-bandwidth, and one domain at most")
			}
			ids, err := psrDomains(ctx, c, c.Args[1:])
			if err != nil {
				return err
			}
			r := monitorReport{kind: monitorTypes()[i]}
			if err := r.ask(ctx, c, ids); err != nil {
				return c.Partly(&r, r.text.String(), err)
			}
			return c.Show(&r, r.text.String())
		},
	}
}

// psrDomains is the domain that the operand names; without one nil, which means all.
func psrDomains(ctx context.Context, c *xl.Call, words []string) ([]idl.DomID, error) {
	if len(words) == 0 {
		return nil, nil
	}
	id, err := c.Domain(ctx, words[0])
	return []idl.DomID{id}, err
}

// allDomains is those domains, or all when there are none. text and status are xl's when they
// cannot be listed.
func allDomains(ctx context.Context, c *xl.Call, ids []idl.DomID, text string, status int) ([]idl.DomID, error) {
	if ids != nil {
		return ids, nil
	}
	all, err := c.Xen.ListDomains(ctx)
	if err != nil {
		return nil, &xl.Failure{Status: status, Text: c.Because(err, "%s", text).Error(), Err: err}
	}
	for _, d := range all {
		ids = append(ids, d.DomID)
	}
	return ids, nil
}

// A monitorReport is what psr-cmt-show prints. In JSON values are by socket: KiB, or KiB per
// second of bandwidth.
type monitorReport struct {
	TotalRMID uint32            `json:"total_rmid"`
	Cache     map[uint32]uint32 `json:"l3_cache_kib,omitempty"`
	Domains   []monitored       `json:"domains"`

	kind monitorType
	text strings.Builder
}

type monitored struct {
	Name   string            `json:"name"`
	ID     uint32            `json:"id"`
	Values map[uint32]uint64 `json:"values"`
}

// unsupported is xl's status for what the host does not do: -1.
const unsupported = 255

func (r *monitorReport) ask(ctx context.Context, c *xl.Call, ids []idl.DomID) error {
	r.Domains = []monitored{}
	switch enabled, err := c.Xen.PSRCMTEnabled(ctx); {
	case err != nil:
		return failed(err)
	case !enabled:
		return xl.Failf(unsupported, "CMT is disabled in the system")
	}
	switch supported, err := c.Xen.PSRCMTTypeSupported(ctx, r.kind.kind); {
	case err != nil:
		return failed(err)
	case !supported:
		return xl.Failf(unsupported, "Monitor type '%s' is not supported in the system", r.kind.kind)
	}
	sockets, err := c.Xen.OnlineSocketMap(ctx)
	if err != nil {
		return because(c, err, "Failed getting available sockets, rc: %d", xl.CodeOf(err))
	}
	if r.TotalRMID, err = c.Xen.PSRCMTTotalRMID(ctx); err != nil {
		return because(c, err, "Failed to get max RMID value")
	}
	if err := r.header(ctx, c, sockets); err != nil {
		return err
	}
	if ids, err = allDomains(ctx, c, ids, "Failed to get domain info for domain list.", unsupported); err != nil {
		return err
	}
	for _, id := range ids {
		if err := r.domain(ctx, c, id, sockets); err != nil {
			return err
		}
	}
	return nil
}

func (r *monitorReport) header(ctx context.Context, c *xl.Call, sockets idl.Bitmap) error {
	fmt.Fprintf(&r.text, "Total RMID: %d\n%-40s %5s", r.TotalRMID, "Name", "ID")
	for _, s := range sockets {
		fmt.Fprintf(&r.text, "%14s %d", "Socket", s)
	}
	r.text.WriteByte('\n')
	if r.kind.kind != idl.PSRCMTTypeCacheOccupancy {
		return nil
	}
	r.Cache = map[uint32]uint32{}
	fmt.Fprintf(&r.text, "%-46s", "Total L3 Cache Size")
	for _, s := range sockets {
		size, err := c.Xen.PSRCMTL3CacheSize(ctx, s)
		if err != nil {
			return because(c, err, "Failed to get system l3 cache size for socket:%d", s)
		}
		r.Cache[s] = size
		fmt.Fprintf(&r.text, "%13d KB", size)
	}
	r.text.WriteByte('\n')
	return nil
}

// domain adds a domain that is being monitored. A value that cannot be had is left out by xl.
func (r *monitorReport) domain(ctx context.Context, c *xl.Call, id idl.DomID, sockets idl.Bitmap) error {
	attached, err := c.Xen.PSRCMTDomainAttached(ctx, id)
	if err != nil || !attached {
		return c.Lenient(err)
	}
	name, err := c.DomainName(ctx, id)
	if err != nil {
		return err
	}
	m := monitored{name, uint32(id), map[uint32]uint64{}}
	fmt.Fprintf(&r.text, "%-40s %5d", name, id)
	for _, s := range sockets {
		value, err := r.value(ctx, c, id, s)
		if err := c.Lenient(err); err != nil {
			return err
		}
		if err != nil {
			continue
		}
		m.Values[s] = value
		if r.kind.kind == idl.PSRCMTTypeCacheOccupancy {
			fmt.Fprintf(&r.text, "%13d KB", value)
		} else {
			fmt.Fprintf(&r.text, "%11d KB/s", value)
		}
	}
	r.text.WriteByte('\n')
	r.Domains = append(r.Domains, m)
	return nil
}

// value is KiB, or KiB per second.
func (r *monitorReport) value(ctx context.Context, c *xl.Call, id idl.DomID, socket uint32) (uint64, error) {
	if r.kind.kind == idl.PSRCMTTypeCacheOccupancy {
		s, err := c.Xen.PSRCMTSample(ctx, id, r.kind.kind, socket)
		return s.Bytes / 1024, err
	}
	return bandwidth(ctx, c, id, r.kind.kind, socket)
}

// How long bandwidth is measured, and how often again when the counter has run over: that is
// once at most within a second (psr_cmt_get_mem_bandwidth).
const (
	sampleTime  = 10 * time.Millisecond
	sampleTries = 5
)

func bandwidth(ctx context.Context, c *xl.Call, id idl.DomID, kind idl.PSRCMTType, socket uint32) (uint64, error) {
	for range sampleTries {
		first, err := c.Xen.PSRCMTSample(ctx, id, kind, socket)
		if err != nil {
			return 0, err
		}
		select {
		case <-time.After(sampleTime):
		case <-ctx.Done():
			return 0, context.Cause(ctx)
		}
		second, err := c.Xen.PSRCMTSample(ctx, id, kind, socket)
		if err != nil {
			return 0, err
		}
		if second.TSC <= first.TSC {
			return 0, fmt.Errorf("the time stamps of domain %d's monitor on socket %d do not grow", id, socket)
		}
		ns := second.TSC - first.TSC // Xen has scaled it
		if ns < uint64(time.Second) && second.Bytes >= first.Bytes {
			return (second.Bytes - first.Bytes) * uint64(time.Second) / ns / 1024, nil
		}
	}
	return 0, fmt.Errorf("domain %d, socket %d: event counter overflowed", id, socket)
}
