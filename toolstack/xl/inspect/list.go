package inspect

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/xenvoy/xenvoy/toolstack"
	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/xen/libxl"
)

func list() *xl.Command {
	return &xl.Command{
		Name: "list", Operands: "[options] [Domain]", Summary: "List the domains of this host, or one of them",
		Options: []xl.Option{
			{Short: 'l', Long: "long", Help: "Print the domains' configurations."},
			{Short: 'v', Long: "verbose", Help: "Print UUID, reason of a shutdown and security label, too."},
			{Short: 'Z', Long: "context", Help: "Print the security label, too."},
			{Short: 'c', Long: "cpupool", Help: "Print the CPU pool, too."},
			{Short: 'n', Long: "numa", Help: "Print the NUMA nodes that memory should come from, too."},
		},
		Quick: func(ctx context.Context, c *xl.Call) (bool, error) {
			if slices.ContainsFunc([]string{"long", "verbose", "context", "cpupool", "numa"}, c.Has) || !fits(c) {
				return false, nil
			}
			if err := c.LoadConf(); err != nil {
				return true, err
			}
			all, ok, err := domains(ctx, c)
			if !ok || err != nil {
				return ok, err
			}
			return true, showRows(c, rowsOf(all), columns{}, 0)
		},
		Run: func(ctx context.Context, c *xl.Call) error {
			if !fits(c) {
				return c.WrongWords(xl.StatusFailed, "one domain at most")
			}
			all, _, err := domains(ctx, c)
			if err != nil {
				return err
			}
			if c.Has("long") {
				return long(ctx, c, all)
			}
			return showColumns(ctx, c, all, columns{
				verbose: c.Has("verbose"), context: c.Has("context"), cpupool: c.Has("cpupool"), numa: c.Has("numa"),
			})
		},
	}
}

// fits says whether the operands are not too many for xl.
func fits(c *xl.Call) bool { return c.Strict || len(c.Args) <= 1 }

// showColumns asks libxl for what the columns show. A domain that has ended meanwhile is left out.
func showColumns(ctx context.Context, c *xl.Call, all []toolstack.DomainInfo, show columns) error {
	nodes := 0
	if show.numa {
		host, err := c.Xen.PhysInfo(ctx)
		if err != nil {
			return c.Because(err, "libxl_physinfo failed.")
		}
		nodes = int(host.NrNodes)
	}
	rows := []Row{}
	for _, r := range rowsOf(all) {
		switch err := r.ask(ctx, c, show); {
		case errors.Is(err, libxl.ErrDomainNotFound):
		case err != nil:
			return err
		default:
			rows = append(rows, r)
		}
	}
	return showRows(c, rows, show, nodes)
}

// showRows prints the list of a host with so many NUMA nodes.
func showRows(c *xl.Call, rows []Row, show columns, nodes int) error {
	var b strings.Builder
	writeHeader(&b, show)
	for i := range rows {
		rows[i].write(&b, show, nodes)
	}
	return c.Show(rows, b.String())
}
