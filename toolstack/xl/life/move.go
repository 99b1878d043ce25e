package life

import (
	"context"
	"errors"

	"github.com/xenvoy/xenvoy/migrate/xlwire"
	"github.com/xenvoy/xenvoy/toolstack"
	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/xen/libxl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// A move sends a guest to another xl. At each moment at most one side may run it: this one until
// the permission is written, the other one from then on. Who has asked for it and
// does not hear what became of it runs nothing.
type move struct {
	*xl.Call
	*transport
	id   idl.DomID
	name string
}

// undecidedText is xl's for a guest that may run on either side, so that nobody may start it.
const undecidedText = `** Migration failed during final handshake **
Domain state is now undefined !
Please CHECK AT BOTH ENDS for running instances, before renaming and
 resuming at most one instance.  Two simultaneous instances of the domain
 would probably result in SEVERE DATA LOSS and it is now your
 responsibility to avoid that.  Sorry.`

// awayName is what the domain is called here once the other side may start its copy.
func awayName(name string) string { return name + toolstack.AwaySuffix }

func (m *move) run(ctx context.Context) error {
	m.HideProgress(true)
	err := m.Xen.DomainSuspend(ctx, m.id, m.send, libxl.SuspendOptions{Live: true, Debug: m.Has("debug")})
	if err != nil {
		m.Warnf("migration sender: libxl_domain_suspend failed (rc=%d)", xl.CodeOf(err))
		return m.giveUp(ctx, err)
	}
	if err := m.expect(ctx, xlwire.Ready, "ready message"); err != nil {
		return m.giveUp(ctx, err)
	}
	m.HideProgress(false)
	m.Warnf("migration sender: Target has acknowledged transfer.")
	if err := m.rename(ctx, m.name, awayName(m.name)); err != nil {
		return m.giveUp(ctx, err)
	}
	m.Warnf("migration sender: Giving target permission to start.")
	if _, err := m.send.WriteString(xlwire.Permission); err != nil {
		return m.undecided(err)
	}
	status, err := m.outcome(ctx)
	switch {
	case err != nil:
		return m.undecided(err)
	case status != 0:
		return m.comeBack(ctx, status)
	}
	m.Warnf("migration sender: Target reports successful startup.")
	if err := m.Xen.DomainDestroy(context.WithoutCancel(ctx), m.id); err != nil {
		return m.leftover(err)
	}
	m.end(m.Call)
	m.Warnf("Migration successful.")
	return nil
}

// leftover is for a domain that has moved and cannot be removed here. xl passes over that.
func (m *move) leftover(err error) error {
	m.end(m.Call)
	m.Warnf("Migration successful.\n%s is left here as %s: %v", m.name, awayName(m.name), err)
	return m.Lenient(err)
}

// outcome is what the other side says about its start: 0, or a code of libxl's.
func (m *move) outcome(ctx context.Context) (status byte, err error) {
	status, err = xlwire.ReadResult(filler(ctx, m.recv))
	return status, inWords(err, receiverStream, "success/failure report message")
}

// giveUp keeps the guest here. The other side does not have the permission, and will not get it.
func (m *move) giveUp(ctx context.Context, err error) error {
	m.end(m.Call)
	if errors.Is(err, libxl.ErrGuestTimedOut) {
		return xl.Failf(xl.StatusFailed, "Migration failed, failed to suspend at sender.")
	}
	m.Warnf("Migration failed, resuming at sender.")
	takeBack(ctx, m.Call, m.id, err)
	return &xl.Failure{Status: xl.StatusFailed, Err: err}
}

// undecided leaves everything as it is.
func (m *move) undecided(err error) error {
	m.end(m.Call)
	return &xl.Failure{Status: xl.StatusFailed, Text: err.Error() + "\n" + undecidedText, Err: err}
}

// rename changes the domain's name, if it has one.
func (m *move) rename(ctx context.Context, from, to string) error {
	if m.name == "" {
		return nil
	}
	return m.Xen.DomainRename(ctx, m.id, from, to)
}

// comeBack runs the guest here again, when the other side could not and has said that it has
// removed its copy.
func (m *move) comeBack(ctx context.Context, status byte) error {
	m.Warnf("migration sender: Target reports startup failure (status code %d).", status)
	if err := m.expect(ctx, xlwire.Permission, "permission for sender to resume"); err != nil {
		return m.undecided(err)
	}
	m.Warnf("migration sender: Trying to resume at our end.")
	ctx = context.WithoutCancel(ctx)
	if err := m.rename(ctx, awayName(m.name), m.name); err != nil {
		m.Warnf("%s stays %s: %v", m.name, awayName(m.name), err)
	}
	if takeBack(ctx, m.Call, m.id, nil) {
		m.Warnf("migration sender: Resumed OK.")
	}
	m.end(m.Call)
	return xl.Failf(xl.StatusFailed, "Migration failed due to problems at target.")
}
