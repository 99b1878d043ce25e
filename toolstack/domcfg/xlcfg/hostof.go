package xlcfg

import (
	"fmt"
	"strings"
)

// maxHostCPUs is the most that Xen can be built for.
const maxHostCPUs = 4095

// HostOf is the least host on which the file means what it says, for where no host
// is known: with the CPUs and NUMA nodes that cpus=, cpus_soft= and vnuma= name by
// number, all CPUs on one node, and an empty xl.conf. The warnings are of words that
// mean something else on another host.
func HostOf(f *File) (Host, Warnings) {
	h := hostReader{host: Host{CPUs: 1, Nodes: 1}}
	for _, key := range []string{"cpus", "cpus_soft", "vnuma"} {
		if s := f.Lookup(key); s != nil {
			h.value(key, s.Value)
		}
	}
	return h.host, h.warnings
}

type hostReader struct {
	host     Host
	warnings Warnings
}

// value looks at all texts of a value. Those of a node in vnuma= begin with a key.
func (h *hostReader) value(key string, v *Value) {
	for _, item := range v.Items {
		h.value(key, item)
	}
	switch {
	case v.IsList:
	case key == "vnuma":
		name, numbers, _ := splitPair(v.Text)
		switch strings.TrimFunc(name, isSpace) {
		case "pnode":
			h.numbers(numbers, &h.host.Nodes)
		case "vcpus":
			h.numbers(numbers, &h.host.CPUs)
		}
	default:
		for _, p := range cut(v, ',') {
			h.cpus(key, p)
		}
	}
}

func (h *hostReader) cpus(key string, p part) {
	word := strings.TrimPrefix(p.text, "^")
	numbers, isNode := strings.CutPrefix(word, "node:")
	if !isNode {
		numbers, isNode = strings.CutPrefix(word, "nodes:")
	}
	if isNode || word == "all" {
		h.warnings = h.warnings.add(Warning{p.pos(), key, fmt.Sprintf("%q depends on the host", p.text), "without one it has only the CPUs that the file names"})
	}
	into := &h.host.CPUs
	if isNode {
		into = &h.host.Nodes
	}
	h.numbers(numbers, into)
}

func (h *hostReader) numbers(text string, into *int) {
	for _, p := range cut(&Value{Text: text}, ',') {
		if _, last, ok := parseRange(strings.TrimFunc(p.text, isSpace)); ok {
			*into = max(*into, int(min(last, maxHostCPUs))+1)
		}
	}
}
