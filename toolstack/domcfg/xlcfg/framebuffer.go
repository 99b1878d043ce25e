package xlcfg

import (
	"fmt"

	"github.com/xenvoy/xenvoy/toolstack/domcfg"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// framebuffers is vfb=; each brings a keyboard with it. A PV guest without vfb=
// but with vnc=1 gets one.
func (c *converter) framebuffers() {
	for i, v := range c.items("vfb") {
		vfb := idl.DeviceVFB{DevID: devID(i)}
		for _, p := range c.pairs("vfb", v) {
			c.framebuffer(&vfb, p)
		}
		c.addFramebuffer(vfb)
	}
	if c.kind != idl.DomainTypePV || len(c.out.VFBs) > 0 {
		return
	}
	if n, v := c.number("vnc"); v != nil && n != 0 {
		vfb := idl.DeviceVFB{DevID: devID(0)}
		c.vnc(&vfb.VNC)
		c.sdl(&vfb.SDL)
		c.text("keymap", &vfb.Keymap)
		c.addFramebuffer(vfb)
	}
}

func (c *converter) addFramebuffer(vfb idl.DeviceVFB) {
	c.out.VKBs = append(c.out.VKBs, idl.DeviceVKB{DevID: devID(len(c.out.VKBs))})
	c.out.VFBs = append(c.out.VFBs, vfb)
}

func (c *converter) framebuffer(vfb *idl.DeviceVFB, p pair) {
	switch p.name {
	case "vnc":
		vfb.VNC.Enable = c.atoiBool(p)
	case "vncunused":
		vfb.VNC.Findunused = c.atoiBool(p)
	case "sdl":
		vfb.SDL.Enable = c.atoiBool(p)
	case "opengl":
		vfb.SDL.Opengl = c.atoiBool(p)
	case "vncdisplay":
		vfb.VNC.Display = c.atoi("vfb", p)
	default:
		if !p.set(map[string]*string{
			"vnclisten": &vfb.VNC.Listen, "vncpasswd": &vfb.VNC.Passwd, "keymap": &vfb.Keymap,
			"display": &vfb.SDL.Display, "xauthority": &vfb.SDL.Xauthority,
		}) {
			c.warn(p.pos(), "vfb", fmt.Sprintf("unknown key %q", p.name), "it is ignored")
		}
	}
}

func (c *converter) atoiBool(p pair) idl.Defbool { return idl.Bool(c.atoi("vfb", p) != 0) }

// atoi reads a number in base 10; what is none is 0.
func (c *converter) atoi(key string, p pair) int32 {
	if _, used := scanNumber(p.value, 10); used == 0 || used < len(p.value) {
		c.warn(p.pos(), key, fmt.Sprintf("%s=%s is not a number", p.name, p.value), fmt.Sprintf("it means %d", atoi(p.value)))
	}
	return atoi(p.value)
}

// count reads a number in base 0, of 32 bits.
func (c *converter) count(key string, p pair) uint32 {
	n, used := scanNumber(p.value, 0)
	switch {
	case n.ulong() > 1<<32-1:
		c.fail(p.pos(), key, fmt.Sprintf("%s=%s is out of range", p.name, p.value), "0 to 4294967295")
		return 0
	case used == 0 || used < len(p.value):
		c.warn(p.pos(), key, fmt.Sprintf("%s=%s is not a number", p.name, p.value), fmt.Sprintf("it means %d", n.value))
	case n.octal:
		c.warn(p.pos(), key, fmt.Sprintf("%s=%s is octal", p.name, p.value), fmt.Sprintf("it means %d", n.value))
	}
	return uint32(n.ulong())
}

// keyboards is vkb= (parse_vkb_list of tools/xl/xl_parse.c).
func (c *converter) keyboards() {
	for _, v := range c.items("vkb") {
		vkb, before := idl.DeviceVKB{DevID: devID(len(c.out.VKBs))}, len(c.errs)
		for _, p := range split(v, ',') {
			c.keyboard(&vkb, p.pair())
		}
		c.wholeKeyboard(&vkb, v.Pos, len(c.errs) > before)
		c.out.VKBs = append(c.out.VKBs, vkb)
	}
}

// wholeKeyboard is what follows from its parts together; faulty says that they had errors.
func (c *converter) wholeKeyboard(vkb *idl.DeviceVKB, pos domcfg.Position, faulty bool) {
	touch := vkb.MultiTouchHeight != 0 || vkb.MultiTouchWidth != 0 || vkb.MultiTouchNumContacts != 0
	if vkb.BackendType == idl.VKBBackendUnknown && !faulty {
		c.fail(pos, "vkb", "no backend-type", "qemu, linux")
	}
	if vkb.FeatureMultiTouch && !touch {
		c.fail(pos, "vkb", "feature-multi-touch without its size", "multi-touch-width, multi-touch-height, multi-touch-num-contacts")
	}
	vkb.FeatureMultiTouch = vkb.FeatureMultiTouch || touch
}

func (c *converter) keyboard(vkb *idl.DeviceVKB, p pair) {
	switches := map[string]*bool{
		"feature-disable-keyboard": &vkb.FeatureDisableKeyboard, "feature-disable-pointer": &vkb.FeatureDisablePointer,
		"feature-abs-pointer": &vkb.FeatureAbsPointer, "feature-raw-pointer": &vkb.FeatureRawPointer,
		"feature-multi-touch": &vkb.FeatureMultiTouch,
	}
	sizes := map[string]*uint32{
		"multi-touch-width": &vkb.MultiTouchWidth, "multi-touch-height": &vkb.MultiTouchHeight,
		"multi-touch-num-contacts": &vkb.MultiTouchNumContacts, "width": &vkb.Width, "height": &vkb.Height,
	}
	switch _, given := p.option(p.name); {
	case !given:
		c.fail(p.pos(), "vkb", fmt.Sprintf("unknown word %q", p.text), "")
	case p.name == "backend-type":
		c.enum(p.part.value, "vkb", p.value, &vkb.BackendType)
	case switches[p.name] != nil:
		*switches[p.name] = c.count("vkb", p) != 0
	case sizes[p.name] != nil:
		*sizes[p.name] = c.count("vkb", p)
	case !p.set(map[string]*string{"backend": &vkb.BackendDomName, "unique-id": &vkb.UniqueID}):
		c.fail(p.pos(), "vkb", fmt.Sprintf("unknown key %q", p.name), "")
	}
}
