package xlcfg

import (
	"fmt"
	"io"
	"strings"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// identity is c_info, and the arm of b_info that belongs to the type.
func (c *converter) identity() {
	info := &c.out.CInfo
	info.RunHotplugScripts = idl.Bool(!c.host.NoHotplug)
	c.guestType()
	c.boolean("hap", &info.HAP)
	c.boolean("oos", &info.OOS)
	c.boolean("driver_domain", &info.DriverDomain)
	c.boolean("xend_suspend_evtchn_compat", &info.XendSuspendEvtchnCompat)
	if !c.text("name", &info.Name) {
		c.fail(c.placeOf("name"), "name", "is missing", "every domain needs one, a text")
	}
	c.uuid()
	c.text("pool", &info.PoolName)
	c.word("passthrough", &info.Passthrough)
	if c.text("init_seclabel", &info.SSIDLabel) {
		c.text("seclabel", &c.out.BInfo.ExecSSIDLabel)
	} else {
		c.text("seclabel", &info.SSIDLabel)
	}
}

func (c *converter) guestType() {
	kind, v := c.typeWord("type", "hvm", "pv", "pvh")
	builder, b := c.typeWord("builder", "hvm", "generic", "")
	if b != nil {
		c.warn(b.Pos, "builder", "is deprecated", "write type")
		if v != nil && kind != builder && kind != 0 && builder != 0 {
			c.fail(b.Pos, "builder", fmt.Sprintf("%q contradicts the type %q", b.Text, v.Text), "leave builder out")
		}
		kind = builder
	}
	if kind == 0 {
		kind = idl.DomainTypePV
	}
	c.kind, c.out.CInfo.Type = kind, kind
	switch kind {
	case idl.DomainTypeHVM:
		c.out.BInfo.TypeHVM = &idl.DomainBuildInfoHVM{}
	case idl.DomainTypePVH:
		c.out.BInfo.TypePVH = &idl.DomainBuildInfoPVH{}
	default:
		c.out.BInfo.TypePV = &idl.DomainBuildInfoPV{}
	}
}

// typeWord reads a type, of which xl takes any beginning: "p" is pv, "" is hvm.
func (c *converter) typeWord(key, hvm, pv, pvh string) (idl.DomainType, *Value) {
	v := c.value(key)
	if v == nil {
		return 0, nil
	}
	var kind idl.DomainType
	full := ""
	switch {
	case begins(hvm, v.Text):
		kind, full = idl.DomainTypeHVM, hvm
	case begins(pv, v.Text):
		kind, full = idl.DomainTypePV, pv
	case begins(pvh, v.Text):
		kind, full = idl.DomainTypePVH, pvh
	default:
		c.fail(v.Pos, key, fmt.Sprintf("unknown value %q", v.Text), strings.TrimSuffix(hvm+", "+pv+", "+pvh, ", "))
		return 0, v
	}
	if v.Text != full {
		c.warn(v.Pos, key, fmt.Sprintf("%q is only the beginning of a type", v.Text), "xl takes it for "+full)
	}
	return kind, v
}

// begins reports whether a word begins with a text, that of the file.
func begins(word, text string) bool { return strings.HasPrefix(word, text) }

func (c *converter) uuid() {
	v := c.value("uuid")
	if v == nil {
		var err error
		if c.out.CInfo.UUID, err = idl.NewUUID(c.random); err != nil {
			c.fail(c.placeOf("uuid"), "", err.Error(), "")
		}
		return
	}
	u, err := idl.ParseUUID(v.Text)
	if err != nil {
		c.fail(v.Pos, "uuid", fmt.Sprintf("%q is not a UUID", v.Text), "8-4-4-4-12 hexadecimal digits")
	}
	c.out.CInfo.UUID = u
}

func (c *converter) randomBytes(into *[16]byte) {
	if _, err := io.ReadFull(c.random, into[:]); err != nil {
		c.fail(c.placeOf("uuid"), "", "make a random number: "+err.Error(), "")
	}
}
