package fake

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/xenvoy/xenvoy/toolstack"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// CoreDump writes the guest's count to a new file.
func (h *Host) CoreDump(_ context.Context, id toolstack.DomID, path string) error {
	var failed error
	return firstOf(h.change("dump", id, func(g *guest) {
		failed = os.WriteFile(path, fmt.Appendln(nil, g.count), 0o600)
	}), &failed)
}

// Preserve gives the domain a longer name and the next uuid.
func (h *Host) Preserve(_ context.Context, id toolstack.DomID, suffix string) error {
	return h.change("preserve", id, func(g *guest) {
		g.info.Name += suffix
		g.info.UUID = fmt.Sprintf("%08x%s", id, g.info.UUID[8:])
	})
}

// SoftReset starts the guest anew with its count, in its own place.
func (h *Host) SoftReset(_ context.Context, id toolstack.DomID, cfg *idl.DomainConfig) error {
	text, err := json.Marshal(cfg)
	if err != nil {
		return err
	}
	return firstOf(h.change("soft reset", id, func(g *guest) {
		if !g.info.Shutdown || g.info.Reason != toolstack.ShutdownSoftReset {
			err = fmt.Errorf("domain %d has not stopped for a soft reset", id)
			return
		}
		g.cfg = text
		g.info.Shutdown, g.info.Paused, g.info.Reason = false, true, toolstack.ShutdownNone
	}), &err)
}

// Eject is the guest's: it opens a drive.
func (h *Host) Eject(id toolstack.DomID, vdev string) error {
	return h.change("eject", id, func(g *guest) {
		g.tell(toolstack.Event{Kind: toolstack.EventEject, Reason: toolstack.ShutdownNone, Disk: idl.DeviceDisk{VDev: vdev, Format: idl.DiskFormatEmpty, IsCdrom: 1, Removable: 1}})
	})
}

// Note is what was left with the domain.
func (h *Host) Note(_ context.Context, id toolstack.DomID, name string) (note []byte, err error) {
	err = h.change("note", id, func(g *guest) { note = bytes.Clone(g.notes[name]) })
	return note, err
}

// DropNote removes it.
func (h *Host) DropNote(_ context.Context, id toolstack.DomID, name string) error {
	return h.change("drop note", id, func(g *guest) { delete(g.notes, name) })
}

// Leave leaves a note with the domain.
func (h *Host) Leave(id toolstack.DomID, name string, note []byte) error {
	return h.change("leave", id, func(g *guest) {
		if g.notes == nil {
			g.notes = map[string][]byte{}
		}
		g.notes[name] = note
	})
}
