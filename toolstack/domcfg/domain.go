package domcfg

// Type is the kind of virtual machine.
type Type string

// The kinds of virtual machine, in xl.cfg's words.
const (
	HVM Type = "hvm" // a whole PC: firmware, emulated devices, any operating system
	PVH Type = "pvh" // hardware virtualisation without emulated devices
	PV  Type = "pv"  // paravirtualised: needs no hardware support
)

// Action is what happens to a domain when it stops by itself.
type Action string

// The actions, in xl.cfg's words (tools/xl/xl_parse.c, parse_action_on_shutdown).
const (
	Destroy         Action = "destroy"
	Restart         Action = "restart"
	RenameRestart   Action = "rename-restart"
	Preserve        Action = "preserve"
	CoredumpDestroy Action = "coredump-destroy"
	CoredumpRestart Action = "coredump-restart"
	SoftReset       Action = "soft-reset"
)

// Firmware of an HVM domain.
type Firmware string

// The firmwares: SeaBIOS, OVMF and ROMBIOS in libxl.
const (
	BIOS    Firmware = "bios"
	UEFI    Firmware = "uefi"
	RomBIOS Firmware = "rombios" // of qemu-xen-traditional
)

// BootDevice is a kind of device that an HVM domain's firmware boots from.
type BootDevice string

// The boot devices.
const (
	BootDisk    BootDevice = "disk"
	BootCDROM   BootDevice = "cdrom"
	BootNetwork BootDevice = "network"
)

// Start is what a domain starts from.
type Start struct {
	Kernel           string       `yaml:"kernel,omitempty" json:"kernel,omitempty"`
	Ramdisk          string       `yaml:"ramdisk,omitempty" json:"ramdisk,omitempty"`
	Cmdline          string       `yaml:"cmdline,omitempty" json:"cmdline,omitempty"`
	Bootloader       string       `yaml:"bootloader,omitempty" json:"bootloader,omitempty"`
	BootloaderArgs   []string     `yaml:"bootloader_args,omitempty,flow" json:"bootloader_args,omitempty"`
	PVShim           PVShim       `yaml:"pvshim,omitempty" json:"pvshim,omitzero"`
	Firmware         Firmware     `yaml:"firmware,omitempty" json:"firmware,omitempty"`
	FirmwarePath     string       `yaml:"firmware_path,omitempty" json:"firmware_path,omitempty"`
	FirmwareOverride string       `yaml:"firmware_override,omitempty" json:"firmware_override,omitempty"`
	SMBIOSFirmware   string       `yaml:"smbios_firmware,omitempty" json:"smbios_firmware,omitempty"`
	ACPIFirmware     string       `yaml:"acpi_firmware,omitempty" json:"acpi_firmware,omitempty"`
	Boot             []BootDevice `yaml:"boot,omitempty,flow" json:"boot,omitempty"`
	DiskController   string       `yaml:"disk_controller,omitempty" json:"disk_controller,omitempty"`
}

// PVShim is a Xen of its own that a PV kernel runs on in a PVH domain.
type PVShim struct {
	Enabled *bool  `yaml:"enabled,omitempty" json:"enabled,omitempty"`
	Path    string `yaml:"path,omitempty" json:"path,omitempty"`
	Cmdline string `yaml:"cmdline,omitempty" json:"cmdline,omitempty"`
	Extra   string `yaml:"extra,omitempty" json:"extra,omitempty"`
}

// Domain is the desired state of one domain. A zero field was not written:
// its default is applied by LibxlConfig or, where xl leaves it there too, by
// libxl. JSON and YAML have the same keys, and Parse reads both.
type Domain struct {
	Name      string `yaml:"name,omitempty" json:"name,omitempty"`
	UUID      string `yaml:"uuid,omitempty" json:"uuid,omitempty"` // lower case; empty: a new one each time
	Type      Type   `yaml:"type" json:"type"`
	Memory    Size   `yaml:"memory,omitempty" json:"memory,omitempty"`
	MaxMemory Size   `yaml:"max_memory,omitempty" json:"max_memory,omitempty"`
	VCPUs     int    `yaml:"vcpus,omitempty" json:"vcpus,omitempty"`
	MaxVCPUs  int    `yaml:"max_vcpus,omitempty" json:"max_vcpus,omitempty"`

	Placement   `yaml:",inline"`
	Start       `yaml:",inline"`
	Disks       Disks     `yaml:"disks,omitempty" json:"disks,omitzero"`
	Networks    []Network `yaml:"networks,omitempty" json:"networks,omitempty"`
	Peripherals `yaml:",inline"`
	Graphics    `yaml:",inline"`
	Hardware    `yaml:",inline"`
	Viridian    Viridian `yaml:"viridian,omitempty" json:"viridian,omitzero"`
	NestedHVM   *bool    `yaml:"nested_hvm,omitempty" json:"nested_hvm,omitempty"`
	Platform    `yaml:",inline"`
	CPUID       []CPUID `yaml:"cpuid,omitempty" json:"cpuid,omitempty"`
	MSR         []MSR   `yaml:"msr,omitempty" json:"msr,omitempty"`
	Limits      `yaml:",inline"`
	DeviceModel DeviceModel `yaml:"device_model,omitempty" json:"device_model,omitzero"`
	Stubdomain  Stubdomain  `yaml:"stubdomain,omitempty" json:"stubdomain,omitzero"`
	Arm         Arm         `yaml:"arm,omitempty" json:"arm,omitzero"`

	OnPoweroff  Action    `yaml:"on_poweroff,omitempty" json:"on_poweroff,omitempty"`
	OnReboot    Action    `yaml:"on_reboot,omitempty" json:"on_reboot,omitempty"`
	OnWatchdog  Action    `yaml:"on_watchdog,omitempty" json:"on_watchdog,omitempty"`
	OnCrash     Action    `yaml:"on_crash,omitempty" json:"on_crash,omitempty"`
	OnSoftReset Action    `yaml:"on_soft_reset,omitempty" json:"on_soft_reset,omitempty"`
	Autostart   Autostart `yaml:"autostart,omitempty" json:"autostart,omitzero"`
	Libxl       Overlay   `yaml:"libxl,omitempty" json:"libxl,omitempty"` // laid over all else

	file string
	pos  map[string]Position
}

// Pos is the place of a value in the file the domain was read from, for errors
// of meaning that show later. field is a path as "kernel" or "disks[0].path".
// For a field that was not written it is the place of what would hold it: the
// list element, or the start of the document. For a Domain that was not read
// from a file it is the zero Position.
func (d *Domain) Pos(field string) Position {
	for {
		if p, ok := d.pos[field]; ok {
			return p
		}
		if field == "" {
			return Position{File: d.file}
		}
		field = parentField(field)
	}
}

// Says tells whether the file has the field.
func (d *Domain) Says(field string) bool {
	_, ok := d.pos[field]
	return ok
}

// MemoryKiB is the memory at start, in KiB.
func (d *Domain) MemoryKiB() uint64 { return d.Memory.KiB() }

// MaxMemoryKiB is the most memory the domain may balloon up to, in KiB: as xl
// has it, its memory at start if max_memory was not written.
func (d *Domain) MaxMemoryKiB() uint64 { return max(d.Memory, d.MaxMemory).KiB() }

// StartVCPUs is the number of virtual CPUs online at start; the default is 1.
func (d *Domain) StartVCPUs() int { return max(1, d.VCPUs) }

// LimitVCPUs is the number of virtual CPUs the domain is built with: as xl has
// it, those online at start if max_vcpus was not written.
func (d *Domain) LimitVCPUs() int { return max(d.StartVCPUs(), d.MaxVCPUs) }
