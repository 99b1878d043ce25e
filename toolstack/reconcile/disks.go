package reconcile

import (
	"context"
	"fmt"
	"slices"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

func diskWords(d *idl.DeviceDisk) string {
	path := d.PDevPath
	if path == "" {
		path = "empty"
	}
	return fmt.Sprintf("%s %s", d.VDev, path)
}

// compareDisks tells disks apart by the name that the guest sees.
func (c *comparison) compareDisks() error {
	for i := range c.file.Disks {
		disk, at := &c.file.Disks[i], fmt.Sprintf("disks[%d]", i)
		j := slices.IndexFunc(c.running.Disks, func(d idl.DeviceDisk) bool { return d.VDev == disk.VDev })
		if j < 0 {
			c.attachDisk(at, *disk)
			continue
		}
		if err := c.compareDisk(at, disk, &c.running.Disks[j]); err != nil {
			return err
		}
	}
	for i := range c.running.Disks {
		disk := c.running.Disks[i]
		if !slices.ContainsFunc(c.file.Disks, func(d idl.DeviceDisk) bool { return d.VDev == disk.VDev }) {
			c.detachDisk(disk)
		}
	}
	return nil
}

// compareDisk compares what stands under one name. Only the disc in a drive is changed: a
// disk that a guest uses is not pulled from under it.
func (c *comparison) compareDisk(at string, file, running *idl.DeviceDisk) error {
	f, err := values(file)
	if err != nil {
		return err
	}
	r, err := values(running)
	if err != nil {
		return err
	}
	drive := file.IsCdrom != 0 && running.IsCdrom != 0
	for _, path := range differing(f, r, func(string) bool { return false }) {
		switch path {
		case "backend", "specification", "discard_enable", "trusted", "direct_io_safe", "colo_enable", "colo_restore_enable", "removable":
			if f[path] == "" { // libxl chooses
				continue
			}
		case "format", "pdev_path":
			if drive {
				continue
			}
		}
		c.refuse(at+"."+diskKey(path), inFileWords(r[path]), inFileWords(f[path]),
			"a disk in use is not exchanged: give the new one another target, or destroy and create the domain")
	}
	if drive && (file.PDevPath != running.PDevPath || file.PDevPath != "" && file.Format != running.Format) {
		c.changeDisc(at, *file, *running)
	}
	return nil
}

// diskKey is a domain file's word for a member of libxl's structure.
func diskKey(member string) string {
	switch member {
	case "pdev_path":
		return "path"
	case "readwrite":
		return "readonly"
	case "is_cdrom":
		return "cdrom"
	}
	return member
}

func (c *comparison) changeDisc(at string, file, running idl.DeviceDisk) {
	put := func(d idl.DeviceDisk) func(context.Context) error {
		return func(ctx context.Context) error { return c.host.ChangeDisc(ctx, c.dom.ID, d) }
	}
	c.add(Difference{Field: at + ".path", Running: orEmpty(running.PDevPath), File: orEmpty(file.PDevPath),
		steps: []step{c.step(phaseGrow, fmt.Sprintf("disc of %s -> %s", file.VDev, orEmpty(file.PDevPath)), put(file), put(running))}})
}

func orEmpty(path string) string {
	if path == "" {
		return "empty"
	}
	return path
}

func (c *comparison) attachDisk(at string, disk idl.DeviceDisk) {
	if disk.IsCdrom != 0 {
		c.refuse(at, "", diskWords(&disk), "a running guest gets no new drive: "+rebuild)
		return
	}
	c.change(at, "", diskWords(&disk), c.step(phaseGrow, "attach disk "+diskWords(&disk), c.attaching(disk), c.detaching(disk.VDev)))
}

func (c *comparison) detachDisk(disk idl.DeviceDisk) {
	if disk.IsCdrom != 0 {
		c.refuse("disks", diskWords(&disk), "", "a running guest's drive is not taken away: "+rebuild)
		return
	}
	c.change("disks", diskWords(&disk), "", c.step(phaseDetach, "detach disk "+diskWords(&disk), c.detaching(disk.VDev), c.attaching(disk)))
}

func (c *comparison) attaching(d idl.DeviceDisk) func(context.Context) error {
	return func(ctx context.Context) error { return c.host.AttachDisk(ctx, c.dom.ID, d) }
}

func (c *comparison) detaching(vdev string) func(context.Context) error {
	return func(ctx context.Context) error { return c.host.DetachDisk(ctx, c.dom.ID, vdev) }
}
