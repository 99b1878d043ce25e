package domcfg

import "github.com/xenvoy/xenvoy/xen/libxl/idl"

// DeviceModel is the QEMU that serves a domain.
type DeviceModel struct {
	Version  string   `yaml:"version,omitempty" json:"version,omitempty"`
	Path     string   `yaml:"path,omitempty" json:"path,omitempty"`
	User     string   `yaml:"user,omitempty" json:"user,omitempty"`
	Restrict *bool    `yaml:"restrict,omitempty" json:"restrict,omitempty"`
	SecLabel string   `yaml:"seclabel,omitempty" json:"seclabel,omitempty"`
	Args     []string `yaml:"args,omitempty,flow" json:"args,omitempty"`
	ArgsPV   []string `yaml:"args_pv,omitempty,flow" json:"args_pv,omitempty"`
	ArgsHVM  []string `yaml:"args_hvm,omitempty,flow" json:"args_hvm,omitempty"`
}

// Stubdomain is the domain of its own that QEMU may run in.
type Stubdomain struct {
	Enabled *bool  `yaml:"enabled,omitempty" json:"enabled,omitempty"`
	Memory  Size   `yaml:"memory,omitempty" json:"memory,omitempty"`
	Kernel  string `yaml:"kernel,omitempty" json:"kernel,omitempty"`
	Ramdisk string `yaml:"ramdisk,omitempty" json:"ramdisk,omitempty"`
	Cmdline string `yaml:"cmdline,omitempty" json:"cmdline,omitempty"`
}

// Arm is what only domains on Arm have.
type Arm struct {
	DeviceTree string `yaml:"device_tree,omitempty" json:"device_tree,omitempty"`
	GICVersion string `yaml:"gic_version,omitempty" json:"gic_version,omitempty"`
	VUART      string `yaml:"vuart,omitempty" json:"vuart,omitempty"`
	TEE        string `yaml:"tee,omitempty" json:"tee,omitempty"`
}

func modelLinks() []link[Domain, idl.DomainConfig] {
	buildInfo := func(c *idl.DomainConfig) *idl.DomainBuildInfo { return &c.BInfo }
	return []link[Domain, idl.DomainConfig]{
		groupKey(key[Domain]{name: "device_model", def: "QEMU of the host (libxl)", xl: "device_model_…"}, func(d *Domain) *DeviceModel { return &d.DeviceModel }, buildInfo, deviceModelLinks),
		groupKey(key[Domain]{name: "stubdomain", xl: "stubdomain_…"}, func(d *Domain) *Stubdomain { return &d.Stubdomain }, buildInfo, stubdomainLinks),
		groupKey(key[Domain]{name: "arm", xl: "device_tree, …"}, func(d *Domain) *Arm { return &d.Arm }, buildInfo, armLinks),
	}
}

func deviceModelLinks() []link[DeviceModel, idl.DomainBuildInfo] {
	type info = idl.DomainBuildInfo
	return []link[DeviceModel, info]{
		wordKey(key[DeviceModel]{name: "version", def: "qemu-xen (libxl)", xl: "device_model_version"}, []named[idl.DeviceModelVersion]{
			{"qemu-xen", idl.DeviceModelVersionQEMUXen}, {"qemu-xen-traditional", idl.DeviceModelVersionQEMUXenTraditional},
		}, func(m *DeviceModel) *string { return &m.Version }, func(b *info) *idl.DeviceModelVersion { return &b.DeviceModelVersion }),
		pathKey(key[DeviceModel]{name: "path", def: "of the host (libxl)", xl: "device_model_override"}, func(m *DeviceModel) *string { return &m.Path }, func(b *info) *string { return &b.DeviceModel }),
		textKey(key[DeviceModel]{name: "user", def: "root (libxl)", xl: "device_model_user"}, (*reader).line,
			func(m *DeviceModel) *string { return &m.User }, func(b *info) *string { return &b.DeviceModelUser }),
		flagKey(key[DeviceModel]{name: "restrict", def: "false (libxl)", xl: "dm_restrict"}, func(m *DeviceModel) **bool { return &m.Restrict }, func(b *info) *idl.Defbool { return &b.DMRestrict }),
		textKey(key[DeviceModel]{name: "seclabel", xl: "device_model_stubdomain_seclabel"}, (*reader).line,
			func(m *DeviceModel) *string { return &m.SecLabel }, func(b *info) *string { return &b.DeviceModelSSIDLabel }),
		textsKey(key[DeviceModel]{name: "args", xl: "device_model_args"}, func(m *DeviceModel) *[]string { return &m.Args }, func(b *info) *idl.StringList { return &b.Extra }),
		textsKey(key[DeviceModel]{name: "args_pv", xl: "device_model_args_pv"}, func(m *DeviceModel) *[]string { return &m.ArgsPV }, func(b *info) *idl.StringList { return &b.ExtraPV }),
		textsKey(key[DeviceModel]{name: "args_hvm", xl: "device_model_args_hvm"}, func(m *DeviceModel) *[]string { return &m.ArgsHVM }, func(b *info) *idl.StringList { return &b.ExtraHVM }),
	}
}

func stubdomainLinks() []link[Stubdomain, idl.DomainBuildInfo] {
	type info = idl.DomainBuildInfo
	return []link[Stubdomain, info]{
		flagKey(key[Stubdomain]{name: "enabled", def: "false (libxl)", xl: "device_model_stubdomain_override"},
			func(s *Stubdomain) **bool { return &s.Enabled }, func(b *info) *idl.Defbool { return &b.DeviceModelStubdomain }),
		sizeKey(key[Stubdomain]{name: "memory", kind: "size", def: "by the device model (libxl)", xl: "stubdomain_memory"}, func(s *Stubdomain) *Size { return &s.Memory }, func(b *info) **idl.MemKB { return &b.StubdomainMemKB }),
		pathKey(key[Stubdomain]{name: "kernel", def: "of the host (libxl)", xl: "stubdomain_kernel"}, func(s *Stubdomain) *string { return &s.Kernel }, func(b *info) *string { return &b.StubdomainKernel }),
		pathKey(key[Stubdomain]{name: "ramdisk", def: "of the host (libxl)", xl: "stubdomain_ramdisk"}, func(s *Stubdomain) *string { return &s.Ramdisk }, func(b *info) *string { return &b.StubdomainRamdisk }),
		textKey(key[Stubdomain]{name: "cmdline", xl: "stubdomain_cmdline"}, (*reader).cmdline, func(s *Stubdomain) *string { return &s.Cmdline }, func(b *info) *string { return &b.StubdomainCmdline }),
	}
}

func armLinks() []link[Arm, idl.DomainBuildInfo] {
	type info = idl.DomainBuildInfo
	return []link[Arm, info]{
		pathKey(key[Arm]{name: "device_tree", xl: "device_tree"}, func(a *Arm) *string { return &a.DeviceTree }, func(b *info) *string { return &b.DeviceTree }),
		wordKey(key[Arm]{name: "gic_version", def: "of the host (libxl)", xl: "gic_version"}, asLibxl(idl.GICVersionV2, idl.GICVersionV3),
			func(a *Arm) *string { return &a.GICVersion }, func(b *info) *idl.GICVersion { return &b.ArchArm.GICVersion }),
		wordKey(key[Arm]{name: "vuart", xl: "vuart"}, asLibxl(idl.VuartTypeSBSAUART), func(a *Arm) *string { return &a.VUART }, func(b *info) *idl.VuartType { return &b.ArchArm.Vuart }),
		wordKey(key[Arm]{name: "tee", xl: "tee"}, asLibxl(idl.TEETypeOptee, idl.TEETypeFFA), func(a *Arm) *string { return &a.TEE }, func(b *info) *idl.TEEType { return &b.TEE }),
	}
}

// pathKey is an absolute path on the host.
func pathKey[T, L any](k key[T], of func(*T) *string, member func(*L) *string) link[T, L] {
	if k.kind == "" {
		k.kind = "absolute path"
	}
	l := textKey(k, (*reader).path, of, member)
	l.shape = patternShape("^/")
	return l
}
