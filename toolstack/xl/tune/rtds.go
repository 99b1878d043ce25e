package tune

import (
	"context"
	"fmt"
	"slices"

	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

func schedRTDS() *xl.Command {
	s := &scheduler{
		kind: idl.SchedulerRTDS, header: fmt.Sprintf("%-33s %4s %9s %9s %10s\n", "Name", "ID", "Period", "Budget", "Extratime"),
		line: func(s Share) string {
			return fmt.Sprintf("%-33s %4d %9d %9d %10s\n", s.Name, s.ID, orMinusOne(s.PeriodUs), orMinusOne(s.BudgetUs), yesNo(s.Extratime))
		},
		pool: func(_ context.Context, _ *xl.Call, _ uint32, p *Pool) error {
			p.text = fmt.Sprintf("Cpupool %s: sched=RTDS\n", p.Name)
			return nil
		},
	}
	return &xl.Command{
		Name: "sched-rtds", Operands: "[-d <Domain> [-v[=VCPUID/all]] [-p[=PERIOD]] [-b[=BUDGET]] [-e[=Extratime]]]",
		Summary: "Show or set what the rtds scheduler goes by", Changes: true,
		Options: []xl.Option{
			{Short: 'd', Long: "domain", Value: "DOMAIN", Help: "The domain."},
			{Short: 'v', Long: "vcpuid", Value: "VCPUID/all", Help: "A virtual CPU, or all; may be repeated."},
			{Short: 'p', Long: "period", Value: "PERIOD", Help: "Set the period of each -v, in microseconds."},
			{Short: 'b', Long: "budget", Value: "BUDGET", Help: "Set the budget of each -v, in microseconds."},
			{Short: 'e', Long: "extratime", Value: "0|1", Help: "Say of each -v whether it may have idle time beyond its budget."},
			{Short: 'c', Long: "cpupool", Value: "CPUPOOL", Help: "Show only this CPU pool."},
		},
		Run: func(ctx context.Context, c *xl.Call) error {
			o, err := readRTDS(c)
			if err != nil {
				return err
			}
			return s.runRTDS(ctx, c, o)
		},
	}
}

func yesNo(b *bool) string {
	if b != nil && *b {
		return "yes"
	}
	return "no"
}

// rtdsOptions are what sched-rtds was told: the settings belong to the virtual CPUs, or the
// first to all of them.
type rtdsOptions struct {
	all      bool
	vcpus    []int32
	settings []idl.SchedParams
}

// readRTDS checks the options in xl's order.
func readRTDS(c *xl.Call) (rtdsOptions, error) {
	var o rtdsOptions
	var periods, budgets, extras []int32
	for _, g := range c.Given() {
		into := map[string]*[]int32{"vcpuid": &o.vcpus, "period": &periods, "budget": &budgets, "extratime": &extras}[g.Name]
		switch {
		case into == nil:
			continue
		case g.Name == "vcpuid" && g.Value == "all":
			o.all = true
			continue
		case g.Name == "extratime" && g.Value != "0" && g.Value != "1":
			return o, xl.Failf(xl.StatusFailed, "Invalid extratime.")
		}
		n, err := parse(g.Name, g.Value)
		if err != nil {
			return o, err
		}
		*into = append(*into, n)
	}
	set := given(c, "period", "budget", "extratime")
	switch {
	case c.Has("cpupool") && (set || given(c, "domain", "vcpuid")):
		return o, xl.Failf(xl.StatusFailed, "Specifying a cpupool is not allowed with other options.")
	case !c.Has("domain") && (set || len(o.vcpus) > 0):
		return o, xl.Failf(xl.StatusFailed, "Missing parameters.")
	case c.Has("domain") && !c.Has("vcpuid") && set:
		return o, xl.Failf(xl.StatusFailed, "Must specify VCPU.")
	case o.all && len(o.vcpus) > 0:
		return o, xl.Failf(xl.StatusFailed, "Incorrect VCPU IDs.")
	case len(periods) != len(budgets), len(periods) != len(extras), set && len(o.vcpus) > len(periods):
		return o, xl.Failf(xl.StatusFailed, "Incorrect number of period, budget and extratime")
	}
	for i := range periods {
		o.settings = append(o.settings, idl.SchedParams{Period: &periods[i], Budget: &budgets[i], Extratime: &extras[i]})
	}
	return o, nil
}

const reserveFormat = "%-33s %4v %4v %9v %9v %10s\n"

func (s *scheduler) runRTDS(ctx context.Context, c *xl.Call, o rtdsOptions) error {
	pool, _ := c.Value("cpupool")
	header := fmt.Sprintf(reserveFormat, "Name", "ID", "VCPU", "Period", "Budget", "Extratime")
	word, one := c.Value("domain")
	switch {
	case !one && o.all:
		return s.showAll(ctx, c, pool, header, func(ctx context.Context, c *xl.Call, id idl.DomID, p *Pool) error {
			rows, err := reserves(ctx, c, id, nil)
			p.VCPUs = append(p.VCPUs, rows...)
			p.domainsText += reserveLines(rows)
			return err
		})
	case !one:
		return s.showAll(ctx, c, pool, s.header, s.addDomain)
	}
	id, err := c.Domain(ctx, word)
	switch {
	case err != nil:
		return err
	case !c.Has("vcpuid"):
		return s.showDomain(ctx, c, id)
	case len(o.settings) > 0:
		return setReserves(ctx, c, id, o)
	}
	rows, err := reserves(ctx, c, id, o.vcpus)
	if err != nil {
		return c.Partly([]Reserve{}, header, err)
	}
	return c.Show(rows, header+reserveLines(rows))
}

func reserveLines(rows []Reserve) string {
	text := ""
	for _, r := range rows {
		text += fmt.Sprintf(reserveFormat, r.Name, r.ID, r.VCPU, orMinusOne(r.PeriodUs), orMinusOne(r.BudgetUs), yesNo(r.Extratime))
	}
	return text
}

// reserves asks for some virtual CPUs, in their order, or for all.
func reserves(ctx context.Context, c *xl.Call, id idl.DomID, vcpus []int32) ([]Reserve, error) {
	call, asked := "libxl_vcpu_sched_params_get", idl.Bitmap{}
	for _, v := range vcpus {
		if v < 0 {
			return nil, xl.Failf(xl.StatusFailed, "%d is not the number of a virtual CPU", v)
		}
		asked = append(asked, uint32(v))
	}
	slices.Sort(asked)
	p, err := idl.VCPUSchedParams{}, error(nil)
	if len(asked) > 0 {
		p, err = c.Xen.VCPUSchedParamsGet(ctx, id, slices.Compact(asked))
	} else {
		call += "_all"
		p, err = c.Xen.VCPUSchedParamsGetAll(ctx, id)
	}
	if err != nil {
		return nil, c.Because(err, "%s failed.", call)
	}
	if p.Sched != idl.SchedulerRTDS {
		return nil, xl.Failf(xl.StatusFailed, "%s returned %s not %s.", call, p.Sched, idl.SchedulerRTDS)
	}
	name, err := c.DomainName(ctx, id)
	if err != nil {
		return nil, err
	}
	rows := []Reserve{}
	for _, v := range p.VCPUs {
		rows = append(rows, Reserve{VCPU: orMinusOne(v.VCPUID), Share: Share{Name: name, ID: uint32(id),
			PeriodUs: v.Period, BudgetUs: v.Budget, Extratime: new(v.Extratime != nil && *v.Extratime != 0)}})
	}
	return inOrder(rows, vcpus), nil
}

// inOrder gives the rows of virtual CPUs in the order in which they were asked for.
func inOrder(rows []Reserve, vcpus []int32) []Reserve {
	if len(vcpus) == 0 {
		return rows
	}
	out := []Reserve{}
	for _, v := range vcpus {
		if i := slices.IndexFunc(rows, func(r Reserve) bool { return r.VCPU == v }); i >= 0 {
			out = append(out, rows[i])
		}
	}
	return out
}

func setReserves(ctx context.Context, c *xl.Call, id idl.DomID, o rtdsOptions) error {
	p := idl.VCPUSchedParams{Sched: idl.SchedulerRTDS}
	if len(o.vcpus) == 0 {
		p.VCPUs = o.settings[:1]
		if err := c.Xen.VCPUSchedParamsSetAll(ctx, id, p); err != nil {
			return c.Because(err, "libxl_vcpu_sched_params_set_all failed.")
		}
		return nil
	}
	for i := range o.vcpus {
		s := o.settings[i]
		s.VCPUID = &o.vcpus[i]
		p.VCPUs = append(p.VCPUs, s)
	}
	if err := c.Xen.VCPUSchedParamsSet(ctx, id, p); err != nil {
		return c.Because(err, "libxl_vcpu_sched_params_set failed.")
	}
	return nil
}
