package device

import (
	"context"
	"fmt"
	"io"

	"github.com/xenvoy/xenvoy/toolstack/domcfg/xlcfg"
	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

func pciAttach() *xl.Command {
	return &xl.Command{
		Name: "pci-attach", Operands: "<Domain> <PCI_SPEC_STRING>", Summary: "Give a domain a PCI device of the host", MinArgs: 2, Changes: true,
		Run: func(ctx context.Context, c *xl.Call) error {
			return changePCI(ctx, c, func(ctx context.Context, id idl.DomID, dev idl.DevicePCI) error {
				made, err := c.Xen.DevicePCIAdd(ctx, id, dev)
				if err != nil {
					return err
				}
				return c.Print(made, func(io.Writer) error { return nil })
			})
		},
	}
}

func pciDetach() *xl.Command {
	return &xl.Command{
		Name: "pci-detach", Operands: "<Domain> <PCI_SPEC_STRING>", Summary: "Take a PCI device of the host back from a domain",
		MinArgs: 2, Changes: true, Options: []xl.Option{{Short: 'f', Help: "Do not wait for the domain to let go of the device."}},
		Run: func(ctx context.Context, c *xl.Call) error {
			if c.Has("f") {
				return changePCI(ctx, c, c.Xen.DevicePCIDestroy)
			}
			return changePCI(ctx, c, c.Xen.DevicePCIRemove)
		},
	}
}

// changePCI does something to a domain and a device of the host.
func changePCI(ctx context.Context, c *xl.Call, do func(context.Context, idl.DomID, idl.DevicePCI) error) error {
	id, err := c.Domain(ctx, c.Args[0])
	if err != nil {
		return err
	}
	spec := c.Args[1]
	dev, warnings, err := xlcfg.Operands{Words: c.Args[1:2], First: 2}.PCI()
	for _, w := range warnings {
		c.Warnf("%s", w)
	}
	if err != nil {
		return xl.Failf(xl.StatusUsage, "%s: malformed PCI_SPEC_STRING \"%s\": %w", c.Command.Name, spec, err)
	}
	if err := do(ctx, id, dev); err != nil {
		return xl.Fail(xl.StatusFailed, err)
	}
	return nil
}

// A pciRow is a PCI device of the host in JSON and YAML.
type pciRow struct {
	Domain  *idl.DomID `json:"domain_id,omitempty"`    // that has it
	Address string     `json:"address"`                // DDDD:BB:DD.F, hexadecimal
	Slot    string     `json:"virtual_slot,omitempty"` // where the domain sees it: DD.F
	Name    string     `json:"name,omitempty"`
}

func address(d idl.DevicePCI) string {
	return fmt.Sprintf("%04x:%02x:%02x.%01x", d.Domain, d.Bus, d.Dev, d.Func)
}

func pciList() *xl.Command {
	return &xl.Command{
		Name: "pci-list", Operands: "<Domain>", Summary: "List the PCI devices of the host that a domain has", MinArgs: 1,
		Run: func(ctx context.Context, c *xl.Call) error {
			id, err := c.Domain(ctx, c.Args[0])
			if err != nil {
				return err
			}
			all, err := c.Xen.DevicePCIList(ctx, id)
			if err != nil {
				return passOver(c, err)
			}
			rows := []pciRow{}
			for _, d := range all {
				slot := fmt.Sprintf("%02x.%01x", d.VDevFn>>3&0x1f, d.VDevFn&7)
				rows = append(rows, pciRow{Domain: &id, Address: address(d), Slot: slot, Name: d.Name})
			}
			return c.Print(rows, func(w io.Writer) error {
				if len(rows) == 0 {
					return nil
				}
				_, err := io.WriteString(w, lines("Vdev Device\n", rows, func(r pciRow) string { return r.Slot + " " + r.Address + "\n" }))
				return err
			})
		},
	}
}
