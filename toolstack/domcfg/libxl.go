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
