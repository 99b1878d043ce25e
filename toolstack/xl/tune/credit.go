package tune

import (
	"context"
	"fmt"

	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

func schedCredit() *xl.Command {
	s := creditTable(idl.SchedulerCredit)
	s.pool = func(ctx context.Context, c *xl.Call, pool uint32, p *Pool) error {
		got, err := c.Xen.SchedCreditParamsGet(ctx, pool)
		if err != nil {
			p.unavailable()
			return c.PassOver(err, "libxl_sched_credit_params_get failed.")
		}
		p.TimesliceMs, p.RatelimitUs, p.MigrationDelayUs = &got.TsliceMs, &got.RatelimitUs, &got.VCPUMigrDelayUs
		p.text = fmt.Sprintf("Cpupool %s: tslice=%dms ratelimit=%dus migration-delay=%dus\n", p.Name, got.TsliceMs, got.RatelimitUs, got.VCPUMigrDelayUs)
		return nil
	}
	options := append(creditOptions(),
		xl.Option{Short: 't', Long: "tslice_ms", Value: "TSLICE", Help: "Set the time slice, in milliseconds."},
		xl.Option{Short: 'm', Long: "migration_delay_us", Value: "DLY", Help: "Set the delay of migrations, in microseconds."})
	return &xl.Command{
		Name: "sched-credit", Operands: "[-d <Domain> [-w[=WEIGHT]|-c[=CAP]]] [-s [-t TSLICE] [-r RATELIMIT]] [-p CPUPOOL]",
		Summary: "Show or set what the credit scheduler goes by", Options: options, Changes: true,
		Run: func(ctx context.Context, c *xl.Call) error {
			switch {
			case given(c, "cpupool", "schedparam") && given(c, "domain", "weight", "cap"):
				return xl.Failf(xl.StatusFailed, "Specifying a cpupool or schedparam is not allowed with domain options.")
			case !c.Has("domain") && given(c, "weight", "cap"):
				return xl.Failf(xl.StatusFailed, "Must specify a domain.")
			case !c.Has("schedparam") && given(c, "tslice_ms", "ratelimit_us", "migration_delay_us"):
				return xl.Failf(xl.StatusFailed, "Must specify schedparam to set schedule parameter values.")
			}
			return s.run(ctx, c, setCredit)
		},
	}
}

func schedCredit2() *xl.Command {
	s := creditTable(idl.SchedulerCredit2)
	s.pool = func(ctx context.Context, c *xl.Call, pool uint32, p *Pool) error {
		got, err := c.Xen.SchedCredit2ParamsGet(ctx, pool)
		if err != nil {
			p.unavailable()
			return c.PassOver(err, "libxl_sched_credit2_params_get failed.")
		}
		p.RatelimitUs = &got.RatelimitUs
		p.text = fmt.Sprintf("Cpupool %s: ratelimit=%dus\n", p.Name, got.RatelimitUs)
		return nil
	}
	return &xl.Command{
		Name: "sched-credit2", Operands: "[-d <Domain> [-w[=WEIGHT]]] [-p CPUPOOL]",
		Summary: "Show or set what the credit2 scheduler goes by", Options: creditOptions(), Changes: true,
		Run: func(ctx context.Context, c *xl.Call) error {
			switch {
			case c.Has("cpupool") && given(c, "domain", "weight", "cap"):
				return xl.Failf(xl.StatusFailed, "Specifying a cpupool is not allowed with other options.")
			case !c.Has("domain") && given(c, "weight", "cap"):
				return xl.Failf(xl.StatusFailed, "Must specify a domain.")
			case c.Strict && !c.Has("schedparam") && c.Has("ratelimit_us"): // which xl passes over
				return c.WrongWords(xl.StatusFailed, "--ratelimit_us needs --schedparam")
			}
			return s.run(ctx, c, setCredit2)
		},
	}
}

// creditOptions are those that both schedulers have.
func creditOptions() []xl.Option {
	return []xl.Option{
		{Short: 'd', Long: "domain", Value: "DOMAIN", Help: "The domain."},
		{Short: 'w', Long: "weight", Value: "WEIGHT", Help: "Set its share beside others'."},
		{Short: 'c', Long: "cap", Value: "CAP", Help: "Set its limit, in percent of one CPU; 0 for none."},
		{Short: 's', Long: "schedparam", Help: "Show or set the parameters of the pool."},
		{Short: 'r', Long: "ratelimit_us", Value: "RLIMIT", Help: "Set the shortest time between switches, in microseconds."},
		{Short: 'p', Long: "cpupool", Value: "CPUPOOL", Help: "The CPU pool."},
	}
}

func creditTable(kind idl.Scheduler) *scheduler {
	return &scheduler{
		kind: kind, header: fmt.Sprintf("%-33s %4s %6s %4s\n", "Name", "ID", "Weight", "Cap"),
		line: func(s Share) string {
			return fmt.Sprintf("%-33s %4d %6d %4d\n", s.Name, s.ID, orMinusOne(s.Weight), orMinusOne(s.Cap))
		},
	}
}

// orMinusOne is a number that libxl has set to -1 when there is none.
func orMinusOne(n *int32) int32 {
	if n == nil {
		return -1
	}
	return *n
}

// unavailable is xl's line for a pool without parameters.
func (p *Pool) unavailable() {
	p.text = fmt.Sprintf("Cpupool %s: [sched params unavailable]\n", p.Name)
}

// run does what the options say; set changes the pool's parameters.
func (s *scheduler) run(ctx context.Context, c *xl.Call, set func(ctx context.Context, c *xl.Call, pool uint32) error) error {
	pool, _ := c.Value("cpupool")
	domain, _ := c.Value("domain")
	switch {
	case c.Has("schedparam"):
		id, err := poolNamed(ctx, c, pool)
		if err != nil {
			return err
		}
		if given(c, "tslice_ms", "ratelimit_us", "migration_delay_us") {
			return set(ctx, c, id)
		}
		p, err := s.one(ctx, c, id)
		if err != nil {
			return err
		}
		return c.Show(p, p.text)
	case !c.Has("domain"):
		return s.showAll(ctx, c, pool, s.header, s.addDomain)
	}
	id, err := c.Domain(ctx, domain)
	if err != nil {
		return err
	}
	if given(c, "weight", "cap") {
		return s.setDomain(ctx, c, id)
	}
	return s.showDomain(ctx, c, id)
}

func (s *scheduler) setDomain(ctx context.Context, c *xl.Call, id idl.DomID) error {
	p := idl.DomainSchedParams{Sched: s.kind}
	var err error
	if p.Weight, err = number(c, "weight"); err != nil {
		return err
	}
	if p.Cap, err = number(c, "cap"); err != nil {
		return err
	}
	if err := c.Xen.DomainSchedParamsSet(ctx, id, p); err != nil {
		return c.Because(err, "libxl_domain_sched_params_set failed.")
	}
	return nil
}

func setCredit(ctx context.Context, c *xl.Call, pool uint32) error {
	p, err := c.Xen.SchedCreditParamsGet(ctx, pool)
	if err != nil {
		return c.Because(err, "libxl_sched_credit_params_get failed.")
	}
	for _, o := range []struct {
		name string
		into *int32
	}{{"tslice_ms", &p.TsliceMs}, {"ratelimit_us", &p.RatelimitUs}, {"migration_delay_us", &p.VCPUMigrDelayUs}} {
		n, err := number(c, o.name)
		if err != nil {
			return err
		}
		if n != nil {
			*o.into = *n
		}
	}
	if _, err := c.Xen.SchedCreditParamsSet(ctx, pool, p); err != nil {
		return c.Because(err, "libxl_sched_credit_params_set failed.")
	}
	return nil
}

func setCredit2(ctx context.Context, c *xl.Call, pool uint32) error {
	n, err := number(c, "ratelimit_us")
	if err != nil || n == nil {
		return err
	}
	if _, err := c.Xen.SchedCredit2ParamsSet(ctx, pool, idl.SchedCredit2Params{RatelimitUs: *n}); err != nil {
		return c.Because(err, "libxl_sched_credit2_params_set failed.")
	}
	return nil
}
