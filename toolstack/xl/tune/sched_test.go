package tune

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/xenvoy/xenvoy/toolstack/xl/xltest"
	"github.com/xenvoy/xenvoy/xen/libxl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

func (f *fake) DomainSchedParamsGet(_ context.Context, id idl.DomID) (idl.DomainSchedParams, error) {
	p := idl.DomainSchedParams{Sched: f.sched, Weight: new(int32(256 + id)), Cap: new(int32(0))}
	if f.sched == idl.SchedulerRTDS {
		p = idl.DomainSchedParams{Sched: f.sched, Period: new(int32(10000)), Budget: new(int32(4000)), Extratime: new(int32(1))}
	}
	return p, f.fail["DomainSchedParamsGet"]
}

func (f *fake) DomainSchedParamsSet(_ context.Context, id idl.DomID, p idl.DomainSchedParams) error {
	return f.call("DomainSchedParamsSet", "%d %s %d %d", id, p.Sched, orMinusOne(p.Weight), orMinusOne(p.Cap))
}

func (f *fake) SchedCreditParamsGet(context.Context, uint32) (idl.SchedCreditParams, error) {
	return idl.SchedCreditParams{TsliceMs: 30, RatelimitUs: 1000}, f.fail["SchedCreditParamsGet"]
}

func (f *fake) SchedCreditParamsSet(_ context.Context, pool uint32, p idl.SchedCreditParams) (idl.SchedCreditParams, error) {
	return p, f.call("SchedCreditParamsSet", "%d %v", pool, p)
}

func (f *fake) SchedCredit2ParamsGet(context.Context, uint32) (idl.SchedCredit2Params, error) {
	return idl.SchedCredit2Params{RatelimitUs: 1000}, f.fail["SchedCredit2ParamsGet"]
}

func (f *fake) SchedCredit2ParamsSet(_ context.Context, pool uint32, p idl.SchedCredit2Params) (idl.SchedCredit2Params, error) {
	return p, f.call("SchedCredit2ParamsSet", "%d %v", pool, p)
}

func (f *fake) VCPUSchedParamsGet(_ context.Context, id idl.DomID, vcpus idl.Bitmap) (idl.VCPUSchedParams, error) {
	p := idl.VCPUSchedParams{Sched: idl.SchedulerRTDS}
	for _, v := range vcpus {
		p.VCPUs = append(p.VCPUs, idl.SchedParams{VCPUID: new(int32(v)), Period: new(int32(10000)), Budget: new(int32(100 + v)), Extratime: new(int32(v & 1))})
	}
	return p, f.fail["VCPUSchedParamsGet"]
}

func (f *fake) VCPUSchedParamsGetAll(ctx context.Context, id idl.DomID) (idl.VCPUSchedParams, error) {
	p, err := f.VCPUSchedParamsGet(ctx, id, idl.Bitmap{0, 1})
	return p, errors.Join(err, f.fail["VCPUSchedParamsGetAll"])
}

func (f *fake) VCPUSchedParamsSet(_ context.Context, id idl.DomID, p idl.VCPUSchedParams) error {
	return f.call("VCPUSchedParamsSet", "%d%s", id, reserved(p))
}

func (f *fake) VCPUSchedParamsSetAll(_ context.Context, id idl.DomID, p idl.VCPUSchedParams) error {
	return f.call("VCPUSchedParamsSetAll", "%d%s", id, reserved(p))
}

func reserved(p idl.VCPUSchedParams) string {
	text := ""
	for _, v := range p.VCPUs {
		text += fmt.Sprintf(" [%d %d %d %d]", orMinusOne(v.VCPUID), *v.Period, *v.Budget, *v.Extratime)
	}
	return text
}

const (
	creditHeader = "Name                                ID Weight  Cap\n"
	noDomainOpts = "Specifying a cpupool or schedparam is not allowed with domain options.\n"
	params       = "libxl_sched_credit_params_get failed.\n"
)

func TestSchedCredit(t *testing.T) {
	change := func(f *fake) { f.sched = idl.SchedulerCredit }
	web := "web                                  7    263    0\n"
	pool := "tslice=30ms ratelimit=1000us migration-delay=0us\n"
	check(t, change, []row{
		{"sched-credit", nil, "Cpupool fast: " + pool + creditHeader + web, "", 0},
		{"sched-credit -p Pool-0", nil, "", "", 0},
		{"sched-credit -p fast", nil, "Cpupool fast: " + pool + creditHeader + web, "", 0},
		{"sched-credit -p nosuch", nil, "", "unknown cpupool 'nosuch'\n", 1},
		{"sched-credit -s -p 99", nil, "", "unknown cpupool '99'\n", 1},
		{"sched-credit -d web", nil, creditHeader + web, "", 0},
		{"sched-credit -d nosuch", nil, "", "nosuch is an invalid domain identifier (rc=-6)\n", 1},
		{"sched-credit -s", nil, "Cpupool Pool-0: " + pool, "", 0},
		{"sched-credit -d web -w 512", []string{"DomainSchedParamsSet 7 credit 512 -1"}, "", "", 0},
		{"sched-credit -d web --weight=512 --cap 50", []string{"DomainSchedParamsSet 7 credit 512 50"}, "", "", 0},
		{"sched-credit -s -p fast -t 20 -m 5", []string{"SchedCreditParamsSet 5 {20 1000 5}"}, "", "", 0},
		{"sched-credit -p fast -d web", nil, "", noDomainOpts, 1},
		{"sched-credit -s -w 5", nil, "", noDomainOpts, 1},
		{"sched-credit -w 5", nil, "", "Must specify a domain.\n", 1},
		{"sched-credit -t 5", nil, "", "Must specify schedparam to set schedule parameter values.\n", 1},
		{"sched-credit -d web -c x", nil, "", "cap: \"x\" is not a number of 32 bits\n", 1},
	})
	checkFailures(t, change, []struct {
		words, method, stderr string
		status                int
	}{
		{"sched-credit", "ListDomains", "libxl_list_domain failed.\n", 1},
		{"sched-credit", "ListCPUPools", "error getting cpupool info\n", 1},
		{"sched-credit", "SchedCreditParamsGet", params, 0},
		{"sched-credit -s", "SchedCreditParamsGet", params, 0},
		{"sched-credit -s -t 1", "SchedCreditParamsGet", params, 1},
		{"sched-credit -s -t 1", "SchedCreditParamsSet", "libxl_sched_credit_params_set failed.\n", 1},
		{"sched-credit", "DomainSchedParamsGet", "libxl_domain_sched_params_get failed.\n", 0},
		{"sched-credit -d web", "DomainSchedParamsGet", "libxl_domain_sched_params_get failed.\n", 1},
		{"sched-credit -d web -c 5", "DomainSchedParamsSet", "libxl_domain_sched_params_set failed.\n", 1},
	})
	check(t, func(f *fake) { f.fail["SchedCreditParamsGet"] = libxl.ErrFail }, []row{
		{"sched-credit -s", nil, "Cpupool Pool-0: [sched params unavailable]\n", params, 0},
	})
}

func TestSchedCredit2(t *testing.T) {
	dom0 := "Domain-0                             0    256    0\n"
	check(t, nil, []row{
		{"sched-credit2", nil, "Cpupool Pool-0: ratelimit=1000us\n" + creditHeader + dom0, "", 0},
		{"sched-credit2 -d 0", nil, creditHeader + dom0, "", 0},
		{"sched-credit2 -s", nil, "Cpupool Pool-0: ratelimit=1000us\n", "", 0},
		{"sched-credit2 -s -r 500", []string{"SchedCredit2ParamsSet 0 {500}"}, "", "", 0},
		{"sched-credit2 -d web -w 100", []string{"DomainSchedParamsSet 7 credit2 100 -1"}, "", "", 0},
		{"sched-credit2 -d web -p fast", nil, "", "Specifying a cpupool is not allowed with other options.\n", 1},
		{"sched-credit2 -w 5", nil, "", "Must specify a domain.\n", 1},
	})
	check(t, func(f *fake) { f.sched = idl.SchedulerCredit }, []row{
		{"sched-credit2 -d web", nil, creditHeader, "libxl_domain_sched_params_get returned credit not credit2.\n", 1},
	})
	checkFailures(t, nil, []struct {
		words, method, stderr string
		status                int
	}{
		{"sched-credit2 -s", "SchedCredit2ParamsGet", "libxl_sched_credit2_params_get failed.\n", 0},
		{"sched-credit2 -s -r 100", "SchedCredit2ParamsSet", "libxl_sched_credit2_params_set failed.\n", 1},
	})
}

func TestSchedRTDS(t *testing.T) {
	change := func(f *fake) { f.sched, f.pools[0].Sched = idl.SchedulerRTDS, idl.SchedulerRTDS }
	header := "Name                                ID    Period    Budget  Extratime\n"
	dom0 := "Domain-0                             0     10000      4000        yes\n"
	vheader := "Name                                ID VCPU    Period    Budget  Extratime\n"
	v := func(n, budget int, extra string) string {
		return fmt.Sprintf("Domain-0                             0    %d     10000       %d        %3s\n", n, budget, extra)
	}
	check(t, change, []row{
		{"sched-rtds", nil, "Cpupool Pool-0: sched=RTDS\n" + header + dom0, "", 0},
		{"sched-rtds -c fast", nil, "", "", 0},
		{"sched-rtds -d 0", nil, header + dom0, "", 0},
		{"sched-rtds -v all", nil, "Cpupool Pool-0: sched=RTDS\n" + vheader + v(0, 100, "no") + v(1, 101, "yes"), "", 0},
		{"sched-rtds -d 0 -v all", nil, vheader + v(0, 100, "no") + v(1, 101, "yes"), "", 0},
		{"sched-rtds -d 0 -v 3 -v 1", nil, vheader + v(3, 103, "yes") + v(1, 101, "yes"), "", 0},
		{"sched-rtds -d 0 -v 0 -p 100 -b 50 -e 0 -v 1 -p 200 -b 60 -e 1",
			[]string{"VCPUSchedParamsSet 0 [0 100 50 0] [1 200 60 1]"}, "", "", 0},
		{"sched-rtds -d 0 -v all -p 100 -b 50 -e 1", []string{"VCPUSchedParamsSetAll 0 [-1 100 50 1]"}, "", "", 0},
		{"sched-rtds -d 0 -e 2", nil, "", "Invalid extratime.\n", 1},
		{"sched-rtds -c fast -d 0", nil, "", "Specifying a cpupool is not allowed with other options.\n", 1},
		{"sched-rtds -v 0", nil, "", "Missing parameters.\n", 1},
		{"sched-rtds -d 0 -p 5", nil, "", "Must specify VCPU.\n", 1},
		{"sched-rtds -d 0 -v all -v 1", nil, "", "Incorrect VCPU IDs.\n", 1},
		{"sched-rtds -d 0 -v 0 -v 1 -p 1 -b 1 -e 1", nil, "", "Incorrect number of period, budget and extratime\n", 1},
		{"sched-rtds -d 0 -v 0 -p 1", nil, "", "Incorrect number of period, budget and extratime\n", 1},
		{"sched-rtds -d 0 -v x", nil, "", "vcpuid: \"x\" is not a number of 32 bits\n", 1},
	})
	checkFailures(t, change, []struct {
		words, method, stderr string
		status                int
	}{
		{"sched-rtds -v all", "VCPUSchedParamsGetAll", "libxl_vcpu_sched_params_get_all failed.\n", 1},
		{"sched-rtds -d 0 -v 1", "VCPUSchedParamsGet", "libxl_vcpu_sched_params_get failed.\n", 1},
		{"sched-rtds -d 0 -v 1 -p 9 -b 1 -e 0", "VCPUSchedParamsSet", "libxl_vcpu_sched_params_set failed.\n", 1},
		{"sched-rtds -d 0 -v all -p 9 -b 1 -e 0", "VCPUSchedParamsSetAll", "libxl_vcpu_sched_params_set_all failed.\n", 1},
	})
}

func TestSchedJSON(t *testing.T) {
	got := xltest.Bench{Commands: Commands(), Xen: newFake()}.Xenvoy(t, "json", "sched-credit2")
	var pools []Pool
	if err := errors.Join(got.Err, json.Unmarshal([]byte(got.Stdout), &pools)); err != nil {
		t.Fatal(err)
	}
	if len(pools) != 1 || pools[0].Name != "Pool-0" || *pools[0].RatelimitUs != 1000 || len(pools[0].Domains) != 1 || *pools[0].Domains[0].Weight != 256 {
		t.Errorf("%+v", pools)
	}
}
