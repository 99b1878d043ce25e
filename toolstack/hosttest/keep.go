package hosttest

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// preserve takes a domain out of the way of another with its name and its uuid. It had chosen its
// number, which its successor cannot have.
func preserve(t *testing.T, ctx context.Context, s Setup) {
	cfg := s.Config(t, "contract-keep")
	cfg.CInfo.DomID = idl.DomID(20000 + rand.IntN(10000)) // a host does not give one out twice within a minute
	old, err := s.Host.Create(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	gone(t, ctx, s.Host, old)
	cfg = config(t, ctx, s.Host, old)
	if err := s.Host.Preserve(ctx, old, "-kept"); err != nil {
		t.Fatal(err)
	}
	if d := look(t, ctx, s.Host, old); d.Name != "contract-keep-kept" {
		t.Errorf("preserved as %q", d.Name)
	}
	next, err := s.Host.Create(ctx, cfg)
	if err != nil {
		t.Fatalf("its successor: %v", err)
	}
	gone(t, ctx, s.Host, next)
}

func notes(t *testing.T, ctx context.Context, s Setup) {
	id := create(t, ctx, s, "contract-note")
	if note, err := s.Host.Note(ctx, id, "xl"); err != nil || note != nil {
		t.Errorf("a new domain's note: %q, %v", note, err)
	}
	if err := s.Host.DropNote(ctx, id, "xl"); err != nil {
		t.Errorf("dropping a note that is not there: %v", err)
	}
}
