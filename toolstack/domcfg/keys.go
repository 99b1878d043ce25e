package domcfg

import "gopkg.in/yaml.v3"

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
	keys := append(identityKeys(), bootKeys()...)
	keys = append(keys, deviceKeys()...)
	keys = append(keys, actionKeys()...)
	return append(keys, autostartKey())
}

func identityKeys() []key[Domain] {
	return []key[Domain]{
		{name: "name", kind: "a name", def: "required", guests: AllGuests, xl: "name", required: true,
			read: func(r *reader, n *yaml.Node, f string, d *Domain) { d.Name = r.name(n, f) }},
		{name: "uuid", kind: "UUID", def: "random", guests: AllGuests, xl: "uuid",
			read: func(r *reader, n *yaml.Node, f string, d *Domain) { d.UUID = r.uuid(n, f) }},
		{name: "type", kind: "hvm, pvh, pv", def: "required", guests: AllGuests, xl: "type", required: true,
			read: func(r *reader, n *yaml.Node, f string, d *Domain) {
				d.Type = Type(r.enum(n, f, string(HVM), string(PVH), string(PV)))
			}},
		{name: "memory", kind: "size, 1MiB to 16TiB", def: "required", guests: AllGuests, xl: "memory", required: true,
			read: func(r *reader, n *yaml.Node, f string, d *Domain) { d.Memory = r.size(n, f) }},
		{name: "max_memory", kind: "size, memory to 16TiB", def: "memory", guests: AllGuests, xl: "maxmem",
			read: func(r *reader, n *yaml.Node, f string, d *Domain) { d.MaxMemory = r.size(n, f) }},
		{name: "vcpus", kind: "1 to 128; pv: to 8192", def: "1", guests: AllGuests, xl: "vcpus",
			read: func(r *reader, n *yaml.Node, f string, d *Domain) { d.VCPUs = r.integer(n, f, 1, maxPVVCPUs) }},
		{name: "max_vcpus", kind: "vcpus to 128; pv: to 8192", def: "vcpus", guests: AllGuests, xl: "maxvcpus",
			read: func(r *reader, n *yaml.Node, f string, d *Domain) { d.MaxVCPUs = r.integer(n, f, 1, maxPVVCPUs) }},
	}
}

func bootKeys() []key[Domain] {
	return []key[Domain]{
		{name: "kernel", kind: "absolute path", def: "none; pvh, pv: required", guests: AllGuests, xl: "kernel",
			read: func(r *reader, n *yaml.Node, f string, d *Domain) { d.Kernel = r.path(n, f, "") }},
		{name: "ramdisk", kind: "absolute path", def: "none", guests: AllGuests, xl: "ramdisk",
			read: func(r *reader, n *yaml.Node, f string, d *Domain) { d.Ramdisk = r.path(n, f, "") }},
		{name: "cmdline", kind: "text, at most 2047 bytes", def: "none", guests: AllGuests, xl: "cmdline",
			read: func(r *reader, n *yaml.Node, f string, d *Domain) { d.Cmdline = r.cmdline(n, f) }},
		{name: "firmware", kind: "bios, uefi", def: "bios (libxl)", guests: OnlyHVM, xl: "bios=\"seabios\", \"ovmf\"",
			read: func(r *reader, n *yaml.Node, f string, d *Domain) {
				d.Firmware = Firmware(r.enum(n, f, string(BIOS), string(UEFI)))
			}},
		{name: "boot", kind: "list of disk, cdrom, network", def: "[disk, cdrom] (libxl)", guests: OnlyHVM, xl: "boot=\"cdn\"",
			read: func(r *reader, n *yaml.Node, f string, d *Domain) { d.Boot = r.boot(n, f) }},
		{name: "disk_controller", kind: "ide, ahci", def: "ide (libxl)", guests: OnlyHVM, xl: "hdtype",
			read: func(r *reader, n *yaml.Node, f string, d *Domain) { d.DiskController = r.enum(n, f, "ide", "ahci") }},
	}
}

func deviceKeys() []key[Domain] {
	return []key[Domain]{
		{name: "disks", kind: "list of disks", def: "none", guests: AllGuests, xl: "disk",
			read: func(r *reader, n *yaml.Node, f string, d *Domain) {
				r.readList(n, f, "disks", func(n *yaml.Node, f string) {
					d.Disks = append(d.Disks, Disk{})
					readMapping(r, n, f, diskSchema(), &d.Disks[len(d.Disks)-1])
				})
			}},
		{name: "networks", kind: "list of networks", def: "none", guests: AllGuests, xl: "vif",
			read: func(r *reader, n *yaml.Node, f string, d *Domain) {
				r.readList(n, f, "networks", func(n *yaml.Node, f string) {
					d.Networks = append(d.Networks, Network{})
					readMapping(r, n, f, networkSchema(), &d.Networks[len(d.Networks)-1])
				})
			}},
		{name: "serial", kind: "list of at most 4: pty, null, file:PATH, unix:PATH, tcp:HOST:PORT", def: "none", guests: OnlyHVM, xl: "serial",
			read: func(r *reader, n *yaml.Node, f string, d *Domain) { d.Serial = r.serial(n, f) }},
		{name: "vga", kind: "cirrus, stdvga, none", def: "cirrus (libxl)", guests: OnlyHVM, xl: "vga",
			read: func(r *reader, n *yaml.Node, f string, d *Domain) { d.VGA = r.enum(n, f, "cirrus", "stdvga", "none") }},
		{name: "vnc", kind: "true, false", def: "false", guests: OnlyHVM, xl: "vnc (default there: 1)",
			read: func(r *reader, n *yaml.Node, f string, d *Domain) { d.VNC = r.boolean(n, f) }},
		{name: "viridian", kind: "true, false or list of groups", def: "false", guests: OnlyHVM, xl: "viridian",
			read: func(r *reader, n *yaml.Node, f string, d *Domain) { d.Viridian = r.viridian(n, f) }},
		{name: "nested_hvm", kind: "true, false", def: "false", guests: HVMAndPVH, xl: "nestedhvm",
			read: func(r *reader, n *yaml.Node, f string, d *Domain) { d.NestedHVM = r.boolean(n, f) }},
	}
}

func actionKeys() []key[Domain] {
	action := func(name string, def Action, field func(*Domain) *Action) key[Domain] {
		return key[Domain]{name: name, kind: "an action", def: string(def), guests: AllGuests, xl: name,
			read: func(r *reader, n *yaml.Node, f string, d *Domain) { *field(d) = r.action(n, f) }}
	}
	return []key[Domain]{
		action("on_poweroff", Destroy, func(d *Domain) *Action { return &d.OnPoweroff }),
		action("on_reboot", Restart, func(d *Domain) *Action { return &d.OnReboot }),
		action("on_watchdog", Destroy, func(d *Domain) *Action { return &d.OnWatchdog }),
		action("on_crash", Destroy, func(d *Domain) *Action { return &d.OnCrash }),
		action("on_soft_reset", SoftReset, func(d *Domain) *Action { return &d.OnSoftReset }),
	}
}
