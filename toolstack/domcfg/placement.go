package domcfg

import (
	"math"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// Placement is where a domain's virtual CPUs and memory are on the host, and
// how much of its time they get.
type Placement struct {
	CPUs          OneOrMore `yaml:"cpus,omitempty" json:"cpus,omitzero"`           // a list has one for each virtual CPU
	CPUsSoft      OneOrMore `yaml:"cpus_soft,omitempty" json:"cpus_soft,omitzero"` // likewise
	NUMAPlacement *bool     `yaml:"numa_placement,omitempty" json:"numa_placement,omitempty"`
	VNUMA         []VNode   `yaml:"vnuma,omitempty" json:"vnuma,omitempty"`
	Scheduler     Scheduler `yaml:"scheduler,omitempty" json:"scheduler,omitzero"`
	Pool          string    `yaml:"pool,omitempty" json:"pool,omitempty"`
}

// Scheduler is the share of the CPUs that a domain gets. nil leaves it to libxl.
type Scheduler struct {
	Weight    *int `yaml:"weight,omitempty" json:"weight,omitempty"`
	Cap       *int `yaml:"cap,omitempty" json:"cap,omitempty"`       // percent of one CPU
	Period    *int `yaml:"period,omitempty" json:"period,omitempty"` // microseconds
	Budget    *int `yaml:"budget,omitempty" json:"budget,omitempty"` // microseconds
	Extratime *int `yaml:"extratime,omitempty" json:"extratime,omitempty"`
	Slice     *int `yaml:"slice,omitempty" json:"slice,omitempty"`
	Latency   *int `yaml:"latency,omitempty" json:"latency,omitempty"`
}

// VNode is a NUMA node that the domain sees.
type VNode struct {
	Memory    Size   `yaml:"memory,omitempty" json:"memory,omitempty"`
	VCPUs     string `yaml:"vcpus,omitempty" json:"vcpus,omitempty"`
	Distances []int  `yaml:"distances,omitempty,flow" json:"distances,omitempty"`
	Node      int    `yaml:"node,omitempty" json:"node,omitempty"` // of the host
}

func placementLinks() []link[Domain, idl.DomainConfig] {
	return []link[Domain, idl.DomainConfig]{
		cpusKey(key[Domain]{name: "cpus", def: "any CPU (libxl)", xl: "cpus"}, func(d *Domain) *OneOrMore { return &d.CPUs },
			func(b *idl.DomainBuildInfo) *[]idl.Bitmap { return &b.VCPUHardAffinity }, false),
		cpusKey(key[Domain]{name: "cpus_soft", def: "no preference (libxl)", xl: "cpus_soft"}, func(d *Domain) *OneOrMore { return &d.CPUsSoft },
			func(b *idl.DomainBuildInfo) *[]idl.Bitmap { return &b.VCPUSoftAffinity }, true),
		numaPlacementKey(),
		devicesKey(key[Domain]{name: "vnuma", xl: "vnuma"}, devices[VNode, idl.VnodeInfo]{
			links: vnodeLinks, start: func(*idl.DomainConfig, int) idl.VnodeInfo { return idl.VnodeInfo{} },
		}, func(d *Domain) *[]VNode { return &d.VNUMA }, func(c *idl.DomainConfig) *[]idl.VnodeInfo { return &c.BInfo.VNUMANodes }),
		groupKey(key[Domain]{name: "scheduler", def: "of the pool's scheduler (libxl)", xl: "cpu_weight, cap, …"}, func(d *Domain) *Scheduler { return &d.Scheduler },
			func(c *idl.DomainConfig) *idl.DomainSchedParams { return &c.BInfo.SchedParams }, schedulerLinks),
		textKey(key[Domain]{name: "pool", def: "Pool-0 (libxl)", xl: "pool"}, (*reader).line,
			func(d *Domain) *string { return &d.Pool }, func(c *idl.DomainConfig) *string { return &c.CInfo.PoolName }),
	}
}

func schedulerLinks() []link[Scheduler, idl.DomainSchedParams] {
	type (
		file  = func(*Scheduler) **int
		libxl = func(*idl.DomainSchedParams) **int32
	)
	number := func(name, xl string, of file, member libxl) link[Scheduler, idl.DomainSchedParams] {
		return optionalKey(key[Scheduler]{name: name, def: "of the scheduler (libxl)", xl: xl}, 0, math.MaxInt32, of, member)
	}
	return []link[Scheduler, idl.DomainSchedParams]{
		number("weight", "cpu_weight", func(s *Scheduler) **int { return &s.Weight }, func(p *idl.DomainSchedParams) **int32 { return &p.Weight }),
		number("cap", "cap", func(s *Scheduler) **int { return &s.Cap }, func(p *idl.DomainSchedParams) **int32 { return &p.Cap }),
		number("period", "period", func(s *Scheduler) **int { return &s.Period }, func(p *idl.DomainSchedParams) **int32 { return &p.Period }),
		number("budget", "none", func(s *Scheduler) **int { return &s.Budget }, func(p *idl.DomainSchedParams) **int32 { return &p.Budget }),
		number("extratime", "extratime", func(s *Scheduler) **int { return &s.Extratime }, func(p *idl.DomainSchedParams) **int32 { return &p.Extratime }),
		number("slice", "slice", func(s *Scheduler) **int { return &s.Slice }, func(p *idl.DomainSchedParams) **int32 { return &p.Slice }),
		number("latency", "latency", func(s *Scheduler) **int { return &s.Latency }, func(p *idl.DomainSchedParams) **int32 { return &p.Latency }),
	}
}

// maxVNodes is above what Xen knows (64), and bounds what distances take.
const maxVNodes = 1024

func vnodeLinks() []link[VNode, idl.VnodeInfo] {
	return []link[VNode, idl.VnodeInfo]{
		sizeKey(key[VNode]{name: "memory", xl: "size="}, func(v *VNode) *Size { return &v.Memory }, func(n *idl.VnodeInfo) **idl.MemKB { return &n.MemKB }),
		rangesKey(key[VNode]{name: "vcpus", xl: "vcpus="}, func(v *VNode) *string { return &v.VCPUs }, func(n *idl.VnodeInfo) *idl.Bitmap { return &n.VCPUs }),
		numbersKey(key[VNode]{name: "distances", xl: "vdistances="}, func(v *VNode) *[]int { return &v.Distances }, func(n *idl.VnodeInfo) *[]uint32 { return &n.Distances }),
		numberKey(key[VNode]{name: "node", def: "0", xl: "pnode="}, 0, maxVNodes-1, func(v *VNode) *int { return &v.Node }, func(n *idl.VnodeInfo) *uint32 { return &n.Pnode }),
	}
}
