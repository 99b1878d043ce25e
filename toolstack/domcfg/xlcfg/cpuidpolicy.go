package xlcfg

import (
	"strconv"
	"strings"

	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// IsFeature reports whether cpuid= knows a CPU feature by that name.
func IsFeature(name string) bool {
	_, known := findFeature(name)
	return known
}

// SetFeature does what an element "NAME=VALUE" of cpuid= does to a policy. It reports
// whether there is such a feature and whether it can have that value: 0 or 1, x (Xen's
// default), k (the host's), s (the host's, kept over a move), or a number when the
// feature has more than one bit.
func SetFeature(policy *idl.CPUIDPolicyList, name, value string) bool {
	f, known := findFeature(name)
	if !known {
		return false
	}
	c := &converter{out: &idl.DomainConfig{BInfo: idl.DomainBuildInfo{CPUID: *policy}}}
	set := c.setFeature
	if f.msr != 0 {
		set = c.setMSR
	}
	if !set(f, value) {
		return false
	}
	*policy = c.out.BInfo.CPUID
	return true
}

// A FeatureValue is a CPU feature of one bit, with a value as SetFeature takes it.
type FeatureValue struct{ Name, Value string }

// FeatureValues is a policy by the names of features, in the order of its leaves. Bits
// that have no name, and those with Xen's default, are not in it.
func FeatureValues(policy idl.CPUIDPolicyList) []FeatureValue {
	var out []FeatureValue
	all := singleBits()
	for i := range policy.CPUID {
		p := &policy.CPUID[i]
		subleaf := int64(-1)
		if p.Subleaf != nil {
			subleaf = int64(*p.Subleaf)
		}
		for _, f := range all {
			if f.msr == 0 && f.leaf == p.Leaf && f.subleaf == subleaf {
				out = f.appendValue(out, *registerOf(p, f.reg))
			}
		}
	}
	for _, m := range policy.MSR {
		for _, f := range all {
			if f.msr != 0 && f.msr == m.Index {
				out = f.appendValue(out, m.Policy)
			}
		}
	}
	return out
}

// singleBits is the features of one bit, each bit once: Xen's names, and libxl's older
// ones for bits that Xen has no names for.
func singleBits() []feature {
	var out []feature
	type place struct {
		msr, leaf uint32
		subleaf   int64
		reg       register
		bit       int
	}
	seen := map[place]bool{}
	add := func(f feature) {
		at := place{f.msr, f.leaf, f.subleaf, f.reg, f.bit}
		if f.length == 1 && !seen[at] {
			seen[at] = true
			out = append(out, f)
		}
	}
	for _, w := range featureWords() {
		for entry := range strings.FieldsSeq(w.names) {
			name, bit, _ := strings.Cut(entry, "=")
			if n, err := strconv.Atoi(bit); err == nil {
				add(feature{name, w.msr, w.leaf, w.subleaf, w.reg, n + int(w.shift), 1})
			}
		}
	}
	for _, f := range oldFeatures() {
		add(f)
	}
	return out
}

// appendValue adds the feature's value in a register or an MSR, unless it is Xen's default.
func (f feature) appendValue(to []FeatureValue, bits string) []FeatureValue {
	if f.bit >= len(bits) {
		return to
	}
	at := len(bits) - 1 - f.bit
	if value := bits[at : at+1]; value != "x" {
		to = append(to, FeatureValue{f.name, value})
	}
	return to
}
