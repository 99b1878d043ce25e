package domcfg

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// Hardware is the parts of the host that a domain may use as they are.
type Hardware struct {
	RDM         RDM      `yaml:"rdm,omitempty" json:"rdm,omitzero"`
	RDMBoundary Size     `yaml:"rdm_boundary,omitempty" json:"rdm_boundary,omitempty"`
	PCI         []PCI    `yaml:"pci,omitempty" json:"pci,omitempty"`
	IOPorts     []string `yaml:"ioports,omitempty,flow" json:"ioports,omitempty"`
	IRQs        []int    `yaml:"irqs,omitempty,flow" json:"irqs,omitempty"`
	IOMem       []string `yaml:"iomem,omitempty,flow" json:"iomem,omitempty"`
	DTDevs      []string `yaml:"dtdevs,omitempty,flow" json:"dtdevs,omitempty"`
}

// RDM is what happens to memory that devices have reserved on the host.
type RDM struct {
	Strategy string `yaml:"strategy,omitempty" json:"strategy,omitempty"`
	Policy   string `yaml:"policy,omitempty" json:"policy,omitempty"`
}

func hardwareLinks() []link[Domain, idl.DomainConfig] {
	return []link[Domain, idl.DomainConfig]{
		groupKey(key[Domain]{name: "rdm", guests: OnlyHVM, xl: "rdm"}, func(d *Domain) *RDM { return &d.RDM },
			hvm(func(h *idl.DomainBuildInfoHVM) *idl.RDMReserve { return &h.RDM }), rdmLinks),
		sizeKey(key[Domain]{name: "rdm_boundary", kind: "size", def: "2GiB (libxl)", guests: OnlyHVM, xl: "rdm_mem_boundary"},
			func(d *Domain) *Size { return &d.RDMBoundary }, hvm(func(h *idl.DomainBuildInfoHVM) **idl.MemKB { return &h.RDMMemBoundaryMemKB })),
		pciKey(),
		codesKey(key[Domain]{name: "ioports", kind: "list of ports, as \"2f8-2ff\"", xl: "ioports"}, ioPorts(),
			func(d *Domain) *[]string { return &d.IOPorts }, func(c *idl.DomainConfig) *[]idl.IOPortRange { return &c.BInfo.IOPorts }),
		numbersKey(key[Domain]{name: "irqs", xl: "irqs"},
			func(d *Domain) *[]int { return &d.IRQs }, func(c *idl.DomainConfig) *[]uint32 { return &c.BInfo.IRQs }),
		codesKey(key[Domain]{name: "iomem", kind: "list of page frames, as \"a0000,20\"", xl: "iomem"}, ioMemory(),
			func(d *Domain) *[]string { return &d.IOMem }, func(c *idl.DomainConfig) *[]idl.IOMemRange { return &c.BInfo.IOMem }),
		codesKey(key[Domain]{name: "dtdevs", kind: "list of device tree nodes", xl: "dtdev"}, deviceTreeNodes(),
			func(d *Domain) *[]string { return &d.DTDevs }, func(c *idl.DomainConfig) *[]idl.DeviceDTDev { return &c.DTDevs }),
	}
}

func rdmPolicies() []named[idl.RDMReservePolicy] {
	return asLibxl(idl.RDMReservePolicyStrict, idl.RDMReservePolicyRelaxed)
}

func rdmLinks() []link[RDM, idl.RDMReserve] {
	return []link[RDM, idl.RDMReserve]{
		wordKey(key[RDM]{name: "strategy", def: "ignore", xl: "strategy="}, asLibxl(idl.RDMReserveStrategyHost),
			func(r *RDM) *string { return &r.Strategy }, func(l *idl.RDMReserve) *idl.RDMReserveStrategy { return &l.Strategy }),
		optionalWordKey(key[RDM]{name: "policy", def: "relaxed (libxl)", xl: "policy="}, rdmPolicies(),
			func(r *RDM) *string { return &r.Policy }, func(l *idl.RDMReserve) **idl.RDMReservePolicy { return &l.Policy }),
	}
}

var ioPortsForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^([0-9a-f]{1,8})(?:-([0-9a-f]{1,8}))?$`) })

// ioPorts is "2f8" or "2f8-2ff", in hexadecimal as in xl.cfg.
func ioPorts() code[idl.IOPortRange] {
	return code[idl.IOPortRange]{
		form: ioPortsForm().String(), hint: "as \"2f8-2ff\", hexadecimal, in quotes",
		parse: func(text string) (idl.IOPortRange, error) {
			m := ioPortsForm().FindStringSubmatch(text)
			if m == nil {
				return idl.IOPortRange{}, fmt.Errorf("%q is not a range of ports", text)
			}
			first, _ := strconv.ParseUint(m[1], 16, 32) // the form leaves no more
			last := first
			if m[2] != "" {
				last, _ = strconv.ParseUint(m[2], 16, 32)
			}
			if last < first || last-first >= math.MaxUint32 {
				return idl.IOPortRange{}, fmt.Errorf("%q is not a range of ports", text)
			}
			return idl.IOPortRange{First: uint32(first), Number: uint32(last - first + 1)}, nil
		},
		format: func(p idl.IOPortRange) string {
			if p.Number == 1 {
				return fmt.Sprintf("%x", p.First)
			}
			return fmt.Sprintf("%x-%x", p.First, uint64(p.First)+uint64(p.Number)-1)
		},
	}
}

var ioMemoryForm = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^([0-9a-f]{1,16}),([0-9a-f]{1,16})(?:@([0-9a-f]{1,16}))?$`)
})

// ioMemory is "START,COUNT" or "START,COUNT@GUEST": numbers of page frames, in
// hexadecimal as in xl.cfg.
func ioMemory() code[idl.IOMemRange] {
	return code[idl.IOMemRange]{
		form: ioMemoryForm().String(), hint: "as \"a0000,20\" or \"a0000,20@c0000\", hexadecimal",
		parse: func(text string) (idl.IOMemRange, error) {
			m := ioMemoryForm().FindStringSubmatch(text)
			if m == nil {
				return idl.IOMemRange{}, fmt.Errorf("%q is not a range of page frames", text)
			}
			var n [3]uint64
			for i, digits := range m[1:] {
				n[i], _ = strconv.ParseUint("0"+digits, 16, 64) // the form leaves no more
				if n[i] > idl.MaxNumber {
					return idl.IOMemRange{}, fmt.Errorf("%q is out of range", digits)
				}
			}
			out := idl.IOMemRange{Start: n[0], Number: n[1]}
			if m[3] != "" {
				out.GFN = &n[2]
			}
			return out, nil
		},
		format: func(m idl.IOMemRange) string {
			text := fmt.Sprintf("%x,%x", m.Start, m.Number)
			if m.GFN != nil {
				text += fmt.Sprintf("@%x", *m.GFN)
			}
			return text
		},
	}
}

func deviceTreeNodes() code[idl.DeviceDTDev] {
	return code[idl.DeviceDTDev]{
		form: "^/", hint: "as /soc/ethernet@1f000000",
		parse: func(text string) (idl.DeviceDTDev, error) {
			if !strings.HasPrefix(text, "/") {
				return idl.DeviceDTDev{}, fmt.Errorf("%q is not the path of a node", text)
			}
			return idl.DeviceDTDev{Path: text}, nil
		},
		format: func(d idl.DeviceDTDev) string { return d.Path },
	}
}
