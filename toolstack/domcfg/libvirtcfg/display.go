package libvirtcfg

import (
	"fmt"
	"math"
	"strings"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

const firstVNCPort = 5900

// inputs: an HVM guest's mouse and keyboard, and those that come with a PV display, need
// no words.
func (c *converter) inputs(all []*element) {
	var usb idl.StringList
	for _, e := range all {
		details(e)
		kind, bus := e.attr("type"), e.attr("bus")
		switch {
		case bus == "xen" || bus == "ps2" || bus == "" && kind != "tablet":
			e.done = kind == "mouse" || kind == "keyboard"
			if !e.done {
				c.fail(e, fmt.Sprintf("libxl has no %q on the bus %q", kind, bus), "mouse, keyboard")
			}
		case bus == "usb" || bus == "":
			if c.hvm() == nil {
				c.fail(e, "only an HVM guest has USB devices of QEMU's", "remove it")
				continue
			}
			usb = append(usb, choose(&c.reader, e, "the USB device", kind, map[string]string{
				"tablet": "tablet", "mouse": "mouse", "keyboard": "keyboard",
			}))
		default:
			c.fail(e, fmt.Sprintf("libxl has no input devices on the bus %q", bus), "usb, ps2, xen")
		}
	}
	u := c.hvm()
	switch {
	case len(usb) == 0:
		return
	case len(usb) == 1:
		u.USBDevice = usb[0] // as xl has a single one
	default:
		u.USBDeviceList = usb
	}
	u.USB = idl.True
}

// graphics is how the guest's display is seen. Without one there is none: libvirt's
// guests have no VNC of their own accord, as libxl's HVM guests have.
func (c *converter) graphics(all []*element) {
	u := c.hvm()
	if u != nil {
		u.VNC.Enable, u.SDL.Enable = idl.False, idl.False
	}
	seen := map[string]bool{}
	for _, e := range all {
		kind := e.attr("type")
		if seen[kind] && u != nil {
			c.fail(e, fmt.Sprintf("a second display of type %q", kind), "libxl has one of each")
			continue
		}
		seen[kind] = true
		switch {
		case kind == "vnc" && u != nil:
			c.vnc(e, &u.VNC, &u.Keymap)
		case kind == "sdl" && u != nil:
			c.sdl(e, &u.SDL)
		case kind == "spice" && u != nil:
			c.spice(e, u)
		case kind == "vnc" || kind == "sdl":
			c.framebuffer(e, kind)
		default:
			c.fail(e, fmt.Sprintf("this guest cannot have a display of type %q", kind), "vnc, sdl, and spice for an HVM guest")
		}
	}
}

// framebuffer is the display of a PV guest, with the keyboard that belongs to it.
func (c *converter) framebuffer(e *element, kind string) {
	vfb := idl.DeviceVFB{DevID: new(idl.DevID(len(c.out.VFBs)))}
	vfb.VNC.Enable, vfb.SDL.Enable = idl.Bool(kind == "vnc"), idl.Bool(kind == "sdl")
	if kind == "vnc" {
		c.vnc(e, &vfb.VNC, &vfb.Keymap)
	} else {
		c.sdl(e, &vfb.SDL)
	}
	c.out.VFBs = append(c.out.VFBs, vfb)
	c.out.VKBs = append(c.out.VKBs, idl.DeviceVKB{DevID: new(idl.DevID(len(c.out.VKBs)))})
}

func (c *converter) vnc(e *element, vnc *idl.VNCInfo, keymap *string) {
	vnc.Enable = idl.True
	if vnc.Listen = c.listen(e); strings.Contains(vnc.Listen, ":") {
		c.fail(e, fmt.Sprintf("libxl takes the address %q for one with a display", vnc.Listen), "an IPv4 address or a name")
	}
	vnc.Passwd = e.attr("passwd")
	*keymap = e.attr("keymap")
	port := e.attr("port")
	auto := c.yes(e, "autoport", e.attr("autoport"), port == "" || port == "-1")
	vnc.Findunused = idl.Bool(auto)
	if auto {
		return // libvirt's port is that of a running domain
	}
	n := c.number(e, "port", port, math.MaxUint16)
	if n < firstVNCPort && !e.done {
		c.fail(e, fmt.Sprintf("the port %d is below %d", n, firstVNCPort), "VNC's displays are counted from there")
	}
	vnc.Display = int32(n) - firstVNCPort
}

// listen is the address to wait at. The attribute is the older form of the element.
func (c *converter) listen(e *element) string {
	address := e.attr("listen")
	if all := e.all("listen"); len(all) > 0 {
		l := all[0]
		if kind := l.attr("type"); kind != "address" {
			c.fail(l, fmt.Sprintf("libxl cannot wait on %q", kind), "address")
		}
		address = l.attr("address")
		for _, more := range all[1:] {
			c.fail(more, "a second address to wait at", "libxl has one")
		}
	}
	return address
}

func (c *converter) sdl(e *element, sdl *idl.SDLInfo) {
	sdl.Enable = idl.True
	sdl.Display = e.attr("display")
	sdl.Xauthority = e.attr("xauth")
	if gl := e.child("gl"); gl != nil {
		sdl.Opengl = idl.Bool(c.yes(gl, "enable", gl.attr("enable"), true))
	}
}

func (c *converter) spice(e *element, u *idl.DomainBuildInfoHVM) {
	s := &u.Spice
	s.Enable = idl.True
	s.Host = c.listen(e)
	s.Passwd = e.attr("passwd")
	s.DisableTicketing = idl.Bool(s.Passwd == "")
	if keymap := e.attr("keymap"); keymap != "" {
		u.Keymap = keymap
	}
	auto := c.yes(e, "autoport", e.attr("autoport"), false)
	for name, into := range map[string]*int32{"port": &s.Port, "tlsPort": &s.TLSPort} {
		if text := e.attr(name); text != "" && text != "-1" && !auto {
			*into = int32(c.number(e, name, text, math.MaxUint16))
		}
	}
	if s.Port == 0 && s.TLSPort == 0 {
		c.fail(e, "libxl does not choose a port for SPICE", "write port='5901' or tlsPort, and autoport='no'")
	}
	s.AgentMouse = choose(&c.reader, e, "the mouse mode", e.child("mouse").attr("mode"), map[string]idl.Defbool{
		"": idl.DefboolUnset, "client": idl.True, "server": idl.False,
	})
	if clip := e.child("clipboard"); clip != nil {
		s.ClipboardSharing = idl.Bool(c.yes(clip, "copypaste", clip.attr("copypaste"), true))
	}
	if s.AgentMouse == idl.True || s.ClipboardSharing == idl.True {
		s.Vdagent = idl.True // both need it
	}
	s.ImageCompression = e.child("image").attr("compression")
	s.StreamingVideo = e.child("streaming").attr("mode")
}

// videos is the graphics card of an HVM guest. libxl has one.
func (c *converter) videos(all []*element) {
	for i, e := range all {
		details(e)
		model := e.child("model")
		if i > 0 {
			c.fail(e, "libxl gives a guest one graphics card", "remove all but the first")
			continue
		}
		model.attr("heads")
		model.attr("primary")
		kind := model.attr("type")
		if c.hvm() == nil {
			if kind != "xen" {
				c.fail(e, fmt.Sprintf("a PV or PVH guest has no graphics card of type %q", kind), "xen")
			}
			e.done = true
			continue
		}
		c.hvm().VGA.Kind = choose(&c.reader, at(model, e), "the graphics card", kind, map[string]idl.VGAInterfaceType{
			"vga": idl.VGAInterfaceTypeStd, "xen": idl.VGAInterfaceTypeStd, "cirrus": idl.VGAInterfaceTypeCirrus,
			"qxl": idl.VGAInterfaceTypeQXL, "none": idl.VGAInterfaceTypeNone,
		})
		if text := model.attr("vram"); text != "" {
			c.out.BInfo.VideoMemKB = new(idl.MemKB(c.number(model, "vram", text, math.MaxInt32))) // KiB
		}
	}
}

// sounds is QEMU's names of sound cards, with commas between them.
func (c *converter) sounds(all []*element) {
	for _, e := range all {
		details(e)
		if c.hvm() == nil {
			c.fail(e, "only an HVM guest has sound cards", "remove it")
			continue
		}
		card := choose(&c.reader, e, "the sound card", e.attr("model"), soundCards())
		if u := c.hvm(); u.SoundHW != "" {
			u.SoundHW += "," + card
		} else {
			u.SoundHW = card
		}
	}
}

func soundCards() map[string]string {
	return map[string]string{"sb16": "sb16", "es1370": "es1370", "ac97": "ac97", "pcspk": "pcspk", "ich6": "hda"}
}
