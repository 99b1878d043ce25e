package life

import (
	"context"

	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

func destroy() *xl.Command {
	return &xl.Command{
		Name: "destroy", Operands: "[options] <Domain>", Summary: "End a domain at once, like pulling its plug", MinArgs: 1, Changes: true,
		Options: []xl.Option{{Short: 'f', Help: "Also domain 0, where that is not the host itself."}},
		Run: onDomain(func(ctx context.Context, c *xl.Call, id idl.DomID) error {
			if id == 0 && !c.Has("f") {
				return xl.Failf(xl.StatusFailed, "Not destroying domain 0; use -f to force.\n"+
					"This can only be done when using a disaggregated hardware domain and toolstack.\n")
			}
			if err := c.Xen.DomainDestroy(ctx, id); err != nil {
				return failed("destroy failed", err)
			}
			return nil
		}),
	}
}

// failed is a *Failure with libxl's code, as many of xl's messages have it.
func failed(what string, err error) error {
	f := xl.Failf(xl.StatusFailed, "%s (rc=%d)", what, xl.CodeOf(err))
	f.Err = err
	return f
}

func rename() *xl.Command {
	return &xl.Command{
		Name: "rename", Operands: "<Domain> <NewDomainName>", Summary: "Give a domain another name", MinArgs: 2, Changes: true,
		Run: onDomain(func(ctx context.Context, c *xl.Call, id idl.DomID) error {
			from, err := c.Xen.DomIDToName(ctx, id)
			if err != nil {
				from = "" // whether it has one does not matter
			}
			if err := c.Xen.DomainRename(ctx, id, from, c.Args[1]); err != nil {
				f := xl.Failf(xl.StatusFailed, "Can't rename domain '%s'.", c.Args[0])
				f.Err = err
				return f
			}
			return nil
		}),
	}
}
