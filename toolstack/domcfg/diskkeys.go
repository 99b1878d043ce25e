package domcfg

import (
	"gopkg.in/yaml.v3"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// diskList is how disks are read and written.
func diskList() devices[Disk, idl.DeviceDisk] {
	return devices[Disk, idl.DeviceDisk]{
		links: diskLinks, rest: func(d *Disk) *Overlay { return &d.Libxl },
		start: func(*idl.DomainConfig, int) idl.DeviceDisk { return idl.DeviceDisk{} },
	}
}

// disksKey knows an empty list from none: an HVM domain needs one or the other.
func disksKey() link[Domain, idl.DomainConfig] {
	l := devicesKey(key[Domain]{name: "disks", kind: "list of disks", xl: "disk"}, diskList(),
		func(d *Domain) *Disks { return &d.Disks }, func(c *idl.DomainConfig) *[]idl.DeviceDisk { return &c.Disks })
	read, take := l.read, l.take
	l.read = func(r *reader, n *yaml.Node, f string, d *Domain) {
		d.Disks = Disks{}
		read(r, n, f, d)
	}
	l.take = func(t *taker, field string, in *idl.DomainConfig, d *Domain) {
		if d.Type == HVM && in.BInfo.Kernel == "" {
			d.Disks = Disks{}
		}
		take(t, field, in, d)
	}
	return l
}

func diskSchema() []key[Disk] { return keysOf(diskList().all()) }

func diskLinks() []link[Disk, idl.DeviceDisk] {
	type dev = idl.DeviceDisk
	return []link[Disk, dev]{
		textKey(key[Disk]{name: "path", kind: "absolute path; with script any text", def: "required unless cdrom", xl: "target="}, (*reader).diskPath,
			func(d *Disk) *string { return &d.Path }, func(l *dev) *string { return &l.PDevPath }),
		diskFormatKey(),
		textKey(key[Disk]{name: "target", kind: "xvda, hda, sda, …", def: "required", xl: "vdev=", required: true, libxl: "vdev"}, (*reader).diskTarget,
			func(d *Disk) *string { return &d.Target }, func(l *dev) *string { return &l.VDev }),
		readOnlyKey(),
		cdromKey(),
		textKey(key[Disk]{name: "script", kind: "name or absolute path", xl: "script="}, (*reader).script, func(d *Disk) *string { return &d.Script }, func(l *dev) *string { return &l.Script }),
		backendKey(func(d *Disk) *string { return &d.Backend }, func(l *dev) *string { return &l.BackendDomName }),
		wordKey(key[Disk]{name: "backend_type", def: "by path and format (libxl)", xl: "backendtype="},
			asLibxl(idl.DiskBackendPhy, idl.DiskBackendTap, idl.DiskBackendQdisk, idl.DiskBackendStandalone),
			func(d *Disk) *string { return &d.BackendType }, func(l *dev) *idl.DiskBackend { return &l.Backend }),
		flagKey(key[Disk]{name: "discard", def: "true unless readonly (libxl)", xl: "discard, no-discard"}, func(d *Disk) **bool { return &d.Discard }, func(l *dev) *idl.Defbool { return &l.DiscardEnable }),
		switchKey(key[Disk]{name: "direct_io_safe", xl: "direct-io-safe"}, func(d *Disk) *bool { return &d.DirectIOSafe }, func(l *dev) *bool { return &l.DirectIoSafe }),
		wordKey(key[Disk]{name: "specification", def: "xen (libxl)", xl: "specification="}, asLibxl(idl.DiskSpecificationXen, idl.DiskSpecificationVirtio),
			func(d *Disk) *string { return &d.Specification }, func(l *dev) *idl.DiskSpecification { return &l.Specification }),
		flagKey(key[Disk]{name: "trusted", def: "true (libxl)", xl: "trusted, untrusted"}, func(d *Disk) **bool { return &d.Trusted }, func(l *dev) *idl.Defbool { return &l.Trusted }),
	}
}

// diskFormatKey is raw without being written; a drive without a disc has none.
func diskFormatKey() link[Disk, idl.DeviceDisk] {
	words := asLibxl(idl.DiskFormatRaw, idl.DiskFormatQcow2, idl.DiskFormatQcow, idl.DiskFormatVHD, idl.DiskFormatQED)
	l := wordKey(key[Disk]{name: "format", def: "raw", xl: "format="}, words, func(d *Disk) *string { return &d.Format },
		func(l *idl.DeviceDisk) *idl.DiskFormat { return &l.Format })
	give, take := l.give, l.take
	l.give = func(c *converter, field string, d *Disk, out *idl.DeviceDisk) {
		out.Format = idl.DiskFormatRaw
		if d.CDROM && d.Path == "" {
			out.Format = idl.DiskFormatEmpty // as libxlu_disk.c, xlu_disk_parse
		}
		give(c, field, d, out)
	}
	l.take = func(t *taker, field string, in *idl.DeviceDisk, d *Disk) {
		if in.Format != idl.DiskFormatRaw {
			take(t, field, in, d)
		}
	}
	return l
}

func readOnlyKey() link[Disk, idl.DeviceDisk] {
	k := key[Disk]{name: "readonly", def: "false; true for cdrom", xl: "access=ro"}
	return link[Disk, idl.DeviceDisk]{
		key: spec(k, "true, false", boolShape(), func(r *reader, n *yaml.Node, f string, d *Disk) { d.ReadOnly = r.boolean(n, f) }),
		give: func(_ *converter, _ string, d *Disk, out *idl.DeviceDisk) {
			if !d.ReadOnly && !d.CDROM {
				out.Readwrite = 1
			}
		},
		take: func(_ *taker, _ string, in *idl.DeviceDisk, d *Disk) {
			d.ReadOnly = in.Readwrite == 0 && in.IsCdrom == 0
		},
	}
}

func cdromKey() link[Disk, idl.DeviceDisk] {
	k := key[Disk]{name: "cdrom", def: "false", guests: OnlyHVM, xl: "devtype=cdrom"}
	return link[Disk, idl.DeviceDisk]{
		key: spec(k, "true, false", boolShape(), func(r *reader, n *yaml.Node, f string, d *Disk) { d.CDROM = r.boolean(n, f) }),
		give: func(_ *converter, _ string, d *Disk, out *idl.DeviceDisk) {
			if d.CDROM {
				out.IsCdrom, out.Removable = 1, 1
			}
		},
		take: func(_ *taker, _ string, in *idl.DeviceDisk, d *Disk) { d.CDROM = in.IsCdrom != 0 },
	}
}
