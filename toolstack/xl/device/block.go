package device

import (
	"context"
	"fmt"

	"github.com/xenvoy/xenvoy/toolstack/domcfg/xlcfg"
	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

func blockAttach() *xl.Command {
	a := attachment[idl.DeviceDisk]{
		label: "disk", plain: true,
		read:   func(_ *xl.Call, o xlcfg.Operands) (idl.DeviceDisk, xlcfg.Warnings, error) { return o.Disk() },
		faulty: always(xl.StatusFailed),
		remedy: remedy[idl.DeviceDisk]{xl.Xen.DeviceDiskList, func(d idl.DeviceDisk) string { return d.VDev }, xl.Xen.DeviceDiskDestroy},
		add:    xl.Xen.DeviceDiskAdd, name: "libxl_device_disk_add", status: xl.StatusFailed,
	}
	return &xl.Command{
		Name: "block-attach", Operands: "<Domain> <disk-spec-component(s)>...", Summary: "Give a domain a disk",
		MinArgs: 2, DryRun: true, Changes: true, Run: a.run,
	}
}

// A blockRow is a disk in JSON and YAML.
type blockRow struct {
	Device
	VDev     string `json:"vdev"` // such as "xvda"
	Target   string `json:"target,omitempty"`
	CDROM    bool   `json:"cdrom"`
	ReadOnly bool   `json:"read_only"`
	Event    int32  `json:"event_channel"`
	Ring     int32  `json:"ring_ref"`
	frontend uint32
}

func blockList() *xl.Command {
	l := listing[blockRow]{lenient: true, rows: blockRows, text: func(rows []blockRow) string {
		header := fmt.Sprintf("%-5s %-3s %-6s %-5s %-6s %-8s %-30s\n", "Vdev", "BE", "handle", "state", "evt-ch", "ring-ref", "BE-path")
		return lines(header, rows, func(r blockRow) string {
			return fmt.Sprintf("%-5d %-3d %-6d %-5d %-6d %-8d %-30s\n", r.DevID, r.Backend, r.frontend, r.State, r.Event, r.Ring, orNull(r.BackendPath))
		})
	}}
	return &xl.Command{Name: "block-list", Operands: "<Domain(s)>", Summary: "List the disks of domains", MinArgs: 1, Run: l.run}
}

func blockRows(ctx context.Context, c *xl.Call, id idl.DomID) ([]blockRow, error) {
	all, err := c.Xen.DeviceDiskList(ctx, id)
	return each(all, err, func(d idl.DeviceDisk) (blockRow, error) {
		i, err := c.Xen.DeviceDiskInfo(ctx, id, d)
		return blockRow{
			Device: Device{id, i.DevID, i.BackendID, i.State, i.Backend, i.Frontend},
			VDev:   d.VDev, Target: d.PDevPath, CDROM: d.IsCdrom != 0, ReadOnly: d.Readwrite == 0,
			Event: i.Evtch, Ring: i.Rref, frontend: i.FrontendID,
		}, err
	})
}

func blockDetach() *xl.Command {
	return &xl.Command{
		Name: "block-detach", Operands: "[option] <Domain> <DevId>", Summary: "Take a disk away from a domain", MinArgs: 2, Changes: true,
		Options: []xl.Option{{Short: 'f', Long: "force", Help: "Do not wait for the domain to let go of the disk."}},
		Run:     detachBlock,
	}
}

func detachBlock(ctx context.Context, c *xl.Call) error {
	id, err := c.Domain(ctx, c.Args[0])
	if err != nil {
		return err
	}
	disk, err := c.Xen.VDevToDeviceDisk(ctx, id, c.Args[1])
	if err != nil {
		return failed(c, xl.StatusFailed, err, "Error: Device %s not connected.", c.Args[1])
	}
	if disk.Specification == idl.DiskSpecificationVirtio {
		return xl.Failf(xl.StatusFailed, "Hotunplug isn't supported for specification virtio")
	}
	remove, name := c.Xen.DeviceDiskSafeRemove, "safe_remove"
	if c.Has("force") {
		remove, name = c.Xen.DeviceDiskDestroy, "destroy"
	}
	if err := remove(ctx, id, disk); err != nil {
		return failed(c, xl.StatusFailed, err, "libxl_device_disk_%s failed.", name)
	}
	return nil
}
