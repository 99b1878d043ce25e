package domcfg

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"strings"
	"sync"

	"gopkg.in/yaml.v3"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// Network is a network interface of a domain.
type Network struct {
	Bridge  string  `yaml:"bridge,omitempty" json:"bridge,omitempty"`
	MAC     string  `yaml:"mac,omitempty" json:"mac,omitempty"` // lower case; empty: libxl makes one up
	Model   string  `yaml:"model,omitempty" json:"model,omitempty"`
	Type    string  `yaml:"type,omitempty" json:"type,omitempty"`
	Script  string  `yaml:"script,omitempty" json:"script,omitempty"`
	IP      string  `yaml:"ip,omitempty" json:"ip,omitempty"`
	Rate    string  `yaml:"rate,omitempty" json:"rate,omitempty"`
	MTU     int     `yaml:"mtu,omitempty" json:"mtu,omitempty"`
	Name    string  `yaml:"name,omitempty" json:"name,omitempty"` // of the host's end
	Gateway string  `yaml:"gatewaydev,omitempty" json:"gatewaydev,omitempty"`
	Backend string  `yaml:"backend,omitempty" json:"backend,omitempty"`
	Trusted *bool   `yaml:"trusted,omitempty" json:"trusted,omitempty"`
	Libxl   Overlay `yaml:"libxl,omitempty" json:"libxl,omitempty"`
}

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

// bridgeForm is what Linux takes for an interface name (15 bytes, IFNAMSIZ-1)
// less the characters that mean something to QEMU's option lists and scripts.
var bridgeForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}$`) })

func (r *reader) bridge(n *yaml.Node, field string) string {
	text, ok := r.text(n, field)
	if ok && !bridgeForm().MatchString(text) {
		r.fail(n, field, fmt.Sprintf("%q is not an interface name", text), "at most 15 letters, digits, _ . and -")
	}
	return text
}

func (r *reader) mac(n *yaml.Node, field string) string {
	const hint = "write six hexadecimal pairs, as 00:16:3e:12:34:56"
	text, ok := r.text(n, field)
	if !ok {
		return ""
	}
	hw, err := net.ParseMAC(text)
	switch {
	case err != nil || len(hw) != 6 || len(text) != 17 || text[2] != ':':
		r.fail(n, field, fmt.Sprintf("%q is not a MAC address", text), hint)
		return ""
	case hw[0]&1 != 0:
		r.fail(n, field, text+" is a multicast address", "the first pair of an interface's address is even")
	case bytes.Equal(hw, make([]byte, 6)):
		r.fail(n, field, text+" is no address", "leave mac out to get a random one")
	}
	return hw.String()
}

var scriptForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$`) })

// script takes a bare name, which libxl looks up in its script directory
// (/etc/xen/scripts), or an absolute path.
func (r *reader) script(n *yaml.Node, field string) string {
	if n.Kind == yaml.ScalarNode && scriptForm().MatchString(n.Value) {
		text, _ := r.text(n, field)
		return text
	}
	return r.path(n, field)
}

// ip is handed to the interface script, which makes it a firewall rule.
func (r *reader) ip(n *yaml.Node, field string) string {
	text, ok := r.text(n, field)
	if !ok {
		return ""
	}
	usual, ok := usualIP(text)
	if !ok {
		r.fail(n, field, fmt.Sprintf("%q is not an IP address", text), "write it as 192.0.2.7, 192.0.2.7/24 or 2001:db8::7")
	}
	return usual
}

// usualIP is the usual form of an address, or of an address with a length.
func usualIP(text string) (string, bool) {
	if prefix, err := netip.ParsePrefix(text); err == nil {
		return prefix.String(), true
	}
	addr, err := netip.ParseAddr(text)
	if err != nil || addr.Zone() != "" {
		return "", false
	}
	return addr.String(), true
}

func checkNetworks(c *checker) {
	seen := map[string]int{}
	for i := range c.d.Networks {
		nic := &c.d.Networks[i]
		at := fmt.Sprintf("networks[%d]", i)
		if nic.Type == "vif" && nic.Model != "" {
			c.fail(at+".model", "an interface of type vif has no emulated card", "remove model, or write type: ioemu")
		}
		if nic.MAC == "" {
			continue
		}
		if first, dup := seen[nic.MAC]; dup {
			c.fail(at+".mac", fmt.Sprintf("%s is already the address of networks[%d]", nic.MAC, first), "give each interface an address of its own")
			continue
		}
		seen[nic.MAC] = i
	}
}
