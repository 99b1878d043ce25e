package libvirtcfg

import (
	"strconv"
	"strings"

	"libvirt.org/go/libvirtxml"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// display writes what one sees, hears and types at.
func (w *writer) display() {
	for i := range w.in.VFBs {
		vfb := &w.in.VFBs[i]
		if vfb.SDL.Enable == idl.True && vfb.VNC.Enable != idl.True {
			w.sdl(&vfb.SDL)
		} else if vfb.VNC.Enable != idl.False {
			w.vnc(&vfb.VNC, vfb.Keymap)
		}
	}
	u := w.in.BInfo.TypeHVM
	if u == nil {
		return
	}
	w.inputs(u)
	if u.VNC.Enable != idl.False { // libxl's default is on
		w.vnc(&u.VNC, u.Keymap)
	}
	if u.SDL.Enable == idl.True {
		w.sdl(&u.SDL)
	}
	if u.Spice.Enable == idl.True {
		w.spice(&u.Spice, u.Keymap)
	}
	w.video(u)
	words := soundCards()
	for card := range strings.SplitSeq(u.SoundHW, ",") {
		if model, ok := wordFor(words, card); ok {
			w.out.Devices.Sounds = append(w.out.Devices.Sounds, libvirtxml.DomainSound{Model: model})
		}
	}
}

func (w *writer) inputs(u *idl.DomainBuildInfoHVM) {
	list := u.USBDeviceList
	if u.USBDevice != "" {
		list = idl.StringList{u.USBDevice}
	}
	for _, kind := range list {
		switch kind {
		case "tablet", "mouse", "keyboard":
			w.out.Devices.Inputs = append(w.out.Devices.Inputs, libvirtxml.DomainInput{Type: kind, Bus: "usb"})
		}
	}
}

func (w *writer) vnc(in *idl.VNCInfo, keymap string) {
	address, display := in.Listen, in.Display
	if host, number, both := strings.Cut(address, ":"); both { // as libxl reads it
		address = host
		if n, err := strconv.ParseInt(number, 10, 16); err == nil {
			display = int32(n)
		}
	}
	vnc := &libvirtxml.DomainGraphicVNC{Keymap: keymap, Passwd: in.Passwd, Listeners: listeners(address), Listen: address}
	if in.Findunused == idl.False || in.Findunused == idl.DefboolUnset && display != 0 {
		vnc.Port, vnc.AutoPort = int(display)+firstVNCPort, "no"
	} else {
		vnc.Port, vnc.AutoPort = -1, "yes"
	}
	w.out.Devices.Graphics = append(w.out.Devices.Graphics, libvirtxml.DomainGraphic{VNC: vnc})
}

func listeners(address string) []libvirtxml.DomainGraphicListener {
	if address == "" {
		return nil
	}
	return []libvirtxml.DomainGraphicListener{{Address: &libvirtxml.DomainGraphicListenerAddress{Address: address}}}
}

func (w *writer) sdl(in *idl.SDLInfo) {
	sdl := &libvirtxml.DomainGraphicSDL{Display: in.Display, XAuth: in.Xauthority}
	if in.Opengl != idl.DefboolUnset {
		sdl.GL = &libvirtxml.DomainGraphicsSDLGL{Enable: yesNo(in.Opengl)}
	}
	w.out.Devices.Graphics = append(w.out.Devices.Graphics, libvirtxml.DomainGraphic{SDL: sdl})
}

func (w *writer) spice(in *idl.SpiceInfo, keymap string) {
	spice := &libvirtxml.DomainGraphicSpice{
		Port: int(in.Port), TLSPort: int(in.TLSPort), AutoPort: "no", Listen: in.Host, Listeners: listeners(in.Host), Keymap: keymap, Passwd: in.Passwd,
	}
	switch in.AgentMouse {
	case idl.True:
		spice.Mouse = &libvirtxml.DomainGraphicSpiceMouse{Mode: "client"}
	case idl.False:
		spice.Mouse = &libvirtxml.DomainGraphicSpiceMouse{Mode: "server"}
	}
	if in.ClipboardSharing != idl.DefboolUnset {
		spice.ClipBoard = &libvirtxml.DomainGraphicSpiceClipBoard{CopyPaste: yesNo(in.ClipboardSharing)}
	}
	if in.ImageCompression != "" {
		spice.Image = &libvirtxml.DomainGraphicSpiceImage{Compression: in.ImageCompression}
	}
	if in.StreamingVideo != "" {
		spice.Streaming = &libvirtxml.DomainGraphicSpiceStreaming{Mode: in.StreamingVideo}
	}
	w.out.Devices.Graphics = append(w.out.Devices.Graphics, libvirtxml.DomainGraphic{Spice: spice})
}

func (w *writer) video(u *idl.DomainBuildInfoHVM) {
	models := map[idl.VGAInterfaceType]string{
		idl.VGAInterfaceTypeStd: "vga", idl.VGAInterfaceTypeCirrus: "cirrus", idl.VGAInterfaceTypeQXL: "qxl", idl.VGAInterfaceTypeNone: "none",
	}
	model, known := models[u.VGA.Kind]
	if !known {
		return
	}
	video := libvirtxml.DomainVideo{Model: libvirtxml.DomainVideoModel{Type: model}}
	if mem := w.in.BInfo.VideoMemKB; mem != nil {
		video.Model.VRam = uint(*mem)
	}
	if model != "none" {
		video.Model.Heads, video.Model.Primary = 1, "yes"
	}
	w.out.Devices.Videos = append(w.out.Devices.Videos, video)
}
