package xlcfg

import (
	"fmt"
	"strings"
)

// cpuidLeaf reads an element "LEAF[,SUBLEAF]:eax=BITS,ebx=BITS", each 32
// characters for bits 31 to 0 (libxl_cpuid_parse_config_xend). xl keeps what
// stood before a fault.
func (c *converter) cpuidLeaf(v *Value) {
	if problem := c.readLeaf(v.Text); problem != "" {
		c.warn(v.Pos, "cpuid", fmt.Sprintf("%q: %s", v.Text, problem), "from there on it is ignored")
	}
}

func (c *converter) readLeaf(text string) (problem string) {
	n, used := scanNumber(text, 0)
	if used == 0 {
		return "no leaf number"
	}
	leaf, subleaf := uint32(n.ulong()), int64(-1)
	text = text[used:]
	if rest, more := strings.CutPrefix(text, ","); more {
		if n, used = scanNumber(rest, 0); used == 0 {
			return "no subleaf number"
		}
		if sub := uint32(n.ulong()); sub != 1<<32-1 { // XEN_CPUID_INPUT_UNUSED
			subleaf = int64(sub)
		}
		text = rest[used:]
	}
	text, ok := strings.CutPrefix(text, ":")
	if !ok {
		return "no colon after the leaf"
	}
	policy := c.leaf(leaf, subleaf)
	for text != "" {
		name, rest, hasValue := strings.Cut(text, "=")
		if len(name) < 3 || name[0] != 'e' || name[2] != 'x' || name[1] < 'a' || name[1] > 'd' || !hasValue {
			return "the registers are eax, ebx, ecx, edx"
		}
		bits, after, _ := strings.Cut(rest, ",")
		if len(bits) != 32 {
			return "a register has 32 bits"
		}
		if strings.Trim(bits, "10xks") != "" {
			c.fail(c.find("cpuid").Value.Pos, "cpuid", fmt.Sprintf("%q is not made of 1, 0, x, k and s", bits), "")
			return ""
		}
		*registerOf(policy, register(name[1]-'a')) = bits
		text = strings.TrimLeft(after, " \n")
	}
	return ""
}
