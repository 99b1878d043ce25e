package xlcfg

import (
	"fmt"
	"strings"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// channels is channel=. Only here are the blanks around keys and values cut off.
func (c *converter) channels() {
	for i, v := range c.items("channel") {
		dev := idl.DeviceChannel{DevID: devID(i)}
		var connection, path string
		parts, before := cut(v, ','), len(c.errs)
		if len(parts) == 0 {
			c.fail(v.Pos, "channel", "is empty", "xl crashes at it")
			continue
		}
		for _, p := range parts {
			name, value, ok := splitPair(p.text)
			if !ok {
				c.fail(p.pos(), "channel", fmt.Sprintf("%q has no key or no value", p.text), "as connection=pty")
				continue
			}
			q := pair{p, strings.TrimFunc(name, isSpace), strings.TrimFunc(value, isSpace)}
			c.checkConnection(q)
			if !q.set(map[string]*string{"backend": &dev.BackendDomName, "name": &dev.Name, "path": &path, "connection": &connection}) {
				c.warn(p.pos(), "channel", fmt.Sprintf("unknown key %q", q.name), "it is ignored")
			}
		}
		if len(c.errs) == before {
			c.connect(&dev, v, connection, path)
		}
		c.out.Channels = append(c.out.Channels, dev)
	}
}

func (c *converter) connect(dev *idl.DeviceChannel, v *Value, connection, path string) {
	switch {
	case connection == "pty":
		dev.ConnectionPTY = &idl.DeviceChannelPTY{}
		if path != "" {
			c.warn(v.Pos, "channel", "path is ignored", "the connection is a pty")
		}
	case connection == "socket" && path == "":
		c.fail(v.Pos, "channel", "a socket without its path", "add path=")
	case connection == "socket":
		dev.ConnectionSocket = &idl.DeviceChannelSocket{Path: path}
	default:
		c.fail(v.Pos, "channel", "no connection", "pty, socket")
	}
}

func (c *converter) checkConnection(p pair) {
	if p.name == "connection" && p.value != "pty" && p.value != "socket" {
		c.fail(p.pos(), "channel", fmt.Sprintf("unknown connection %q", p.value), "pty, socket")
	}
}
