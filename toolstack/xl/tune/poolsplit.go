package tune

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

func poolNUMASplit() *xl.Command {
	return &xl.Command{
		Name: "cpupool-numa-split", Summary: "Split the host into a CPU pool for each NUMA node", Changes: true,
		Run: func(ctx context.Context, c *xl.Call) error {
			pools, err := c.Xen.ListCPUPools(ctx)
			if err != nil {
				return c.Because(err, "error getting cpupool info")
			}
			if len(pools) > 1 {
				return xl.Failf(xl.StatusFailed, "splitting not possible, already cpupools in use")
			}
			topology, err := c.Xen.CPUTopology(ctx)
			if err != nil {
				return c.Because(err, "libxl_get_topologyinfo failed")
			}
			if len(pools) == 0 || len(topology) == 0 {
				return xl.Failf(xl.StatusFailed, "the host shows no CPU pool or no CPU")
			}
			s := split{c: c, pool: pools[0], first: topology[0].Node}
			if err := s.run(ctx, topology); err != nil {
				return errors.Join(err, s.back(context.WithoutCancel(ctx)))
			}
			return nil
		},
	}
}

// A split knows how to take its steps back: xl leaves a host half split.
type split struct {
	c     *xl.Call
	pool  idl.CPUPoolInfo // the one that there was
	first uint32          // the node that it keeps
	undo  []func(context.Context) error
}

// back takes the steps back, the last one first.
func (s *split) back(ctx context.Context) error {
	var all []error
	for _, step := range slices.Backward(s.undo) {
		all = append(all, step(ctx))
	}
	if err := errors.Join(all...); err != nil {
		return fmt.Errorf("undo: %w", err)
	}
	return nil
}

func (s *split) run(ctx context.Context, topology []idl.CPUTopology) error {
	if _, err := s.c.Xen.CPUPoolCPUAddNode(ctx, s.pool.PoolID, s.first); err != nil {
		return s.c.Because(err, "error on adding cpu to Pool 0")
	}
	if err := s.c.Xen.CPUPoolRename(ctx, s.pool.PoolID, nodePool(s.first)); err != nil {
		return s.c.Because(err, "error on renaming Pool 0")
	}
	s.undo = append(s.undo, func(ctx context.Context) error { return s.c.Xen.CPUPoolRename(ctx, s.pool.PoolID, s.pool.PoolName) })
	own := uint32(0)
	var others []uint32
	for _, t := range topology {
		switch {
		case t.Node == s.first:
			own++
		case t.Node != libxlUnknown && !slices.Contains(others, t.Node):
			others = append(others, t.Node)
		}
	}
	if err := s.shrinkDom0(ctx, own); err != nil {
		return err
	}
	for _, node := range others {
		if err := s.node(ctx, node); err != nil {
			return err
		}
	}
	return nil
}

func nodePool(node uint32) string { return fmt.Sprintf("Pool-node%d", node) }

// libxlUnknown is the node of a CPU that is offline (libxl.InvalidEntry).
const libxlUnknown = 1<<32 - 1

// How long dom0 may take to give up virtual CPUs, and how often to look: nothing tells of it.
const (
	shrinkTime = 10 * time.Second
	shrinkLook = 100 * time.Millisecond
)

// shrinkDom0 leaves dom0 no more virtual CPUs than its pool will have CPUs.
func (s *split) shrinkDom0(ctx context.Context, most uint32) error {
	dom0, err := s.c.Xen.DomainInfo(ctx, 0)
	if err != nil {
		return s.c.Because(err, "error on getting info for Domain-0")
	}
	if dom0.VCPUOnline <= most {
		return nil
	}
	vcpus := allBelow(dom0.VCPUOnline)
	s.undo = append(s.undo, func(ctx context.Context) error { return s.c.Xen.SetVCPUOnline(ctx, 0, vcpus) })
	if err := s.c.Xen.SetVCPUOnline(ctx, 0, allBelow(most)); err != nil {
		return s.c.Because(err, "error on removing vcpus for Domain-0")
	}
	look := time.NewTicker(shrinkLook)
	defer look.Stop()
	end := time.After(shrinkTime)
	for {
		if dom0, err = s.c.Xen.DomainInfo(ctx, 0); err != nil {
			return s.c.Because(err, "error on getting info for Domain-0")
		}
		if dom0.VCPUOnline <= most {
			return nil
		}
		select {
		case <-look.C:
		case <-end:
			return xl.Failf(xl.StatusFailed, "failed to offline vcpus")
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// allBelow is the numbers below n.
func allBelow(n uint32) idl.Bitmap {
	out := idl.Bitmap{}
	for i := range n {
		out = append(out, i)
	}
	return out
}

// node makes a pool of a node's CPUs.
func (s *split) node(ctx context.Context, node uint32) error {
	x := s.c.Xen
	s.undo = append(s.undo, func(ctx context.Context) error {
		_, err := x.CPUPoolCPUAddNode(ctx, s.pool.PoolID, node)
		return err
	})
	if _, err := x.CPUPoolCPURemoveNode(ctx, s.pool.PoolID, node); err != nil {
		return s.c.Because(err, "error on removing cpu from Pool 0")
	}
	pool, err := makePool(ctx, x, idl.CPUPoolInfo{PoolName: nodePool(node), Sched: s.pool.Sched, CPUMap: idl.Bitmap{}})
	if err != nil {
		return s.c.Because(err, "error on creating cpupool")
	}
	s.undo = append(s.undo, func(ctx context.Context) error { return x.CPUPoolDestroy(ctx, pool) })
	if _, err := x.CPUPoolCPUAddNode(ctx, pool, node); err != nil {
		return s.c.Because(err, "error on adding cpus to cpupool")
	}
	return nil
}
