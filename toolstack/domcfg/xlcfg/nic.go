package xlcfg

import (
	"fmt"
	"math"
	"strings"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// nics is vif= (parse_nic_config of tools/xl/xl_parse.c; xl-network-configuration(5)).
func (c *converter) nics() {
	for i, v := range c.items("vif") {
		nic := c.host.nic()
		nic.DevID = devID(i)
		for _, p := range split(v, ',') {
			c.nic(&nic, p)
		}
		c.out.NICs = append(c.out.NICs, nic)
	}
	if s := c.find("vif2"); s != nil {
		c.warn(s.Pos, "vif2", "is ignored", "netchannel2 never became part of xl")
	}
}

// nic is what xl.conf says of network interfaces.
func (h Host) nic() idl.DeviceNIC {
	return idl.DeviceNIC{Script: h.VifScript, Bridge: h.VifBridge, Gatewaydev: h.VifGatewayDev, BackendDomName: h.VifBackend}
}

// nic takes one part. For a file xl does not look at what its reader returns: an unknown
// part is no error.
func (c *converter) nic(nic *idl.DeviceNIC, p part) {
	const key = "vif"
	switch name, value, given := strings.Cut(p.text, "="); {
	case !given && (p.text == "trusted" || p.text == "untrusted"):
		nic.Trusted = idl.Bool(p.text == "trusted")
	case !given:
		c.unknownNIC(p, "word", p.text)
	case name == "type":
		c.nicType(nic, p, value)
	case name == "mac":
		c.mac(nic, p, value)
	case name == "rate":
		c.rate(nic, p, value)
	case name == "devid":
		nic.DevID = new(idl.DevID(c.decimal(key, pair{p, name, value})))
	case name == "mtu":
		nic.MTU = c.decimal(key, pair{p, name, value})
	case name == "accel":
		c.warn(p.pos(), key, "accel is ignored", "xl does not know it")
	default:
		if name == "netdev" {
			c.warn(p.pos(), key, "netdev is deprecated", "write gatewaydev")
		}
		into := nicText(nic, name)
		if into == nil && strings.HasPrefix(name, "colo_") {
			into = coloTexts(nic)[name]
		}
		if into == nil {
			c.unknownNIC(p, "key", name)
			return
		}
		*into = value
	}
}

func (c *converter) unknownNIC(p part, what, name string) {
	if c.full() {
		return
	}
	known := []string{
		"type", "mac", "bridge", "gatewaydev", "ip", "script", "backend", "vifname", "model", "rate", "forwarddev",
		"devid", "mtu", "trusted", "untrusted",
	}
	c.refuse(p, fmt.Sprintf("unknown %s %q", what, name), didYouMean(name, known))
}

// nicText is the member for a key whose value is a text, or nil.
func nicText(nic *idl.DeviceNIC, name string) *string {
	return map[string]*string{
		"bridge": &nic.Bridge, "netdev": &nic.Gatewaydev, "gatewaydev": &nic.Gatewaydev, "ip": &nic.IP,
		"script": &nic.Script, "backend": &nic.BackendDomName, "vifname": &nic.IfName, "model": &nic.Model,
		"forwarddev": &nic.ColoftForwarddev,
	}[name]
}

func (c *converter) nicType(nic *idl.DeviceNIC, p part, value string) {
	switch value {
	case "vif":
		nic.NICType = idl.NICTypeVif
	case "ioemu":
		nic.NICType = idl.NICTypeVifIoemu
	default:
		c.refuse(p, fmt.Sprintf("unknown type %q", value), "; vif or ioemu")
	}
}

// refuse is for a part that xl takes for an error on its command line, and passes over in
// a file. more follows a word.
func (c *converter) refuse(p part, msg, more string) {
	if c.operands {
		c.fail(p.pos(), "vif", msg, strings.TrimPrefix(more, "; "))
		return
	}
	c.warn(p.pos(), "vif", msg, "it is ignored"+more)
}

// mac takes six hexadecimal numbers with any one character between them.
func (c *converter) mac(nic *idl.DeviceNIC, p part, value string) {
	rest := value
	for i := range nic.MAC {
		n, used := scanNumber(rest, 16)
		if used == 0 || n.ulong() > 255 || used == len(rest) && i < len(nic.MAC)-1 {
			c.fail(p.pos(), "vif", fmt.Sprintf("%q is not a MAC address", value), "six pairs of hexadecimal digits with colons")
			return
		}
		nic.MAC[i] = byte(n.ulong())
		if rest = rest[used:]; i < len(nic.MAC)-1 {
			rest = rest[1:]
		}
	}
	if len(value) != 17 || value != nic.MAC.String() && !strings.EqualFold(value, nic.MAC.String()) {
		c.warn(p.pos(), "vif", fmt.Sprintf("%q is not a usual MAC address", value), "it is taken for "+nic.MAC.String())
	}
}

// decimal is strtoul in base 10: what follows the number does not count.
func (c *converter) decimal(key string, p pair) int32 {
	n, used := scanNumber(p.value, 10)
	if used == 0 || n.ulong() > math.MaxInt32 {
		c.fail(p.pos(), key, fmt.Sprintf("%s=%s is not a number", p.name, p.value), fmt.Sprintf("0 to %d", math.MaxInt32))
		return 0
	}
	if used < len(p.value) {
		c.warn(p.pos(), key, fmt.Sprintf("%q follows the number of %s", p.value[used:], p.name), "it is ignored")
	}
	return int32(n.ulong())
}
