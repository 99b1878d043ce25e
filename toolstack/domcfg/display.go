package domcfg

import (
	"encoding/json"
	"math"

	"gopkg.in/yaml.v3"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// VNC is a display that VNC viewers show. In a file it is true, false or auto,
// or a mapping, which means on unless it says enabled. An hvm domain without it
// has none.
type VNC struct {
	Enabled    Choice `yaml:"enabled,omitempty" json:"enabled,omitempty"`
	Listen     string `yaml:"listen,omitempty" json:"listen,omitempty"`
	Display    int    `yaml:"display,omitempty" json:"display,omitempty"`
	FindUnused *bool  `yaml:"find_unused,omitempty" json:"find_unused,omitempty"`
	Password   string `yaml:"password,omitempty" json:"password,omitempty"`
}

// plainVNC is VNC as a mapping.
type plainVNC VNC

// IsZero reports whether the file says nothing.
func (v VNC) IsZero() bool { return v == VNC{} }

func (v VNC) value() any {
	if v.Enabled != "" && v == (VNC{Enabled: v.Enabled}) {
		return v.Enabled
	}
	return plainVNC(v)
}

// MarshalYAML is the choice alone, or a mapping.
func (v VNC) MarshalYAML() (any, error) { return v.value(), nil }

// MarshalJSON is the choice alone, or a mapping.
func (v VNC) MarshalJSON() ([]byte, error) { return json.Marshal(v.value()) }

// vncKey reads either form. absent is what libxl gets when the file has none.
func vncKey[T, L any](k key[T], absent idl.Defbool, of func(*T) *VNC, member func(*L) *idl.VNCInfo) link[T, L] {
	return link[T, L]{
		key: spec(k, "true, false, auto or a mapping, see below", eitherShape(choiceShape(), linkShape(vncLinks)),
			func(r *reader, n *yaml.Node, f string, v *T) {
				if n.Kind == yaml.MappingNode {
					readMapping(r, n, f, keysOf(vncLinks()), of(v))
				} else {
					of(v).Enabled = r.choice(n, f)
				}
			}),
		give: func(c *converter, field string, v *T, out *L) {
			m := member(out)
			switch {
			case m == nil:
			case of(v).IsZero():
				m.Enable = absent
			default:
				giveAll(c, field, vncLinks(), of(v), m)
			}
		},
		take: func(t *taker, field string, in *L, v *T) {
			if m := member(in); m != nil && *m != (idl.VNCInfo{Enable: absent}) {
				takeAll(t, field, vncLinks(), m, of(v))
			}
		},
	}
}

func vncLinks() []link[VNC, idl.VNCInfo] {
	return []link[VNC, idl.VNCInfo]{
		vncEnabledKey(),
		textKey(key[VNC]{name: "listen", kind: "address or address:display", def: "127.0.0.1 (libxl)", xl: "vnclisten"}, (*reader).line,
			func(v *VNC) *string { return &v.Listen }, func(i *idl.VNCInfo) *string { return &i.Listen }),
		numberKey(key[VNC]{name: "display", def: "0", xl: "vncdisplay"}, 0, math.MaxUint16,
			func(v *VNC) *int { return &v.Display }, func(i *idl.VNCInfo) *int32 { return &i.Display }),
		flagKey(key[VNC]{name: "find_unused", def: "true (libxl)", xl: "vncunused"},
			func(v *VNC) **bool { return &v.FindUnused }, func(i *idl.VNCInfo) *idl.Defbool { return &i.Findunused }),
		textKey(key[VNC]{name: "password", xl: "vncpasswd"}, (*reader).line,
			func(v *VNC) *string { return &v.Password }, func(i *idl.VNCInfo) *string { return &i.Passwd }),
	}
}

func vncEnabledKey() link[VNC, idl.VNCInfo] {
	k := key[VNC]{name: "enabled", def: "true", xl: "vnc"}
	return link[VNC, idl.VNCInfo]{
		key: spec(k, "true, false, auto", choiceShape(), func(r *reader, n *yaml.Node, f string, v *VNC) { v.Enabled = r.choice(n, f) }),
		give: func(_ *converter, _ string, v *VNC, out *idl.VNCInfo) {
			if v.Enabled != Auto {
				out.Enable = idl.Bool(v.Enabled != Off)
			}
		},
		take: func(_ *taker, _ string, in *idl.VNCInfo, v *VNC) {
			switch {
			case in.Enable == idl.DefboolUnset:
				v.Enabled = Auto
			case in.Enable < 0:
				v.Enabled = Off
			case *in == (idl.VNCInfo{Enable: in.Enable}): // nothing else that says on
				v.Enabled = On
			}
		},
	}
}

// SDL is a window on the host's own screen.
type SDL struct {
	Enabled    *bool  `yaml:"enabled,omitempty" json:"enabled,omitempty"`
	OpenGL     *bool  `yaml:"opengl,omitempty" json:"opengl,omitempty"`
	Display    string `yaml:"display,omitempty" json:"display,omitempty"`
	Xauthority string `yaml:"xauthority,omitempty" json:"xauthority,omitempty"`
}

func sdlLinks() []link[SDL, idl.SDLInfo] {
	return []link[SDL, idl.SDLInfo]{
		flagKey(key[SDL]{name: "enabled", def: "false (libxl)", xl: "sdl"}, func(s *SDL) **bool { return &s.Enabled }, func(i *idl.SDLInfo) *idl.Defbool { return &i.Enable }),
		flagKey(key[SDL]{name: "opengl", def: "false (libxl)", xl: "opengl"}, func(s *SDL) **bool { return &s.OpenGL }, func(i *idl.SDLInfo) *idl.Defbool { return &i.Opengl }),
		textKey(key[SDL]{name: "display", xl: "display"}, (*reader).line, func(s *SDL) *string { return &s.Display }, func(i *idl.SDLInfo) *string { return &i.Display }),
		textKey(key[SDL]{name: "xauthority", xl: "xauthority"}, (*reader).line, func(s *SDL) *string { return &s.Xauthority }, func(i *idl.SDLInfo) *string { return &i.Xauthority }),
	}
}
