package libvirtcfg

import (
	"strings"

	"libvirt.org/go/libvirtxml"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// ports writes the serial ports, Xen's console, and the channels.
func (w *writer) ports() {
	d := w.out.Devices
	if u := w.in.BInfo.TypeHVM; u != nil {
		list := u.SerialList
		if u.Serial != "" {
			list = idl.StringList{u.Serial}
		}
		for i, text := range list {
			if port := serialPort(text); port != nil {
				port.Target = &libvirtxml.DomainSerialTarget{Port: new(uint(i))}
				d.Serials = append(d.Serials, *port)
			}
		}
	} else {
		d.Consoles = append(d.Consoles, libvirtxml.DomainConsole{
			Source: &libvirtxml.DomainChardevSource{Pty: &libvirtxml.DomainChardevSourcePty{}},
			Target: &libvirtxml.DomainConsoleTarget{Type: "xen", Port: new(uint(0))},
		})
	}
	for _, in := range w.in.Channels {
		channel := libvirtxml.DomainChannel{Target: &libvirtxml.DomainChannelTarget{Xen: &libvirtxml.DomainChannelTargetXen{Name: in.Name}}}
		switch {
		case in.ConnectionPTY != nil:
			channel.Source = &libvirtxml.DomainChardevSource{Pty: &libvirtxml.DomainChardevSourcePty{}}
		case in.ConnectionSocket != nil && in.ConnectionSocket.Path != "":
			channel.Source = &libvirtxml.DomainChardevSource{UNIX: &libvirtxml.DomainChardevSourceUNIX{Mode: "bind", Path: in.ConnectionSocket.Path}}
		default:
			continue
		}
		d.Channels = append(d.Channels, channel)
	}
}

// serialPort is what QEMU's argument says; nil when there is none, or libvirt has no
// words for it.
func serialPort(text string) *libvirtxml.DomainSerial {
	text, options, _ := strings.Cut(text, ",")
	mode := "connect"
	for option := range strings.SplitSeq(options, ",") {
		if option == "server" || option == "server=on" {
			mode = "bind"
		}
	}
	kind, rest, _ := strings.Cut(text, ":")
	port := &libvirtxml.DomainSerial{}
	s := &libvirtxml.DomainChardevSource{}
	switch {
	case strings.HasPrefix(text, "/") && len(text) > 1:
		s.Dev = &libvirtxml.DomainChardevSourceDev{Path: text}
	case text == "pty":
		s.Pty = &libvirtxml.DomainChardevSourcePty{}
	case text == "null":
		s.Null = &libvirtxml.DomainChardevSourceNull{}
	case text == "vc":
		s.VC = &libvirtxml.DomainChardevSourceVC{}
	case text == "stdio":
		s.StdIO = &libvirtxml.DomainChardevSourceStdIO{}
	case rest == "":
		return nil
	case kind == "file":
		s.File = &libvirtxml.DomainChardevSourceFile{Path: rest}
	case kind == "pipe":
		s.Pipe = &libvirtxml.DomainChardevSourcePipe{Path: rest}
	case kind == "unix":
		s.UNIX = &libvirtxml.DomainChardevSourceUNIX{Mode: mode, Path: rest}
	case kind == "tcp":
		s.TCP = tcpSource(mode, rest)
	case kind == "telnet":
		s.TCP = tcpSource(mode, rest)
		port.Protocol = &libvirtxml.DomainChardevProtocol{Type: "telnet"}
	case kind == "udp":
		s.UDP = udpSource(rest)
	default:
		return nil
	}
	port.Source = s
	return port
}

// cutHost takes the port from behind the last colon.
func cutHost(address string) (host, service string) {
	if i := strings.LastIndexByte(address, ':'); i >= 0 {
		return address[:i], address[i+1:]
	}
	return address, ""
}

func tcpSource(mode, address string) *libvirtxml.DomainChardevSourceTCP {
	host, service := cutHost(address)
	return &libvirtxml.DomainChardevSourceTCP{Mode: mode, Host: host, Service: service}
}

func udpSource(text string) *libvirtxml.DomainChardevSourceUDP {
	to, from, _ := strings.Cut(text, "@")
	udp := &libvirtxml.DomainChardevSourceUDP{}
	udp.ConnectHost, udp.ConnectService = cutHost(to)
	udp.BindHost, udp.BindService = cutHost(from)
	return udp
}
