package tune

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/xenvoy/xenvoy/toolstack/domcfg/xlcfg"
	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/xen/libxl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

func vcpuPin() *xl.Command {
	return &xl.Command{
		Name: "vcpu-pin", Operands: "[option] <Domain> <VCPU|all> <Hard affinity|-|all> <Soft affinity|-|all>",
		Summary: "Say on which CPUs a virtual CPU may and should run", MinArgs: 3, DryRun: true, Changes: true,
		Options: []xl.Option{
			{Short: 'f', Long: "force", Help: "End a pinning by dom0's own kernel, too."},
			{Short: 'i', Long: "ignore-global-affinity-masks", Help: "Do not heed the masks in xl.conf."},
		},
		Run: pin,
	}
}

// allVCPUs stands for all of a domain's.
const allVCPUs = -1

func pin(ctx context.Context, c *xl.Call) error {
	id, err := c.Domain(ctx, c.Args[0])
	if err != nil {
		return err
	}
	vcpu, used := xlcfg.Strtol(c.Args[1], 10)
	if used == 0 || vcpu < 0 {
		if c.Args[1] != "all" {
			return xl.Failf(xl.StatusFailed, "Error: Invalid argument %s as VCPU.", c.Args[1])
		}
		if c.Has("force") {
			return xl.Failf(xl.StatusFailed, "Error: --force and 'all' as VCPU not allowed.")
		}
		vcpu = allVCPUs
	}
	hard, err := affinity(ctx, c, 2)
	if err != nil {
		return err
	}
	soft, err := affinity(ctx, c, 3)
	if err != nil {
		return err
	}
	if c.DryRun {
		return showPin(ctx, c, hard, soft)
	}
	if hard != nil && !c.Has("ignore-global-affinity-masks") {
		if hard, err = masked(ctx, c, id, hard); err != nil {
			return err
		}
	}
	return setAffinity(ctx, c, id, vcpu, bitmapOf(hard), bitmapOf(soft))
}

// affinity reads an operand; nil for "-", and for one that is not there: it stays as it is.
func affinity(ctx context.Context, c *xl.Call, operand int) (cpuSet, error) {
	if operand >= len(c.Args) || c.Args[operand] == "-" {
		return nil, nil
	}
	return cpuRange(ctx, c, c.Args[operand])
}

// bitmapOf is nil for no set.
func bitmapOf(s cpuSet) idl.Bitmap {
	if s == nil {
		return nil
	}
	return s.bitmap()
}

func setAffinity(ctx context.Context, c *xl.Call, id idl.DomID, vcpu int64, hard, soft idl.Bitmap) error {
	if vcpu == allVCPUs {
		vcpus, err := c.Xen.ListVCPUs(ctx, id)
		if err != nil {
			return c.Because(err, "libxl_list_vcpu failed.")
		}
		if err := c.Xen.SetVCPUAffinityAll(ctx, id, len(vcpus), hard, soft); err != nil {
			return c.PassOver(err, "Could not set affinity.")
		}
		return nil
	}
	set := c.Xen.SetVCPUAffinity
	if c.Has("force") {
		set = c.Xen.SetVCPUAffinityForce
	}
	if err := set(ctx, id, uint32(min(vcpu, math.MaxUint32)), hard, soft); err != nil {
		return c.Because(err, "Could not set affinity for vcpu `%d'.", vcpu)
	}
	return nil
}

// A Pinning is what vcpu-pin would do, in numbers of CPUs; an affinity that would stay as it is
// is not there.
type Pinning struct {
	Hard *idl.Bitmap `json:"hard_affinity,omitempty"`
	Soft *idl.Bitmap `json:"soft_affinity,omitempty"`
}

func showPin(ctx context.Context, c *xl.Call, hard, soft cpuSet) error {
	cpus, err := c.Xen.MaxCPUs(ctx)
	if err != nil {
		return c.Because(err, "libxl_get_max_cpus failed.")
	}
	var p Pinning
	text := "cpumap: -"
	if hard != nil {
		p.Hard = new(hard.bitmap())
		text = "cpumap: " + xl.BitmapText(*p.Hard, cpus)
	}
	if soft != nil {
		p.Soft = new(soft.bitmap())
		text += " " + xl.BitmapText(*p.Soft, cpus)
	}
	return c.Show(p, text+"\n")
}

func vcpuSet() *xl.Command {
	return &xl.Command{
		Name: "vcpu-set", Operands: "[option] <Domain> <vCPUs>", Summary: "Tell a domain how many virtual CPUs to use", MinArgs: 2, Changes: true,
		Options: []xl.Option{{Short: 'i', Long: "ignore-host", Help: "Allow more than the host has CPUs."}},
		Run: func(ctx context.Context, c *xl.Call) error {
			id, err := c.Domain(ctx, c.Args[0])
			if err != nil {
				return err
			}
			n, used := xlcfg.Strtoul(c.Args[1], 10)
			if used == 0 || n > math.MaxInt32 {
				return xl.Failf(xl.StatusFailed, "Error: Invalid argument.")
			}
			if !c.Has("ignore-host") {
				if err := overcommits(ctx, c, id, n); err != nil {
					return err
				}
			}
			return setVCPUs(ctx, c, id, n)
		},
	}
}

// overcommits is the error for more virtual CPUs than the host has CPUs, unless they are fewer
// than before.
func overcommits(ctx context.Context, c *xl.Call, id idl.DomID, n uint64) error {
	cpus, err := c.Xen.MaxCPUs(ctx)
	if err != nil {
		return err
	}
	d, err := c.Xen.DomainInfo(ctx, id)
	if err != nil {
		return err
	}
	if n > uint64(d.VCPUOnline) && n > uint64(cpus) {
		return xl.Failf(xl.StatusFailed, "You are overcommmitting! You have %d physical CPUs and want %d vCPUs! Aborting, use --ignore-host to continue", cpus, n)
	}
	return nil
}

func setVCPUs(ctx context.Context, c *xl.Call, id idl.DomID, n uint64) error {
	var vcpus idl.Bitmap
	for i := range min(n, idl.MaxBit+2) { // one too many is one too many
		vcpus = append(vcpus, uint32(i))
	}
	switch err := c.Xen.SetVCPUOnline(ctx, id, vcpus); {
	case errors.Is(err, libxl.ErrDomainNotFound):
		return &xl.Failure{Status: xl.StatusFailed, Text: fmt.Sprintf("Domain %d does not exist.", id), Err: err}
	case err != nil:
		return c.Because(err, "libxl_set_vcpuonline failed domid=%d max_vcpus=%d, rc: %d", id, n, xl.CodeOf(err))
	}
	return nil
}
