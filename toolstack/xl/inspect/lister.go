package inspect

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/xenvoy/xenvoy/toolstack"
	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/xen"
	"github.com/xenvoy/xenvoy/xen/libxl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// domains are all domains, or those that the operands name. It asks without libxl where that
// works, which is quick; ok is false when it needs libxl, and c has none.
func domains(ctx context.Context, c *xl.Call) (all []toolstack.DomainInfo, ok bool, err error) {
	if c.OpenList != nil {
		all, err := quickly(ctx, c)
		var answer *xl.Failure
		if err == nil || errors.As(err, &answer) || c.Strict && !needsLibxl(err) {
			return all, true, err
		}
	}
	if c.Xen == nil {
		return nil, false, nil
	}
	all, err = pick(ctx, c, libxlList{c})
	return all, true, err
}

func quickly(ctx context.Context, c *xl.Call) ([]toolstack.DomainInfo, error) {
	l, err := c.OpenList()
	if err != nil {
		return nil, err
	}
	defer l.Close()
	return pick(ctx, c, l)
}

// needsLibxl says of an error of a list that needs no libxl that libxl may do better: only it
// knows this hypervisor, or the way to this xenstored. xl's own texts come from libxl for all others.
func needsLibxl(err error) bool {
	return errors.Is(err, xen.ErrOtherRelease) || errors.Is(err, xen.ErrNotSupported) || errors.Is(err, xen.ErrNoCgo)
}

// pick gives all domains, or those that the operands name: one for xl, which knows no UUID.
func pick(ctx context.Context, c *xl.Call, l toolstack.Lister) ([]toolstack.DomainInfo, error) {
	if len(c.Args) == 0 {
		return l.Domains(ctx)
	}
	var picked []toolstack.DomainInfo
	for _, word := range c.Args {
		find := findXL
		if c.Strict {
			find = toolstack.Find
		}
		d, err := find(ctx, l, word)
		if err != nil {
			return nil, err
		}
		picked = append(picked, d)
	}
	return picked, nil
}

// findXL finds a domain as xl does, whose words tell a number that no domain has from a name.
func findXL(ctx context.Context, l toolstack.Lister, word string) (toolstack.DomainInfo, error) {
	d, err := toolstack.Find(ctx, l, word)
	number := word != "" && strings.Trim(word, "0123456789") == ""
	switch {
	case err == nil && d.UUID == word && d.Name != word, errors.Is(err, toolstack.ErrNoDomain) && !number:
		return d, xl.Failf(xl.StatusFailed, "%s is an invalid domain identifier (rc=%d)", word, int(libxl.ErrInval))
	case errors.Is(err, toolstack.ErrNoDomain):
		return d, xl.Failf(xl.StatusFailed, "Error: Domain '%s' does not exist.", word)
	}
	return d, err
}

// A libxlList lists by libxl. It takes a PVH domain for an HVM one.
type libxlList struct{ c *xl.Call }

// Domains lists all domains, in the order of their ids.
func (l libxlList) Domains(ctx context.Context) ([]toolstack.DomainInfo, error) {
	all, err := l.c.Xen.ListDomains(ctx)
	if err != nil {
		return nil, l.c.Because(err, "libxl_list_domain failed.")
	}
	out := make([]toolstack.DomainInfo, len(all))
	for i := range all {
		if out[i], err = l.describe(ctx, &all[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Domain describes one domain.
func (l libxlList) Domain(ctx context.Context, id toolstack.DomID) (toolstack.DomainInfo, error) {
	d, err := l.c.Xen.DomainInfo(ctx, idl.DomID(id))
	if errors.Is(err, libxl.ErrDomainNotFound) {
		return toolstack.DomainInfo{}, fmt.Errorf("domain %d: %w", id, toolstack.ErrNoDomain)
	}
	if err != nil {
		return toolstack.DomainInfo{}, err
	}
	return l.describe(ctx, &d)
}

// Close has nothing to give back: libxl is its opener's.
func (libxlList) Close() error { return nil }

func (l libxlList) describe(ctx context.Context, d *idl.DomInfo) (toolstack.DomainInfo, error) {
	name, err := l.c.DomainName(ctx, d.DomID)
	out := toolstack.DomainInfo{
		ID: toolstack.DomID(d.DomID), Name: name, UUID: d.UUID.String(), Type: d.DomainType.String(),
		MemoryKiB: uint64(d.CurrentMemKB), OutstandingKiB: uint64(d.OutstandingMemKB), MaxMemoryKiB: uint64(d.MaxMemKB),
		VCPUs: int(d.VCPUOnline), MaxVCPUs: int(d.VCPUMaxID) + 1, CPUTime: time.Duration(d.CPUTime),
		Running: d.Running, Blocked: d.Blocked, Paused: d.Paused, Shutdown: d.Shutdown, Dying: d.Dying, NeverStop: d.NeverStop,
		Reason: toolstack.ShutdownNone,
	}
	if d.Shutdown {
		out.Reason = toolstack.ShutdownReason(d.ShutdownReason)
	}
	return out, err
}
