package xlcfg

import (
	"regexp"
	"strings"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// parameter takes one parameter from the beginning of s, and returns how long
// it is. As in xl's scanner, the pattern that takes most of s wins, and of
// those that take the same the first: white space, a key, an old prefix, a place.
func (d *diskReader) parameter(s string) int {
	piece, _, comma := strings.Cut(s, ",")
	place := len(piece) // how much of s a parameter without a key would take
	if i := strings.IndexByte(piece, '='); i >= 0 {
		place = i
	} else if comma {
		place++
	}
	if n := span(s, isBlank); n > 0 && n+d.line(s[n:]) >= place {
		return n
	}
	if strings.HasPrefix(s, "target=") {
		line, _, _ := strings.Cut(s, "\n")
		d.save("target", &d.out.PDevPath, strings.TrimSuffix(line[len("target="):], ","))
		return len(line)
	}
	if d.flag(piece) || d.key(piece) {
		return min(len(piece)+1, len(s))
	}
	if n := d.prefix(s, place); n > 0 {
		return n
	}
	if strings.Contains(piece, "=") {
		name, _, _ := strings.Cut(piece, "=")
		d.fail("unknown parameter %q in %q", "a target with = in it is written last, as target="+didYouMean(name, diskWords()), name, d.value.Text)
		return len(s)
	}
	d.place(piece)
	return min(len(piece)+1, len(s))
}

// diskWords is the keys and flags, for suggestions.
func diskWords() []string {
	return []string{
		"format", "vdev", "access", "target", "devtype", "cdrom", "backend", "backendtype", "specification", "script",
		"direct-io-safe", "discard", "no-discard", "trusted", "untrusted", "colo", "no-colo", "colo-host", "colo-port",
		"colo-export", "active-disk", "hidden-disk",
	}
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' }

// flag sets what has no value, and reports whether it is that.
func (d *diskReader) flag(piece string) bool {
	o := &d.out
	switch piece {
	case "cdrom", "devtype=cdrom":
		o.IsCdrom = 1
	case "devtype=disk":
		o.IsCdrom = 0
	case "direct-io-safe":
		o.DirectIoSafe = true
	case "discard", "no-discard":
		o.DiscardEnable = idl.Bool(piece == "discard")
	case "colo", "no-colo":
		o.ColoEnable = idl.Bool(piece == "colo")
	case "trusted", "untrusted":
		o.Trusted = idl.Bool(piece == "trusted")
	default:
		return false
	}
	return true
}

// key sets a key=value, and reports whether it is that.
func (d *diskReader) key(piece string) bool {
	o := &d.out
	name, value, ok := strings.Cut(piece, "=")
	texts := map[string]*string{
		"backend": &o.BackendDomName, "vdev": &o.VDev, "script": &o.Script, "colo-host": &o.ColoHost,
		"colo-export": &o.ColoExport, "active-disk": &o.ActiveDisk, "hidden-disk": &o.HiddenDisk,
	}
	switch into := texts[name]; {
	case !ok:
		return false
	case into != nil:
		d.save(name, into, value)
	case name == "format":
		d.format(value)
	case name == "access":
		d.setAccess(value)
	case name == "devtype":
		d.fail("unknown devtype %q", "cdrom, disk", value)
	case name == "backendtype":
		choose(d, name, &o.Backend, value, []string{"phy", "tap", "qdisk", "standalone"}, []idl.DiskBackend{
			idl.DiskBackendPhy, idl.DiskBackendTap, idl.DiskBackendQdisk, idl.DiskBackendStandalone,
		})
	case name == "specification":
		choose(d, name, &o.Specification, value, []string{"xen", "virtio"}, []idl.DiskSpecification{
			idl.DiskSpecificationXen, idl.DiskSpecificationVirtio,
		})
	case name == "colo-port":
		if o.ColoPort = atoi(value); o.ColoPort == 0 {
			d.fail("unknown colo-port %q", "a number", value)
		}
	default:
		return false
	}
	return true
}

// line is how much of s is before a line feed. xl's patterns end there, but for
// those of keys and places.
func (d *diskReader) line(s string) int {
	if !d.lines {
		return len(s)
	}
	line, _, _ := strings.Cut(s, "\n")
	return len(line)
}

// prefix takes one of the old words before a target, with the colon, when no
// place would take more than the line.
func (d *diskReader) prefix(s string, place int) int {
	word, rest, ok := strings.Cut(s, ":")
	if !ok {
		return 0
	}
	taken := len(word) + 1
	if taken+d.line(rest) >= place && d.knownPrefix(word) {
		return taken
	}
	more := 0 // of the pattern for unknown words
	if rest != "" && (rest[0] < 'a' || rest[0] > 'z') && (rest[0] < '0' || rest[0] > '9') {
		more = 1 + d.line(rest[1:])
	}
	if taken+more < place || !regexp.MustCompile(`^[a-z][a-z0-9]*$`).MatchString(word) {
		return 0
	}
	d.fail("unknown prefix %q in %q", "a target with a colon after a word is written last, as target=", word+":", d.value.Text)
	return taken
}

func (d *diskReader) knownPrefix(word string) bool {
	switch word {
	case "raw", "qcow", "qcow2", "vhd":
		d.oldPrefix = true
		d.format(word)
	case "iscsi", "nbd", "enbd", "drbd":
		d.oldPrefix = true
		d.save("script", &d.out.Script, "block-"+word)
	case "tapdisk", "tap", "tap2", "aio", "ioemu", "file", "phy":
		d.oldPrefix = true
	default:
		return false
	}
	return true
}

// place sets what has no key: target, format, vdev and access, in this order.
func (d *diskReader) place(text string) {
	o := &d.out
	switch {
	case !d.given["target"]:
		d.save("target", &o.PDevPath, text)
	case !d.oldPrefix && o.Format == idl.DiskFormatUnknown:
		if o.PDevPath == "" && d.vdevAndType(text) {
			o.Format = idl.DiskFormatEmpty
			return
		}
		d.format(text)
	case !d.given["vdev"]:
		if !d.vdevAndType(text) {
			d.save("vdev", &o.VDev, text)
		}
	case !d.access:
		d.access = true
		d.setAccess(text)
	default:
		d.fail("too many parameters in %q: %q", "target, format, vdev and access stand without a key"+didYouMean(text, diskWords()), d.value.Text, text)
	}
}

// vdevAndType takes "hdc:cdrom", and reports whether it is such.
func (d *diskReader) vdevAndType(text string) bool {
	colon := strings.LastIndexByte(text, ':')
	if colon < 0 {
		return false
	}
	d.save("vdev", &d.out.VDev, text[:colon])
	switch text[colon+1:] {
	case "cdrom":
		d.out.IsCdrom = 1
	case "disk":
		d.out.IsCdrom = 0
	default:
		d.fail("unknown device type %q", "cdrom, disk", text[colon+1:])
	}
	return true
}

// list is words in a message, without the empty one.
func list(words []string) string {
	return strings.TrimSuffix(strings.Join(words, ", "), ", ")
}
