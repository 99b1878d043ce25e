package domcfg

import (
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"sync"

	"gopkg.in/yaml.v3"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// PCI is a PCI device of the host. In a file it is its address, or a mapping.
type PCI struct {
	Address      string  `yaml:"address,omitempty" json:"address,omitempty"`
	Name         string  `yaml:"name,omitempty" json:"name,omitempty"` // from "pci-assignable-add"
	Slot         int     `yaml:"slot,omitempty" json:"slot,omitempty"` // that the domain sees it in
	Permissive   bool    `yaml:"permissive,omitempty" json:"permissive,omitempty"`
	MSITranslate bool    `yaml:"msitranslate,omitempty" json:"msitranslate,omitempty"`
	Seize        bool    `yaml:"seize,omitempty" json:"seize,omitempty"`
	PowerMgmt    bool    `yaml:"power_mgmt,omitempty" json:"power_mgmt,omitempty"`
	RDMPolicy    string  `yaml:"rdm_policy,omitempty" json:"rdm_policy,omitempty"`
	Libxl        Overlay `yaml:"libxl,omitempty" json:"libxl,omitempty"`
}

// plainPCI is PCI as a mapping.
type plainPCI PCI

func (p PCI) value() any {
	if p.Address != "" && p == (PCI{Address: p.Address}) {
		return p.Address
	}
	return plainPCI(p)
}

// MarshalYAML is the address alone, or a mapping.
func (p PCI) MarshalYAML() (any, error) { return p.value(), nil }

// MarshalJSON is the address alone, or a mapping.
func (p PCI) MarshalJSON() ([]byte, error) { return json.Marshal(p.value()) }

// allFunctions is LIBXL_PCI_FUNC_ALL (libxl.h).
const allFunctions = math.MaxUint32

// pciKey reads either form. As in xl, a PV domain with such a device sees the
// host's memory map.
func pciKey() link[Domain, idl.DomainConfig] {
	l := devicesKey(key[Domain]{name: "pci", kind: "list of addresses or mappings, see below", xl: "pci"}, pciList(), func(d *Domain) *[]PCI { return &d.PCI }, func(c *idl.DomainConfig) *[]idl.DevicePCI { return &c.PCIDevs })
	mappings, alone := l.shape, l.give
	l.shape = func(s *schemas) object {
		return listShape(eitherShape(patternShape(pciForm().String()), func(s *schemas) object { return mappings(s)["items"].(object) }))(s)
	}
	l.read = func(r *reader, n *yaml.Node, f string, d *Domain) {
		keys := keysOf(pciList().all())
		r.readList(n, f, "PCI devices", func(n *yaml.Node, f string) {
			d.PCI = append(d.PCI, PCI{})
			dev := &d.PCI[len(d.PCI)-1]
			if n.Kind == yaml.ScalarNode {
				dev.Address = pciAddress().read(r, n, f)
				return
			}
			readMapping(r, n, f, keys, dev)
		})
	}
	l.give = func(c *converter, field string, d *Domain, out *idl.DomainConfig) {
		alone(c, field, d, out)
		if out.BInfo.TypePV != nil && len(d.PCI) > 0 {
			out.BInfo.TypePV.E820Host = idl.True
		}
	}
	return l
}

func pciList() devices[PCI, idl.DevicePCI] {
	return devices[PCI, idl.DevicePCI]{links: pciLinks, start: startPCI, rest: func(p *PCI) *Overlay { return &p.Libxl }}
}

// startPCI has the policy of the domain; for a type that has none, xl finds
// "strict" in the place where an HVM domain's is.
func startPCI(c *idl.DomainConfig, _ int) idl.DevicePCI {
	if c.BInfo.TypeHVM != nil {
		return idl.DevicePCI{RDMPolicy: c.BInfo.TypeHVM.RDM.Policy}
	}
	return idl.DevicePCI{RDMPolicy: new(idl.RDMReservePolicyStrict)}
}

func pciLinks() []link[PCI, idl.DevicePCI] {
	policy := optionalWordKey(key[PCI]{name: "rdm_policy", def: "that of rdm", xl: "rdm_policy="}, rdmPolicies(),
		func(p *PCI) *string { return &p.RDMPolicy }, func(d *idl.DevicePCI) **idl.RDMReservePolicy { return &d.RDMPolicy })
	plain := policy.take
	policy.take = func(t *taker, field string, in *idl.DevicePCI, p *PCI) {
		if usual := startPCI(t.config, 0).RDMPolicy; usual == nil || in.RDMPolicy == nil || *usual != *in.RDMPolicy {
			plain(t, field, in, p)
		}
	}
	return []link[PCI, idl.DevicePCI]{
		pciAddressKey(),
		textKey(key[PCI]{name: "name", xl: "name="}, (*reader).line, func(p *PCI) *string { return &p.Name }, func(d *idl.DevicePCI) *string { return &d.Name }),
		pciSlotKey(),
		switchKey(key[PCI]{name: "permissive", xl: "permissive="}, func(p *PCI) *bool { return &p.Permissive }, func(d *idl.DevicePCI) *bool { return &d.Permissive }),
		switchKey(key[PCI]{name: "msitranslate", xl: "msitranslate="}, func(p *PCI) *bool { return &p.MSITranslate }, func(d *idl.DevicePCI) *bool { return &d.Msitranslate }),
		switchKey(key[PCI]{name: "seize", xl: "seize="}, func(p *PCI) *bool { return &p.Seize }, func(d *idl.DevicePCI) *bool { return &d.Seize }),
		switchKey(key[PCI]{name: "power_mgmt", xl: "power_mgmt="}, func(p *PCI) *bool { return &p.PowerMgmt }, func(d *idl.DevicePCI) *bool { return &d.PowerMgmt }),
		policy,
	}
}

var pciForm = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:([0-9a-fA-F]{1,4}):)?([0-9a-fA-F]{1,2}):([01]?[0-9a-fA-F])\.([0-7]|\*)$`)
})

// pciAddress is [DDDD:]BB:DD.F in hexadecimal; * is all functions.
func pciAddress() code[idl.DevicePCI] {
	return code[idl.DevicePCI]{
		form: pciForm().String(), hint: "as 0000:03:00.0; * for all functions",
		parse: func(text string) (idl.DevicePCI, error) {
			m := pciForm().FindStringSubmatch(text)
			if m == nil {
				return idl.DevicePCI{}, fmt.Errorf("%q is not a PCI address", text)
			}
			hex := func(digits string) uint64 {
				n, _ := strconv.ParseUint("0"+digits, 16, 32) // the form leaves no more
				return n
			}
			dev := idl.DevicePCI{Domain: int32(hex(m[1])), Bus: uint8(hex(m[2])), Dev: uint8(hex(m[3])), VFuncMask: 1}
			if m[4] == "*" {
				dev.VFuncMask = allFunctions
			} else {
				dev.Func = uint8(hex(m[4]))
			}
			return dev, nil
		},
		format: func(d idl.DevicePCI) string {
			function := strconv.Itoa(int(d.Func))
			if d.VFuncMask == allFunctions {
				function = "*"
			}
			return fmt.Sprintf("%04x:%02x:%02x.%s", d.Domain, d.Bus, d.Dev, function)
		},
	}
}

func pciAddressKey() link[PCI, idl.DevicePCI] {
	address := pciAddress()
	k := key[PCI]{name: "address", def: "none: with name", xl: "bdf="}
	return link[PCI, idl.DevicePCI]{
		key: spec(k, "[DDDD:]BB:DD.F", patternShape(address.form), func(r *reader, n *yaml.Node, f string, p *PCI) { p.Address = address.read(r, n, f) }),
		give: func(c *converter, field string, p *PCI, out *idl.DevicePCI) {
			if p.Address == "" {
				return
			}
			at := address.give(c, field, p.Address)
			out.Domain, out.Bus, out.Dev, out.Func, out.VFuncMask = at.Domain, at.Bus, at.Dev, at.Func, at.VFuncMask
		},
		take: func(_ *taker, _ string, in *idl.DevicePCI, p *PCI) {
			if in.VFuncMask == 1 || in.VFuncMask == allFunctions {
				p.Address = address.format(*in)
			}
		},
	}
}

// pciSlotKey is bits 3 to 7 of what libxl has slot and function in.
func pciSlotKey() link[PCI, idl.DevicePCI] {
	l := numberKey(key[PCI]{name: "slot", def: "the first that is free", xl: "vslot="}, 1, 31,
		func(p *PCI) *int { return &p.Slot }, func(d *idl.DevicePCI) *uint32 { return &d.VDevFn })
	l.give = func(_ *converter, _ string, p *PCI, out *idl.DevicePCI) { out.VDevFn = uint32(p.Slot) << 3 }
	l.take = func(_ *taker, _ string, in *idl.DevicePCI, p *PCI) {
		if in.VDevFn&7 == 0 {
			p.Slot = int(in.VDevFn >> 3)
		}
	}
	return l
}
