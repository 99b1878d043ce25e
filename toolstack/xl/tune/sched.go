package tune

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/xenvoy/xenvoy/toolstack/domcfg/xlcfg"
	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/xen/libxl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// A Pool is a CPU pool with its scheduler's parameters, those that it has, and the domains or
// their virtual CPUs with theirs.
type Pool struct {
	Name              string    `json:"cpupool"`
	Scheduler         string    `json:"scheduler"`
	TimesliceMs       *int32    `json:"tslice_ms,omitempty"`
	RatelimitUs       *int32    `json:"ratelimit_us,omitempty"`
	MigrationDelayUs  *int32    `json:"migration_delay_us,omitempty"`
	Domains           []Share   `json:"domains,omitempty"`
	VCPUs             []Reserve `json:"vcpus,omitempty"`
	text, domainsText string
}

// A Share is what a domain gets of the CPUs: weight and cap from credit and credit2, a period
// and a budget within it, in microseconds, from rtds.
type Share struct {
	Name      string `json:"name"`
	ID        uint32 `json:"id"`
	Weight    *int32 `json:"weight,omitempty"`
	Cap       *int32 `json:"cap,omitempty"` // percent of one CPU; 0: no limit
	PeriodUs  *int32 `json:"period_us,omitempty"`
	BudgetUs  *int32 `json:"budget_us,omitempty"`
	Extratime *bool  `json:"extratime,omitempty"`
}

// A Reserve is what a virtual CPU gets from rtds.
type Reserve struct {
	Share
	VCPU int32 `json:"vcpu"`
}

// A scheduler is one of xl's sched-… commands.
type scheduler struct {
	kind   idl.Scheduler
	header string // of the table of domains
	line   func(s Share) string

	// pool asks for the pool's parameters, and gives xl's line about them. Where they
	// cannot be had xl prints that.
	pool func(ctx context.Context, c *xl.Call, pool uint32, p *Pool) error
}

// one describes a pool without its domains.
func (s *scheduler) one(ctx context.Context, c *xl.Call, id uint32) (Pool, error) {
	name, err := c.PoolName(ctx, id)
	if err != nil {
		return Pool{}, err
	}
	p := Pool{Name: name, Scheduler: s.kind.String()}
	return p, s.pool(ctx, c, id, &p)
}

// domain asks for a domain's parameters.
func (s *scheduler) domain(ctx context.Context, c *xl.Call, id idl.DomID) (Share, error) {
	p, err := c.Xen.DomainSchedParamsGet(ctx, id)
	if err != nil {
		return Share{}, c.Because(err, "libxl_domain_sched_params_get failed.")
	}
	if p.Sched != s.kind {
		return Share{}, xl.Failf(xl.StatusFailed, "libxl_domain_sched_params_get returned %s not %s.", p.Sched, s.kind)
	}
	name, err := c.DomainName(ctx, id)
	out := Share{Name: name, ID: uint32(id), Weight: p.Weight, Cap: p.Cap}
	if s.kind == idl.SchedulerRTDS {
		out = Share{Name: name, ID: uint32(id), PeriodUs: p.Period, BudgetUs: p.Budget, Extratime: new(p.Extratime != nil && *p.Extratime != 0)}
	}
	return out, err
}

// showDomain prints one domain's parameters, below a header also when it fails.
func (s *scheduler) showDomain(ctx context.Context, c *xl.Call, id idl.DomID) error {
	share, err := s.domain(ctx, c, id)
	if err != nil {
		return c.Partly([]Share{}, s.header, err)
	}
	return c.Show([]Share{share}, s.header+s.line(share))
}

// showAll prints all pools with this scheduler, or one, and what row adds of each of their
// domains.
func (s *scheduler) showAll(ctx context.Context, c *xl.Call, only string, header string,
	row func(ctx context.Context, c *xl.Call, id idl.DomID, p *Pool) error) error {
	wanted, err := poolNamed(ctx, c, only)
	if err != nil {
		return err
	}
	domains, err := c.Xen.ListDomains(ctx)
	if err != nil {
		return c.Because(err, "libxl_list_domain failed.")
	}
	all, err := c.Xen.ListCPUPools(ctx)
	if err != nil {
		return c.Because(err, "error getting cpupool info")
	}
	pools := []Pool{}
	var b strings.Builder
	for _, info := range all {
		if info.Sched != s.kind || only != "" && info.PoolID != wanted {
			continue
		}
		p, err := s.one(ctx, c, info.PoolID)
		if err != nil {
			return err
		}
		p.domainsText = header
		for _, d := range domains {
			if d.CPUPool == info.PoolID && err == nil {
				err = row(ctx, c, d.DomID, &p)
			}
		}
		pools = append(pools, p)
		b.WriteString(p.text + p.domainsText)
		var end endOfList
		if errors.As(err, &end) && !c.Strict {
			c.Warnf("%v", err)
			break
		}
		if err != nil {
			return c.Partly(pools, b.String(), err)
		}
	}
	return c.Show(pools, b.String())
}

// An endOfList is the error of a domain that ends xl's list, but is no failure of it.
type endOfList struct{ error }

// Unwrap is the error itself.
func (e endOfList) Unwrap() error { return e.error }

// addDomain is showAll's row with a domain's parameters.
func (s *scheduler) addDomain(ctx context.Context, c *xl.Call, id idl.DomID, p *Pool) error {
	share, err := s.domain(ctx, c, id)
	if err != nil {
		return endOfList{err}
	}
	p.Domains = append(p.Domains, share)
	p.domainsText += s.line(share)
	return nil
}

// poolNamed is the number of a pool that a word names; 0, the default one, for "".
func poolNamed(ctx context.Context, c *xl.Call, word string) (uint32, error) {
	if word == "" {
		return 0, nil
	}
	return findPool(ctx, c, word)
}

// findPool is the number of the pool that a word names, by number or name.
func findPool(ctx context.Context, c *xl.Call, word string) (uint32, error) {
	pool, _, err := c.Xen.FindCPUPool(ctx, word)
	if err == nil {
		var valid bool
		if valid, err = c.Xen.CPUPoolIDIsValid(ctx, pool); err == nil && !valid {
			err = libxl.ErrNotFound
		}
	}
	if err != nil {
		return 0, &xl.Failure{Status: xl.StatusFailed, Text: fmt.Sprintf("unknown cpupool '%s'", word), Err: err}
	}
	return pool, nil
}

// number is the value of an option as xl reads it, but one without a digit, which xl takes for
// 0, is an error; nil when the option was not given.
func number(c *xl.Call, option string) (*int32, error) {
	word, given := c.Value(option)
	if !given {
		return nil, nil
	}
	n, err := parse(option, word)
	return &n, err
}

func parse(option, word string) (int32, error) {
	n, used := xlcfg.Strtol(word, 10)
	if used == 0 || n < math.MinInt32 || n > math.MaxInt32 {
		return 0, xl.Failf(xl.StatusFailed, "%s: %q is not a number of 32 bits", option, word)
	}
	return int32(n), nil
}

// given says whether one of the options was given.
func given(c *xl.Call, options ...string) bool { return slices.ContainsFunc(options, c.Has) }
