package xlcfg

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// hardware is parts of the host that the guest may use as they are.
func (c *converter) hardware() {
	b := &c.out.BInfo
	for _, v := range c.items("dtdev") {
		c.out.DTDevs = append(c.out.DTDevs, idl.DeviceDTDev{Path: v.Text})
	}
	for _, v := range c.words("ioports") {
		b.IOPorts = append(b.IOPorts, c.ioPorts(v))
	}
	for _, v := range c.words("irqs") {
		n, used := scanNumber(v.Text, 10)
		if used == 0 || used < len(v.Text) || n.ulong() >= math.MaxUint32 {
			c.fail(v.Pos, "irqs", fmt.Sprintf("%q is not an interrupt's number", v.Text), "a decimal number")
		}
		b.IRQs = append(b.IRQs, uint32(n.ulong()))
	}
	for _, v := range c.words("iomem") {
		b.IOMem = append(b.IOMem, c.ioMemory(v))
	}
}

// ioPorts reads "2f8" or "2f8-2ff", in hexadecimal.
func (c *converter) ioPorts(v *Value) idl.IOPortRange {
	n, used := scanNumber(v.Text, 16)
	first, last := n.ulong(), n.ulong()
	rest := v.Text[used:]
	ok := used > 0
	if more, isRange := strings.CutPrefix(rest, "-"); isRange {
		n, used = scanNumber(more, 16)
		last, rest = n.ulong(), ""
		ok = ok && used > 0 && used == len(more)
	}
	if !ok || first > last || last >= math.MaxUint32 {
		c.fail(v.Pos, "ioports", fmt.Sprintf("%q is not a range of ports", v.Text), "as 2f8-2ff, hexadecimal")
		return idl.IOPortRange{}
	}
	if rest != "" {
		c.warn(v.Pos, "ioports", fmt.Sprintf("%q follows a port", rest), "it is ignored")
	}
	return idl.IOPortRange{First: uint32(first), Number: uint32(last - first + 1)}
}

// ioMemory reads "START,COUNT[@GFN]": page frames, in hexadecimal.
func (c *converter) ioMemory(v *Value) idl.IOMemRange {
	const number = `\s*(?:0[xX])?([0-9a-fA-F]+)`
	m := regexp.MustCompile(`^` + number + `,` + number + `(?:@` + number + `)?$`).FindStringSubmatch(v.Text)
	if m == nil {
		c.fail(v.Pos, "iomem", fmt.Sprintf("%q is not a range of page frames", v.Text), "as START,COUNT or START,COUNT@GFN, hexadecimal")
		return idl.IOMemRange{}
	}
	frame := func(text string) uint64 {
		n, err := strconv.ParseUint(text, 16, 64)
		if err != nil || n > idl.MaxNumber {
			c.fail(v.Pos, "iomem", fmt.Sprintf("%q is out of range", text), "")
		}
		return n
	}
	out := idl.IOMemRange{Start: frame(m[1]), Number: frame(m[2])}
	if m[3] != "" {
		out.GFN = new(frame(m[3]))
	}
	return out
}
