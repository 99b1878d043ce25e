package migrate

import (
	"context"
	"path/filepath"
	"slices"
	"strings"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// bridges looks for those that the domain's network interfaces are to be on.
func (x *examination) bridges(context.Context) error {
	seen := map[string]bool{}
	for i := range x.offer.Config.NICs {
		n := &x.offer.Config.NICs[i]
		name := bridgeOf(n)
		if name == "" || seen[name] || driven(n.BackendDomID, n.BackendDomName) {
			continue
		}
		seen[name] = true
		if !exists(x.place.net, name) {
			x.refuse("create it, or say with --map-bridge which one it is there", "there is no bridge %q there", name)
		}
	}
	return nil
}

// bridgeOf is the interface's bridge. libxl notes one also where the script uses none, and Open
// vSwitch's script takes VLANs behind the name (tools/hotplug/Linux/vif-openvswitch).
func bridgeOf(n *idl.DeviceNIC) string {
	switch filepath.Base(n.Script) {
	case "vif-route", "vif-nat":
		return ""
	case "vif-openvswitch":
		name, _, _ := strings.Cut(n.Bridge, ":")
		name, _, _ = strings.Cut(name, ".")
		return name
	}
	return n.Bridge
}

// scripts looks for the programs that connect the domain's devices.
func (x *examination) scripts(context.Context) error {
	seen := map[string]bool{}
	look := func(script string) {
		path := script
		if !filepath.IsAbs(path) {
			path = filepath.Join(x.place.scripts, path)
		}
		if script == "" || seen[path] {
			return
		}
		seen[path] = true
		if lookFor(path) != nil {
			x.refuse("copy it there", "the script %s does not exist there", path)
		}
	}
	for _, n := range x.offer.Config.NICs {
		if !driven(n.BackendDomID, n.BackendDomName) {
			look(n.Script)
		}
	}
	for _, d := range x.offer.Config.Disks {
		if !driven(d.BackendDomID, d.BackendDomName) {
			look(d.Script)
		}
	}
	return nil
}

// backends looks for what serves the domain's devices: drivers of domain 0's kernel, which may be
// loaded when they are needed, and programs, which are there or not.
func (x *examination) backends(context.Context) error {
	cfg := x.offer.Config
	uses := func(b idl.DiskBackend) bool {
		return slices.ContainsFunc(cfg.Disks, func(d idl.DeviceDisk) bool { return d.Backend == b && !driven(d.BackendDomID, d.BackendDomName) })
	}
	if uses(idl.DiskBackendTap) && !x.program("tap-ctl") {
		x.refuse("install blktap there, or use another backend", "a disk is served by blktap, whose tap-ctl is not there")
	}
	kernel := func(driver, module, device string) {
		if !exists(x.place.backends, driver) {
			x.note("modprobe "+module+" there, unless it is loaded by itself", "the kernel of dom0 there has no driver %s loaded, which serves the domain's %s", driver, device)
		}
	}
	if uses(idl.DiskBackendPhy) {
		kernel("vbd", "xen-blkback", "disks")
	}
	if slices.ContainsFunc(cfg.NICs, func(n idl.DeviceNIC) bool { return !driven(n.BackendDomID, n.BackendDomName) }) {
		kernel("vif", "xen-netback", "network interfaces")
	}
	return nil
}

func (x *examination) program(name string) bool {
	return slices.ContainsFunc(x.place.programs, func(folder string) bool { return exists(folder, name) })
}

// backend is the domain that serves a device.
type backend struct {
	device string
	id     idl.DomID
	name   string
}

// driven says that another domain than 0 serves a device.
func driven(id idl.DomID, name string) bool {
	return id != 0 || name != "" && name != "0" && name != "Domain-0"
}

// backendsOf are those of a domain's devices that another domain than 0 serves.
func backendsOf(cfg *idl.DomainConfig) []backend {
	var all []backend
	add := func(device string, id idl.DomID, name string) {
		if driven(id, name) {
			all = append(all, backend{device, id, name})
		}
	}
	for _, d := range cfg.Disks {
		add("disk "+d.VDev, d.BackendDomID, d.BackendDomName)
	}
	for _, n := range cfg.NICs {
		add("network interface "+n.MAC.String(), n.BackendDomID, n.BackendDomName)
	}
	for _, v := range cfg.VTPMs {
		add("vtpm", v.BackendDomID, v.BackendDomName)
	}
	for _, p := range cfg.P9s {
		add("9pfs "+p.Tag, p.BackendDomID, p.BackendDomName)
	}
	return all
}
