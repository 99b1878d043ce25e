package inspect

import (
	"context"
	"fmt"
	"math"
	"strings"

	"github.com/xenvoy/xenvoy/toolstack/xl"
)

// unknown stands in libxl's topology for what the hypervisor does not know (libxl.InvalidEntry).
const unknown = math.MaxUint32

// A Topology is what belongs to which NUMA node.
type Topology struct {
	CPUs  []TopologyCPU  `json:"cpu_topology"`
	PCI   []TopologyPCI  `json:"pci_topology"`
	Nodes []TopologyNode `json:"numa_nodes"`
}

// A TopologyCPU is a CPU that is online.
type TopologyCPU struct {
	CPU    int    `json:"cpu"`
	Core   uint32 `json:"core"`
	Socket uint32 `json:"socket"`
	Node   uint32 `json:"node"`
}

// A TopologyPCI is a PCI device whose node is known.
type TopologyPCI struct {
	Device string `json:"device"`
	Node   uint32 `json:"node"`
}

// A TopologyNode is a NUMA node with its memory, and how far each node is from it: 10 is itself.
type TopologyNode struct {
	Node      int      `json:"node"`
	MemoryMiB uint64   `json:"memory_mib"`
	FreeMiB   uint64   `json:"free_memory_mib"`
	Distances []uint32 `json:"distances"`
}

// topology asks for it, and adds xl's tables.
func (d *description) topology(ctx context.Context, x xl.Xen, t *Topology) error {
	t.CPUs, t.PCI, t.Nodes = []TopologyCPU{}, []TopologyPCI{}, []TopologyNode{}
	if err := d.where(ctx, x, t); err != nil {
		return err
	}
	nodes, err := x.NUMAInfo(ctx)
	if err != nil {
		return d.missing(err, "libxl_get_numainfo failed.")
	}
	d.table("numa_info              :\nnode:    memsize    memfree    distances\n")
	for i, n := range nodes {
		if n.Size == unknown {
			continue
		}
		t.Nodes = append(t.Nodes, TopologyNode{i, n.Size >> 20, n.Free >> 20, n.Dists})
		distances := make([]string, len(n.Dists))
		for j, distance := range n.Dists {
			distances[j] = fmt.Sprint(distance)
		}
		d.table("%4d:    %6d     %6d      %s\n", i, n.Size>>20, n.Free>>20, strings.Join(distances, ","))
	}
	return nil
}

// where is the CPUs' and the devices' places. xl asks for no devices where it cannot ask for CPUs.
func (d *description) where(ctx context.Context, x xl.Xen, t *Topology) error {
	cpus, err := x.CPUTopology(ctx)
	if err != nil {
		return d.missing(err, "libxl_get_cpu_topology failed.")
	}
	d.table("cpu_topology           :\ncpu:    core    socket     node\n")
	for i, p := range cpus {
		if p.Core == unknown {
			continue
		}
		t.CPUs = append(t.CPUs, TopologyCPU{i, p.Core, p.Socket, p.Node})
		d.table("%3d:    %4d     %4d     %4d\n", i, p.Core, p.Socket, p.Node)
	}
	devices, err := x.PCITopology(ctx)
	if err != nil {
		return d.missing(err, "libxl_get_pci_topology failed.")
	}
	d.table("device topology        :\ndevice           node\n")
	for _, p := range devices {
		if p.Node == unknown {
			continue
		}
		device := fmt.Sprintf("%04x:%02x:%02x.%01x", p.Seg, p.Bus, p.Devfn>>3&0x1f, p.Devfn&7)
		t.PCI = append(t.PCI, TopologyPCI{device, p.Node})
		d.table("%s      %d\n", device, p.Node)
	}
	if len(t.PCI) == 0 {
		d.table("No device topology data available\n")
	}
	return nil
}

func (d *description) table(format string, args ...any) {
	d.lines = append(d.lines, line{text: fmt.Sprintf(format, args...)})
}
