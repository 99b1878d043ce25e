package domcfg

import (
	"fmt"
	"regexp"
	"strconv"
	"sync"

	"gopkg.in/yaml.v3"
)

// Disk is a block device of a domain.
type Disk struct {
	Path     string `yaml:"path,omitempty" json:"path,omitempty"` // on the host; empty only for a CD-ROM drive without a disc
	Format   string `yaml:"format,omitempty" json:"format,omitempty"`
	Target   string `yaml:"target" json:"target"`
	ReadOnly bool   `yaml:"readonly,omitempty" json:"readonly,omitempty"`
	CDROM    bool   `yaml:"cdrom,omitempty" json:"cdrom,omitempty"`
}

func diskSchema() []key[Disk] {
	return []key[Disk]{
		{name: "path", kind: "absolute path", def: "required unless cdrom", guests: AllGuests, xl: "target=",
			read: func(r *reader, n *yaml.Node, f string, d *Disk) { d.Path = r.diskPath(n, f) }},
		{name: "format", kind: "raw, qcow2, qcow, vhd, qed", def: "raw", guests: AllGuests, xl: "format=",
			read: func(r *reader, n *yaml.Node, f string, d *Disk) {
				d.Format = r.enum(n, f, "raw", "qcow2", "qcow", "vhd", "qed")
			}},
		{name: "target", kind: "xvda, hda, sda, …", def: "required", guests: AllGuests, xl: "vdev=", required: true,
			read: func(r *reader, n *yaml.Node, f string, d *Disk) { d.Target = r.diskTarget(n, f) }},
		{name: "readonly", kind: "true, false", def: "false; true for cdrom", guests: AllGuests, xl: "access=ro",
			read: func(r *reader, n *yaml.Node, f string, d *Disk) { d.ReadOnly = r.boolean(n, f) }},
		{name: "cdrom", kind: "true, false", def: "false", guests: OnlyHVM, xl: "devtype=cdrom",
			read: func(r *reader, n *yaml.Node, f string, d *Disk) { d.CDROM = r.boolean(n, f) }},
	}
}

// diskPath refuses a comma on top of what any path refuses: libxl puts the
// path unquoted into QEMU's -drive option list (libxl_dm.c), where a comma
// would start another option.
func (r *reader) diskPath(n *yaml.Node, field string) string {
	return r.path(n, field, ",")
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

func checkDisks(c *checker) {
	taken := map[string]int{}
	for i := range c.d.Disks {
		disk := &c.d.Disks[i]
		at := fmt.Sprintf("disks[%d]", i)
		if !disk.CDROM && disk.Path == "" && !c.has(at+".path") {
			c.fail(at+".path", "is missing", "only a drive with cdrom: true may be empty")
		}
		if disk.Path == "" && disk.Format != "" && !c.has(at+".path") {
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
