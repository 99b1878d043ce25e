package xlcfg

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// cpuid has the names of features, or the bits of leaves when a bit has no name.
func (w *writer) cpuid() {
	policy := &w.config.BInfo.CPUID
	if policy.IsZero() {
		return
	}
	if names, ok := cpuidWords(policy); ok {
		w.text("cpuid", strings.Join(append([]string{"host"}, names...), ","))
		return
	}
	var leaves []string
	for i := range policy.CPUID {
		leaves = append(leaves, leafText(&policy.CPUID[i]))
	}
	w.list("cpuid", leaves)
}

// leafText is what readLeaf reads.
func leafText(p *idl.CPUIDPolicy) string {
	leaf := fmt.Sprintf("%#x", p.Leaf)
	if p.Subleaf != nil {
		leaf += fmt.Sprintf(",%d", *p.Subleaf)
	}
	var e element
	for r, name := range []string{"eax", "ebx", "ecx", "edx"} {
		e.text(name, *registerOf(p, register(r)))
	}
	return leaf + ":" + e.String()
}

// cpuidWords is "name=value" for all of a policy; ok is false when it needs more.
func cpuidWords(policy *idl.CPUIDPolicyList) (out []string, ok bool) {
	if len(policy.CPUID) > maxLeaves {
		return nil, false
	}
	all := namedFeatures()
	for i := range policy.CPUID {
		p := &policy.CPUID[i]
		before := len(out)
		for r := range 4 {
			bits := *registerOf(p, register(r))
			if bits == "" {
				continue
			}
			fields := slices.DeleteFunc(slices.Clone(all), func(f feature) bool { return !f.in(p, register(r)) })
			names, complete := registerWords(fields, bits)
			if !complete {
				return nil, false
			}
			out = append(out, names...)
		}
		if len(out) == before {
			return nil, false // a leaf without registers
		}
	}
	for _, m := range policy.MSR {
		fields := slices.DeleteFunc(slices.Clone(all), func(f feature) bool { return f.msr != m.Index || f.msr == 0 })
		names, complete := registerWords(fields, m.Policy)
		if !complete || len(policy.MSR) > 1 {
			return nil, false
		}
		out = append(out, names...)
	}
	return out, true
}

// in reports whether the feature is in a register of the leaf.
func (f feature) in(p *idl.CPUIDPolicy, r register) bool {
	subleaf := int64(-1)
	if p.Subleaf != nil {
		subleaf = int64(*p.Subleaf)
	}
	return f.msr == 0 && f.leaf == p.Leaf && f.subleaf == subleaf && f.reg == r
}

// namedFeatures is every feature that findFeature finds, single bits first and of
// these the newer names.
func namedFeatures() []feature {
	old := oldFeatures()
	shadowed := map[string]bool{}
	for _, f := range old {
		shadowed[f.name] = true
	}
	var out []feature
	for _, w := range featureWords() {
		for entry := range strings.FieldsSeq(w.names) {
			name, bit, _ := strings.Cut(entry, "=")
			if n, err := strconv.Atoi(bit); err == nil && !shadowed[name] {
				out = append(out, feature{name, w.msr, w.leaf, w.subleaf, w.reg, n + int(w.shift), 1})
			}
		}
	}
	slices.SortStableFunc(old, func(a, b feature) int { return min(a.length, 2) - min(b.length, 2) })
	return append(out, old...)
}

// registerWords is "name=value" for the bits of a register that are not x, or one
// word with x for a register that has no other.
func registerWords(fields []feature, bits string) (out []string, ok bool) {
	left := []byte(bits)
	for _, f := range fields {
		mask := f.filled("0")
		if !slices.ContainsFunc(slices.Collect(ones(mask)), func(i int) bool { return left[i] != 'x' }) {
			continue
		}
		value, ok := f.valueFor(bits, mask)
		if !ok {
			continue
		}
		out = append(out, f.name+"="+value)
		for i := range ones(mask) {
			left[i] = 'x'
		}
	}
	if strings.Trim(string(left), "x") != "" {
		return nil, false
	}
	if len(out) == 0 && len(fields) > 0 && fields[0].length == 1 {
		out = append(out, fields[0].name+"=x")
	}
	return out, len(out) > 0
}

// ones is the places of a register that a feature has something to say about.
func ones(mask string) func(yield func(int) bool) {
	return func(yield func(int) bool) {
		for i := range len(mask) {
			if mask[i] != 'x' && !yield(i) {
				return
			}
		}
	}
}

// filled is a register of which nothing is said but the value of the feature.
func (f feature) filled(value string) string {
	c := &converter{out: &idl.DomainConfig{}}
	policy := &c.out.BInfo.CPUID
	if f.msr != 0 {
		c.setMSR(f, value)
		return policy.MSR[0].Policy
	}
	c.setFeature(f, value)
	return *registerOf(&policy.CPUID[0], f.reg)
}

// valueFor is the value that gives the feature's places what the register has there.
func (f feature) valueFor(bits, mask string) (string, bool) {
	values := []string{"x", "k", "s"}
	switch n, err := strconv.ParseUint(bits[len(bits)-f.bit-f.length:len(bits)-f.bit], 2, 32); {
	case f.name == "family" || f.name == "model": // they are in two places
		for n := range 256 + 16 { // all of family, whose upper bits begin at 16
			values = append(values, fmt.Sprint(n))
		}
	case err == nil:
		values = append(values, fmt.Sprint(n))
	}
	for _, value := range values {
		filled, same := f.filled(value), true
		for i := range ones(mask) {
			same = same && filled[i] == bits[i]
		}
		if same {
			return value, true
		}
	}
	return "", false
}
