package reconcile

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/xenvoy/xenvoy/toolstack"
	"github.com/xenvoy/xenvoy/toolstack/domcfg"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// An Action is what a plan does with a domain.
type Action string

// The actions.
const (
	Create  Action = "create"  // it does not run
	Change  Action = "change"  // it changes while it runs
	Keep    Action = "keep"    // it runs as its file says
	Refuse  Action = "refuse"  // it cannot become what its file says
	Destroy Action = "destroy" // no file names it
)

// Options say what a plan may do.
type Options struct {
	// Prune destroys the domains that no file names.
	Prune bool
}

// A Plan is what brings a host's domains to what their files say.
type Plan struct {
	Domains []Domain // in the order of the files; those to destroy come last
	host    toolstack.Host
}

// A Domain is one domain of a plan.
type Domain struct {
	Name        string
	File        string          // "" for one that no file names
	ID          toolstack.DomID // of the running one
	Action      Action
	Differences []Difference  // to the running one
	Faults      domcfg.Errors // why it is refused

	src    toolstack.Source
	create *toolstack.Plan
}

// NewPlan compares the files with what runs, by name, and changes nothing. What a domain is
// refused for is in its Faults. The errors are the host's, and domcfg.Errors when the files
// contradict each other.
func NewPlan(ctx context.Context, h toolstack.Host, files []toolstack.Source, o Options) (*Plan, error) {
	named, err := byName(files)
	if err != nil {
		return nil, err
	}
	all, err := h.Domains(ctx)
	if err != nil {
		return nil, err
	}
	p := &Plan{host: h}
	for _, d := range named {
		i := slices.IndexFunc(all, func(r toolstack.DomainInfo) bool { return r.Name == d.Name && r.ID != 0 })
		if i < 0 {
			err = d.planCreate(ctx, h)
		} else {
			err = d.planChange(ctx, h, all[i])
		}
		if err != nil {
			return nil, fmt.Errorf("domain %q: %w", d.Name, err)
		}
		p.Domains = append(p.Domains, d)
	}
	if o.Prune {
		p.prune(all)
	}
	return p, p.checkMemory(ctx)
}

// byName gives each file its domain's name. Two of one name contradict each other.
func byName(files []toolstack.Source) ([]Domain, error) {
	var (
		all    []Domain
		faults domcfg.Errors
	)
	first := map[string]domcfg.Position{}
	for _, f := range files {
		cfg, err := f.LibxlConfig()
		if err != nil {
			return nil, err
		}
		name, at := cfg.CInfo.Name, f.Pos("name")
		if other, ok := first[name]; ok {
			faults = append(faults, &domcfg.Error{Pos: at, Field: "name",
				Msg: fmt.Sprintf("%s is already that of the domain at %s", name, other), Hint: "give each domain its own, and each file once"})
			continue
		}
		first[name] = at
		all = append(all, Domain{Name: name, File: at.File, src: f})
	}
	if len(faults) > 0 {
		return nil, faults
	}
	return all, nil
}

func (d *Domain) planCreate(ctx context.Context, h toolstack.Host) (err error) {
	d.Action = Create
	d.create, err = toolstack.NewPlan(ctx, h, d.src)
	if errors.As(err, &d.Faults) {
		d.Action = Refuse
		return nil
	}
	return err
}

func (d *Domain) planChange(ctx context.Context, h toolstack.Host, running toolstack.DomainInfo) (err error) {
	d.ID = running.ID
	switch {
	case running.Dying:
		d.refuse("name", fmt.Sprintf("domain %d of this name is being destroyed", running.ID), "try again when it is gone")
		return nil
	case running.Shutdown:
		d.refuse("name", fmt.Sprintf("domain %d of this name has stopped (%s) and is kept as it is", running.ID, running.Reason), "destroy it to have it created anew")
		return nil
	}
	if d.Differences, err = Compare(ctx, h, running, d.src); err != nil {
		return err
	}
	d.Action = Keep
	for i := range d.Differences {
		if diff := &d.Differences[i]; diff.Live() {
			d.Action = Change
		} else {
			d.Faults = append(d.Faults, &domcfg.Error{Pos: diff.Pos, Field: diff.Field, Msg: diff.message(), Hint: diff.Refused})
		}
	}
	d.Faults = append(d.Faults, d.missingFiles()...)
	if len(d.Faults) > 0 {
		d.Faults.Sort()
		d.Action = Refuse
	}
	return nil
}

// missingFiles finds those that the host lacks of what a running domain is to get.
func (d *Domain) missingFiles() domcfg.Errors {
	return slices.DeleteFunc(toolstack.MissingFiles(d.src), func(e *domcfg.Error) bool {
		return !slices.ContainsFunc(d.Differences, func(diff Difference) bool {
			return diff.Live() && (diff.Field == e.Field || strings.HasPrefix(e.Field, diff.Field+"."))
		})
	})
}

// message is a difference without its field.
func (d *Difference) message() string { return strings.TrimPrefix(d.String(), d.Field+": ") }

func (d *Domain) refuse(field, msg, hint string) {
	d.Action = Refuse
	d.Faults = append(d.Faults, &domcfg.Error{Pos: d.src.Pos(field), Field: field, Msg: msg, Hint: hint})
}

// prune adds the domains that no file names: not those that are on the move, nor the domains
// of device models, nor xenstore's own, nor one without a name, which somebody is building.
func (p *Plan) prune(all []toolstack.DomainInfo) {
	for _, r := range all {
		helper := func(o toolstack.DomainInfo) bool { return r.Name == o.Name+"-dm" }
		switch {
		case r.ID == 0, r.NeverStop, r.Name == toolstack.NoName, r.Dying, r.Suspended(), slices.ContainsFunc(all, helper),
			slices.ContainsFunc(p.Domains, func(d Domain) bool { return d.Name == r.Name }),
			strings.HasSuffix(r.Name, toolstack.IncomingSuffix), strings.HasSuffix(r.Name, toolstack.AwaySuffix):
			continue
		}
		p.Domains = append(p.Domains, Domain{Name: r.Name, ID: r.ID, Action: Destroy})
	}
}

// checkMemory refuses those for which the domains before them leave too little. Domain 0 gives
// memory away for new domains, and not for those that run and are to have more.
func (p *Plan) checkMemory(ctx context.Context) error {
	info, err := p.host.Info(ctx)
	if err != nil {
		return err
	}
	free, spare := info.FreeMiB<<10, info.BalloonMiB<<10
	for i := range p.Domains {
		d := &p.Domains[i]
		need, err := d.memoryKiB(ctx, p.host)
		if err != nil {
			return err
		}
		left := free
		if d.Action == Create {
			left += spare
		}
		if need > left {
			d.refuse("memory", fmt.Sprintf("it takes %d MiB, and the domains before it leave %d MiB", (need+1023)>>10, left>>10), "stop a domain or give dom0 less memory")
			continue
		}
		taken := min(need, free)
		free, spare = free-taken, spare-(need-taken)
	}
	return nil
}

// memoryKiB is what carrying out the plan for a domain takes of the host's free memory.
func (d *Domain) memoryKiB(ctx context.Context, h toolstack.Host) (need uint64, err error) {
	switch d.Action {
	case Create:
		return h.MemoryNeeded(ctx, d.create.Config)
	case Change:
		for _, diff := range d.Differences {
			for _, s := range diff.steps {
				need += s.memoryKiB
			}
		}
	}
	return need, nil
}

// Count is how many domains the plan does this with.
func (p *Plan) Count(a Action) int {
	n := 0
	for i := range p.Domains {
		if p.Domains[i].Action == a {
			n++
		}
	}
	return n
}

// Refused is why the domains that are refused are so, by file and line.
func (p *Plan) Refused() domcfg.Errors {
	var all domcfg.Errors
	for i := range p.Domains {
		all = append(all, p.Domains[i].Faults...)
	}
	return all
}

// Config is what a domain of the plan is created with; nil for one that is not.
func (d *Domain) Config() *idl.DomainConfig {
	if d.Action != Create {
		return nil
	}
	return d.create.Config
}
