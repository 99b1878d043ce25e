package life

import (
	"context"
	"errors"
	"io"
	"os"

	"github.com/xenvoy/xenvoy/migrate/xlwire"
	"github.com/xenvoy/xenvoy/toolstack"
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
		return c.WrongWords(xl.StatusFailed, "it takes no operands")
	}
	defer xl.OutlivePipes()()
	c.Warnf("migration target: Ready to receive domain.")
	if _, err := io.WriteString(c.Stdout, xlwire.Banner); err != nil {
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
	cfg.CInfo.Name += toolstack.IncomingSuffix
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
