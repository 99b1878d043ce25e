package xlcfg

import (
	"fmt"
	"strings"

	"github.com/xenvoy/xenvoy/toolstack/domcfg"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

func (c *converter) disks() {
	for _, v := range c.items("disk") {
		disk, err := parseDisk(v)
		if err != nil {
			c.fail(err.Pos, "disk", err.Msg, err.Hint)
			continue
		}
		c.out.Disks = append(c.out.Disks, *disk)
	}
}

// A diskReader is the state between the parameters of a disk.
type diskReader struct {
	value     *Value // the text that is read
	out       idl.DeviceDisk
	given     map[string]bool // texts that were set, also to nothing
	oldPrefix bool            // file:, phy: and the like: there is no place for a format
	access    bool            // given by its place
	lines     bool            // the text has a line feed
	err       *domcfg.Error
	start     int // of the parameter
}

// parseDisk reads an element of disk= (tools/libs/util/libxlu_disk_l.l and
// libxlu_disk.c; xl-disk-configuration(5)), which on a command line may be in several texts.
func parseDisk(texts ...*Value) (*idl.DeviceDisk, *domcfg.Error) {
	d := &diskReader{value: &Value{}, given: map[string]bool{}}
	d.out.Readwrite = 1
	for _, v := range texts {
		d.value, d.lines = v, strings.Contains(v.Text, "\n")
		for rest := v.Text; rest != "" && d.err == nil; {
			d.start = len(v.Text) - len(rest)
			n := d.parameter(rest)
			rest = rest[n:]
		}
	}
	if d.err == nil {
		d.finish()
	}
	return &d.out, d.err
}

// finish is what follows from the parameters together.
func (d *diskReader) finish() {
	o := &d.out
	d.start = 0
	if o.Format == idl.DiskFormatUnknown {
		o.Format = idl.DiskFormatRaw
	}
	if o.IsCdrom != 0 {
		o.Removable, o.Readwrite = 1, 0
		if o.PDevPath == "" {
			o.Format = idl.DiskFormatEmpty
		}
	}
	switch {
	case !d.given["vdev"]:
		d.fail("no vdev in %q", "add the name that the guest sees, such as xvda", d.value.Text)
	case !d.given["target"] && o.Removable == 0:
		d.fail("no target in %q", "only a CD-ROM can be without", d.value.Text)
	}
}

func (d *diskReader) fail(format, hint string, args ...any) {
	if d.err == nil {
		d.err = &domcfg.Error{Pos: d.value.at(d.start), Msg: fmt.Sprintf(format, args...), Hint: hint}
	}
}

// save stores a text. A second one is an error, unless the first was empty.
func (d *diskReader) save(name string, into *string, text string) {
	if d.given[name] && *into != "" {
		d.fail("a second %s: %q after %q", "", name, text, *into)
		return
	}
	d.given[name] = true
	*into = text
}

// choose stores one of some words. A second, other one is an error.
func choose[T ~int32](d *diskReader, name string, into *T, text string, words []string, values []T) {
	for i, w := range words {
		if w != text {
			continue
		}
		if *into != 0 && *into != values[i] {
			d.fail("a second %s: %q", "", name, text)
		}
		*into = values[i]
		return
	}
	d.fail("unknown %s %q", list(words), name, text)
}

func (d *diskReader) format(text string) {
	choose(d, "format", &d.out.Format, text, []string{"raw", "qcow", "qcow2", "vhd", "qed", "empty", ""}, []idl.DiskFormat{
		idl.DiskFormatRaw, idl.DiskFormatQcow, idl.DiskFormatQcow2, idl.DiskFormatVHD, idl.DiskFormatQED, idl.DiskFormatEmpty, idl.DiskFormatRaw,
	})
}

func (d *diskReader) setAccess(text string) {
	switch text {
	case "r", "ro":
		d.out.Readwrite = 0
	case "rw", "w", "":
		d.out.Readwrite = 1
	default:
		hint := "r, ro, w, rw"
		if d.oldPrefix {
			hint += "; behind a word with a colon there is no place for a format"
		}
		d.fail("unknown access %q", hint, text)
	}
}
