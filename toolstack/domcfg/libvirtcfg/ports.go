package libvirtcfg

import (
	"fmt"
	"strings"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

const maxPorts = 16 // of a guest; QEMU has four

// ports is the consoles and serial ports. Each guest has Xen's console.
func (c *converter) ports(devices *element) {
	serials := devices.all("serial")
	for _, e := range devices.all("parallel") {
		c.fail(e, "libxl has no parallel ports", "remove it")
	}
	for _, e := range devices.all("console") {
		c.console(e, &serials)
	}
	if c.hvm() == nil {
		for _, e := range serials {
			c.fail(e, "only an HVM guest has serial ports", "a PV or PVH guest has Xen's console")
		}
		return
	}
	var ports []string
	for i, e := range serials {
		details(e)
		target, n := e.child("target"), uint64(i)
		target.attr("type")
		if text := target.attr("port"); text != "" {
			n = c.number(target, "port", text, maxPorts-1)
		}
		target.quiet("model")
		port := c.qemuPort(e)
		if n >= maxPorts {
			c.fail(e, fmt.Sprintf("more than %d serial ports", maxPorts), "")
			return
		}
		for uint64(len(ports)) <= n {
			ports = append(ports, "none")
		}
		if ports[n] != "none" {
			c.fail(e, fmt.Sprintf("a second serial port %d", n), "")
		}
		ports[n] = port
	}
	if u := c.hvm(); len(ports) == 1 {
		u.Serial = ports[0] // as xl has a single one
	} else {
		u.SerialList = ports
	}
}

// console is Xen's console, or that of the first serial port, which libvirt names twice.
func (c *converter) console(e *element, serials *[]*element) {
	details(e)
	kind := e.child("target").attr("type")
	if kind == "" && c.hvm() != nil {
		kind = "serial"
	}
	switch kind {
	case "serial":
		if c.hvm() == nil {
			c.fail(e, "only an HVM guest has serial ports", "write <target type='xen'/>")
			return
		}
		if len(*serials) == 0 {
			*serials = append(*serials, e)
			return
		}
		e.done = true
	case "", "xen":
		if e.attr("type") != "pty" {
			c.fail(e, fmt.Sprintf("Xen's console cannot be of type %q", e.attr("type")), "pty")
		}
		e.attr("tty") // of a running domain
		e.child("source").attr("path")
		if port := e.child("target").attr("port"); port != "" && port != "0" {
			c.fail(e, "libxl gives a guest one console", "port='0'")
		}
	default:
		c.fail(e, fmt.Sprintf("libxl has no consoles of type %q", kind), "xen, serial")
	}
}

// qemuPort is QEMU's argument for a serial port.
func (c *converter) qemuPort(e *element) string {
	source := e.child("source")
	switch kind := e.attr("type"); kind {
	case "pty":
		e.attr("tty") // these two are of a running domain
		source.attr("path")
		return kind
	case "null", "stdio", "vc":
		return kind
	case "file", "pipe":
		return kind + ":" + c.path(e, source)
	case "dev":
		name := c.path(e, source)
		if !strings.HasPrefix(name, "/") && !e.done {
			c.fail(e, fmt.Sprintf("%q is not a device", name), "a path that begins with /dev/")
		}
		return name
	case "unix":
		return "unix:" + c.path(e, source) + server(source)
	case "tcp":
		prefix := choose(&c.reader, e, "the protocol", e.child("protocol").attr("type"), map[string]string{
			"": "tcp:", "raw": "tcp:", "telnet": "telnet:",
		})
		return prefix + c.word(e, "host", source.attr("host")) + ":" + c.word(e, "service", source.attr("service")) + server(source)
	case "udp":
		return c.udp(e)
	default:
		c.fail(e, fmt.Sprintf("libxl has no ports of type %q", kind), "pty, file, pipe, dev, unix, tcp, udp, null, stdio, vc")
		return ""
	}
}

// server is the end of the argument of a port that waits to be called, but does not keep
// the guest from starting.
func server(source *element) string {
	if source.attr("mode") == "bind" {
		return ",server=on,wait=off"
	}
	return ""
}

func (c *converter) udp(e *element) string {
	from, to := "", ""
	for _, source := range e.all("source") {
		address := c.word(e, "host", source.attr("host")) + ":" + c.word(e, "service", source.attr("service"))
		if source.attr("mode") == "bind" {
			from = "@" + address
		} else {
			to = address
		}
	}
	return "udp:" + to + from
}

func (c *converter) path(e, source *element) string {
	name := c.word(e, "path", source.attr("path"))
	if name == "" && !e.done {
		c.fail(e, "the port has no path", "write <source path='…'/>")
	}
	return name
}

// word is text for one of QEMU's arguments, where a comma begins another option.
func (c *converter) word(e *element, what, text string) string {
	if strings.ContainsAny(text, ",\n") {
		c.fail(e, fmt.Sprintf("%s is %q", what, text), "without commas, which are options for QEMU")
	}
	return text
}

// channels is Xen's channels: consoles with a name.
func (c *converter) channels(all []*element) {
	for _, e := range all {
		details(e)
		target, source := e.child("target"), e.child("source")
		if kind := target.attr("type"); kind != "xen" {
			c.fail(e, fmt.Sprintf("libxl has no channels of type %q", kind), "xen")
			continue
		}
		dev := idl.DeviceChannel{DevID: new(idl.DevID(len(c.out.Channels))), Name: target.attr("name")}
		target.attr("state") // of a running domain
		switch kind := e.attr("type"); kind {
		case "pty":
			source.attr("path")
			dev.ConnectionPTY = &idl.DeviceChannelPTY{}
		case "unix":
			source.attr("mode")
			dev.ConnectionSocket = &idl.DeviceChannelSocket{Path: source.attr("path")}
			if dev.ConnectionSocket.Path == "" {
				c.fail(e, "the channel has no path", "write <source mode='bind' path='…'/>")
			}
		default:
			c.fail(e, fmt.Sprintf("a channel cannot be of type %q", kind), "pty, unix")
		}
		c.out.Channels = append(c.out.Channels, dev)
	}
}
