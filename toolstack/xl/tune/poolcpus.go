package tune

import (
	"context"

	"github.com/xenvoy/xenvoy/toolstack/domcfg/xlcfg"
	"github.com/xenvoy/xenvoy/toolstack/xl"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// cpus are those of the nodes that the file lists, as far as they are free, or those that it
// names, which must be.
func (f poolFile) cpus(ctx context.Context, c *xl.Call, p *idl.CPUPoolInfo) error {
	free, err := c.Xen.FreeCPUMap(ctx)
	if err != nil {
		return c.Because(err, "libxl_get_freecpus failed")
	}
	if nodes, ok := f.list("nodes"); ok {
		return freeOfNodes(ctx, c, nodes, free, p)
	}
	set, err := newCPUSet(ctx, c)
	if err != nil {
		return err
	}
	words, isList := f.list("cpus")
	text, isText := f.text("cpus")
	switch {
	case isList:
		for _, word := range words {
			n, used := xlcfg.Strtol(word, 10)
			if used == 0 { // which xl takes for CPU 0
				return xl.Failf(xl.StatusFailed, "cpus: \"%s\" is not the number of a CPU", word)
			}
			if n < 0 || n >= int64(len(set)) || !free.Has(uint32(n)) {
				return xl.Failf(xl.StatusFailed, "cpu %d illegal or not free", n)
			}
			set[n] = true
		}
	case isText:
		if set, err = cpuRange(ctx, c, text); err != nil {
			return err
		}
	}
	p.CPUMap = set.bitmap()
	for _, cpu := range p.CPUMap {
		if !free.Has(cpu) {
			return xl.Failf(xl.StatusFailed, "cpu %d illegal or not free", cpu)
		}
	}
	return nil
}

func freeOfNodes(ctx context.Context, c *xl.Call, nodes []string, free idl.Bitmap, p *idl.CPUPoolInfo) error {
	topology, err := c.Xen.CPUTopology(ctx)
	if err != nil {
		return c.Because(err, "libxl_get_topologyinfo failed")
	}
	wanted := map[uint32]bool{}
	for _, word := range nodes {
		n, used := xlcfg.Strtol(word, 10)
		if used == 0 || n < 0 || n > idl.MaxBit {
			return xl.Failf(xl.StatusFailed, "nodes: \"%s\" is not the number of a node", word)
		}
		wanted[uint32(n)] = true
	}
	p.CPUMap = idl.Bitmap{}
	for cpu, t := range topology {
		if wanted[t.Node] && free.Has(uint32(cpu)) {
			p.CPUMap = append(p.CPUMap, uint32(cpu))
		}
	}
	if len(p.CPUMap) == 0 {
		return xl.Failf(xl.StatusFailed, "no free cpu found")
	}
	return nil
}
