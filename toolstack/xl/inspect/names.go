package inspect

import (
	"context"
	"fmt"
	"io"
	"strconv"

	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

func domid() *xl.Command {
	return &xl.Command{
		Name: "domid", Operands: "<DomainName>", Summary: "Print the number of the domain with a name", MinArgs: 1,
		Run: func(ctx context.Context, c *xl.Call) error {
			id, err := c.Xen.NameToDomID(ctx, c.Args[0])
			if err != nil {
				return xl.Failf(xl.StatusFailed, "Can't get domid of domain name '%s', maybe this domain does not exist.", c.Args[0])
			}
			return c.Print(id, func(w io.Writer) error {
				_, err := fmt.Fprintln(w, uint32(id))
				return err
			})
		},
	}
}

func domname() *xl.Command {
	return &xl.Command{
		Name: "domname", Operands: "<DomainId>", Summary: "Print the name of the domain with a number", MinArgs: 1,
		Run: func(ctx context.Context, c *xl.Call) error {
			n, err := strconv.ParseUint(c.Args[0], 10, 32)
			if err != nil {
				return xl.Failf(xl.StatusFailed, "Invalid domain id.\n")
			}
			name, err := c.Xen.DomIDToName(ctx, idl.DomID(n))
			if err != nil {
				return xl.Failf(xl.StatusFailed, "Can't get domain name of domain id '%d', maybe this domain does not exist.", n)
			}
			return c.Print(name, func(w io.Writer) error {
				_, err := fmt.Fprintln(w, name)
				return err
			})
		},
	}
}
