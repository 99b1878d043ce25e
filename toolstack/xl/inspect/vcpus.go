package inspect

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/xen/libxl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// A VCPU is a line of vcpu-list. CPU is where it is, null for one that is offline; the
// affinities are numbers of physical CPUs.
type VCPU struct {
	Name         string     `json:"name"`
	ID           uint32     `json:"id"`
	VCPU         uint32     `json:"vcpu"`
	CPU          *uint32    `json:"cpu"`
	State        string     `json:"state"` // running, blocked, paused (offline): one letter each
	Time         float64    `json:"time_s"`
	HardAffinity idl.Bitmap `json:"hard_affinity"`
	SoftAffinity idl.Bitmap `json:"soft_affinity"`
}

func vcpuList() *xl.Command {
	return &xl.Command{
		Name: "vcpu-list", Operands: "[Domain, ...]", Summary: "List the virtual CPUs of all domains, or of some",
		Run: func(ctx context.Context, c *xl.Call) error {
			host, err := c.Xen.PhysInfo(ctx)
			if err != nil {
				return c.PassOver(err, "libxl_physinfo failed.")
			}
			l := vcpuLines{rows: []VCPU{}, cpus: int(host.MaxCPUID) + 1}
			fmt.Fprintf(&l.text, "%-32s %5s %5s %5s %5s %9s %s\n", "Name", "ID", "VCPU", "CPU", "State", "Time(s)", "Affinity (Hard / Soft)")
			if err := l.all(ctx, c); err != nil {
				return c.Partly(l.rows, l.text.String(), err)
			}
			return c.Show(l.rows, l.text.String())
		},
	}
}

// vcpuLines gathers what is to be printed, on a host with so many CPUs.
type vcpuLines struct {
	rows []VCPU
	text strings.Builder
	cpus int
}

// all adds the vCPUs of all domains, or of those that the operands name.
func (l *vcpuLines) all(ctx context.Context, c *xl.Call) error {
	for _, word := range c.Args {
		id, err := c.Domain(ctx, word)
		if err != nil {
			return err
		}
		if err := l.domain(ctx, c, id); err != nil {
			return err
		}
	}
	if len(c.Args) > 0 {
		return nil
	}
	all, err := c.Xen.ListDomains(ctx)
	if err != nil {
		return c.PassOver(err, "libxl_list_domain failed.")
	}
	for _, d := range all {
		err := l.domain(ctx, c, d.DomID)
		if errors.Is(err, libxl.ErrDomainNotFound) || d.VCPUOnline == 0 { // it has ended since, or has no vCPU yet
			continue
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (l *vcpuLines) domain(ctx context.Context, c *xl.Call, id idl.DomID) error {
	vcpus, err := c.Xen.ListVCPUs(ctx, id)
	if err != nil {
		return c.Lenient(err)
	}
	name, err := c.DomainName(ctx, id)
	if err != nil {
		return err
	}
	for _, v := range vcpus {
		l.add(name, id, v)
	}
	return nil
}

func (l *vcpuLines) add(name string, id idl.DomID, v idl.VCPUInfo) {
	r := VCPU{
		Name: name, ID: uint32(id), VCPU: v.VCPUID, State: "--p", Time: xl.Seconds(v.VCPUTime),
		HardAffinity: v.CPUMap, SoftAffinity: v.CPUMapSoft,
	}
	cpu := "-"
	if v.Online {
		r.CPU, cpu = &v.CPU, fmt.Sprint(v.CPU)
		r.State = mark(v.Running, "r") + mark(v.Blocked, "b") + "-"
	}
	l.rows = append(l.rows, r)
	fmt.Fprintf(&l.text, "%-32s %5d %5d%5s %5s %9.1f  %s / %s\n", name, id, v.VCPUID, cpu, r.State, r.Time,
		xl.BitmapText(v.CPUMap, l.cpus), xl.BitmapText(v.CPUMapSoft, l.cpus))
}

// mark is a letter of a state, or a dash.
func mark(on bool, letter string) string {
	if on {
		return letter
	}
	return "-"
}
