package xlcfg

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// pci is pci= and the defaults for its devices (xlu_pci_parse_spec_string of
// tools/libs/util/libxlu_pci.c).
func (c *converter) pci() {
	every := idl.DevicePCI{}
	for key, into := range map[string]*bool{
		"pci_msitranslate": &every.Msitranslate, "pci_power_mgmt": &every.PowerMgmt,
		"pci_permissive": &every.Permissive, "pci_seize": &every.Seize,
	} {
		n, _ := c.number(key)
		*into = n != 0
	}
	if u := c.out.BInfo.TypeHVM; u != nil {
		every.RDMPolicy = u.RDM.Policy
	} else {
		every.RDMPolicy = new(idl.RDMReservePolicyStrict) // what xl finds in a PV guest's part of the union
	}
	items := c.items("pci")
	for _, v := range items {
		dev := every
		c.pciDevice(&dev, v)
		c.out.PCIDevs = append(c.out.PCIDevs, dev)
	}
	if u := c.out.BInfo.TypePV; u != nil && len(items) > 0 {
		u.E820Host = idl.True
	}
}

func (c *converter) pciDevice(dev *idl.DevicePCI, v *Value) {
	address, options, more := strings.Cut(v.Text, ",")
	slot, virtual, hasVirtual := strings.Cut(address, "@")
	byAddress := parseBDF(dev, slot) == nil
	switch {
	case !byAddress && strings.Contains(address, "="):
		options = v.Text
	case !byAddress:
		c.fail(v.Pos, "pci", fmt.Sprintf("%q is not a PCI address", slot), "[DDDD:]BB:DD.F, F may be *, or bdf= or name=")
		return
	case hasVirtual:
		c.virtualSlot(dev, v, virtual)
	}
	if more && options == "" && byAddress {
		return
	}
	byName := false
	for options != "" {
		var option string
		option, options, _ = strings.Cut(options, ",")
		name, value, ok := strings.Cut(option, "=")
		if !ok {
			c.fail(v.Pos, "pci", fmt.Sprintf("%q has no =", option), "as permissive=1")
			return
		}
		switch name {
		case "name":
			byName, dev.Name = true, value
		case "bdf":
			if err := parseBDF(dev, value); err != nil {
				c.fail(v.Pos, "pci", err.Error(), "[DDDD:]BB:DD.F, F may be *")
			}
			byAddress = true
		default:
			c.pciOption(dev, pair{part{value: v, start: -1}, name, value})
		}
	}
	if byAddress == byName {
		c.fail(v.Pos, "pci", fmt.Sprintf("%q must have either an address or a name", v.Text), "")
	}
}

func (c *converter) pciOption(dev *idl.DevicePCI, p pair) {
	switches := map[string]*bool{
		"permissive": &dev.Permissive, "msitranslate": &dev.Msitranslate, "seize": &dev.Seize, "power_mgmt": &dev.PowerMgmt,
	}
	switch into := switches[p.name]; {
	case into != nil:
		*into = c.atoi("pci", p) != 0
	case p.name == "vslot":
		c.virtualSlot(dev, p.part.value, p.value)
	case p.name == "rdm_policy":
		var policy idl.RDMReservePolicy
		if c.enum(p.part.value, "pci", p.value, &policy) && policy != idl.RDMReservePolicyInvalid {
			dev.RDMPolicy = &policy
		}
	default:
		c.fail(p.pos(), "pci", fmt.Sprintf("unknown key %q", p.name), "bdf, vslot, name, permissive, msitranslate, seize, power_mgmt, rdm_policy")
	}
}

// virtualSlot is where the guest sees the device: 0 to 1f.
func (c *converter) virtualSlot(dev *idl.DevicePCI, v *Value, text string) {
	n, err := strconv.ParseUint(strings.TrimPrefix(text, "0x"), 16, 32)
	if err != nil || n > 0x1f {
		c.fail(v.Pos, "pci", fmt.Sprintf("%q is not a virtual slot", text), "0 to 1f, hexadecimal")
		return
	}
	dev.VDevFn = uint32(n) << 3
}

// parseBDF reads [DDDD:]BB:DD.F in hexadecimal digits; * is all functions.
func parseBDF(dev *idl.DevicePCI, text string) error {
	m := regexp.MustCompile(`^(?:([0-9a-fA-F]+):)?([0-9a-fA-F]+):([0-9a-fA-F]+)\.([0-7]|\*)$`).FindStringSubmatch(text)
	if m == nil {
		return fmt.Errorf("%q is not a PCI address", text)
	}
	hex := func(s string, limit uint64) uint64 {
		n, err := strconv.ParseUint("0"+s, 16, 32)
		if err != nil {
			return limit + 1
		}
		return n
	}
	domain, bus, slot := hex(m[1], 0xffff), hex(m[2], 0xff), hex(m[3], 0x1f)
	if domain > 0xffff || bus > 0xff || slot > 0x1f {
		return fmt.Errorf("%q is not a PCI address", text)
	}
	dev.Domain, dev.Bus, dev.Dev = int32(domain), uint8(bus), uint8(slot)
	dev.Func, dev.VFuncMask = 0, 1
	if m[4] == "*" {
		dev.VFuncMask = 0xffffffff // LIBXL_PCI_FUNC_ALL
	} else {
		dev.Func = m[4][0] - '0'
	}
	return nil
}

// rdm is what happens to memory that devices have reserved.
func (c *converter) rdm(u *idl.DomainBuildInfoHVM) {
	v := c.value("rdm")
	if v == nil {
		return
	}
	for _, p := range c.pairs("rdm", v) {
		switch p.name {
		case "strategy":
			if p.value != "host" {
				c.fail(p.pos(), "rdm", fmt.Sprintf("unknown strategy %q", p.value), "host")
			}
			u.RDM.Strategy = idl.RDMReserveStrategyHost
		case "policy":
			var policy idl.RDMReservePolicy
			if c.enum(p.part.value, "rdm", p.value, &policy) && policy != idl.RDMReservePolicyInvalid {
				u.RDM.Policy = &policy
			}
		default:
			c.fail(p.pos(), "rdm", fmt.Sprintf("unknown key %q", p.name), "strategy, policy")
		}
	}
}
