package inspect

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/xen/libxl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// A VM is a domain of vm-list.
type VM struct {
	UUID string `json:"uuid"`
	ID   uint32 `json:"id"`
	Name string `json:"name"`
}

func vmList() *xl.Command {
	return &xl.Command{
		Name: "vm-list", Summary: "List the domains but those that only serve another one",
		Run: func(ctx context.Context, c *xl.Call) error {
			all, err := c.Xen.ListVMs(ctx)
			if err != nil {
				return c.Because(err, "libxl_list_vm failed.")
			}
			var b strings.Builder
			b.WriteString("UUID                                  ID    name\n")
			rows := []VM{}
			for _, v := range all {
				name, err := c.DomainName(ctx, v.DomID)
				if err != nil {
					return err
				}
				rows = append(rows, VM{v.UUID.String(), uint32(v.DomID), name})
				fmt.Fprintf(&b, "%s  %d    %-30s\n", v.UUID, v.DomID, name)
			}
			return c.Show(rows, b.String())
		},
	}
}

func claims() *xl.Command {
	command := &xl.Command{Name: "claims", Summary: "List the domains with the memory that is claimed for them and not yet given"}
	look := func(ctx context.Context, c *xl.Call) (bool, error) {
		c.Args = nil // which xl passes over
		if err := c.LoadConf(); err != nil {
			return true, err
		}
		all, ok, err := domains(ctx, c)
		if !ok || err != nil {
			return ok, err
		}
		if c.Conf.NoClaim {
			c.Warnf("claim_mode not enabled (see man xl.conf).")
		}
		rows := rowsOf(all)
		for i := range rows {
			rows[i].ClaimedMiB = new(rows[i].domain.OutstandingKiB >> 10)
		}
		return true, showRows(c, rows, columns{claim: true}, 0)
	}
	command.Quick = look
	command.Run = func(ctx context.Context, c *xl.Call) error {
		_, err := look(ctx, c)
		return err
	}
	return command
}

// A Sharer is a domain of sharing.
type Sharer struct {
	Name      string `json:"name"`
	ID        uint32 `json:"id"`
	MemoryMiB uint64 `json:"memory_mib"`
	SharedMiB uint64 `json:"shared_mib"`
}

func sharing() *xl.Command {
	return &xl.Command{
		Name: "sharing", Operands: "[Domain]", Summary: "List how much memory domains share with others",
		Run: func(ctx context.Context, c *xl.Call) error {
			all, err := infos(ctx, c)
			if err != nil {
				return err
			}
			var b strings.Builder
			b.WriteString("Name                                        ID   Mem Shared\n")
			rows := []Sharer{}
			for _, d := range all {
				name, err := c.DomainName(ctx, d.DomID)
				if err != nil {
					return err
				}
				r := Sharer{name, uint32(d.DomID), uint64(d.CurrentMemKB+d.OutstandingMemKB) >> 10, uint64(d.SharedMemKB) >> 10}
				rows = append(rows, r)
				fmt.Fprintf(&b, "%-40s %5d %5d  %5d\n", r.Name, r.ID, r.MemoryMiB, r.SharedMiB)
			}
			return c.Show(rows, b.String())
		},
	}
}

// infos is what libxl says of all domains, or of the one that the operand names.
func infos(ctx context.Context, c *xl.Call) ([]idl.DomInfo, error) {
	switch len(c.Args) {
	case 0:
		all, err := c.Xen.ListDomains(ctx)
		if err != nil {
			return nil, c.Because(err, "libxl_list_domain failed.")
		}
		return all, nil
	case 1:
	default:
		return nil, c.WrongWords(xl.StatusFailed, "one domain at most")
	}
	id, err := c.Domain(ctx, c.Args[0])
	if err != nil {
		return nil, err
	}
	d, err := c.Xen.DomainInfo(ctx, id)
	if errors.Is(err, libxl.ErrDomainNotFound) {
		return nil, &xl.Failure{Status: xl.StatusFailed, Text: fmt.Sprintf("Error: Domain '%s' does not exist.", c.Args[0]), Err: err}
	}
	if err != nil {
		return nil, c.Because(err, "libxl_domain_info failed (code %d).", xl.CodeOf(err))
	}
	return []idl.DomInfo{d}, nil
}
