package life

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/xen/libxl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

func migrateReceive() *xl.Command {
	return &xl.Command{
		Name: "migrate-receive", Operands: "- for internal use only", Summary: "Take a domain that another xl sends", Changes: true, Hidden: true,
		Options: []xl.Option{
			{Short: 'F', Help: "Stay until the domain is gone, and carry out its on_... actions here."},
			{Short: 'e', Help: "Leave no process behind that carries out the on_... actions."},
			{Short: 'd', Help: "Print the configuration as libxl gets it."},
			{Short: 'r', Help: "Checkpoints follow (Remus)."},
			{Short: 'p', Help: "Leave the domain paused."},
			{Long: "colo", Help: "The domain runs on both sides (COLO)."},
			{Long: "coloft-script", Value: "SCRIPT", Help: "The script for COLO's network proxy."},
			{Long: "userspace-colo-proxy", Help: "The proxy is QEMU."},
		},
		Run: func(ctx context.Context, c *xl.Call) error { return always1(runReceive(ctx, c)) },
	}
}

func runReceive(ctx context.Context, c *xl.Call) error {
	if len(c.Args) > 0 {
		return &xl.Failure{Status: xl.StatusFailed, Usage: true}
	}
	defer writeErrors()()
	c.Warnf("migration target: Ready to receive domain.")
	if _, err := io.WriteString(c.Stdout, banner); err != nil {
		return xl.Failf(xl.StatusFailed, "migration ack stream: banner: %w", err)
	}
	stream, restoreInput, err := interruptibleInput(c.Stdin)
	if err != nil {
		return notCreated(c, err)
	}
	defer restoreInput()
	cfg, err := configOf(ctx, c, stream, "<incoming migration stream>", "")
	if err != nil {
		return notCreated(c, err)
	}
	in := &arrival{creation: newCreation(c, cfg), name: cfg.CInfo.Name}
	in.paused, in.stream, in.restore = true, stream, checkpoints(c)
	cfg.CInfo.Name += "--incoming"
	if err := show(c, cfg, false); err != nil {
		return err
	}
	id, t, err := in.build(ctx)
	if err != nil {
		return notCreated(c, err)
	}
	defer t.stop()
	in.id = id
	if in.restore.Checkpointed != idl.CheckpointedStreamNone {
		return in.takeOver(ctx)
	}
	if err := in.handshake(ctx); err != nil {
		return err
	}
	if in.monitor && in.foreground {
		return in.Monitor(ctx, id, "")
	}
	return nil
}

// writeErrors has what is written to a pipe that nobody reads any more fail, instead of end this
// process, which has a guest in its hands, until the function that it returns is called.
func writeErrors() func() {
	broken := make(chan os.Signal, 1)
	signal.Notify(broken, syscall.SIGPIPE)
	return func() { signal.Stop(broken) }
}

// notCreated says that there is no copy here. The sender sees the end of this process.
func notCreated(c *xl.Call, err error) error {
	code := -statusFail
	var f *xl.Failure
	if errors.As(err, &f) {
		code = -f.Status
	}
	c.Warnf("migration target: Domain creation failed (code %d).", code)
	return err
}

// checkpoints is how the options say that the stream goes on after the first copy.
func checkpoints(c *xl.Call) libxl.RestoreOptions {
	var o libxl.RestoreOptions
	switch {
	case c.Has("colo"):
		o.Checkpointed = idl.CheckpointedStreamColo
	case c.Has("r"):
		o.Checkpointed = idl.CheckpointedStreamRemus
	default:
		return o
	}
	o.ColoProxyScript, _ = c.Value("coloft-script")
	o.UserspaceColoProxy = c.Has("userspace-colo-proxy")
	o.SendBack, _ = c.Stdout.(*os.File)
	return o
}

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
	if _, err := io.WriteString(in.Stdout, ready); err != nil {
		return in.remove(ctx, xl.Failf(xl.StatusFailed, "migration ack stream: ready message: %w", err))
	}
	err := expect(ctx, in.stream, permission, "migration stream", "GO message")
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
	if _, err := io.WriteString(in.Stdout, result+"\x00"); err != nil {
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
	_, unheard := in.Stdout.Write(append([]byte(result), refusal(why)))
	in.Warnf("migration target: Failure, destroying our copy.")
	if err := in.Xen.DomainDestroy(ctx, in.id); err != nil && !errors.Is(err, libxl.ErrDomainNotFound) {
		return xl.Failf(xl.StatusFailed, "migration target: Failed to destroy our copy (code %d).", xl.CodeOf(err))
	}
	if unheard == nil {
		in.Warnf("migration target: Cleanup OK, granting sender permission to resume.")
		_, unheard = io.WriteString(in.Stdout, permission)
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
