package libvirtcfg

import (
	"fmt"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// identity is who the guest is, and its type.
func (c *converter) identity() {
	info := &c.out.CInfo
	info.RunHotplugScripts = idl.True
	name := c.root.child("name")
	if info.Name = name.body(); info.Name == "" {
		c.fail(at(name, c.root), "the domain has no name", "write <name>")
	}
	c.uuid()
	c.guestType()
}

// at is the element, or the one that would hold it.
func at(e, holder *element) *element {
	if e == nil {
		// A copy, because a fault marks what it is about.
		return &element{pos: holder.pos, path: holder.path}
	}
	return e
}

func (c *converter) uuid() {
	e := c.root.child("uuid")
	if e == nil {
		var err error
		if c.out.CInfo.UUID, err = idl.NewUUID(c.random); err != nil {
			c.fail(at(nil, c.root), err.Error(), "")
		}
		return
	}
	c.out.CInfo.UUID = c.parseUUID(e)
}

func (c *converter) parseUUID(e *element) idl.UUID {
	u, err := idl.ParseUUID(e.body())
	if err != nil {
		c.fail(e, fmt.Sprintf("%q is not a UUID", e.body()), "8-4-4-4-12 hexadecimal digits")
	}
	return u
}

// guestType reads os/type. A PV guest is "linux" where virsh prints it, and "xen" too.
func (c *converter) guestType() {
	e := c.root.child("os").child("type")
	if e == nil {
		c.fail(at(c.root.child("os"), c.root), "there is no os/type", "hvm, linux (a PV guest) or xenpvh")
		return
	}
	info, b, machine := &c.out.CInfo, &c.out.BInfo, e.attr("machine")
	want := ""
	switch kind := e.body(); kind {
	case "hvm":
		info.Type, b.TypeHVM, want = idl.DomainTypeHVM, &idl.DomainBuildInfoHVM{}, "xenfv"
	case "xenpvh":
		info.Type, b.TypePVH, want = idl.DomainTypePVH, &idl.DomainBuildInfoPVH{}, "xenpvh"
	case "xen", "linux":
		info.Type, b.TypePV, want = idl.DomainTypePV, &idl.DomainBuildInfoPV{}, "xenpv"
	default:
		c.fail(e, fmt.Sprintf("libxl has no guests of type %q", kind), "hvm, linux (a PV guest) or xenpvh")
		return
	}
	if machine != "" && machine != want {
		c.fail(e, fmt.Sprintf("the machine %q is not that of type %q", machine, e.body()), "leave it out, or write "+want)
	}
	switch arch := e.attr("arch"); arch {
	case "", "x86_64", "i686":
	default:
		c.warn(e, fmt.Sprintf("arch=%q has no meaning here", arch), "libxl takes the architecture from the kernel and the host")
	}
}
