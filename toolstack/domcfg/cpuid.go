package domcfg

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"sync"

	"gopkg.in/yaml.v3"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// CPUID is what one leaf of CPUID tells a domain: for each register 32
// characters for bits 31 to 0, which are 1, 0, x (Xen's default), k (the host's
// value) or s (as k, and kept over a move).
type CPUID struct {
	Leaf    Hex    `yaml:"leaf" json:"leaf"`
	Subleaf *Hex   `yaml:"subleaf,omitempty" json:"subleaf,omitempty"` // nil: the leaf has none
	EAX     string `yaml:"eax,omitempty" json:"eax,omitempty"`
	EBX     string `yaml:"ebx,omitempty" json:"ebx,omitempty"`
	ECX     string `yaml:"ecx,omitempty" json:"ecx,omitempty"`
	EDX     string `yaml:"edx,omitempty" json:"edx,omitempty"`
}

// MSR is the same for a model-specific register, with 64 characters.
type MSR struct {
	Index  Hex    `yaml:"index" json:"index"`
	Policy string `yaml:"policy,omitempty" json:"policy,omitempty"`
}

// Hex is a number that is written in hexadecimal.
type Hex uint32

// MarshalYAML is the number as 0x10a.
func (h Hex) MarshalYAML() (any, error) {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: fmt.Sprintf("%#x", uint32(h))}, nil
}

var hexForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(0|[1-9][0-9]{0,9}|0x[0-9a-fA-F]{1,8})$`) })

func (r *reader) hex(n *yaml.Node, field string) Hex {
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!int" {
		r.wrongKind(n, field, "a number of 32 bits", "write it as 0x80000001")
		return 0
	}
	v, err := strconv.ParseUint(n.Value, 0, 32)
	if !hexForm().MatchString(n.Value) || err != nil {
		r.fail(n, field, clip(n.Value)+" is not a number of 32 bits", "write it as 0x80000001")
		return 0
	}
	return Hex(v)
}

func hexShape() shape {
	return func(*schemas) object { return object{"type": "integer", "minimum": 0, "maximum": math.MaxUint32} }
}

func cpuidLinks() []link[Domain, idl.DomainConfig] {
	return []link[Domain, idl.DomainConfig]{
		devicesKey(key[Domain]{name: "cpuid", kind: "list of leaves", def: "Xen's", xl: "cpuid"}, devices[CPUID, idl.CPUIDPolicy]{
			links: leafLinks, start: func(*idl.DomainConfig, int) idl.CPUIDPolicy { return idl.CPUIDPolicy{} },
		}, func(d *Domain) *[]CPUID { return &d.CPUID }, func(c *idl.DomainConfig) *[]idl.CPUIDPolicy { return &c.BInfo.CPUID.CPUID }),
		devicesKey(key[Domain]{name: "msr", kind: "list of registers", def: "Xen's", xl: "cpuid"}, devices[MSR, idl.MSRPolicy]{
			links: msrLinks, start: func(*idl.DomainConfig, int) idl.MSRPolicy { return idl.MSRPolicy{} },
		}, func(d *Domain) *[]MSR { return &d.MSR }, func(c *idl.DomainConfig) *[]idl.MSRPolicy { return &c.BInfo.CPUID.MSR }),
	}
}

func leafLinks() []link[CPUID, idl.CPUIDPolicy] {
	subleaf := spec(key[CPUID]{name: "subleaf", def: "none", xl: "leaf,subleaf:"}, "number", hexShape(),
		func(r *reader, n *yaml.Node, f string, v *CPUID) { v.Subleaf = new(r.hex(n, f)) })
	return []link[CPUID, idl.CPUIDPolicy]{
		hexKey(key[CPUID]{name: "leaf", xl: "leaf:"}, func(v *CPUID) *Hex { return &v.Leaf }, func(p *idl.CPUIDPolicy) *uint32 { return &p.Leaf }),
		{
			key: subleaf,
			give: func(_ *converter, _ string, v *CPUID, out *idl.CPUIDPolicy) {
				if v.Subleaf != nil {
					out.Subleaf = new(uint32(*v.Subleaf))
				}
			},
			take: func(_ *taker, _ string, in *idl.CPUIDPolicy, v *CPUID) {
				if in.Subleaf != nil {
					v.Subleaf = new(Hex(*in.Subleaf))
				}
			},
		},
		policyKey(key[CPUID]{name: "eax", xl: "eax="}, 32, func(v *CPUID) *string { return &v.EAX }, func(p *idl.CPUIDPolicy) *string { return &p.EAX }),
		policyKey(key[CPUID]{name: "ebx", xl: "ebx="}, 32, func(v *CPUID) *string { return &v.EBX }, func(p *idl.CPUIDPolicy) *string { return &p.EBX }),
		policyKey(key[CPUID]{name: "ecx", xl: "ecx="}, 32, func(v *CPUID) *string { return &v.ECX }, func(p *idl.CPUIDPolicy) *string { return &p.ECX }),
		policyKey(key[CPUID]{name: "edx", xl: "edx="}, 32, func(v *CPUID) *string { return &v.EDX }, func(p *idl.CPUIDPolicy) *string { return &p.EDX }),
	}
}

func msrLinks() []link[MSR, idl.MSRPolicy] {
	return []link[MSR, idl.MSRPolicy]{
		hexKey(key[MSR]{name: "index", xl: "of the feature"}, func(v *MSR) *Hex { return &v.Index }, func(p *idl.MSRPolicy) *uint32 { return &p.Index }),
		policyKey(key[MSR]{name: "policy", xl: "of the feature"}, 64, func(v *MSR) *string { return &v.Policy }, func(p *idl.MSRPolicy) *string { return &p.Policy }),
	}
}

func hexKey[T, L any](k key[T], of func(*T) *Hex, member func(*L) *uint32) link[T, L] {
	k.required, k.def = true, "required"
	return link[T, L]{
		key:  spec(k, "number, as 0x80000001", hexShape(), func(r *reader, n *yaml.Node, f string, v *T) { *of(v) = r.hex(n, f) }),
		give: func(_ *converter, _ string, v *T, out *L) { *member(out) = uint32(*of(v)) },
		take: func(_ *taker, _ string, in *L, v *T) { *of(v) = Hex(*member(in)) },
	}
}

// policyKey is a character for each bit of a register.
func policyKey[T, L any](k key[T], bits int, of func(*T) *string, member func(*L) *string) link[T, L] {
	form := fmt.Sprintf("^[10xks]{%d}$", bits)
	l := textKey(k, func(r *reader, n *yaml.Node, f string) string {
		text, ok := r.text(n, f)
		if ok && !regexp.MustCompile(form).MatchString(text) {
			r.fail(n, f, fmt.Sprintf("%q is not a policy", clip(text)), fmt.Sprintf("%d of the characters 1 0 x k s, for the highest bit first", bits))
		}
		return text
	}, of, member)
	l.kind, l.shape = fmt.Sprintf("%d characters out of 1 0 x k s", bits), patternShape(form)
	return l
}
