package migrate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/xenvoy/xenvoy/toolstack"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// CPUs compares what guests see of two hosts' processors.
type CPUs interface {
	// Describe is what the other host needs to know of the processors that the domain sees here: some
	// KiB of JSON.
	Describe(ctx context.Context, h toolstack.Host, cfg *idl.DomainConfig) (json.RawMessage, error)
	// Compare finds what stands against running the domain here, by what its source has described. The
	// description comes from a peer: it may be anything.
	Compare(ctx context.Context, h toolstack.Host, cfg *idl.DomainConfig, there json.RawMessage) ([]Finding, error)
}

// An examination finds all that stands against running an offered domain on this host.
type examination struct {
	host    toolstack.Host
	offer   *Offer
	place   place
	cpus    CPUs // nil: they are not compared
	info    *toolstack.HostInfo
	domains []toolstack.DomainInfo

	found   []Finding
	skipped []string // what was not compared, and why
}

// place is where a host's kernel and packages keep what an examination looks for.
type place struct {
	net      string   // network interfaces
	scripts  string   // of hotplug
	backends string   // drivers of this kernel for the devices of guests
	programs []string // folders of programs
}

func thisMachine() place {
	return place{net: "/sys/class/net", scripts: "/etc/xen/scripts", backends: "/sys/bus/xen-backend/drivers",
		programs: []string{"/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/local/sbin", "/usr/local/bin"}}
}

// run looks at all there is. Its error is for an offer that makes no sense, or a host that
// cannot be asked.
func (x *examination) run(ctx context.Context) error {
	if err := x.offer.check(); err != nil {
		return err
	}
	var err error
	if x.info, err = x.host.Info(ctx); err != nil {
		return err
	}
	if x.domains, err = x.host.Domains(ctx); err != nil {
		return err
	}
	x.found = []Finding{}
	for _, look := range []func(context.Context) error{
		x.name, x.memory, x.hypervisor, x.cpu, x.pool, x.files, x.sharedDisks, x.bridges, x.scripts, x.backends, x.driverDomains,
	} {
		if err := look(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (x *examination) refuse(do, format string, args ...any) {
	x.found = append(x.found, fatal(do, format, args...))
}

func (x *examination) note(do, format string, args ...any) {
	x.found = append(x.found, note(do, format, args...))
}

func fatal(do, format string, args ...any) Finding {
	return Finding{Fatal: true, What: fmt.Sprintf(format, args...), Do: do}
}

func note(do, format string, args ...any) Finding {
	return Finding{What: fmt.Sprintf(format, args...), Do: do}
}

func (x *examination) name(context.Context) error {
	for _, d := range x.domains {
		switch name := x.offer.name(); {
		case d.UUID == x.offer.uuid():
			x.refuse("is the guest here already, or is this the same host?", "uuid %s is taken by domain %q (id %d)", d.UUID, d.Name, d.ID)
		case d.Name == name || d.Name == name+toolstack.IncomingSuffix:
			x.refuse("rename one of the two", "the name %q is taken by domain %d", d.Name, d.ID)
		}
	}
	return nil
}

// memory asks for what the domain takes with the hypervisor's overhead. Domain 0 may give some away.
func (x *examination) memory(ctx context.Context) error {
	need, err := x.host.MemoryNeeded(ctx, x.offer.Config)
	if err != nil {
		return err
	}
	if need <= (x.info.FreeMiB+x.info.BalloonMiB)<<10 {
		return nil
	}
	gives := ""
	if x.info.BalloonMiB > 0 {
		gives = fmt.Sprintf(", and dom0 gives away %d MiB", x.info.BalloonMiB)
	}
	x.refuse("stop a domain there or give its dom0 less memory",
		"not enough memory: the domain needs %d MiB with overhead, %d MiB are free%s", (need+1023)>>10, x.info.FreeMiB, gives)
	return nil
}

// hypervisor looks at what Xen can do. State saved by a newer Xen can hold records that
// an older one refuses to load.
func (x *examination) hypervisor(ctx context.Context) error {
	o, info := x.offer, x.info
	if info.XenMajor < o.XenMajor || info.XenMajor == o.XenMajor && info.XenMinor < o.XenMinor {
		x.refuse("upgrade Xen there first: an older one does not know all that a newer one saves", "Xen %d.%d there is older than Xen %d.%d here",
			info.XenMajor, info.XenMinor, o.XenMajor, o.XenMinor)
	}
	c := &o.Config.CInfo
	if n := o.Config.BInfo.MaxVCPUs; info.CPUs > 0 && int(n) > info.CPUs {
		x.note("it runs, and its virtual CPUs wait for each other", "the domain has %d virtual CPUs, the host there %d CPUs", n, info.CPUs)
	}
	if c.Type == idl.DomainTypePV {
		if !info.HasCap("shadow") {
			x.note("boot a Xen with CONFIG_SHADOW_PAGING there to move it on", "the Xen there is built without shadow paging: a PV guest cannot leave it live")
		}
		return nil
	}
	if !info.HasCap("hvm") {
		why, err := toolstack.WhyNoHVM(ctx, x.host, info)
		if err != nil {
			return err
		}
		x.refuse("", "the host cannot run %s guests: %s", c.Type, why)
		return nil
	}
	if !info.HasCap("shadow") && (!info.HasCap("hap") || !c.HAP.Value(true)) {
		x.refuse("boot a Xen with CONFIG_SHADOW_PAGING there, or one whose CPU has nested paging for a guest without hap=0",
			"the domain needs shadow paging there, and the Xen there is built without")
	}
	return nil
}

func (x *examination) cpu(ctx context.Context) error {
	if x.cpus == nil || x.offer.CPU == nil {
		x.skipped = append(x.skipped, "the CPUs' features: a guest that uses what the CPUs there lack fails there")
		return nil
	}
	found, err := x.cpus.Compare(ctx, x.host, x.offer.Config, x.offer.CPU)
	x.found = append(x.found, found...)
	return err
}

// pool looks for the CPU pool that the domain is to run in.
func (x *examination) pool(ctx context.Context) error {
	name := x.offer.Config.CInfo.PoolName
	if name == "" {
		return nil
	}
	pools, err := x.host.CPUPools(ctx)
	if err != nil {
		return fmt.Errorf("list the CPU pools: %w", err)
	}
	for _, p := range pools {
		if p == name {
			return nil
		}
	}
	x.refuse("create it there, or move the domain to another pool here: xenvoy cpupool-migrate", "there is no CPU pool %q there", name)
	return nil
}

// driverDomains looks for the domains besides 0 that are to serve the guest's devices. Numbers
// mean nothing on another host: they must be named.
func (x *examination) driverDomains(context.Context) error {
	for _, b := range backendsOf(x.offer.Config) {
		switch {
		case b.name == "" && b.id != 0:
			x.refuse("name the driver domain in the domain's file", "%s is served by domain %d, which is another domain there", b.device, b.id)
		case b.name != "" && !x.runs(b.name):
			x.refuse("start it there first", "%s is served by the driver domain %q, which does not run there", b.device, b.name)
		}
	}
	return nil
}

func (x *examination) runs(name string) bool {
	if name == "0" {
		return true
	}
	for _, d := range x.domains {
		if d.Name == name && !d.Shutdown && !d.Dying {
			return true
		}
	}
	return false
}

// exists says whether a file is below the folder; a name with a slash is not one.
func exists(folder, name string) bool {
	return filepath.Base(name) == name && lookFor(filepath.Join(folder, name)) == nil
}

// errVanished says that a domain has ended since the domains were listed.
func errVanished(err error) bool { return errors.Is(err, toolstack.ErrNoDomain) }
