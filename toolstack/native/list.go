// Package native is the toolstack.Host of the machine that this program runs on, over
// libxl. A build without cgo has no more of it than the list of domains, and finds the
// build that has the rest.
package native

import (
	"context"
	"fmt"
	"slices"

	"github.com/xenvoy/xenvoy/toolstack"
	"github.com/xenvoy/xenvoy/xen/hypercall"
	"github.com/xenvoy/xenvoy/xen/libxc"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
	"github.com/xenvoy/xenvoy/xen/xenstore"
)

// list looks at this machine's domains without Xen's libraries, which take longer to load
// than the look takes.
type list struct{ xen *hypercall.Conn }

// OpenList opens the part of this machine's Xen that lists domains: it is quick, and there
// in builds without cgo too. Errors are Open's; xen.ErrOtherRelease comes from the first
// look.
func OpenList() (toolstack.Lister, error) {
	c, err := hypercall.Open()
	if err != nil {
		return nil, err
	}
	return list{c}, nil
}

// Domains lists all domains, in the order of their ids.
func (l list) Domains(ctx context.Context) ([]toolstack.DomainInfo, error) {
	all, err := l.xen.ListDomains(ctx, 0, libxc.MaxDomains)
	if err != nil {
		return nil, err
	}
	return describe(ctx, all)
}

// Domain describes one domain.
func (l list) Domain(ctx context.Context, id toolstack.DomID) (toolstack.DomainInfo, error) {
	one, err := l.xen.ListDomains(ctx, idl.DomID(id), 1)
	if err != nil {
		return toolstack.DomainInfo{}, err
	}
	// Where there is none with this id, the next one comes.
	if one = slices.DeleteFunc(one, func(d libxc.DomainInfo) bool { return d.ID != idl.DomID(id) }); len(one) == 0 {
		return toolstack.DomainInfo{}, fmt.Errorf("domain %d: %w", id, toolstack.ErrNoDomain)
	}
	out, err := describe(ctx, one)
	if err != nil {
		return toolstack.DomainInfo{}, err
	}
	return out[0], nil
}

// Close gives back the connection; twice is fine.
func (l list) Close() error { return l.xen.Close() }

// describe adds the names, which lie in xenstore. A domain that is being built or is dying
// may have none: xl shows it as (null).
func describe(ctx context.Context, all []libxc.DomainInfo) ([]toolstack.DomainInfo, error) {
	paths := make([]string, len(all))
	for i := range all {
		paths[i] = fmt.Sprintf("/local/domain/%d/name", all[i].ID)
	}
	names, err := xenstore.ReadEach(ctx, paths)
	if err != nil {
		return nil, err
	}
	out := make([]toolstack.DomainInfo, len(all))
	for i := range all {
		out[i] = domainInfo(&all[i])
		if names[i].Err == nil {
			out[i].Name = names[i].Text
		}
	}
	return out, nil
}

// kibPerPage turns pages into KiB.
const kibPerPage = 4

func domainInfo(d *libxc.DomainInfo) toolstack.DomainInfo {
	out := toolstack.DomainInfo{
		ID: toolstack.DomID(d.ID), Name: toolstack.NoName, UUID: d.UUID.String(), Type: typeOf(d).String(),
		MemoryKiB: d.Pages * kibPerPage, OutstandingKiB: d.OutstandingPages * kibPerPage, MaxMemoryKiB: d.MaxPages * kibPerPage,
		VCPUs: int(d.OnlineVCPUs), CPUTime: d.CPUTime,
		Running: d.Running, Blocked: d.Blocked, Paused: d.Paused, Shutdown: d.Shutdown, Dying: d.Dying, NeverStop: d.Xenstore,
		Reason: toolstack.ShutdownNone,
	}
	if d.MaxVCPUID != libxc.NoVCPU {
		out.MaxVCPUs = int(d.MaxVCPUID) + 1
	}
	if d.Shutdown {
		out.Reason = toolstack.ShutdownReason(d.ShutdownReason)
	}
	return out
}

func typeOf(d *libxc.DomainInfo) idl.DomainType {
	switch {
	case d.PVH:
		return idl.DomainTypePVH
	case d.HVM:
		return idl.DomainTypeHVM
	}
	return idl.DomainTypePV
}
