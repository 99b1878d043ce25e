package domcfg

import (
	"gopkg.in/yaml.v3"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// Limits on virtual CPUs: HVM_MAX_VCPUS for types with hardware support
// (xen/include/public/hvm/hvm_info_table.h), MAX_VIRT_CPUS for PV
// (xen/arch/x86/include/asm/config.h).
const (
	maxHVMVCPUs = 128
	maxPVVCPUs  = 8192
)

// domainSchema is every key at the top of a domain file, in the order in which
// Marshal writes them.
func domainSchema() []key[Domain] {
	keys := keysOf(domainLinks())
	last := len(keys) - 1 // libxl
	return append(keys[:last:last], autostartKey(), keys[last])
}

// domainLinks is in the order in which the keys are written to libxl's
// configuration, too: where two keys touch the same member, the later one wins.
func domainLinks() []link[Domain, idl.DomainConfig] {
	links := identityLinks()
	for _, more := range [][]link[Domain, idl.DomainConfig]{
		placementLinks(), bootLinks(), firmwareLinks(), deviceLinks(), peripheralLinks(), graphicsLinks(), hardwareLinks(),
		guestLinks(), platformLinks(), cpuidLinks(), limitLinks(), modelLinks(), actionLinks(),
	} {
		links = append(links, more...)
	}
	return append(links, libxlLink())
}

func identityLinks() []link[Domain, idl.DomainConfig] {
	return []link[Domain, idl.DomainConfig]{
		textKey(key[Domain]{name: "name", kind: "a name", def: "required", xl: "name", required: true, libxl: "c_info.name"}, (*reader).name,
			func(d *Domain) *string { return &d.Name }, func(c *idl.DomainConfig) *string { return &c.CInfo.Name }),
		{
			key: spec(key[Domain]{name: "uuid", def: "random", xl: "uuid"}, "UUID", uuidShape(),
				func(r *reader, n *yaml.Node, f string, d *Domain) { d.UUID = r.uuid(n, f) }),
			give: giveUUID, take: takeUUID,
		},
		{
			key: spec(key[Domain]{name: "type", def: "required", xl: "type", required: true}, "hvm, pvh, pv", wordShape(string(HVM), string(PVH), string(PV)),
				func(r *reader, n *yaml.Node, f string, d *Domain) {
					d.Type = Type(r.enum(n, f, string(HVM), string(PVH), string(PV)))
				}),
			give: giveType, take: takeType,
		},
		{
			key: spec(key[Domain]{name: "memory", def: "required", xl: "memory", required: true, libxl: "b_info.target_memkb"}, "size, 1MiB to 16TiB", sizeShape(),
				func(r *reader, n *yaml.Node, f string, d *Domain) { d.Memory = r.size(n, f) }),
			give: giveMemory, take: takeMemory,
		},
		{
			key: spec(key[Domain]{name: "max_memory", def: "memory", xl: "maxmem"}, "size, memory to 16TiB", sizeShape(),
				func(r *reader, n *yaml.Node, f string, d *Domain) { d.MaxMemory = r.size(n, f) }),
			give: giveMaxMemory, take: takeMaxMemory,
		},
		{
			key: spec(key[Domain]{name: "vcpus", def: "1 (libxl)", xl: "vcpus"}, "1 to 128; pv: to 8192", numberShape(1, maxPVVCPUs),
				func(r *reader, n *yaml.Node, f string, d *Domain) { d.VCPUs = r.integer(n, f, 1, maxPVVCPUs) }),
			give: giveVCPUs, take: takeVCPUs,
		},
		{
			key: spec(key[Domain]{name: "max_vcpus", def: "vcpus", xl: "maxvcpus"}, "vcpus to 128; pv: to 8192", numberShape(1, maxPVVCPUs),
				func(r *reader, n *yaml.Node, f string, d *Domain) { d.MaxVCPUs = r.integer(n, f, 1, maxPVVCPUs) }),
			give: giveMaxVCPUs, take: takeMaxVCPUs,
		},
	}
}

// guestLinks is what Windows and hypervisors in the guest ask for.
func guestLinks() []link[Domain, idl.DomainConfig] {
	return []link[Domain, idl.DomainConfig]{
		{
			key: spec(key[Domain]{name: "viridian", def: "false (libxl)", guests: OnlyHVM, xl: "viridian"}, "true, false or list of groups", viridianShape(),
				func(r *reader, n *yaml.Node, f string, d *Domain) { d.Viridian = r.viridian(n, f) }),
			give: giveViridian, take: takeViridian,
		},
		flagKey(key[Domain]{name: "nested_hvm", def: "false (libxl)", guests: HVMAndPVH, xl: "nestedhvm"},
			func(d *Domain) **bool { return &d.NestedHVM }, func(c *idl.DomainConfig) *idl.Defbool { return &c.BInfo.NestedHVM }),
	}
}

// actionLinks is what happens when the domain stops. libxl has no value for
// "destroy" other than that of a member which is unset.
func actionLinks() []link[Domain, idl.DomainConfig] {
	action := func(name string, def Action, of func(*Domain) *Action, member func(*idl.DomainConfig) *idl.ActionOnShutdown) link[Domain, idl.DomainConfig] {
		return link[Domain, idl.DomainConfig]{
			key: spec(key[Domain]{name: name, def: string(def), xl: name}, "an action", wordShape(actions()...),
				func(r *reader, n *yaml.Node, f string, d *Domain) { *of(d) = r.action(n, f) }),
			give: func(c *converter, field string, d *Domain, out *idl.DomainConfig) {
				*member(out) = c.action(field, *of(d), def)
			},
			take: func(_ *taker, _ string, in *idl.DomainConfig, d *Domain) {
				a := Destroy
				if *member(in) != 0 {
					a = ActionOf(*member(in))
				}
				if a != def {
					*of(d) = a
				}
			},
		}
	}
	return []link[Domain, idl.DomainConfig]{
		action("on_poweroff", Destroy, func(d *Domain) *Action { return &d.OnPoweroff }, func(c *idl.DomainConfig) *idl.ActionOnShutdown { return &c.OnPoweroff }),
		action("on_reboot", Restart, func(d *Domain) *Action { return &d.OnReboot }, func(c *idl.DomainConfig) *idl.ActionOnShutdown { return &c.OnReboot }),
		action("on_watchdog", Destroy, func(d *Domain) *Action { return &d.OnWatchdog }, func(c *idl.DomainConfig) *idl.ActionOnShutdown { return &c.OnWatchdog }),
		action("on_crash", Destroy, func(d *Domain) *Action { return &d.OnCrash }, func(c *idl.DomainConfig) *idl.ActionOnShutdown { return &c.OnCrash }),
		action("on_soft_reset", SoftReset, func(d *Domain) *Action { return &d.OnSoftReset }, func(c *idl.DomainConfig) *idl.ActionOnShutdown { return &c.OnSoftReset }),
	}
}

// libxlLink is applied by libxlConfig, and taken by FromLibxl, after all others.
func libxlLink() link[Domain, idl.DomainConfig] {
	return link[Domain, idl.DomainConfig]{
		key: spec(key[Domain]{name: "libxl", xl: "none"}, "a mapping of libxl's members", libxlShape(idl.DomainConfig{}),
			func(r *reader, n *yaml.Node, f string, d *Domain) { d.Libxl = r.overlay(n, f, idl.DomainConfig{}) }),
		give: func(c *converter, field string, d *Domain, out *idl.DomainConfig) { c.lay(d.Libxl, field, out) },
		take: func(*taker, string, *idl.DomainConfig, *Domain) {},
	}
}
