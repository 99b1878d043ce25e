package xlcfg

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/xenvoy/xenvoy/toolstack/domcfg"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// displays is vdispl= (parse_vdispl_config of tools/xl/xl_parse.c).
func (c *converter) displays() {
	for i, v := range c.items("vdispl") {
		dev, before := idl.DeviceVdispl{DevID: devID(i)}, len(c.errs)
		for _, p := range split(v, ',') {
			c.display(&dev, p)
		}
		c.wholeDisplay(&dev, v.Pos, len(c.errs) > before)
		c.out.Vdispls = append(c.out.Vdispls, dev)
	}
}

func (c *converter) display(dev *idl.DeviceVdispl, p part) {
	name, value, ok := strings.Cut(p.text, "=")
	switch {
	case ok && name == "backend":
		dev.BackendDomName = value
	case ok && name == "be-alloc":
		dev.BeAlloc = c.count("vdispl", pair{p, name, value}) != 0
	case ok && name == "connectors":
		dev.Connectors = c.connectors(p, value)
	default:
		c.fail(p.pos(), "vdispl", fmt.Sprintf("unknown key %q", name), "backend, be-alloc, connectors")
	}
}

// wholeDisplay is what its parts must give together; faulty says that they had errors.
func (c *converter) wholeDisplay(dev *idl.DeviceVdispl, pos domcfg.Position, faulty bool) {
	if len(dev.Connectors) == 0 && !faulty {
		c.fail(pos, "vdispl", "no connectors", "as connectors=id0:1920x1080")
	}
}

// connectors reads "ID:WxH;ID:WxH", in pixels.
func (c *converter) connectors(p part, text string) []idl.ConnectorParam {
	var out []idl.ConnectorParam
	form := regexp.MustCompile(`^([^:]+):+\s*([0-9]{1,9})x\s*([0-9]{1,9})`)
	for _, piece := range cut(&Value{Text: text}, ';') {
		m := form.FindStringSubmatch(strings.TrimLeft(piece.text, ":"))
		if m == nil {
			c.fail(p.pos(), "vdispl", fmt.Sprintf("%q is not a connector", piece.text), "as id0:1920x1080")
			continue
		}
		width, _ := strconv.ParseUint(m[2], 10, 32)
		height, _ := strconv.ParseUint(m[3], 10, 32)
		out = append(out, idl.ConnectorParam{UniqueID: m[1], Width: uint32(width), Height: uint32(height)})
	}
	return out
}
