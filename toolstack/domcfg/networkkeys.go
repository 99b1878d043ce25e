package domcfg

import (
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// networkList is how networks are read and written.
func networkList() devices[Network, idl.DeviceNIC] {
	return devices[Network, idl.DeviceNIC]{
		links: networkLinks, rest: func(v *Network) *Overlay { return &v.Libxl },
		start: func(_ *idl.DomainConfig, i int) idl.DeviceNIC { return idl.DeviceNIC{DevID: devID(i)} },
	}
}

// deviceLinks is disks and networks.
func deviceLinks() []link[Domain, idl.DomainConfig] {
	return []link[Domain, idl.DomainConfig]{
		disksKey(),
		devicesKey(key[Domain]{name: "networks", kind: "list of networks", xl: "vif"}, networkList(),
			func(d *Domain) *[]Network { return &d.Networks }, func(c *idl.DomainConfig) *[]idl.DeviceNIC { return &c.NICs }),
	}
}

func networkSchema() []key[Network] { return keysOf(networkList().all()) }

func networkLinks() []link[Network, idl.DeviceNIC] {
	type dev = idl.DeviceNIC
	return []link[Network, dev]{
		textKey(key[Network]{name: "bridge", kind: "host interface", def: "xenbr0 (libxl)", xl: "bridge="}, (*reader).bridge,
			func(v *Network) *string { return &v.Bridge }, func(l *dev) *string { return &l.Bridge }),
		macKey(),
		modelKey(),
		wordKey(key[Network]{name: "type", def: "ioemu: emulated and paravirtual (libxl)", guests: OnlyHVM, xl: "type="},
			[]named[idl.NICType]{{"ioemu", idl.NICTypeVifIoemu}, {"vif", idl.NICTypeVif}},
			func(v *Network) *string { return &v.Type }, func(l *dev) *idl.NICType { return &l.NICType }),
		textKey(key[Network]{name: "script", kind: "name or absolute path", def: "vif-bridge (libxl)", xl: "script="}, (*reader).script,
			func(v *Network) *string { return &v.Script }, func(l *dev) *string { return &l.Script }),
		ipKey(),
		rateKey(),
		numberKey(key[Network]{name: "mtu", def: "of the bridge (libxl)", xl: "mtu="}, 68, 65535, func(v *Network) *int { return &v.MTU }, func(l *dev) *int32 { return &l.MTU }),
		textKey(key[Network]{name: "name", kind: "interface name", def: "vifDOMAIN.NUMBER (libxl)", xl: "vifname="}, (*reader).bridge,
			func(v *Network) *string { return &v.Name }, func(l *dev) *string { return &l.IfName }),
		textKey(key[Network]{name: "gatewaydev", kind: "host interface", def: "eth0 (vif-route)", xl: "gatewaydev="}, (*reader).bridge,
			func(v *Network) *string { return &v.Gateway }, func(l *dev) *string { return &l.Gatewaydev }),
		backendKey(func(v *Network) *string { return &v.Backend }, func(l *dev) *string { return &l.BackendDomName }),
		flagKey(key[Network]{name: "trusted", def: "true (libxl)", xl: "trusted, untrusted"}, func(v *Network) **bool { return &v.Trusted }, func(l *dev) *idl.Defbool { return &l.Trusted }),
	}
}

func modelKey() link[Network, idl.DeviceNIC] {
	words := []string{"rtl8139", "e1000", "e1000e", "ne2k_pci", "pcnet", "virtio-net"}
	l := textKey(key[Network]{name: "model", kind: strings.Join(words, ", "), def: "rtl8139 (libxl)", guests: OnlyHVM, xl: "model="},
		func(r *reader, n *yaml.Node, f string) string { return r.enum(n, f, words...) },
		func(v *Network) *string { return &v.Model }, func(l *idl.DeviceNIC) *string { return &l.Model })
	l.shape = wordShape(words...)
	return l
}

func macKey() link[Network, idl.DeviceNIC] {
	k := key[Network]{name: "mac", def: "random, 00:16:3e:… (libxl)", xl: "mac="}
	return link[Network, idl.DeviceNIC]{
		key: spec(k, "MAC address", patternShape("^[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}$"), func(r *reader, n *yaml.Node, f string, v *Network) { v.MAC = r.mac(n, f) }),
		give: func(c *converter, field string, v *Network, out *idl.DeviceNIC) {
			if v.MAC == "" {
				return
			}
			mac, err := idl.ParseMAC(v.MAC)
			if err != nil {
				c.fail(field, v.MAC)
			}
			out.MAC = mac
		},
		take: func(_ *taker, _ string, in *idl.DeviceNIC, v *Network) {
			if in.MAC != (idl.MAC{}) {
				v.MAC = in.MAC.String()
			}
		},
	}
}

// ipKey takes only what the reader leaves as it is.
func ipKey() link[Network, idl.DeviceNIC] {
	l := textKey(key[Network]{name: "ip", kind: "address or address/length", xl: "ip="}, (*reader).ip,
		func(v *Network) *string { return &v.IP }, func(l *idl.DeviceNIC) *string { return &l.IP })
	l.take = func(_ *taker, _ string, in *idl.DeviceNIC, v *Network) {
		if text, ok := usualIP(in.IP); ok && text == in.IP {
			v.IP = text
		}
	}
	return l
}
