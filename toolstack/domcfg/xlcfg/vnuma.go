package xlcfg

import (
	"fmt"
	"strings"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// maxNodes bounds vnuma=, whose distances are its square; Xen knows 64 nodes.
const maxNodes = 1024

// vnuma is the NUMA nodes that the guest sees: a list with a list for each
// (parse_vnuma_config of tools/xl/xl_parse.c). Its vCPUs and memory must be
// what maxvcpus and maxmem say, where they are given.
func (c *converter) vnuma() {
	const key = "vnuma"
	nodes, _ := c.list(key)
	if len(nodes) == 0 {
		return
	}
	if len(nodes) > maxNodes {
		c.fail(c.find(key).Value.Pos, key, fmt.Sprintf("%d nodes", len(nodes)), fmt.Sprintf("at most %d", maxNodes))
		return
	}
	b := &c.out.BInfo
	reader := &vnodeReader{converter: c, nodes: len(nodes), maxVCPUs: int(b.MaxVCPUs)}
	if reader.maxVCPUs == 0 {
		reader.maxVCPUs = c.host.CPUs
	}
	for _, v := range nodes {
		if !v.IsList {
			c.fail(v.Pos, key, "a text where a list belongs", "each node is a list of its own")
			continue
		}
		b.VNUMANodes = append(b.VNUMANodes, reader.node(v))
	}
	if len(c.errs) > 0 {
		return
	}
	c.vnumaTotals(c.find(key), reader)
}

func (c *converter) vnumaTotals(s *Setting, r *vnodeReader) {
	b := &c.out.BInfo
	switch {
	case b.MaxVCPUs != 0 && int(b.MaxVCPUs) != r.vcpus:
		c.fail(s.Pos, s.Name, fmt.Sprintf("the nodes have %d vCPUs, maxvcpus is %d", r.vcpus, b.MaxVCPUs), "make them equal")
	case b.MaxVCPUs == 0 && r.vcpus > c.host.Online:
		c.fail(s.Pos, s.Name, fmt.Sprintf("the nodes have %d vCPUs, the host has %d CPUs", r.vcpus, c.host.Online), "give maxvcpus to allow it")
	}
	b.MaxVCPUs = int32(r.vcpus)
	if b.MaxMemKB != nil && *b.MaxMemKB != r.memory {
		c.fail(s.Pos, s.Name, fmt.Sprintf("the nodes have %d MiB, maxmem is %d", r.memory/1024, *b.MaxMemKB/1024), "make them equal")
	}
	b.MaxMemKB = &r.memory
}

type vnodeReader struct {
	*converter
	nodes    int
	maxVCPUs int
	vcpus    int // of all nodes
	memory   idl.MemKB
}

func (r *vnodeReader) node(v *Value) idl.VnodeInfo {
	node := idl.VnodeInfo{Distances: make([]uint32, r.nodes), VCPUs: idl.Bitmap{}}
	for _, option := range v.Items {
		if option.IsList {
			r.warn(option.Pos, "vnuma", "a list within the node", "it is ignored")
			continue
		}
		if option.Text == "" {
			r.fail(option.Pos, "vnuma", "an empty option", "as \"size=1024\"")
			continue
		}
		name, value, ok := splitPair(option.Text)
		if !ok {
			r.fail(option.Pos, "vnuma", fmt.Sprintf("%q has no key or no value", option.Text), "as \"size=1024\"")
			continue
		}
		r.option(&node, option, strings.TrimFunc(name, isSpace), strings.TrimFunc(value, isSpace))
	}
	return node
}

func (r *vnodeReader) option(node *idl.VnodeInfo, v *Value, name, value string) {
	p := pair{part{value: v, start: -1}, name, value}
	switch name {
	case "pnode":
		n := r.decimal("vnuma", p)
		if int(n) >= r.host.Nodes {
			r.fail(v.Pos, "vnuma", fmt.Sprintf("pnode %d is beyond the host's nodes", n), fmt.Sprintf("0 to %d", r.host.Nodes-1))
		}
		node.Pnode = uint32(n)
		r.out.BInfo.NUMAPlacement = idl.False
	case "size":
		size := idl.MemKB(r.decimal("vnuma", p)) * 1024
		if node.MemKB != nil {
			r.warn(v.Pos, "vnuma", "a second size for this node", "xl counts both for the sum")
		}
		node.MemKB = &size
		r.memory += size
	case "vcpus":
		r.vcpuRanges(node, v, value)
	case "vdistances":
		r.distances(node, v, value)
	default:
		r.warn(v.Pos, "vnuma", fmt.Sprintf("unknown key %q", name), "it is ignored")
	}
}

func (r *vnodeReader) vcpuRanges(node *idl.VnodeInfo, v *Value, value string) {
	set := make([]bool, (r.maxVCPUs+7)/8*8)
	for _, bit := range node.VCPUs {
		set[bit] = true
	}
	parts := cut(&Value{Pos: v.Pos, Text: value}, ',')
	if len(parts) == 0 {
		r.fail(v.Pos, "vnuma", "vcpus is empty", "xl crashes at it")
	}
	for _, p := range parts {
		first, last, ok := parseRange(p.text)
		switch {
		case !ok:
			r.fail(v.Pos, "vnuma", fmt.Sprintf("%q is not a range of vCPUs", p.text), "as 0-3")
			continue
		case last > maxVCPUs || last >= uint64(len(set)):
			r.fail(v.Pos, "vnuma", fmt.Sprintf("vCPU %d is beyond what the guest can have", last), "raise maxvcpus")
			continue
		}
		for n := first; n <= last; n++ {
			set[n] = true
			r.vcpus++
		}
	}
	node.VCPUs = append(idl.Bitmap{}, bitmap(set)...)
}

func (r *vnodeReader) distances(node *idl.VnodeInfo, v *Value, value string) {
	parts := cut(&Value{Pos: v.Pos, Text: value}, ',')
	if len(parts) == 0 || len(parts) > r.nodes {
		r.fail(v.Pos, "vnuma", fmt.Sprintf("%d distances for %d nodes", len(parts), r.nodes), "one for each node")
		return
	}
	for i, p := range parts {
		node.Distances[i] = uint32(r.decimal("vnuma", pair{part{value: v, start: -1}, "vdistances", p.text}))
	}
}

// splitPair is xl's split_string_into_pair with "=": signs before the key do
// not count, and the value ends at a second one.
func splitPair(text string) (name, value string, ok bool) {
	parts := cut(&Value{Text: text}, '=')
	if len(parts) < 2 {
		return "", "", false
	}
	return parts[0].text, parts[1].text, true
}

func isSpace(r rune) bool { return r == ' ' || r >= '\t' && r <= '\r' }
