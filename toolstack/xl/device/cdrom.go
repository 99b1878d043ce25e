package device

import (
	"context"
	"os"

	"github.com/xenvoy/xenvoy/toolstack/domcfg/xlcfg"
	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

func cdInsert() *xl.Command {
	return &xl.Command{
		Name: "cd-insert", Operands: "<Domain> <VirtualDevice> <path>", Summary: "Put a file into a domain's CD-ROM drive",
		MinArgs: 3, DryRun: true, Changes: true,
		Run: func(ctx context.Context, c *xl.Call) error { return changeCD(ctx, c, c.Args[2]) },
	}
}

func cdEject() *xl.Command {
	return &xl.Command{
		Name: "cd-eject", Operands: "<Domain> <VirtualDevice>", Summary: "Empty a domain's CD-ROM drive",
		MinArgs: 2, DryRun: true, Changes: true,
		Run: func(ctx context.Context, c *xl.Call) error { return changeCD(ctx, c, "") },
	}
}

// changeCD inserts a file, or ejects when file is empty. xl's own does so in a dry run, too.
func changeCD(ctx context.Context, c *xl.Call, file string) error {
	id, err := c.Domain(ctx, c.Args[0])
	if err != nil {
		return err
	}
	disk, err := xlcfg.CDROM(c.Args[1], file)
	if err != nil {
		return xl.Failf(xl.StatusFailed, "%w", err)
	}
	if disk.Format != idl.DiskFormatEmpty {
		// libxl does not look whether the file is there.
		if _, err := os.Stat(disk.PDevPath); err != nil {
			return xl.Failf(xl.StatusFailed, "Cannot stat file: %s", disk.PDevPath)
		}
	}
	if c.DryRun {
		return printDevice(c, "disk", disk)
	}
	if err := c.Xen.CDROMInsert(ctx, id, disk); err != nil {
		return xl.Fail(xl.StatusFailed, err)
	}
	return nil
}
