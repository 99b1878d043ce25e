//go:build cgo

package native

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/xenvoy/xenvoy/toolstack"
	"github.com/xenvoy/xenvoy/xen/xenstore"
)

// Console gives the path of the domain's terminal. xenconsoled, or the device
// model for a serial port, writes it to xenstore when it has opened one: this
// waits for it, until the domain is gone or ctx ends.
func (h *Host) Console(ctx context.Context, id toolstack.DomID, kind toolstack.ConsoleKind) (string, error) {
	serial, err := h.hasSerial(ctx, id)
	if err != nil {
		return "", err
	}
	if kind == toolstack.ConsoleSerial && !serial {
		return "", fmt.Errorf("domain %d has no serial port: its configuration lacks serial", id)
	}
	path := fmt.Sprintf("/local/domain/%d/console/tty", id)
	if serial && kind != toolstack.ConsolePV {
		path = fmt.Sprintf("/local/domain/%d/serial/0/tty", id)
	}
	store, err := h.store.get(ctx)
	if err != nil {
		return "", err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	changes, err := store.Watch(ctx, path, "@releaseDomain")
	if err != nil {
		return "", err
	}
	for range changes {
		tty, err := store.Read(ctx, path)
		if err == nil && tty != "" {
			return tty, nil
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
		if _, err := h.Domain(ctx, id); err != nil {
			return "", err
		}
	}
	if ctx.Err() == nil {
		return "", fmt.Errorf("domain %d has no console yet: %w", id, xenstore.ErrConnectionLost)
	}
	return "", fmt.Errorf("domain %d has no console yet: %w", id, context.Cause(ctx))
}

// hasSerial says whether the domain has an emulated serial port.
func (h *Host) hasSerial(ctx context.Context, id toolstack.DomID) (bool, error) {
	cfg, err := h.Config(ctx, id)
	if err != nil {
		return false, err
	}
	hvm := cfg.BInfo.TypeHVM
	return hvm != nil && (hvm.Serial != "" || len(hvm.SerialList) > 0), nil
}
