package domcfg

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"gopkg.in/yaml.v3"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// Disks is the disks of a domain. That it has none on purpose is not the same
// as that nothing was written: nil.
type Disks []Disk

// IsZero reports whether nothing was written.
func (d Disks) IsZero() bool { return d == nil }

// Disk is a block device of a domain.
type Disk struct {
	Path          string  `yaml:"path,omitempty" json:"path,omitempty"` // on the host; empty only for a CD-ROM drive without a disc
	Format        string  `yaml:"format,omitempty" json:"format,omitempty"`
	Target        string  `yaml:"target,omitempty" json:"target,omitempty"`
	ReadOnly      bool    `yaml:"readonly,omitempty" json:"readonly,omitempty"`
	CDROM         bool    `yaml:"cdrom,omitempty" json:"cdrom,omitempty"`
	Script        string  `yaml:"script,omitempty" json:"script,omitempty"` // makes a block device of path, which may be anything then
	Backend       string  `yaml:"backend,omitempty" json:"backend,omitempty"`
	BackendType   string  `yaml:"backend_type,omitempty" json:"backend_type,omitempty"`
	Discard       *bool   `yaml:"discard,omitempty" json:"discard,omitempty"`
	DirectIOSafe  bool    `yaml:"direct_io_safe,omitempty" json:"direct_io_safe,omitempty"`
	Specification string  `yaml:"specification,omitempty" json:"specification,omitempty"`
	Trusted       *bool   `yaml:"trusted,omitempty" json:"trusted,omitempty"`
	Libxl         Overlay `yaml:"libxl,omitempty" json:"libxl,omitempty"`
}

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

// diskPath refuses a comma on top of what any text refuses: libxl puts the
// path unquoted into QEMU's -drive option list (libxl_dm.c), where a comma
// would start another option. checkDisks looks at the rest.
func (r *reader) diskPath(n *yaml.Node, field string) string {
	text, ok := r.text(n, field)
	if ok && strings.Contains(text, ",") {
		r.fail(n, field, fmt.Sprintf("%q has a comma, which the device model takes for a separator", clip(text)), "rename the file")
	}
	return text
}

func (r *reader) diskTarget(n *yaml.Node, field string) string {
	text, ok := r.text(n, field)
	if !ok {
		return ""
	}
	if _, err := parseTarget(text); err != nil {
		r.fail(n, field, err.Error(), "write xvda, hda (to hdd) or sda (to sdp), with a partition number if wanted")
	}
	return text
}

// target is a decoded virtual disk name (docs/man/xen-vbd-interface.7).
type target struct {
	bus       string // "xvd", "hd" or "sd"
	disk      int    // from 0
	partition int    // 0: the whole disk
}

var targetForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(xvd|hd|sd)([a-z]{1,4})([1-9][0-9]{0,2})?$`) })

// parseTarget takes the names that libxl takes (libxl_device.c,
// libxl__device_disk_dev_number) with the limits it has there, but for bare
// numbers and the d0p1 form.
func parseTarget(text string) (target, error) {
	m := targetForm().FindStringSubmatch(text)
	if m == nil {
		return target{}, fmt.Errorf("%q is not a disk name", text)
	}
	t := target{bus: m[1], disk: -1}
	for _, letter := range m[2] { // a … z, aa …: as spreadsheets name columns
		t.disk = (t.disk+1)*26 + int(letter-'a')
	}
	if m[3] != "" {
		t.partition, _ = strconv.Atoi(m[3]) // at most three digits
	}
	maxDisk, maxPartition := 1<<20-1, 255
	switch t.bus {
	case "hd":
		maxDisk, maxPartition = 3, 63
	case "sd":
		maxDisk, maxPartition = 15, 15
	}
	if t.disk > maxDisk || t.partition > maxPartition {
		return target{}, fmt.Errorf("%q is beyond what the %s bus has", text, t.bus)
	}
	return t, nil
}

// slot names what a disk occupies. An HVM domain's xvda and hda are one: the
// emulated drive 0 that firmware boots from. Elsewhere the buses are apart.
func (t target) slot(guest Type) string {
	bus := t.bus
	if guest == HVM && bus == "hd" {
		bus = "xvd"
	}
	return fmt.Sprintf("%s/%d/%d", bus, t.disk, t.partition)
}

// checkDiskPath looks at the paths of this host, which no script and no other
// domain makes something of.
func checkDiskPath(c *checker, at string, disk *Disk) {
	if disk.Path == "" || disk.Script != "" || strings.Contains(disk.Path, ",") {
		return
	}
	if msg, hint := pathFault(disk.Path); msg != "" {
		c.fail(at+".path", msg, hint)
	}
}

func checkDisks(c *checker) {
	taken := map[string]int{}
	for i := range c.d.Disks {
		disk := &c.d.Disks[i]
		at := fmt.Sprintf("disks[%d]", i)
		noPath := disk.Path == "" && !c.has(at+".path") && !c.r.overlaid(at, "pdev_path")
		if !disk.CDROM && noPath {
			c.fail(at+".path", "is missing", "only a drive with cdrom: true may be empty")
		}
		checkDiskPath(c, at, disk)
		if disk.Format != "" && noPath {
			c.fail(at+".format", "has no path that it could describe", "add path or remove format")
		}
		if disk.CDROM && c.has(at+".readonly") && !disk.ReadOnly {
			c.fail(at+".readonly", "a CD-ROM cannot be written to", "remove readonly")
		}
		t, err := parseTarget(disk.Target)
		if err != nil {
			continue // reported where it was read
		}
		if first, dup := taken[t.slot(c.d.Type)]; dup {
			c.fail(at+".target", fmt.Sprintf("%s is already taken by %s of disks[%d]", disk.Target, c.d.Disks[first].Target, first),
				"give each disk a target of its own")
			continue
		}
		taken[t.slot(c.d.Type)] = i
	}
}
