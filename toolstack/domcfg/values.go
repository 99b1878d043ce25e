package domcfg

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"gopkg.in/yaml.v3"
)

// maxNameBytes leaves room for what xl and the console daemon add to a name
// where it is part of a file name (NAME--incoming.log, at most 255 bytes).
const maxNameBytes = 128

var nameForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.+@-]*$`) })

// name refuses the names that xl cannot tell from something else: digits alone
// are a domain number, and the suffixes are those of domains that are moving
// (tools/xl/xl_migrate.c).
func (r *reader) name(n *yaml.Node, field string) string {
	text, ok := r.text(n, field)
	if !ok {
		return ""
	}
	quoted := fmt.Sprintf("%q ", clip(text))
	switch {
	case len(text) > maxNameBytes:
		r.fail(n, field, fmt.Sprintf("is longer than %d bytes", maxNameBytes), "choose a shorter name")
	case !nameForm().MatchString(text):
		r.fail(n, field, quoted+"is not a name", "letters, digits and _ . + @ -, not starting with . + @ or -")
	case strings.Trim(text, "0123456789") == "":
		r.fail(n, field, quoted+"would be taken for a domain number", "add a letter")
	case text == "Domain-0":
		r.fail(n, field, quoted+"is the host's own domain", "choose another name")
	case strings.HasSuffix(text, "--incoming"), strings.HasSuffix(text, "--migratedaway"):
		r.fail(n, field, quoted+"ends like a domain that is moving", "choose a name without that ending")
	}
	return text
}

var uuidForm = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
})

func uuidShape() shape {
	return patternShape("^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$")
}

func (r *reader) uuid(n *yaml.Node, field string) string {
	text, ok := r.text(n, field)
	text = strings.ToLower(text)
	switch {
	case !ok:
	case !uuidForm().MatchString(text):
		r.fail(n, field, fmt.Sprintf("%q is not a UUID", clip(text)), "8-4-4-4-12 hexadecimal digits; leave it out for a random one")
	case strings.Trim(text, "0-") == "":
		r.fail(n, field, "the UUID of all zeros is the host's own", "leave it out for a random one")
	}
	return text
}

// maxCmdlineBytes is Linux's limit on x86 less the terminating NUL
// (COMMAND_LINE_SIZE 2048); what is longer would be cut off silently.
const maxCmdlineBytes = 2048 - 1

func (r *reader) cmdline(n *yaml.Node, field string) string {
	text, ok := r.text(n, field)
	if ok && len(text) > maxCmdlineBytes {
		r.fail(n, field, fmt.Sprintf("is %d bytes long", len(text)), fmt.Sprintf("kernels take at most %d", maxCmdlineBytes))
	}
	return text
}

func (r *reader) boot(n *yaml.Node, field string) []BootDevice {
	var order []BootDevice
	r.readList(n, field, "boot devices", func(n *yaml.Node, f string) {
		dev := BootDevice(r.enum(n, f, string(BootDisk), string(BootCDROM), string(BootNetwork)))
		if dev != "" && slices.Contains(order, dev) {
			r.fail(n, f, string(dev)+" is in the list twice", "keep the first")
		}
		order = append(order, dev)
	})
	return order
}

// maxSerial is the number of serial ports of QEMU's PC.
const maxSerial = 4

// serialForm has no comma, which would start another option of QEMU's
// character device; a unix socket waits for nobody (see serialOption).
var serialForm = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(pty|null|file:/[^,]+|unix:/[^,]+|tcp:[A-Za-z0-9_.-]+:([0-9]{1,5}))$`)
})

func (r *reader) serial(n *yaml.Node, field string) OneOrMore {
	ports := r.oneOrMore(n, field, "serial ports", r.serialPort)
	if len(ports.More) > maxSerial {
		r.fail(n, field, fmt.Sprintf("has %d serial ports", len(ports.More)), fmt.Sprintf("a PC has at most %d", maxSerial))
	}
	return ports
}

func (r *reader) serialPort(n *yaml.Node, field string) string {
	text, ok := r.text(n, field)
	if !ok {
		return ""
	}
	m := serialForm().FindStringSubmatch(text)
	if m == nil || !validPort(m[2]) {
		r.fail(n, field, fmt.Sprintf("unknown serial port %q", clip(text)), "one of pty, null, file:/PATH, unix:/PATH, tcp:HOST:PORT")
	}
	return text
}

// validPort takes "" for the serial ports that are not on a network.
func validPort(digits string) bool {
	if digits == "" {
		return true
	}
	p, err := strconv.Atoi(digits)
	return err == nil && p >= 1 && p <= 65535
}

func actions() []string {
	return []string{string(Destroy), string(Restart), string(RenameRestart), string(Preserve),
		string(CoredumpDestroy), string(CoredumpRestart), string(SoftReset)}
}

func (r *reader) action(n *yaml.Node, field string) Action {
	return Action(r.enum(n, field, actions()...))
}
