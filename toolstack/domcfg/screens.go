package domcfg

import (
	"math"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// Graphics is what a domain shows pictures with, and the keyboards and mice
// that belong to them.
type Graphics struct {
	VGA                string        `yaml:"vga,omitempty" json:"vga,omitempty"`
	VideoMemory        Size          `yaml:"video_memory,omitempty" json:"video_memory,omitempty"`
	VNC                VNC           `yaml:"vnc,omitempty" json:"vnc,omitzero"`
	Spice              Spice         `yaml:"spice,omitempty" json:"spice,omitzero"`
	SDL                SDL           `yaml:"sdl,omitempty" json:"sdl,omitzero"`
	Keymap             string        `yaml:"keymap,omitempty" json:"keymap,omitempty"`
	NoGraphic          *bool         `yaml:"nographic,omitempty" json:"nographic,omitempty"`
	GraphicPassthrough *bool         `yaml:"gfx_passthru,omitempty" json:"gfx_passthru,omitempty"`
	PassthroughKind    string        `yaml:"gfx_passthru_kind,omitempty" json:"gfx_passthru_kind,omitempty"`
	Framebuffers       []Framebuffer `yaml:"framebuffers,omitempty" json:"framebuffers,omitempty"`
	Keyboards          []Keyboard    `yaml:"keyboards,omitempty" json:"keyboards,omitempty"`
}

// Framebuffer is a paravirtual screen with its keyboard and mouse.
type Framebuffer struct {
	VNC    VNC     `yaml:"vnc,omitempty" json:"vnc,omitzero"`
	SDL    SDL     `yaml:"sdl,omitempty" json:"sdl,omitzero"`
	Keymap string  `yaml:"keymap,omitempty" json:"keymap,omitempty"`
	Libxl  Overlay `yaml:"libxl,omitempty" json:"libxl,omitempty"`
}

// Keyboard is a further paravirtual keyboard, mouse or touch screen.
type Keyboard struct {
	Backend         string  `yaml:"backend,omitempty" json:"backend,omitempty"`
	BackendType     string  `yaml:"backend_type,omitempty" json:"backend_type,omitempty"`
	UniqueID        string  `yaml:"unique_id,omitempty" json:"unique_id,omitempty"`
	DisableKeyboard bool    `yaml:"disable_keyboard,omitempty" json:"disable_keyboard,omitempty"`
	DisablePointer  bool    `yaml:"disable_pointer,omitempty" json:"disable_pointer,omitempty"`
	AbsPointer      bool    `yaml:"abs_pointer,omitempty" json:"abs_pointer,omitempty"`
	RawPointer      bool    `yaml:"raw_pointer,omitempty" json:"raw_pointer,omitempty"`
	MultiTouch      bool    `yaml:"multi_touch,omitempty" json:"multi_touch,omitempty"`
	Width           int     `yaml:"width,omitempty" json:"width,omitempty"`
	Height          int     `yaml:"height,omitempty" json:"height,omitempty"`
	TouchWidth      int     `yaml:"multi_touch_width,omitempty" json:"multi_touch_width,omitempty"`
	TouchHeight     int     `yaml:"multi_touch_height,omitempty" json:"multi_touch_height,omitempty"`
	TouchContacts   int     `yaml:"multi_touch_num_contacts,omitempty" json:"multi_touch_num_contacts,omitempty"`
	Libxl           Overlay `yaml:"libxl,omitempty" json:"libxl,omitempty"`
}

func graphicsLinks() []link[Domain, idl.DomainConfig] {
	return []link[Domain, idl.DomainConfig]{
		wordKey(key[Domain]{name: "vga", def: "cirrus (libxl)", guests: OnlyHVM, xl: "vga"}, []named[idl.VGAInterfaceType]{
			{"cirrus", idl.VGAInterfaceTypeCirrus}, {"stdvga", idl.VGAInterfaceTypeStd}, {"qxl", idl.VGAInterfaceTypeQXL}, {"none", idl.VGAInterfaceTypeNone},
		}, func(d *Domain) *string { return &d.VGA }, hvm(func(h *idl.DomainBuildInfoHVM) *idl.VGAInterfaceType { return &h.VGA.Kind })),
		sizeKey(key[Domain]{name: "video_memory", kind: "size", def: "by vga (libxl)", xl: "videoram"},
			func(d *Domain) *Size { return &d.VideoMemory }, func(c *idl.DomainConfig) **idl.MemKB { return &c.BInfo.VideoMemKB }),
		vncKey(key[Domain]{name: "vnc", def: "false", guests: OnlyHVM, xl: "vnc (default there: auto)"}, idl.False,
			func(d *Domain) *VNC { return &d.VNC }, hvm(func(h *idl.DomainBuildInfoHVM) *idl.VNCInfo { return &h.VNC })),
		groupKey(key[Domain]{name: "spice", guests: OnlyHVM, xl: "spice…"}, func(d *Domain) *Spice { return &d.Spice },
			hvm(func(h *idl.DomainBuildInfoHVM) *idl.SpiceInfo { return &h.Spice }), spiceLinks),
		groupKey(key[Domain]{name: "sdl", guests: OnlyHVM, xl: "sdl, opengl, …"}, func(d *Domain) *SDL { return &d.SDL },
			hvm(func(h *idl.DomainBuildInfoHVM) *idl.SDLInfo { return &h.SDL }), sdlLinks),
		textKey(key[Domain]{name: "keymap", def: "en-us (QEMU)", guests: OnlyHVM, xl: "keymap"}, (*reader).line,
			func(d *Domain) *string { return &d.Keymap }, hvm(func(h *idl.DomainBuildInfoHVM) *string { return &h.Keymap })),
		hvmFlag("nographic", "false", func(d *Domain) **bool { return &d.NoGraphic }, func(h *idl.DomainBuildInfoHVM) *idl.Defbool { return &h.Nographic }),
		hvmFlag("gfx_passthru", "false", func(d *Domain) **bool { return &d.GraphicPassthrough },
			func(h *idl.DomainBuildInfoHVM) *idl.Defbool { return &h.GfxPassthru }),
		wordKey(key[Domain]{name: "gfx_passthru_kind", def: "by the device (libxl)", guests: OnlyHVM, xl: "gfx_passthru=\"igd\""}, asLibxl(idl.GfxPassthruKindIGD),
			func(d *Domain) *string { return &d.PassthroughKind }, hvm(func(h *idl.DomainBuildInfoHVM) *idl.GfxPassthruKind { return &h.GfxPassthruKind })),
		framebuffersKey(),
		keyboardsKey(),
	}
}

// framebuffersKey gives each screen a keyboard, as xl does.
func framebuffersKey() link[Domain, idl.DomainConfig] {
	l := devicesKey(key[Domain]{name: "framebuffers", xl: "vfb; vnc with pv"}, devices[Framebuffer, idl.DeviceVFB]{
		links: framebufferLinks, rest: func(f *Framebuffer) *Overlay { return &f.Libxl },
		start: func(_ *idl.DomainConfig, i int) idl.DeviceVFB { return idl.DeviceVFB{DevID: devID(i)} },
	}, func(d *Domain) *[]Framebuffer { return &d.Framebuffers }, func(c *idl.DomainConfig) *[]idl.DeviceVFB { return &c.VFBs })
	alone := l.give
	l.give = func(c *converter, field string, d *Domain, out *idl.DomainConfig) {
		alone(c, field, d, out)
		for range d.Framebuffers {
			out.VKBs = append(out.VKBs, idl.DeviceVKB{DevID: devID(len(out.VKBs))})
		}
	}
	return l
}

func devID(n int) *idl.DevID { return new(idl.DevID(n)) }

func framebufferLinks() []link[Framebuffer, idl.DeviceVFB] {
	return []link[Framebuffer, idl.DeviceVFB]{
		vncKey(key[Framebuffer]{name: "vnc", def: "auto", xl: "vnc=, vnc…="}, idl.DefboolUnset,
			func(f *Framebuffer) *VNC { return &f.VNC }, func(v *idl.DeviceVFB) *idl.VNCInfo { return &v.VNC }),
		groupKey(key[Framebuffer]{name: "sdl", xl: "sdl=, opengl=, …"}, func(f *Framebuffer) *SDL { return &f.SDL },
			func(v *idl.DeviceVFB) *idl.SDLInfo { return &v.SDL }, sdlLinks),
		textKey(key[Framebuffer]{name: "keymap", def: "en-us (QEMU)", xl: "keymap="}, (*reader).line,
			func(f *Framebuffer) *string { return &f.Keymap }, func(v *idl.DeviceVFB) *string { return &v.Keymap }),
	}
}

// keyboardsKey comes after those of the framebuffers.
func keyboardsKey() link[Domain, idl.DomainConfig] {
	of := func(d *Domain) *[]Keyboard { return &d.Keyboards }
	list := devices[Keyboard, idl.DeviceVKB]{
		links: keyboardLinks, rest: func(k *Keyboard) *Overlay { return &k.Libxl },
		start: func(_ *idl.DomainConfig, i int) idl.DeviceVKB { return idl.DeviceVKB{DevID: devID(i)} },
	}
	l := devicesKey(key[Domain]{name: "keyboards", def: "one for each framebuffer", xl: "vkb"}, list, of,
		func(c *idl.DomainConfig) *[]idl.DeviceVKB { return &c.VKBs })
	l.take = func(t *taker, field string, in *idl.DomainConfig, d *Domain) {
		first := len(in.VFBs)
		for i := first; i < len(in.VKBs); i++ {
			d.Keyboards = append(d.Keyboards, takeDevice(t, elementOf(field, i-first), list, i, &in.VKBs[i]))
		}
	}
	return l
}

func keyboardLinks() []link[Keyboard, idl.DeviceVKB] {
	links := []link[Keyboard, idl.DeviceVKB]{
		textKey(key[Keyboard]{name: "backend", kind: "domain", def: "Domain-0", xl: "backend="}, (*reader).line,
			func(k *Keyboard) *string { return &k.Backend }, func(v *idl.DeviceVKB) *string { return &v.BackendDomName }),
		wordKey(key[Keyboard]{name: "backend_type", def: "qemu (libxl)", xl: "backend-type="}, asLibxl(idl.VKBBackendQEMU, idl.VKBBackendLinux),
			func(k *Keyboard) *string { return &k.BackendType }, func(v *idl.DeviceVKB) *idl.VKBBackend { return &v.BackendType }),
		textKey(key[Keyboard]{name: "unique_id", xl: "unique-id="}, (*reader).line,
			func(k *Keyboard) *string { return &k.UniqueID }, func(v *idl.DeviceVKB) *string { return &v.UniqueID }),
	}
	flag := func(name, xl string, of func(*Keyboard) *bool, member func(*idl.DeviceVKB) *bool) {
		links = append(links, switchKey(key[Keyboard]{name: name, xl: xl}, of, member))
	}
	flag("disable_keyboard", "feature-disable-keyboard=", func(k *Keyboard) *bool { return &k.DisableKeyboard }, func(v *idl.DeviceVKB) *bool { return &v.FeatureDisableKeyboard })
	flag("disable_pointer", "feature-disable-pointer=", func(k *Keyboard) *bool { return &k.DisablePointer }, func(v *idl.DeviceVKB) *bool { return &v.FeatureDisablePointer })
	flag("abs_pointer", "feature-abs-pointer=", func(k *Keyboard) *bool { return &k.AbsPointer }, func(v *idl.DeviceVKB) *bool { return &v.FeatureAbsPointer })
	flag("raw_pointer", "feature-raw-pointer=", func(k *Keyboard) *bool { return &k.RawPointer }, func(v *idl.DeviceVKB) *bool { return &v.FeatureRawPointer })
	flag("multi_touch", "feature-multi-touch=", func(k *Keyboard) *bool { return &k.MultiTouch }, func(v *idl.DeviceVKB) *bool { return &v.FeatureMultiTouch })
	number := func(name, xl string, of func(*Keyboard) *int, member func(*idl.DeviceVKB) *uint32) {
		links = append(links, numberKey(key[Keyboard]{name: name, xl: xl}, 0, math.MaxInt32, of, member))
	}
	number("width", "width=", func(k *Keyboard) *int { return &k.Width }, func(v *idl.DeviceVKB) *uint32 { return &v.Width })
	number("height", "height=", func(k *Keyboard) *int { return &k.Height }, func(v *idl.DeviceVKB) *uint32 { return &v.Height })
	number("multi_touch_width", "multi-touch-width=", func(k *Keyboard) *int { return &k.TouchWidth }, func(v *idl.DeviceVKB) *uint32 { return &v.MultiTouchWidth })
	number("multi_touch_height", "multi-touch-height=", func(k *Keyboard) *int { return &k.TouchHeight }, func(v *idl.DeviceVKB) *uint32 { return &v.MultiTouchHeight })
	number("multi_touch_num_contacts", "multi-touch-num-contacts=", func(k *Keyboard) *int { return &k.TouchContacts },
		func(v *idl.DeviceVKB) *uint32 { return &v.MultiTouchNumContacts })
	return links
}
