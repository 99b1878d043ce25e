package xlcfg

import (
	"fmt"
	"strings"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// maxLeaves bounds cpuid=; a CPU has fewer than a hundred.
const maxLeaves = 1024

// cpuid is cpuid=: a text "host,name=value,...", or a list of leaves. xl prints
// what is wrong with a part of it, leaves the part out and goes on.
func (c *converter) cpuid() {
	const key = "cpuid"
	switch s := c.find(key); {
	case s == nil:
	case s.Value.IsList && len(s.Value.Items) > maxLeaves:
		c.fail(s.Value.Pos, key, fmt.Sprintf("%d leaves", len(s.Value.Items)), fmt.Sprintf("at most %d", maxLeaves))
	case s.Value.IsList:
		for _, v := range c.items(key) {
			c.cpuidLeaf(v)
		}
	default:
		c.cpuidFlags(s.Value)
	}
}

func (c *converter) cpuidFlags(v *Value) {
	parts := cut(v, ',')
	if len(parts) == 0 {
		return
	}
	if parts[0].text != "host" {
		c.warn(v.Pos, "cpuid", fmt.Sprintf("begins with %q", parts[0].text), "all of it is ignored; the first word must be host")
		return
	}
	for _, p := range parts[1:] {
		name, value, ok := strings.Cut(p.text, "=")
		if !ok {
			c.warn(p.pos(), "cpuid", fmt.Sprintf("no = in %q", p.text), "it is ignored")
			continue
		}
		f, known := findFeature(name)
		if !known && c.full() {
			continue
		}
		if !known {
			c.warn(p.pos(), "cpuid", fmt.Sprintf("unknown feature %q", name), "it is ignored"+didYouMean(name, featureNames()))
			continue
		}
		set := c.setFeature
		if f.msr != 0 {
			set = c.setMSR
		}
		if !set(f, value) {
			c.warn(p.pos(), "cpuid", fmt.Sprintf("unknown value %q for %s", value, name), "it is ignored; 0, 1, x, k or s")
		}
	}
}

// leaf is the policy of a leaf, new if need be; a subleaf of -1 is none.
func (c *converter) leaf(leaf uint32, subleaf int64) *idl.CPUIDPolicy {
	all := &c.out.BInfo.CPUID.CPUID
	for i := range *all {
		had := int64(-1)
		if (*all)[i].Subleaf != nil {
			had = int64(*(*all)[i].Subleaf)
		}
		if (*all)[i].Leaf == leaf && had == subleaf {
			return &(*all)[i]
		}
	}
	policy := idl.CPUIDPolicy{Leaf: leaf}
	if subleaf >= 0 {
		policy.Subleaf = new(uint32(subleaf))
	}
	*all = append(*all, policy)
	return &(*all)[len(*all)-1]
}

func registerOf(p *idl.CPUIDPolicy, r register) *string {
	return []*string{&p.EAX, &p.EBX, &p.ECX, &p.EDX}[r]
}

// setFeature writes a number in binary, or fills the field with one letter.
func (c *converter) setFeature(f feature, value string) bool {
	policy := registerOf(c.leaf(f.leaf, f.subleaf), f.reg)
	n, used := scanNumber(value, 0)
	var field string
	switch {
	case used > 0:
		field = binary(n.ulong(), f.length)
	case value != "" && strings.ContainsRune("xks", rune(value[0])):
		field = strings.Repeat(value[:1], f.length)
	default:
		return false
	}
	bits := []byte(*policy)
	if len(bits) == 0 {
		bits = []byte(strings.Repeat("x", 32))
	}
	put := func(bit int, field string) { copy(bits[32-bit-len(field):], field) }
	switch {
	case f.name == "model": // bits 4 to 7, the higher half in 16 to 19
		put(16, field[:4])
		put(4, field[4:])
	case f.name != "family":
		put(f.bit, field)
	case used == 0 || n.ulong() < 16: // bits 8 to 11
		put(8, field[4:])
		put(20, "00000000")
	default: // 15, and the rest in bits 20 to 27
		put(8, "1111")
		put(20, field[:1]+binary(n.ulong()-15, 7))
	}
	*policy = string(bits)
	return true
}

func binary(n uint64, length int) string {
	out := make([]byte, length)
	for i := range out {
		out[length-1-i] = '0' + byte(n>>i&1)
	}
	return string(out)
}

// setMSR takes one letter.
func (c *converter) setMSR(f feature, value string) bool {
	all := &c.out.BInfo.CPUID.MSR
	if len(*all) == 0 {
		*all = append(*all, idl.MSRPolicy{Index: f.msr, Policy: strings.Repeat("x", 64)})
	}
	if len(value) != 1 || strings.Trim(value, "01xks") != "" {
		return false
	}
	if value == "s" {
		value = "k"
	}
	bits := []byte((*all)[0].Policy)
	bits[63-f.bit] = value[0]
	(*all)[0].Policy = string(bits)
	return true
}
