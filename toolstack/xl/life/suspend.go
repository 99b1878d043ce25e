package life

import (
	"context"

	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// suspend and resume came with xl of Xen 4.20; with an older one they are not implemented.
func suspend() *xl.Command {
	return &xl.Command{
		Name: "suspend", Operands: "<Domain>", Summary: "Have a guest suspend itself, in memory", MinArgs: 1, Changes: true, Exact: true,
		Run: since420(func(ctx context.Context, c *xl.Call, id idl.DomID) error {
			return c.Lenient(c.Xen.DomainSuspendOnly(ctx, id))
		}),
	}
}

func resume() *xl.Command {
	return &xl.Command{
		Name: "resume", Operands: "<Domain>", Summary: "Let a suspended guest run on", MinArgs: 1, Changes: true, Exact: true,
		Run: since420(func(ctx context.Context, c *xl.Call, id idl.DomID) error {
			return c.Lenient(c.Xen.DomainResume(ctx, id, true))
		}),
	}
}

// since420 is onDomain where xl has the command.
func since420(do func(context.Context, *xl.Call, idl.DomID) error) func(context.Context, *xl.Call) error {
	return func(ctx context.Context, c *xl.Call) error {
		v, err := c.Xen.VersionInfo(ctx)
		if err != nil {
			return err
		}
		if v.XenVersionMajor == 4 && v.XenVersionMinor < 20 && !c.Strict {
			return xl.Failf(xl.StatusFailed, "command not implemented")
		}
		return onDomain(do)(ctx, c)
	}
}
