//go:build cgo

package native

import (
	"context"

	"github.com/xenvoy/xenvoy/toolstack"
	"github.com/xenvoy/xenvoy/toolstack/room"
	"github.com/xenvoy/xenvoy/xen/libxl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// withRoom builds a domain as xl.conf says: with memory from dom0, under xl's lock, and with a
// number drawn at random. libxl's binding removes what a failed build has left.
func (h *Host) withRoom(ctx context.Context, cfg *idl.DomainConfig, restored bool, build func(*libxl.Context, *idl.DomainConfig) (idl.DomID, error)) (toolstack.DomID, error) {
	xl, err := h.xl.get(ctx)
	if err != nil {
		return 0, err
	}
	if h.confErr != nil {
		return 0, h.confErr
	}
	release, err := room.Make(ctx, xl, h.conf, cfg, restored)
	if err != nil {
		return 0, err
	}
	defer release()
	if h.conf.RandomDomIDs && cfg.CInfo.DomID == 0 {
		drawn := *cfg
		drawn.CInfo.DomID = idl.RandomDomID
		cfg = &drawn
	}
	id, err := build(xl, cfg)
	if err != nil {
		return 0, err
	}
	return toolstack.DomID(id), nil
}
