package xlcfg

import (
	"fmt"
	"strings"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

func (w *writer) framebuffers() {
	var items []string
	for i := range w.config.VFBs {
		vfb := &w.config.VFBs[i]
		var e element
		e.boolean("vnc", vfb.VNC.Enable)
		e.text("vnclisten", vfb.VNC.Listen)
		e.text("vncpasswd", vfb.VNC.Passwd)
		e.number("vncdisplay", int64(vfb.VNC.Display))
		e.boolean("vncunused", vfb.VNC.Findunused)
		e.boolean("sdl", vfb.SDL.Enable)
		e.boolean("opengl", vfb.SDL.Opengl)
		e.text("display", vfb.SDL.Display)
		e.text("xauthority", vfb.SDL.Xauthority)
		e.text("keymap", vfb.Keymap)
		items = append(items, e.String())
	}
	w.elements("vfb", items)
}

// keyboards leaves out those that come with the framebuffers, which are first.
func (w *writer) keyboards() {
	var items []string
	for i := len(w.config.VFBs); i < len(w.config.VKBs); i++ {
		vkb := &w.config.VKBs[i]
		var e element
		if vkb.BackendType != 0 {
			e.add("backend-type", vkb.BackendType.String())
		}
		e.text("backend", vkb.BackendDomName)
		e.text("unique-id", vkb.UniqueID)
		e.flag("feature-disable-keyboard", vkb.FeatureDisableKeyboard)
		e.flag("feature-disable-pointer", vkb.FeatureDisablePointer)
		e.flag("feature-abs-pointer", vkb.FeatureAbsPointer)
		e.flag("feature-raw-pointer", vkb.FeatureRawPointer)
		e.flag("feature-multi-touch", vkb.FeatureMultiTouch)
		e.number("width", int64(vkb.Width))
		e.number("height", int64(vkb.Height))
		e.number("multi-touch-width", int64(vkb.MultiTouchWidth))
		e.number("multi-touch-height", int64(vkb.MultiTouchHeight))
		e.number("multi-touch-num-contacts", int64(vkb.MultiTouchNumContacts))
		items = append(items, e.String())
	}
	w.elements("vkb", items)
}

func (w *writer) displays() {
	var items []string
	for i := range w.config.Vdispls {
		dev := &w.config.Vdispls[i]
		var e element
		e.text("backend", dev.BackendDomName)
		e.flag("be-alloc", dev.BeAlloc)
		var connectors []string
		for _, c := range dev.Connectors {
			connectors = append(connectors, fmt.Sprintf("%s:%dx%d", c.UniqueID, c.Width, c.Height))
		}
		e.text("connectors", strings.Join(connectors, ";"))
		items = append(items, e.String())
	}
	w.elements("vdispl", items)
}

// sounds writes each part of a card as an element: the card, its PCMs, and behind
// each PCM its streams.
func (w *writer) sounds() {
	var cards [][]string
	for i := range w.config.Vsnds {
		dev := &w.config.Vsnds[i]
		card := element{"card"}
		card.text("backend", dev.BackendDomName)
		card.text("short-name", dev.ShortName)
		card.text("long-name", dev.LongName)
		card.soundParams(&dev.Params)
		parts := []string{card.String()}
		for j := range dev.PCMs {
			pcm := element{"pcm"}
			pcm.text("name", dev.PCMs[j].Name)
			pcm.soundParams(&dev.PCMs[j].Params)
			parts = append(parts, pcm.String())
			for _, s := range dev.PCMs[j].Streams {
				stream := element{"stream"}
				stream.text("unique-id", s.UniqueID)
				if s.Type != 0 {
					stream.add("type", s.Type.String())
				}
				stream.soundParams(&s.Params)
				parts = append(parts, stream.String())
			}
		}
		cards = append(cards, parts)
	}
	w.lists("vsnd", cards)
}

func (e *element) soundParams(p *idl.VsndParams) {
	e.text("sample-rates", joined(p.SampleRates))
	e.text("sample-formats", joined(p.SampleFormats))
	e.number("channels-min", int64(p.ChannelsMin))
	e.number("channels-max", int64(p.ChannelsMax))
	e.number("buffer-size", int64(p.BufferSize))
}

// joined is values with semicolons between them.
func joined[T any](values []T) string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = fmt.Sprint(v)
	}
	return strings.Join(texts, ";")
}

// backends is the devices that another domain serves.
func (w *writer) backends() {
	w.p9()
	var vtpms, calls []string
	for i := range w.config.VTPMs {
		dev := &w.config.VTPMs[i]
		e := element{"backend=" + dev.BackendDomName}
		if dev.UUID != (idl.UUID{}) {
			e.add("uuid", dev.UUID.String())
		}
		vtpms = append(vtpms, e.String())
	}
	w.elements("vtpm", vtpms)
	for i := range w.config.PVCallsIfs {
		var e element
		e.text("backend", w.config.PVCallsIfs[i].BackendDomName)
		calls = append(calls, e.String())
	}
	w.elements("pvcalls", calls)
}

// p9 repeats all keys: an element has what it leaves out from the one before.
func (w *writer) p9() {
	var items []string
	inherits := false
	for i := range w.config.P9s {
		dev := &w.config.P9s[i]
		e := element{"tag=" + dev.Tag, "path=" + dev.Path, "security_model=" + dev.SecurityModel}
		if inherits = inherits || dev.BackendDomName != ""; inherits {
			e.add("backend", dev.BackendDomName)
		}
		items = append(items, e.String())
	}
	w.elements("p9", items)
}

func (w *writer) channels() {
	var items []string
	for i := range w.config.Channels {
		dev := &w.config.Channels[i]
		var e element
		e.text("backend", dev.BackendDomName)
		e.text("name", dev.Name)
		switch {
		case dev.ConnectionPTY != nil:
			e.add("connection", "pty")
		case dev.ConnectionSocket != nil:
			e.add("connection", "socket")
			e.text("path", dev.ConnectionSocket.Path)
		}
		items = append(items, e.String())
	}
	w.elements("channel", items)
}
