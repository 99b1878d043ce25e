package domcfg

import (
	"math"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// Spice is a display that SPICE viewers show.
type Spice struct {
	Enabled          *bool  `yaml:"enabled,omitempty" json:"enabled,omitempty"`
	Host             string `yaml:"host,omitempty" json:"host,omitempty"`
	Port             int    `yaml:"port,omitempty" json:"port,omitempty"`
	TLSPort          int    `yaml:"tls_port,omitempty" json:"tls_port,omitempty"`
	DisableTicketing *bool  `yaml:"disable_ticketing,omitempty" json:"disable_ticketing,omitempty"`
	Password         string `yaml:"password,omitempty" json:"password,omitempty"`
	AgentMouse       *bool  `yaml:"agent_mouse,omitempty" json:"agent_mouse,omitempty"`
	Agent            *bool  `yaml:"agent,omitempty" json:"agent,omitempty"`
	Clipboard        *bool  `yaml:"clipboard,omitempty" json:"clipboard,omitempty"`
	USBRedirection   int    `yaml:"usb_redirection,omitempty" json:"usb_redirection,omitempty"`
	ImageCompression string `yaml:"image_compression,omitempty" json:"image_compression,omitempty"`
	StreamingVideo   string `yaml:"streaming_video,omitempty" json:"streaming_video,omitempty"`
}

func spiceLinks() []link[Spice, idl.SpiceInfo] {
	flag := func(name, def, xl string, of func(*Spice) **bool, member func(*idl.SpiceInfo) *idl.Defbool) link[Spice, idl.SpiceInfo] {
		return flagKey(key[Spice]{name: name, def: def + " (libxl)", xl: xl}, of, member)
	}
	text := func(name, xl string, of func(*Spice) *string, member func(*idl.SpiceInfo) *string) link[Spice, idl.SpiceInfo] {
		return textKey(key[Spice]{name: name, def: "of QEMU", xl: xl}, (*reader).line, of, member)
	}
	number := func(name, xl string, high int, of func(*Spice) *int, member func(*idl.SpiceInfo) *int32) link[Spice, idl.SpiceInfo] {
		return numberKey(key[Spice]{name: name, xl: xl}, 0, high, of, member)
	}
	return []link[Spice, idl.SpiceInfo]{
		flag("enabled", "false", "spice", func(s *Spice) **bool { return &s.Enabled }, func(i *idl.SpiceInfo) *idl.Defbool { return &i.Enable }),
		text("host", "spicehost", func(s *Spice) *string { return &s.Host }, func(i *idl.SpiceInfo) *string { return &i.Host }),
		number("port", "spiceport", math.MaxUint16, func(s *Spice) *int { return &s.Port }, func(i *idl.SpiceInfo) *int32 { return &i.Port }),
		number("tls_port", "spicetls_port", math.MaxUint16, func(s *Spice) *int { return &s.TLSPort }, func(i *idl.SpiceInfo) *int32 { return &i.TLSPort }),
		flag("disable_ticketing", "false", "spicedisable_ticketing", func(s *Spice) **bool { return &s.DisableTicketing }, func(i *idl.SpiceInfo) *idl.Defbool { return &i.DisableTicketing }),
		text("password", "spicepasswd", func(s *Spice) *string { return &s.Password }, func(i *idl.SpiceInfo) *string { return &i.Passwd }),
		flag("agent_mouse", "true", "spiceagent_mouse", func(s *Spice) **bool { return &s.AgentMouse }, func(i *idl.SpiceInfo) *idl.Defbool { return &i.AgentMouse }),
		flag("agent", "false", "spicevdagent", func(s *Spice) **bool { return &s.Agent }, func(i *idl.SpiceInfo) *idl.Defbool { return &i.Vdagent }),
		flag("clipboard", "false", "spice_clipboard_sharing", func(s *Spice) **bool { return &s.Clipboard }, func(i *idl.SpiceInfo) *idl.Defbool { return &i.ClipboardSharing }),
		number("usb_redirection", "spiceusbredirection", 4, func(s *Spice) *int { return &s.USBRedirection }, func(i *idl.SpiceInfo) *int32 { return &i.USBRedirection }),
		text("image_compression", "spice_image_compression", func(s *Spice) *string { return &s.ImageCompression }, func(i *idl.SpiceInfo) *string { return &i.ImageCompression }),
		text("streaming_video", "spice_streaming_video", func(s *Spice) *string { return &s.StreamingVideo }, func(i *idl.SpiceInfo) *string { return &i.StreamingVideo }),
	}
}
