package tune

import (
	"context"
	"fmt"
	"strings"

	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

func poolList() *xl.Command {
	return &xl.Command{
		Name: "cpupool-list", Operands: "[-c|--cpus] [<CPU Pool>]", Summary: "List the CPU pools",
		Options: []xl.Option{{Short: 'c', Long: "cpus", Help: "Print the pools' CPUs instead."}},
		Run: func(ctx context.Context, c *xl.Call) error {
			only := ""
			if len(c.Args) > 0 {
				only = c.Args[0]
				if _, err := c.Xen.NameToCPUPoolID(ctx, only); err != nil {
					return &xl.Failure{Status: xl.StatusFailed, Text: fmt.Sprintf("Pool '%s' does not exist", only), Err: err}
				}
			}
			all, err := c.Xen.ListCPUPools(ctx)
			if err != nil {
				return c.Because(err, "error getting cpupool info")
			}
			return showPools(c, all, only)
		},
	}
}

// A PoolRow is a CPU pool of the list, with the numbers of its CPUs.
type PoolRow struct {
	Name      string     `json:"name"`
	ID        uint32     `json:"id"`
	Scheduler string     `json:"scheduler"`
	CPUs      idl.Bitmap `json:"cpus"`
	Domains   uint32     `json:"domains"`
}

func showPools(c *xl.Call, all []idl.CPUPoolInfo, only string) error {
	rows := []PoolRow{}
	title := "CPUs   Sched     Active   Domain count"
	if c.Has("cpus") {
		title = "CPU list"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%-19s%s\n", "Name", title)
	for _, p := range all {
		if only != "" && p.PoolName != only {
			continue
		}
		rows = append(rows, PoolRow{p.PoolName, p.PoolID, p.Sched.String(), append(idl.Bitmap{}, p.CPUMap...), p.NDom})
		text := fmt.Sprintf("%3d %9s       y       %4d", len(p.CPUMap), p.Sched, p.NDom)
		if c.Has("cpus") {
			text = numberList(p.CPUMap)
		}
		fmt.Fprintf(&b, "%-19s%s\n", p.PoolName, text)
	}
	return c.Show(rows, b.String())
}

// numberList is numbers with commas between.
func numberList(cpus idl.Bitmap) string {
	texts := make([]string, len(cpus))
	for i, n := range cpus {
		texts[i] = fmt.Sprint(n)
	}
	return strings.Join(texts, ",")
}

func poolDestroy() *xl.Command {
	return &xl.Command{
		Name: "cpupool-destroy", Operands: "<CPU Pool>", Summary: "End a CPU pool that has no domain", MinArgs: 1, Changes: true,
		Run: withPool(0, func(ctx context.Context, c *xl.Call, pool uint32) error {
			if err := c.Xen.CPUPoolDestroy(ctx, pool); err != nil {
				return c.Because(err, "Can't destroy cpupool '%s'", c.Args[0])
			}
			return nil
		}),
	}
}

func poolRename() *xl.Command {
	return &xl.Command{
		Name: "cpupool-rename", Operands: "<CPU Pool> <new name>", Summary: "Give a CPU pool another name", MinArgs: 2, Changes: true,
		Run: withPool(0, func(ctx context.Context, c *xl.Call, pool uint32) error {
			if err := c.Xen.CPUPoolRename(ctx, pool, c.Args[1]); err != nil {
				return c.Because(err, "Can't rename cpupool '%s'", c.Args[0])
			}
			return nil
		}),
	}
}

// withPool does something with the CPU pool that an operand names.
func withPool(operand int, do func(ctx context.Context, c *xl.Call, pool uint32) error) func(context.Context, *xl.Call) error {
	return func(ctx context.Context, c *xl.Call) error {
		pool, err := findPool(ctx, c, c.Args[operand])
		if err != nil {
			return err
		}
		return do(ctx, c, pool)
	}
}

func poolCPUAdd() *xl.Command {
	return &xl.Command{
		Name: "cpupool-cpu-add", Operands: "<CPU Pool> <CPU nr>|node:<node nr>", Summary: "Give a CPU pool free CPUs", MinArgs: 2, Changes: true,
		Run: withCPUs(func(ctx context.Context, c *xl.Call, pool uint32, cpus idl.Bitmap) error {
			if err := c.Xen.CPUPoolCPUAddCPUMap(ctx, pool, cpus); err != nil {
				return c.PassOver(err, "some cpus may not have been added to %s", c.Args[0])
			}
			return nil
		}),
	}
}

func poolCPURemove() *xl.Command {
	return &xl.Command{
		Name: "cpupool-cpu-remove", Operands: "<CPU Pool> <CPU nr>|node:<node nr>", Summary: "Take CPUs from a CPU pool", MinArgs: 2, Changes: true,
		Run: withCPUs(func(ctx context.Context, c *xl.Call, pool uint32, cpus idl.Bitmap) error {
			if err := c.Xen.CPUPoolCPURemoveCPUMap(ctx, pool, cpus); err != nil {
				return c.PassOver(err, "Some cpus may have not or only partially been removed from '%[1]s'.\n"+
					"If a cpu can't be added to another cpupool, add it to '%[1]s' again and retry.", c.Args[0])
			}
			return nil
		}),
	}
}

// withCPUs reads the CPUs before it looks for the pool, as xl does.
func withCPUs(do func(ctx context.Context, c *xl.Call, pool uint32, cpus idl.Bitmap) error) func(context.Context, *xl.Call) error {
	return func(ctx context.Context, c *xl.Call) error {
		cpus, err := cpuRange(ctx, c, c.Args[1])
		if err != nil {
			return err
		}
		pool, err := findPool(ctx, c, c.Args[0])
		if err != nil {
			return err
		}
		return do(ctx, c, pool, cpus.bitmap())
	}
}

func poolMigrate() *xl.Command {
	return &xl.Command{
		Name: "cpupool-migrate", Operands: "<Domain> <CPU Pool>", Summary: "Move a domain to another CPU pool", MinArgs: 2, Changes: true,
		Run: func(ctx context.Context, c *xl.Call) error {
			id, err := c.Xen.FindDomain(ctx, c.Args[0])
			if err == nil {
				_, err = c.Xen.DomIDToName(ctx, id)
			}
			if err != nil {
				return &xl.Failure{Status: xl.StatusFailed, Text: fmt.Sprintf("unknown domain '%s'", c.Args[0]), Err: err}
			}
			pool, err := findPool(ctx, c, c.Args[1])
			if err != nil {
				return err
			}
			return c.Xen.CPUPoolMoveDomain(ctx, pool, id)
		},
	}
}
