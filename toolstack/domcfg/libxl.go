package domcfg

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// LibxlConfig is what `xl create` would give libxl for d (tools/xl/xl_parse.c,
// parse_config_data, with an empty xl.conf): the defaults that xl sets are set,
// those that libxl sets are left to it. One differs on purpose: vnc is off unless
// asked for. What d has under libxl comes last.
//
// A domain without uuid gets a new random one at each call. A Domain that did
// not come from Parse is checked only as far as it has to be converted; the
// error names the field.
func (d *Domain) LibxlConfig() (*idl.DomainConfig, error) {
	return d.libxlConfig(rand.Reader)
}

func (d *Domain) libxlConfig(random io.Reader) (*idl.DomainConfig, error) {
	c := &converter{d: d, random: random}
	out := &idl.DomainConfig{
		CInfo: idl.DomainCreateInfo{RunHotplugScripts: idl.True},
		BInfo: idl.DomainBuildInfo{ClaimMode: idl.True},
	}
	giveAll(c, "", domainLinks(), d, out)
	if len(c.errs) > 0 {
		return nil, c.errs
	}
	if err := checkConfig(out); err != nil {
		return nil, Errors{{Pos: d.Pos("libxl"), Field: "libxl", Msg: clip(err.Error())}}
	}
	return out, nil
}

// checkConfig finds what libxl would abort over.
func checkConfig(c *idl.DomainConfig) error {
	if _, err := json.Marshal(c); err != nil {
		for wrapped := new(json.MarshalerError); errors.As(err, &wrapped); {
			err = wrapped.Err // json's own words tell a user nothing
		}
		return err
	}
	if kind, ok := c.BInfo.Type(); ok && kind != c.CInfo.Type {
		return fmt.Errorf("c_info.type is %v, but b_info has type.%v", c.CInfo.Type, kind)
	}
	return nil
}

// converter collects the errors of a conversion.
type converter struct {
	d      *Domain
	random io.Reader
	errs   Errors
}

func (c *converter) fail(field string, value any) {
	c.errs = append(c.errs, &Error{Pos: c.d.Pos(field), Field: field, Msg: fmt.Sprintf("libxl has no %q", fmt.Sprint(value))})
}

func giveType(c *converter, field string, d *Domain, out *idl.DomainConfig) {
	switch d.Type {
	case HVM:
		out.CInfo.Type, out.BInfo.TypeHVM = idl.DomainTypeHVM, &idl.DomainBuildInfoHVM{}
	case PVH:
		out.CInfo.Type, out.BInfo.TypePVH = idl.DomainTypePVH, &idl.DomainBuildInfoPVH{}
	case PV:
		out.CInfo.Type, out.BInfo.TypePV = idl.DomainTypePV, &idl.DomainBuildInfoPV{}
	default:
		c.fail(field, d.Type)
	}
}

// takeType asks the part that a type has for itself, which libxl goes by.
func takeType(_ *taker, _ string, in *idl.DomainConfig, d *Domain) {
	kind, ok := in.BInfo.Type()
	if !ok {
		kind = in.CInfo.Type
	}
	switch kind {
	case idl.DomainTypeHVM:
		d.Type = HVM
	case idl.DomainTypePVH:
		d.Type = PVH
	case idl.DomainTypePV:
		d.Type = PV
	}
}

func giveUUID(c *converter, field string, d *Domain, out *idl.DomainConfig) {
	if d.UUID != "" {
		out.CInfo.UUID = c.uuid(field, d.UUID)
		return
	}
	var err error
	if out.CInfo.UUID, err = newUUID(c.random); err != nil {
		c.errs = append(c.errs, &Error{Pos: c.d.Pos(field), Field: field, Msg: err.Error()})
	}
}

func takeUUID(_ *taker, _ string, in *idl.DomainConfig, d *Domain) {
	if in.CInfo.UUID != (idl.UUID{}) {
		d.UUID = in.CInfo.UUID.String()
	}
}

func (c *converter) uuid(field, text string) idl.UUID {
	u, err := idl.ParseUUID(text)
	if err != nil {
		c.errs = append(c.errs, &Error{Pos: c.d.Pos(field), Field: field, Msg: err.Error()})
	}
	return u
}

// newUUID is a random UUID, version 4 (RFC 9562, section 5.4).
func newUUID(random io.Reader) (idl.UUID, error) {
	var u idl.UUID
	if _, err := io.ReadFull(random, u[:]); err != nil {
		return u, fmt.Errorf("make a random UUID: %w", err)
	}
	u[6] = u[6]&0x0f | 4<<4
	u[8] = u[8]&0x3f | 0b10<<6
	return u, nil
}

func giveMemory(_ *converter, _ string, d *Domain, out *idl.DomainConfig) {
	if d.Memory != 0 {
		out.BInfo.TargetMemKB = new(idl.MemKB(d.MemoryKiB()))
	}
}

func takeMemory(_ *taker, _ string, in *idl.DomainConfig, d *Domain) {
	if m := in.BInfo.TargetMemKB; m != nil {
		d.Memory = Size(*m)
	}
}

func giveMaxMemory(_ *converter, _ string, d *Domain, out *idl.DomainConfig) {
	if most := d.MaxMemoryKiB(); most != 0 {
		out.BInfo.MaxMemKB = new(idl.MemKB(most))
	}
}

func takeMaxMemory(_ *taker, _ string, in *idl.DomainConfig, d *Domain) {
	if m := in.BInfo.MaxMemKB; m != nil && Size(*m) != d.Memory {
		d.MaxMemory = Size(*m)
	}
}

func giveVCPUs(_ *converter, _ string, d *Domain, out *idl.DomainConfig) {
	for v := range d.VCPUs {
		out.BInfo.AvailVCPUs = append(out.BInfo.AvailVCPUs, uint32(v))
	}
}

func takeVCPUs(_ *taker, _ string, in *idl.DomainConfig, d *Domain) {
	d.VCPUs = len(in.BInfo.AvailVCPUs)
}

func giveMaxVCPUs(_ *converter, _ string, d *Domain, out *idl.DomainConfig) {
	out.BInfo.MaxVCPUs = int32(max(d.VCPUs, d.MaxVCPUs))
}

func takeMaxVCPUs(_ *taker, _ string, in *idl.DomainConfig, d *Domain) {
	if most := int(in.BInfo.MaxVCPUs); most != d.VCPUs {
		d.MaxVCPUs = most
	}
}

// serialOption is QEMU's -serial argument. A socket that waited for a client
// would stop the domain from starting.
func serialOption(port string) string {
	if strings.HasPrefix(port, "unix:") {
		return port + ",server=on,wait=off"
	}
	return port
}

// serialWord is the way back.
func serialWord(option string) string {
	if strings.HasPrefix(option, "unix:") {
		return strings.TrimSuffix(option, ",server=on,wait=off")
	}
	return option
}

func bitmap(set []bool) idl.Bitmap {
	var bits idl.Bitmap
	for bit, isSet := range set {
		if isSet {
			bits = append(bits, uint32(bit))
		}
	}
	return bits
}

func (c *converter) action(field string, given, otherwise Action) idl.ActionOnShutdown {
	if given == "" {
		given = otherwise
	}
	a, ok := libxlActions()[given]
	switch {
	case !ok:
		c.fail(field, given)
	case given == Destroy:
		return 0
	}
	return a
}

func libxlActions() map[Action]idl.ActionOnShutdown {
	return map[Action]idl.ActionOnShutdown{
		Destroy:         idl.ActionOnShutdownDestroy,
		Restart:         idl.ActionOnShutdownRestart,
		RenameRestart:   idl.ActionOnShutdownRestartRename,
		Preserve:        idl.ActionOnShutdownPreserve,
		CoredumpDestroy: idl.ActionOnShutdownCoredumpDestroy,
		CoredumpRestart: idl.ActionOnShutdownCoredumpRestart,
		SoftReset:       idl.ActionOnShutdownSoftReset,
	}
}

// ActionOf is xl's word for one of libxl's actions; "" when there is none.
func ActionOf(libxl idl.ActionOnShutdown) Action {
	for word, a := range libxlActions() {
		if a == libxl {
			return word
		}
	}
	return ""
}
