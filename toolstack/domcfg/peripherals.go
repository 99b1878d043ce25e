package domcfg

import (
	"gopkg.in/yaml.v3"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// Peripherals is the devices of a domain but for disks, networks, screens and
// the host's own.
type Peripherals struct {
	Serial         OneOrMore       `yaml:"serial,omitempty" json:"serial,omitzero"`
	Channels       []Channel       `yaml:"channels,omitempty" json:"channels,omitempty"`
	USB            *bool           `yaml:"usb,omitempty" json:"usb,omitempty"`
	USBVersion     int             `yaml:"usb_version,omitempty" json:"usb_version,omitempty"`
	USBDevice      OneOrMore       `yaml:"usb_device,omitempty" json:"usb_device,omitzero"`
	USBControllers []USBController `yaml:"usb_controllers,omitempty" json:"usb_controllers,omitempty"`
	USBHostDevices []USBHostDevice `yaml:"usb_host_devices,omitempty" json:"usb_host_devices,omitempty"`
	Sound          string          `yaml:"sound,omitempty" json:"sound,omitempty"`
	VKBDevice      *bool           `yaml:"vkb_device,omitempty" json:"vkb_device,omitempty"`
	P9             []P9            `yaml:"p9,omitempty" json:"p9,omitempty"`
	VTPMs          []VTPM          `yaml:"vtpms,omitempty" json:"vtpms,omitempty"`
	PVCalls        []PVCalls       `yaml:"pvcalls,omitempty" json:"pvcalls,omitempty"`
	Displays       Overlay         `yaml:"displays,omitempty" json:"displays,omitempty"`
	SoundCards     Overlay         `yaml:"sound_cards,omitempty" json:"sound_cards,omitempty"`
}

// Channel is a byte stream between the host and a program in the domain.
type Channel struct {
	Name    string  `yaml:"name,omitempty" json:"name,omitempty"`
	Socket  string  `yaml:"socket,omitempty" json:"socket,omitempty"` // on the host; empty: a pty
	Backend string  `yaml:"backend,omitempty" json:"backend,omitempty"`
	Libxl   Overlay `yaml:"libxl,omitempty" json:"libxl,omitempty"`
}

// P9 is a folder of the host that the domain can mount.
type P9 struct {
	Tag           string  `yaml:"tag,omitempty" json:"tag,omitempty"`
	Path          string  `yaml:"path,omitempty" json:"path,omitempty"`
	SecurityModel string  `yaml:"security_model,omitempty" json:"security_model,omitempty"`
	Backend       string  `yaml:"backend,omitempty" json:"backend,omitempty"`
	Libxl         Overlay `yaml:"libxl,omitempty" json:"libxl,omitempty"`
}

// VTPM is a virtual TPM, which another domain provides.
type VTPM struct {
	Backend string  `yaml:"backend,omitempty" json:"backend,omitempty"`
	UUID    string  `yaml:"uuid,omitempty" json:"uuid,omitempty"`
	Libxl   Overlay `yaml:"libxl,omitempty" json:"libxl,omitempty"`
}

// PVCalls is sockets of another domain that this one can use.
type PVCalls struct {
	Backend string  `yaml:"backend,omitempty" json:"backend,omitempty"`
	Libxl   Overlay `yaml:"libxl,omitempty" json:"libxl,omitempty"`
}

func peripheralLinks() []link[Domain, idl.DomainConfig] {
	links := []link[Domain, idl.DomainConfig]{
		oneOrMoreKey{
			key: key[Domain]{name: "serial", kind: "pty, null, file:PATH, unix:PATH, tcp:HOST:PORT or a list of at most 4", guests: OnlyHVM, xl: "serial"},
			of:  func(d *Domain) *OneOrMore { return &d.Serial }, check: (*reader).serial, say: serialOption, unsay: serialWord,
			one: func(h *idl.DomainBuildInfoHVM) *string { return &h.Serial }, more: func(h *idl.DomainBuildInfoHVM) *idl.StringList { return &h.SerialList },
			shape: patternShape(serialForm().String()),
		}.link(),
		devicesKey(key[Domain]{name: "channels", xl: "channel"}, devices[Channel, idl.DeviceChannel]{
			links: channelLinks, rest: func(v *Channel) *Overlay { return &v.Libxl },
			start: func(_ *idl.DomainConfig, i int) idl.DeviceChannel { return idl.DeviceChannel{DevID: devID(i)} },
		}, func(d *Domain) *[]Channel { return &d.Channels }, func(c *idl.DomainConfig) *[]idl.DeviceChannel { return &c.Channels }),
	}
	links = append(links, usbLinks()...)
	links = append(links,
		textKey(key[Domain]{name: "sound", kind: "QEMU's name of a card", guests: OnlyHVM, xl: "soundhw"}, (*reader).line,
			func(d *Domain) *string { return &d.Sound }, hvm(func(h *idl.DomainBuildInfoHVM) *string { return &h.SoundHW })),
		hvmFlag("vkb_device", "true", func(d *Domain) **bool { return &d.VKBDevice }, func(h *idl.DomainBuildInfoHVM) *idl.Defbool { return &h.VKBDevice }))
	return append(links, rareLinks()...)
}

// rareLinks is the devices that few backends offer.
func rareLinks() []link[Domain, idl.DomainConfig] {
	return []link[Domain, idl.DomainConfig]{
		devicesKey(key[Domain]{name: "p9", xl: "p9"}, devices[P9, idl.DeviceP9]{
			links: p9Links, rest: func(v *P9) *Overlay { return &v.Libxl },
			start: func(*idl.DomainConfig, int) idl.DeviceP9 { return idl.DeviceP9{} },
		}, func(d *Domain) *[]P9 { return &d.P9 }, func(c *idl.DomainConfig) *[]idl.DeviceP9 { return &c.P9s }),
		devicesKey(key[Domain]{name: "vtpms", xl: "vtpm"}, devices[VTPM, idl.DeviceVTPM]{
			links: vtpmLinks, rest: func(v *VTPM) *Overlay { return &v.Libxl },
			start: func(_ *idl.DomainConfig, i int) idl.DeviceVTPM { return idl.DeviceVTPM{DevID: devID(i)} },
		}, func(d *Domain) *[]VTPM { return &d.VTPMs }, func(c *idl.DomainConfig) *[]idl.DeviceVTPM { return &c.VTPMs }),
		devicesKey(key[Domain]{name: "pvcalls", xl: "pvcalls"}, devices[PVCalls, idl.DevicePVCallsIf]{
			links: pvCallsLinks, rest: func(v *PVCalls) *Overlay { return &v.Libxl },
			start: func(_ *idl.DomainConfig, i int) idl.DevicePVCallsIf { return idl.DevicePVCallsIf{DevID: devID(i)} },
		}, func(d *Domain) *[]PVCalls { return &d.PVCalls }, func(c *idl.DomainConfig) *[]idl.DevicePVCallsIf { return &c.PVCallsIfs }),
		nativeKey(key[Domain]{name: "displays", kind: "list, in libxl's words", xl: "vdispl"}, func(d *Domain) *Overlay { return &d.Displays },
			func(c *idl.DomainConfig) *[]idl.DeviceVdispl { return &c.Vdispls }, func(v *idl.DeviceVdispl) **idl.DevID { return &v.DevID }),
		nativeKey(key[Domain]{name: "sound_cards", kind: "list, in libxl's words", xl: "vsnd"}, func(d *Domain) *Overlay { return &d.SoundCards },
			func(c *idl.DomainConfig) *[]idl.DeviceVsnd { return &c.Vsnds }, func(v *idl.DeviceVsnd) **idl.DevID { return &v.DevID }),
	}
}

func backendKey[T, L any](of func(*T) *string, member func(*L) *string) link[T, L] {
	return textKey(key[T]{name: "backend", kind: "a domain", def: "Domain-0", xl: "backend="}, (*reader).line, of, member)
}

func channelLinks() []link[Channel, idl.DeviceChannel] {
	return []link[Channel, idl.DeviceChannel]{
		textKey(key[Channel]{name: "name", xl: "name="}, (*reader).line, func(v *Channel) *string { return &v.Name }, func(d *idl.DeviceChannel) *string { return &d.Name }),
		channelSocketKey(),
		backendKey(func(v *Channel) *string { return &v.Backend }, func(d *idl.DeviceChannel) *string { return &d.BackendDomName }),
	}
}

// channelSocketKey is the arm of libxl's union, too.
func channelSocketKey() link[Channel, idl.DeviceChannel] {
	k := key[Channel]{name: "socket", kind: "absolute path", def: "none: a pty", xl: "connection=socket,path="}
	return link[Channel, idl.DeviceChannel]{
		key: spec(k, "", patternShape("^/"), func(r *reader, n *yaml.Node, f string, v *Channel) { v.Socket = r.path(n, f) }),
		give: func(_ *converter, _ string, v *Channel, out *idl.DeviceChannel) {
			if v.Socket == "" {
				out.ConnectionPTY = &idl.DeviceChannelPTY{}
			} else {
				out.ConnectionSocket = &idl.DeviceChannelSocket{Path: v.Socket}
			}
		},
		take: func(_ *taker, _ string, in *idl.DeviceChannel, v *Channel) {
			if in.ConnectionSocket != nil {
				v.Socket = in.ConnectionSocket.Path
			}
		},
	}
}

func p9Links() []link[P9, idl.DeviceP9] {
	return []link[P9, idl.DeviceP9]{
		textKey(key[P9]{name: "tag", xl: "tag="}, (*reader).line, func(v *P9) *string { return &v.Tag }, func(d *idl.DeviceP9) *string { return &d.Tag }),
		textKey(key[P9]{name: "path", xl: "path="}, (*reader).line, func(v *P9) *string { return &v.Path }, func(d *idl.DeviceP9) *string { return &d.Path }),
		textKey(key[P9]{name: "security_model", xl: "security_model="}, (*reader).line, func(v *P9) *string { return &v.SecurityModel }, func(d *idl.DeviceP9) *string { return &d.SecurityModel }),
		backendKey(func(v *P9) *string { return &v.Backend }, func(d *idl.DeviceP9) *string { return &d.BackendDomName }),
	}
}

func vtpmLinks() []link[VTPM, idl.DeviceVTPM] {
	uuid := key[VTPM]{name: "uuid", kind: "UUID", def: "the first that is free", xl: "uuid="}
	return []link[VTPM, idl.DeviceVTPM]{
		backendKey(func(v *VTPM) *string { return &v.Backend }, func(d *idl.DeviceVTPM) *string { return &d.BackendDomName }),
		{
			key: spec(uuid, "", uuidShape(), func(r *reader, n *yaml.Node, f string, v *VTPM) { v.UUID = r.uuid(n, f) }),
			give: func(c *converter, field string, v *VTPM, out *idl.DeviceVTPM) {
				if v.UUID != "" {
					out.UUID = c.uuid(field, v.UUID)
				}
			},
			take: func(_ *taker, _ string, in *idl.DeviceVTPM, v *VTPM) {
				if in.UUID != (idl.UUID{}) {
					v.UUID = in.UUID.String()
				}
			},
		},
	}
}

func pvCallsLinks() []link[PVCalls, idl.DevicePVCallsIf] {
	return []link[PVCalls, idl.DevicePVCallsIf]{
		backendKey(func(v *PVCalls) *string { return &v.Backend }, func(d *idl.DevicePVCallsIf) *string { return &d.BackendDomName }),
	}
}
