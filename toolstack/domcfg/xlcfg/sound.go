package xlcfg

import (
	"fmt"
	"strings"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// sounds is vsnd=: a list for each card, of texts that begin with card, pcm or
// stream (parse_vsnd_config of tools/xl/xl_parse.c). A pcm belongs to the card,
// a stream to the pcm before it.
func (c *converter) sounds() {
	cards, _ := c.list("vsnd")
	for i, card := range cards {
		if !card.IsList {
			c.fail(card.Pos, "vsnd", "a text where a list belongs", "each card is a list of its own")
			continue
		}
		dev := idl.DeviceVsnd{DevID: devID(i)}
		for _, v := range card.Items {
			if v.IsList {
				c.warn(v.Pos, "vsnd", "a list within the card", "this and what follows is ignored")
				break
			}
			c.soundPart(&dev, v)
		}
		c.out.Vsnds = append(c.out.Vsnds, dev)
	}
}

// soundPart reads the texts of one element into the part that it begins.
func (c *converter) soundPart(dev *idl.DeviceVsnd, v *Value) {
	parts := split(v, ',')
	if len(parts) == 0 {
		return
	}
	params, texts := &dev.Params, map[string]*string{}
	var kind *idl.VsndStreamType
	switch strings.ToLower(parts[0].text) {
	case "card":
		texts["backend"], texts["short-name"], texts["long-name"] = &dev.BackendDomName, &dev.ShortName, &dev.LongName
	case "pcm":
		dev.PCMs = append(dev.PCMs, idl.VsndPCM{})
		pcm := &dev.PCMs[len(dev.PCMs)-1]
		params, texts["name"] = &pcm.Params, &pcm.Name
	case "stream":
		if len(dev.PCMs) == 0 {
			dev.PCMs = append(dev.PCMs, idl.VsndPCM{})
		}
		pcm := &dev.PCMs[len(dev.PCMs)-1]
		pcm.Streams = append(pcm.Streams, idl.VsndStream{})
		stream := &pcm.Streams[len(pcm.Streams)-1]
		params, texts["unique-id"], kind = &stream.Params, &stream.UniqueID, &stream.Type
	default:
		c.fail(parts[0].pos(), "vsnd", fmt.Sprintf("unknown part %q", parts[0].text), "card, pcm, stream")
		return
	}
	for _, p := range parts[1:] {
		name, value, _ := strings.Cut(p.text, "=")
		q := pair{p, name, value}
		switch _, given := p.option(name); {
		case given && (q.set(texts) || c.soundParam(params, q)):
		case given && name == "type" && kind != nil:
			c.enum(p.value, "vsnd", value, kind)
		default:
			c.fail(p.pos(), "vsnd", fmt.Sprintf("unknown key %q for a %s", name, parts[0].text), "")
		}
	}
}

// soundParam sets what cards, PCMs and streams have in common.
func (c *converter) soundParam(params *idl.VsndParams, p pair) bool {
	switch p.name {
	case "sample-rates":
		params.SampleRates = nil
		for _, rate := range c.several(p) {
			params.SampleRates = append(params.SampleRates, c.count("vsnd", pair{p.part, p.name, rate.text}))
		}
	case "sample-formats":
		params.SampleFormats = nil
		for _, text := range c.several(p) {
			var format idl.VsndPCMFormat
			c.enum(p.part.value, "vsnd", text.text, &format)
			params.SampleFormats = append(params.SampleFormats, format)
		}
	case "channels-min":
		params.ChannelsMin = c.count("vsnd", p)
	case "channels-max":
		params.ChannelsMax = c.count("vsnd", p)
	case "buffer-size":
		params.BufferSize = c.count("vsnd", p)
	default:
		return false
	}
	return true
}

// several is the values between semicolons. xl crashes when there is none.
func (c *converter) several(p pair) []part {
	parts := cut(&Value{Text: p.value}, ';')
	if len(parts) == 0 {
		c.fail(p.pos(), "vsnd", p.name+" is empty", "values with semicolons between them")
	}
	return parts
}
