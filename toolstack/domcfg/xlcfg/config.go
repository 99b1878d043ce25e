package xlcfg

import (
	"crypto/rand"
	"io"
	"slices"

	"github.com/xenvoy/xenvoy/toolstack/domcfg"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// Config is what `xl create` gives libxl for the file on that host
// (parse_config_data of tools/xl/xl_parse.c, Xen 4.17). Members that have
// libxl's initial value are unset, also when the file names that value: an
// on_crash of "destroy" is zero.
//
// A file without uuid gets a new random one at each call, one with
// ms_vm_genid="generate" a new ID. The error is domcfg.Errors: all errors, in
// the order of the file. The warnings, those of the grammar among them, are
// complete whether or not there is one.
func Config(f *File, host Host) (*idl.DomainConfig, Warnings, error) {
	return config(f, host, rand.Reader)
}

func config(f *File, host Host, random io.Reader) (*idl.DomainConfig, Warnings, error) {
	c := newConverter(f, host, random)
	c.convert()
	c.leftOver()
	c.warnings.sort(f.Name)
	if len(c.errs) > 0 {
		c.errs.Sort()
		return nil, c.warnings, c.errs
	}
	return c.out, c.warnings, nil
}

// converter builds the configuration.
type converter struct {
	reader
	host   Host
	random io.Reader
	out    *idl.DomainConfig
	kind   idl.DomainType

	operands bool // it reads those of a command, not a file
}

func newConverter(f *File, host Host, random io.Reader) *converter {
	return &converter{
		reader: reader{file: f, asked: map[string]bool{}, warned: map[Warning]bool{}, warnings: slices.Clone(f.warnings)},
		host:   host.withDefaults(),
		random: random,
		out:    &idl.DomainConfig{},
	}
}

// convert follows the order of xl where one key looks at another.
func (c *converter) convert() {
	c.identity()
	c.scheduling()
	c.memory()
	c.vcpus()
	c.vnuma()
	c.cpuLimits()
	c.affinity()
	c.grants()
	c.actions()
	c.time()
	c.boot()
	c.platform()
	switch c.kind {
	case idl.DomainTypeHVM:
		c.hvm()
	case idl.DomainTypePVH:
		c.pvh()
	default:
		c.pv()
	}
	c.deviceModel()
	c.devices()
}

// devices is the lists of devices.
func (c *converter) devices() {
	c.disks()
	c.nics()
	c.framebuffers()
	c.keyboards()
	c.pci()
	c.usb()
	c.hardware()
	c.p9()
	c.vtpm()
	c.pvcalls()
	c.displays()
	c.sounds()
	c.channels()
}

// placeOf is where a key stands, or the file as a whole.
func (c *converter) placeOf(key string) domcfg.Position {
	if s := c.find(key); s != nil {
		return s.Value.Pos
	}
	return domcfg.Position{File: c.file.Name}
}

// devID is the number of a device that xl counts from 0.
func devID(n int) *idl.DevID { return new(idl.DevID(n)) }
