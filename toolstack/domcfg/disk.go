package domcfg

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"gopkg.in/yaml.v3"
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
