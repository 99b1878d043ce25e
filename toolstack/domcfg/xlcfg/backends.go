package xlcfg

import (
	"fmt"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// p9 is p9=. What an element leaves out, it has from the one before, as in xl.
func (c *converter) p9() {
	var dev idl.DeviceP9
	for _, v := range c.items("p9") {
		before := len(c.errs)
		for _, p := range c.pairs("p9", v) {
			if !p.set(map[string]*string{
				"tag": &dev.Tag, "path": &dev.Path, "security_model": &dev.SecurityModel, "backend": &dev.BackendDomName,
			}) {
				c.fail(p.pos(), "p9", fmt.Sprintf("unknown key %q", p.name), "tag, path, security_model, backend")
			}
		}
		if len(c.errs) == before && (dev.Tag == "" || dev.Path == "" || dev.SecurityModel == "") {
			c.fail(v.Pos, "p9", fmt.Sprintf("%q is not complete", v.Text), "tag, path and security_model are needed")
		}
		c.out.P9s = append(c.out.P9s, dev)
	}
}

func (c *converter) vtpm() {
	for i, v := range c.items("vtpm") {
		dev := idl.DeviceVTPM{DevID: devID(i)}
		backend, before := false, len(c.errs)
		for _, p := range c.pairs("vtpm", v) {
			backend = backend || p.name == "backend"
			c.vtpmOption(&dev, p)
		}
		if !backend && len(c.errs) == before {
			c.fail(v.Pos, "vtpm", fmt.Sprintf("no backend in %q", v.Text), "the domain that runs the vTPM")
		}
		c.out.VTPMs = append(c.out.VTPMs, dev)
	}
}

func (c *converter) vtpmOption(dev *idl.DeviceVTPM, p pair) {
	switch p.name {
	case "backend":
		dev.BackendDomName = p.value
	case "uuid":
		var err error
		if dev.UUID, err = idl.ParseUUID(p.value); err != nil {
			c.fail(p.pos(), "vtpm", fmt.Sprintf("%q is not a UUID", p.value), "8-4-4-4-12 hexadecimal digits")
		}
	default:
		c.fail(p.pos(), "vtpm", fmt.Sprintf("unknown key %q", p.name), "backend, uuid")
	}
}

func (c *converter) pvcalls() {
	for i, v := range c.items("pvcalls") {
		dev := idl.DevicePVCallsIf{DevID: devID(i)}
		for _, p := range c.pairs("pvcalls", v) {
			if !p.set(map[string]*string{"backend": &dev.BackendDomName}) {
				c.fail(p.pos(), "pvcalls", fmt.Sprintf("unknown key %q", p.name), "backend")
			}
		}
		c.out.PVCallsIfs = append(c.out.PVCallsIfs, dev)
	}
}
