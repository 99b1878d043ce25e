package device

import (
	"context"
	"errors"
	"io"

	"github.com/xenvoy/xenvoy/toolstack/domcfg/xlcfg"
	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/xen/libxl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

func pciAssignableAdd() *xl.Command {
	return &xl.Command{
		Name: "pci-assignable-add", Operands: "[options] <BDF>", Summary: "Take a PCI device from its driver, so that domains can have it",
		MinArgs: 1, Changes: true, Options: []xl.Option{{Short: 'n', Long: "name", Value: "NAME", Help: "Give the device a name."}},
		Run: func(ctx context.Context, c *xl.Call) error {
			dev, err := xlcfg.PCIAddress(c.Args[0])
			if err != nil {
				return xl.Failf(xl.StatusUsage, "pci-assignable-add: malformed BDF \"%s\"", c.Args[0])
			}
			dev.Name, _ = c.Value("name")
			if err := c.Xen.DevicePCIAssignableAdd(ctx, dev, true); err != nil {
				return xl.Fail(xl.StatusFailed, err)
			}
			return nil
		},
	}
}

func pciAssignableRemove() *xl.Command {
	return &xl.Command{
		Name: "pci-assignable-remove", Operands: "[options] <BDF>|NAME", Summary: "Keep a PCI device from domains again",
		MinArgs: 1, Changes: true, Options: []xl.Option{{Short: 'r', Help: "Give the device back to the driver that had it."}},
		Run: removeAssignable,
	}
}

// removeAssignable takes the word for a name, and when there is none such for an address.
func removeAssignable(ctx context.Context, c *xl.Call) error {
	err := c.Xen.DevicePCIAssignableRemove(ctx, idl.DevicePCI{Name: c.Args[0]}, c.Has("r"))
	if errors.Is(err, libxl.ErrNotFound) {
		dev, bad := xlcfg.PCIAddress(c.Args[0])
		if bad != nil {
			return xl.Failf(xl.StatusUsage, "pci-assignable-remove: malformed BDF '%s'", c.Args[0])
		}
		err = c.Xen.DevicePCIAssignableRemove(ctx, dev, c.Has("r"))
	}
	if err != nil {
		return xl.Fail(xl.StatusFailed, err)
	}
	return nil
}

func pciAssignableList() *xl.Command {
	return &xl.Command{
		Name: "pci-assignable-list", Operands: "[options]", Summary: "List the PCI devices that domains can have",
		Options: []xl.Option{{Short: 'n', Long: "show-names", Help: "Print the names of those that have one."}},
		Run: func(ctx context.Context, c *xl.Call) error {
			all, err := c.Xen.DevicePCIAssignableList(ctx)
			if err != nil {
				return passOver(c, err)
			}
			rows := []pciRow{}
			for _, d := range all {
				rows = append(rows, pciRow{Address: address(d), Name: d.Name})
			}
			return c.Print(rows, func(w io.Writer) error {
				_, err := io.WriteString(w, lines("", rows, func(r pciRow) string {
					if !c.Has("show-names") {
						r.Name = ""
					}
					return r.Address + " " + r.Name + "\n"
				}))
				return err
			})
		},
	}
}
