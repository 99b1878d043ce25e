package inspect

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/xenvoy/xenvoy/toolstack"
	"github.com/xenvoy/xenvoy/toolstack/domcfg/xlcfg"
	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/xen/libxl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

func domid() *xl.Command {
	return &xl.Command{
		Name: "domid", Operands: "<DomainName>", Summary: "Print the number of the domain with a name", MinArgs: 1,
		Quick: func(ctx context.Context, c *xl.Call) (bool, error) {
			if err := c.LoadConf(); err != nil {
				return true, err
			}
			all, ok := quickList(ctx, c)
			if !ok {
				return false, nil
			}
			i := slices.IndexFunc(all, func(d toolstack.DomainInfo) bool { return d.Name == c.Args[0] })
			if i < 0 {
				return true, noSuchName(c.Args[0], toolstack.ErrNoDomain)
			}
			return true, c.Show(all[i].ID, fmt.Sprintln(uint32(all[i].ID)))
		},
		Run: func(ctx context.Context, c *xl.Call) error {
			id, err := c.Xen.NameToDomID(ctx, c.Args[0])
			if err != nil {
				return noSuchName(c.Args[0], err)
			}
			return c.Show(id, fmt.Sprintln(uint32(id)))
		},
	}
}

func noSuchName(name string, err error) error {
	return &xl.Failure{Status: xl.StatusFailed, Err: err,
		Text: fmt.Sprintf("Can't get domid of domain name '%s', maybe this domain does not exist.", name)}
}

func domname() *xl.Command {
	return &xl.Command{
		Name: "domname", Operands: "<DomainId>", Summary: "Print the name of the domain with a number", MinArgs: 1,
		Run: func(ctx context.Context, c *xl.Call) error {
			n, used := xlcfg.Strtol(c.Args[0], 10)
			switch {
			case used == 0 && c.Strict:
				return c.WrongWords(xl.StatusFailed, "%q is not a number", c.Args[0])
			case used == 0:
				return xl.Failf(xl.StatusFailed, "Invalid domain id.\n")
			}
			name, err := "", error(libxl.ErrDomainNotFound)
			if n >= 0 && n <= math.MaxUint32 {
				name, err = c.Xen.DomIDToName(ctx, idl.DomID(n))
			}
			if err != nil {
				return &xl.Failure{Status: xl.StatusFailed, Err: err,
					Text: fmt.Sprintf("Can't get domain name of domain id '%d', maybe this domain does not exist.", uint32(n))}
			}
			return c.Show(name, name+"\n")
		},
	}
}

// quickList lists all domains without libxl; false where that does not work.
func quickList(ctx context.Context, c *xl.Call) ([]toolstack.DomainInfo, bool) {
	if c.OpenList == nil {
		return nil, false
	}
	l, err := c.OpenList()
	if err != nil {
		return nil, false
	}
	all, err := l.Domains(ctx)
	return all, errors.Join(err, l.Close()) == nil
}
