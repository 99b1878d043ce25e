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

// FeatureValues is a policy by the names of features, in the order of its leaves. What has
// no name is not in it, and neither are bits with Xen's default.
func FeatureValues(policy idl.CPUIDPolicyList) []FeatureValue {
	var out []FeatureValue
	words := featureWords()
	for i := range policy.CPUID {
		p := &policy.CPUID[i]
		subleaf := int64(-1)
		if p.Subleaf != nil {
			subleaf = int64(*p.Subleaf)
		}
		for _, w := range words {
			if w.msr == 0 && w.leaf == p.Leaf && w.subleaf == subleaf {
				out = append(out, w.values(*registerOf(p, w.reg))...)
			}
		}
	}
	for _, m := range policy.MSR {
		for _, w := range words {
			if w.msr != 0 && w.msr == m.Index && len(m.Policy) == 64 {
				out = append(out, w.values(m.Policy[32-w.shift:64-w.shift])...)
			}
		}
	}
	return out
}

// values is the features of a word that are not Xen's default in its 32 bits.
func (w featureWord) values(bits string) []FeatureValue {
	var out []FeatureValue
	for entry := range strings.FieldsSeq(w.names) {
		name, bit, _ := strings.Cut(entry, "=")
		n, err := strconv.Atoi(bit)
		if err != nil || n >= len(bits) {
			continue
		}
		if value := bits[len(bits)-1-n : len(bits)-n]; value != "x" {
			out = append(out, FeatureValue{name, value})
		}
	}
	return out
}
