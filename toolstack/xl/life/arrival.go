package life

import (
	"context"
	"errors"
	"io"

	"github.com/xenvoy/xenvoy/migrate/xlwire"
	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/xen/libxl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// An arrival is a domain that another xl sends.
type arrival struct {
	*creation
	id   idl.DomID
	name string // that it is to have in the end
}

// handshake starts the copy once the sender permits it. Without a permission it never
// starts, and is removed.
func (in *arrival) handshake(ctx context.Context) error {
	in.Warnf("migration target: Transfer complete, requesting permission to start domain.")
	if _, err := io.WriteString(in.Stdout, xlwire.Ready); err != nil {
		return in.remove(ctx, xl.Failf(xl.StatusFailed, "migration ack stream: ready message: %w", err))
	}
	err := expect(ctx, in.stream, xlwire.Permission, "migration stream", "GO message")
	ctx = context.WithoutCancel(ctx) // the sender has let go of the guest, or gets an answer
	if err == nil {
		in.Warnf("migration target: Got permission, starting domain.")
		err = in.start(ctx)
	}
	if err != nil {
		in.Warnf("%v", err)
		return in.refuse(ctx, err)
	}
	in.Warnf("migration target: Domain started successsfully.")
	if _, err := io.WriteString(in.Stdout, xlwire.Result+"\x00"); err != nil {
		return xl.Failf(xl.StatusFailed, "migration ack stream: success/failure report: %w", err)
	}
	return nil
}

// start gives the domain its name and lets it run.
func (in *arrival) start(ctx context.Context) error {
	if err := in.Xen.DomainRename(ctx, in.id, in.cfg.CInfo.Name, in.name); err != nil {
		return err
	}
	if in.Has("p") {
		return nil
	}
	return in.Xen.DomainUnpause(ctx, in.id)
}

// refuse tells the sender that the copy does not run, and removes it. Only then may the sender
// have the guest back. A sender that does not listen is no reason to keep the copy.
func (in *arrival) refuse(ctx context.Context, why error) error {
	_, unheard := in.Stdout.Write(append([]byte(xlwire.Result), refusal(why)))
	in.Warnf("migration target: Failure, destroying our copy.")
	if err := in.Xen.DomainDestroy(ctx, in.id); err != nil && !errors.Is(err, libxl.ErrDomainNotFound) {
		return xl.Failf(xl.StatusFailed, "migration target: Failed to destroy our copy (code %d).", xl.CodeOf(err))
	}
	if unheard == nil {
		in.Warnf("migration target: Cleanup OK, granting sender permission to resume.")
		_, unheard = io.WriteString(in.Stdout, xlwire.Permission)
	}
	if unheard != nil {
		return xl.Failf(xl.StatusFailed, "migration ack stream: %w", unheard)
	}
	return nil
}

// refusal is the byte for an error: libxl's code with the other sign.
func refusal(err error) byte {
	var known libxl.Code
	if errors.As(err, &known) && byte(-known) != 0 {
		return byte(-known)
	}
	return 1
}

// remove destroys the copy, of which the sender need not know.
func (in *arrival) remove(ctx context.Context, err error) error {
	return in.undo(ctx, in.id, &terminal{stop: func() {}}, err)
}

// takeOver starts the domain from its last checkpoint: the sender is gone. As with xl, nothing
// but the end of the stream says so.
func (in *arrival) takeOver(ctx context.Context) error {
	what := "Remus"
	if in.restore.Checkpointed == idl.CheckpointedStreamColo {
		what = "COLO"
	}
	in.Warnf("migration target: %s Failover for domain %d", what, in.id)
	renamed := in.Xen.DomainRename(ctx, in.id, in.cfg.CInfo.Name, in.name)
	if renamed != nil {
		in.Warnf("migration target (%s): Failed to rename domain from %s to %s:%d", what, in.cfg.CInfo.Name, in.name, xl.CodeOf(renamed))
	}
	if what == "COLO" { // it runs already
		if renamed != nil {
			return xl.Fail(xl.StatusFailed, renamed)
		}
		return nil
	}
	if err := in.Xen.DomainUnpause(ctx, in.id); err != nil {
		in.Warnf("migration target (%s): Failed to unpause domain %s (id: %d):%d", what, in.name, in.id, xl.CodeOf(err))
		return xl.Fail(xl.StatusFailed, err)
	}
	return nil
}
