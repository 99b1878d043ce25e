package libvirtcfg

import (
	"fmt"
	"math"
	"strings"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// rateInterval is xl's and libvirt's: how often credit for a rate is renewed, in microseconds.
const rateInterval = 50000

// nic reads a network interface.
func (c *converter) nic(e *element) {
	details(e)
	nic := idl.DeviceNIC{DevID: new(idl.DevID(len(c.out.NICs)))}
	source := e.child("source")
	switch kind := e.attr("type"); kind {
	case "bridge":
		nic.Bridge = source.attr("bridge")
	case "ethernet":
	case "network":
		nic.Bridge = source.attr("bridge")
		source.attr("network")
		source.attr("portid")
		if nic.Bridge == "" {
			c.fail(e, "only libvirt knows the bridge of its network", "write type='bridge' and <source bridge='…'/>; virsh net-info tells it")
			return
		}
	default:
		c.fail(e, fmt.Sprintf("libxl has no interfaces of type %q", kind), "bridge, ethernet")
		return
	}
	if mac := e.child("mac"); mac != nil {
		var err error
		if nic.MAC, err = idl.ParseMAC(mac.attr("address")); err != nil {
			c.fail(mac, fmt.Sprintf("%q is not a MAC address", mac.attr("address")), "six pairs of hexadecimal digits with colons")
		}
	}
	nic.Script = e.child("script").attr("path")
	nic.IfName = e.child("target").attr("dev")
	nic.BackendDomName = e.child("backenddomain").attr("name")
	c.nicModel(e.child("model"), &nic)
	c.addresses(e.all("ip"), &nic)
	c.rate(e.child("bandwidth"), &nic)
	if mtu := e.child("mtu"); mtu != nil {
		nic.MTU = int32(c.number(mtu, "size", mtu.attr("size"), math.MaxInt32))
	}
	c.openVSwitch(e, &nic)
	c.out.NICs = append(c.out.NICs, nic)
}

// nicModel is what the guest sees: netfront is no model of QEMU's.
func (c *converter) nicModel(e *element, nic *idl.DeviceNIC) {
	switch model := e.attr("type"); {
	case model == "netfront" && c.hvm() != nil:
		nic.NICType = idl.NICTypeVif
	case model == "netfront": // the only one that the guest can have
	default:
		nic.Model = model
	}
}

// addresses is a list with blanks, for the script.
func (c *converter) addresses(all []*element, nic *idl.DeviceNIC) {
	var list []string
	for _, e := range all {
		address := e.attr("address")
		e.attr("family") // the address shows it
		if address == "" || strings.ContainsAny(address, ", \t\n") {
			c.fail(e, fmt.Sprintf("%q is not an IP address", address), "")
		}
		list = append(list, address)
	}
	nic.IP = strings.Join(list, " ")
}

// rate limits what the guest sends: libxl knows no other direction.
func (c *converter) rate(e *element, nic *idl.DeviceNIC) {
	out := e.child("outbound")
	if out == nil {
		return
	}
	average := c.number(out, "average", out.attr("average"), math.MaxUint32) // kilobytes in a second
	if average == 0 && !out.done {
		c.fail(out, "the average is 0", "leave bandwidth out for no limit")
	}
	nic.RateBytesPerInterval = average * 1000 * rateInterval / 1e6
	nic.RateIntervalUsecs = rateInterval
}

// openVSwitch has VLANs in the name of the bridge, as Xen's script for it wants them:
// BRIDGE.TAG, or BRIDGE:TAG:TAG for a trunk.
func (c *converter) openVSwitch(e *element, nic *idl.DeviceNIC) {
	port := e.child("virtualport")
	if port == nil {
		return
	}
	if kind := port.attr("type"); kind != "openvswitch" {
		c.fail(port, fmt.Sprintf("libxl has no ports of type %q", kind), "openvswitch")
		return
	}
	if p := port.child("parameters"); p != nil && len(p.attrs) > 0 {
		c.warn(p, "has no meaning here", "Xen's script for Open vSwitch takes no parameters; it is ignored")
		p.done = true
	}
	if nic.Script == "" {
		nic.Script = "vif-openvswitch"
	}
	vlan := e.child("vlan")
	tags := vlan.all("tag")
	trunk := c.yes(at(vlan, e), "trunk", vlan.attr("trunk"), len(tags) > 1)
	for _, tag := range tags {
		sign := "."
		if trunk {
			sign = ":"
		}
		nic.Bridge += fmt.Sprintf("%s%d", sign, c.number(tag, "the VLAN", tag.attr("id"), 4095))
	}
	if len(tags) > 1 && !trunk {
		c.fail(vlan, "several tags without trunk='yes'", "write trunk='yes', or one tag")
	}
}
