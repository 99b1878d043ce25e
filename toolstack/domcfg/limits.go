package domcfg

import (
	"math"

	"gopkg.in/yaml.v3"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// Limits is what a domain may have of Xen and do to the host.
type Limits struct {
	MaxEventChannels  int    `yaml:"max_event_channels,omitempty" json:"max_event_channels,omitempty"`
	MaxGrantFrames    *int   `yaml:"max_grant_frames,omitempty" json:"max_grant_frames,omitempty"`
	MaxMaptrackFrames *int   `yaml:"max_maptrack_frames,omitempty" json:"max_maptrack_frames,omitempty"`
	MaxGrantVersion   *int   `yaml:"max_grant_version,omitempty" json:"max_grant_version,omitempty"`
	TraceBuffer       Size   `yaml:"trace_buffer,omitempty" json:"trace_buffer,omitempty"`
	Migratable        *bool  `yaml:"migratable,omitempty" json:"migratable,omitempty"`
	DriverDomain      *bool  `yaml:"driver_domain,omitempty" json:"driver_domain,omitempty"`
	Passthrough       string `yaml:"passthrough,omitempty" json:"passthrough,omitempty"`
	SecurityLabel     string `yaml:"seclabel,omitempty" json:"seclabel,omitempty"`
	InitSecurityLabel string `yaml:"init_seclabel,omitempty" json:"init_seclabel,omitempty"`
	XendSuspend       *bool  `yaml:"xend_suspend_evtchn_compat,omitempty" json:"xend_suspend_evtchn_compat,omitempty"`
}

func limitLinks() []link[Domain, idl.DomainConfig] {
	return []link[Domain, idl.DomainConfig]{
		numberKey(key[Domain]{name: "max_event_channels", def: "1023 (libxl)", xl: "max_event_channels"}, 1, math.MaxInt32,
			func(d *Domain) *int { return &d.MaxEventChannels }, func(c *idl.DomainConfig) *uint32 { return &c.BInfo.EventChannels }),
		optionalKey(key[Domain]{name: "max_grant_frames", def: "of the host (libxl)", xl: "max_grant_frames"}, 0, math.MaxInt32,
			func(d *Domain) **int { return &d.MaxGrantFrames }, func(c *idl.DomainConfig) **uint32 { return &c.BInfo.MaxGrantFrames }),
		optionalKey(key[Domain]{name: "max_maptrack_frames", def: "of the host (libxl)", xl: "max_maptrack_frames"}, 0, math.MaxInt32,
			func(d *Domain) **int { return &d.MaxMaptrackFrames }, func(c *idl.DomainConfig) **uint32 { return &c.BInfo.MaxMaptrackFrames }),
		optionalKey(key[Domain]{name: "max_grant_version", def: "the highest that Xen has (libxl)", xl: "max_grant_version"}, 0, math.MaxInt32,
			func(d *Domain) **int { return &d.MaxGrantVersion }, func(c *idl.DomainConfig) **int32 { return &c.BInfo.MaxGrantVersion }),
		traceBufferKey(),
		migratableKey(),
		flagKey(key[Domain]{name: "driver_domain", def: "false (libxl)", xl: "driver_domain"},
			func(d *Domain) **bool { return &d.DriverDomain }, func(c *idl.DomainConfig) *idl.Defbool { return &c.CInfo.DriverDomain }),
		wordKey(key[Domain]{name: "passthrough", def: "enabled with pci, else disabled (libxl)", xl: "passthrough"},
			asLibxl(idl.PassthroughDisabled, idl.PassthroughEnabled, idl.PassthroughSyncPt, idl.PassthroughSharePt),
			func(d *Domain) *string { return &d.Passthrough }, func(c *idl.DomainConfig) *idl.Passthrough { return &c.CInfo.Passthrough }),
		securityLabelKey(),
		initSecurityLabelKey(),
		flagKey(key[Domain]{name: "xend_suspend_evtchn_compat", def: "false (libxl)", xl: "xend_suspend_evtchn_compat"},
			func(d *Domain) **bool { return &d.XendSuspend }, func(c *idl.DomainConfig) *idl.Defbool { return &c.CInfo.XendSuspendEvtchnCompat }),
	}
}

// traceBufferKey is in KiB in libxl, and without a name of its own there.
func traceBufferKey() link[Domain, idl.DomainConfig] {
	k := key[Domain]{name: "trace_buffer", kind: "size", xl: "vmtrace_buf_kb"}
	return link[Domain, idl.DomainConfig]{
		key: spec(k, "", sizeShape(), func(r *reader, n *yaml.Node, f string, d *Domain) { d.TraceBuffer = r.anySize(n, f, KiB, TiB) }),
		give: func(_ *converter, _ string, d *Domain, out *idl.DomainConfig) {
			out.BInfo.VMTraceBufKB = int32(d.TraceBuffer.KiB())
		},
		take: func(_ *taker, _ string, in *idl.DomainConfig, d *Domain) {
			d.TraceBuffer = Size(max(in.BInfo.VMTraceBufKB, 0))
		},
	}
}

// migratableKey says the same as libxl's disable_migrate, without the no.
func migratableKey() link[Domain, idl.DomainConfig] {
	l := flagKey(key[Domain]{name: "migratable", def: "true (libxl)", xl: "nomigrate"},
		func(d *Domain) **bool { return &d.Migratable }, func(c *idl.DomainConfig) *idl.Defbool { return &c.BInfo.DisableMigrate })
	l.give = func(_ *converter, _ string, d *Domain, out *idl.DomainConfig) {
		if d.Migratable != nil {
			out.BInfo.DisableMigrate = idl.Bool(!*d.Migratable)
		}
	}
	l.take = func(_ *taker, _ string, in *idl.DomainConfig, d *Domain) {
		if m := in.BInfo.DisableMigrate; m != idl.DefboolUnset {
			d.Migratable = new(m < 0)
		}
	}
	return l
}

// securityLabelKey is the label of the domain, or with init_seclabel the one
// that it gets once it is built.
func securityLabelKey() link[Domain, idl.DomainConfig] {
	l := textKey(key[Domain]{name: "seclabel", def: "of the policy (libxl)", xl: "seclabel"}, (*reader).line,
		func(d *Domain) *string { return &d.SecurityLabel }, func(c *idl.DomainConfig) *string { return &c.CInfo.SSIDLabel })
	l.give = func(_ *converter, _ string, d *Domain, out *idl.DomainConfig) {
		if d.InitSecurityLabel != "" {
			out.BInfo.ExecSSIDLabel = d.SecurityLabel
		} else {
			out.CInfo.SSIDLabel = d.SecurityLabel
		}
	}
	l.take = func(_ *taker, _ string, in *idl.DomainConfig, d *Domain) {
		d.SecurityLabel = in.CInfo.SSIDLabel
		if in.BInfo.ExecSSIDLabel != "" {
			d.SecurityLabel = in.BInfo.ExecSSIDLabel
		}
	}
	return l
}

func initSecurityLabelKey() link[Domain, idl.DomainConfig] {
	l := textKey(key[Domain]{name: "init_seclabel", xl: "init_seclabel"}, (*reader).line,
		func(d *Domain) *string { return &d.InitSecurityLabel }, func(c *idl.DomainConfig) *string { return &c.CInfo.SSIDLabel })
	l.give = func(_ *converter, _ string, d *Domain, out *idl.DomainConfig) {
		if d.InitSecurityLabel != "" {
			out.CInfo.SSIDLabel = d.InitSecurityLabel
		}
	}
	l.take = func(_ *taker, _ string, in *idl.DomainConfig, d *Domain) {
		if in.BInfo.ExecSSIDLabel != "" {
			d.InitSecurityLabel = in.CInfo.SSIDLabel
		}
	}
	return l
}
