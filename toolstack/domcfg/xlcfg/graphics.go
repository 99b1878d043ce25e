package xlcfg

import (
	"fmt"
	"math"
	"strings"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// graphics is the display of an HVM guest.
func (c *converter) graphics(u *idl.DomainBuildInfoHVM) {
	c.vnc(&u.VNC)
	if v := c.value("vnclisten"); v != nil && u.VNC.Display != 0 && strings.Contains(v.Text, ":") {
		c.fail(v.Pos, "vnclisten", fmt.Sprintf("%q names a display, and so does vncdisplay", v.Text), "leave one out")
	}
	c.sdl(&u.SDL)
	c.vga(u)
	c.text("keymap", &u.Keymap)
	c.spice(&u.Spice)
	c.boolean("nographic", &u.Nographic)
	if n, v := c.quietNumber("gfx_passthru"); v != nil {
		u.GfxPassthru = idl.Bool(n != 0)
	} else if c.word("gfx_passthru", &u.GfxPassthruKind) {
		u.GfxPassthru = idl.True
	}
}

// vnc is the options at the top level of the file.
func (c *converter) vnc(vnc *idl.VNCInfo) {
	c.boolean("vnc", &vnc.Enable)
	c.text("vnclisten", &vnc.Listen)
	c.text("vncpasswd", &vnc.Passwd)
	c.integer("vncdisplay", math.MinInt32, math.MaxInt32, &vnc.Display)
	c.boolean("vncunused", &vnc.Findunused)
}

func (c *converter) sdl(sdl *idl.SDLInfo) {
	c.boolean("sdl", &sdl.Enable)
	c.boolean("opengl", &sdl.Opengl)
	c.text("display", &sdl.Display)
	c.text("xauthority", &sdl.Xauthority)
}

func (c *converter) vga(u *idl.DomainBuildInfoHVM) {
	v := c.value("vga")
	if v == nil {
		if n, old := c.number("stdvga"); old != nil {
			c.warn(old.Pos, "stdvga", "is deprecated", "write vga")
			u.VGA.Kind = idl.VGAInterfaceTypeCirrus
			if n != 0 {
				u.VGA.Kind = idl.VGAInterfaceTypeStd
			}
		}
		return
	}
	switch v.Text {
	case "stdvga":
		u.VGA.Kind = idl.VGAInterfaceTypeStd
	case "cirrus":
		u.VGA.Kind = idl.VGAInterfaceTypeCirrus
	case "none":
		u.VGA.Kind = idl.VGAInterfaceTypeNone
	case "qxl":
		u.VGA.Kind = idl.VGAInterfaceTypeQXL
	default:
		c.fail(v.Pos, "vga", fmt.Sprintf("unknown value %q", v.Text), "stdvga, cirrus, none, qxl")
	}
}

func (c *converter) spice(s *idl.SpiceInfo) {
	c.boolean("spice", &s.Enable)
	c.integer("spiceport", math.MinInt32, math.MaxInt32, &s.Port)
	c.integer("spicetls_port", math.MinInt32, math.MaxInt32, &s.TLSPort)
	c.text("spicehost", &s.Host)
	c.boolean("spicedisable_ticketing", &s.DisableTicketing)
	c.text("spicepasswd", &s.Passwd)
	c.boolean("spiceagent_mouse", &s.AgentMouse)
	c.boolean("spicevdagent", &s.Vdagent)
	c.boolean("spice_clipboard_sharing", &s.ClipboardSharing)
	c.integer("spiceusbredirection", math.MinInt32, math.MaxInt32, &s.USBRedirection)
	c.text("spice_image_compression", &s.ImageCompression)
	c.text("spice_streaming_video", &s.StreamingVideo)
}
