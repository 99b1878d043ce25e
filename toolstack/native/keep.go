//go:build cgo

package native

import (
	"context"
	"crypto/rand"

	"github.com/xenvoy/xenvoy/toolstack"
	"github.com/xenvoy/xenvoy/xen/libxl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// CoreDump writes the domain's memory to a file.
func (h *Host) CoreDump(ctx context.Context, id toolstack.DomID, path string) error {
	return h.withDomain(ctx, id, func(xl *libxl.Context, id idl.DomID) error { return xl.DomainCoreDump(ctx, id, path) })
}

// Preserve gives the domain a longer name and, in xenstore, another uuid.
func (h *Host) Preserve(ctx context.Context, id toolstack.DomID, suffix string) error {
	var uuid idl.UUID
	if _, err := rand.Read(uuid[:]); err != nil {
		return err
	}
	uuid[6], uuid[8] = uuid[6]&0x0f|0x40, uuid[8]&0x3f|0x80 // RFC 9562: random
	return h.withDomain(ctx, id, func(xl *libxl.Context, id idl.DomID) error {
		cfg, err := xl.RetrieveDomainConfiguration(ctx, id)
		if err != nil {
			return err
		}
		return xl.DomainPreserve(ctx, id, cfg.CInfo, suffix, uuid)
	})
}

// SoftReset builds the domain anew in its place.
func (h *Host) SoftReset(ctx context.Context, id toolstack.DomID, cfg *idl.DomainConfig) error {
	return h.withDomain(ctx, id, func(xl *libxl.Context, id idl.DomID) error {
		return xl.DomainSoftReset(ctx, id, cfg, libxl.CreateOptions{})
	})
}

// Note is libxl's userdata of that name.
func (h *Host) Note(ctx context.Context, id toolstack.DomID, name string) (data []byte, err error) {
	err = h.withDomain(ctx, id, func(xl *libxl.Context, id idl.DomID) (err error) {
		data, err = xl.UserdataRetrieve(ctx, id, name)
		return err
	})
	return data, err
}

// DropNote removes it. libxl fails over one that is not there.
func (h *Host) DropNote(ctx context.Context, id toolstack.DomID, name string) error {
	return h.withDomain(ctx, id, func(xl *libxl.Context, id idl.DomID) error {
		if data, err := xl.UserdataRetrieve(ctx, id, name); err != nil || data == nil {
			return err
		}
		return xl.UserdataUnlink(ctx, id, name)
	})
}
