package libvirtcfg

import "github.com/xenvoy/xenvoy/xen/libxl/idl"

// actions is libvirt's words for what happens when a guest stops.
func actions() map[string]idl.ActionOnShutdown {
	return map[string]idl.ActionOnShutdown{
		"destroy": 0, "restart": idl.ActionOnShutdownRestart, // what libxl starts out with is destroy
		"rename-restart": idl.ActionOnShutdownRestartRename, "preserve": idl.ActionOnShutdownPreserve,
		"coredump-destroy": idl.ActionOnShutdownCoredumpDestroy, "coredump-restart": idl.ActionOnShutdownCoredumpRestart,
	}
}

// lifecycle is what happens when the guest stops. libvirt has no words for a watchdog's
// or a soft reset's; they are xl's.
func (c *converter) lifecycle() {
	o := c.out
	o.OnPoweroff = c.action("on_poweroff", "destroy")
	o.OnReboot = c.action("on_reboot", "restart")
	o.OnCrash = c.action("on_crash", "destroy")
	o.OnSoftReset = idl.ActionOnShutdownSoftReset
}

func (c *converter) action(name, otherwise string) idl.ActionOnShutdown {
	e := c.root.child(name)
	if e == nil {
		return actions()[otherwise]
	}
	return choose(&c.reader, e, "the action", e.body(), actions())
}

// commandline is more arguments for QEMU, in the namespace of libvirt's Xen driver.
func (c *converter) commandline() {
	const space = "http://libvirt.org/schemas/domain/xen/1.0"
	for _, arg := range c.root.child(space + " commandline").all(space + " arg") {
		c.out.BInfo.Extra = append(c.out.BInfo.Extra, arg.attr("value"))
	}
}
