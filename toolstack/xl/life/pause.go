package life

import (
	"context"

	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

func pause() *xl.Command {
	return &xl.Command{
		Name: "pause", Operands: "<Domain>", Summary: "Stop a domain's virtual CPUs", MinArgs: 1, Changes: true,
		Run: onDomain(func(ctx context.Context, c *xl.Call, id idl.DomID) error {
			return c.Lenient(c.Xen.DomainPause(ctx, id))
		}),
	}
}

func unpause() *xl.Command {
	return &xl.Command{
		Name: "unpause", Operands: "<Domain>", Summary: "Let a paused domain run on", MinArgs: 1, Changes: true,
		Run: onDomain(func(ctx context.Context, c *xl.Call, id idl.DomID) error {
			return c.Lenient(c.Xen.DomainUnpause(ctx, id))
		}),
	}
}

// onDomain does something to the domain that the first operand names.
func onDomain(do func(context.Context, *xl.Call, idl.DomID) error) func(context.Context, *xl.Call) error {
	return func(ctx context.Context, c *xl.Call) error {
		id, err := c.Domain(ctx, c.Args[0])
		if err != nil {
			return err
		}
		return do(ctx, c, id)
	}
}
