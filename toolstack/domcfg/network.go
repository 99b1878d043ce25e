package domcfg

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"sync"

	"gopkg.in/yaml.v3"
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
