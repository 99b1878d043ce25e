package libvirtcfg

import (
	"reflect"
	"testing"

	"github.com/xenvoy/xenvoy/toolstack/domcfg/xlcfg"
	"github.com/xenvoy/xenvoy/xen/libxl/idl"
)

// TestFeatureNames: libxl knows what libvirt's names stand for, and a name that is written
// is read as the same feature.
func TestFeatureNames(t *testing.T) {
	for theirs, ours := range featureNames() {
		if !xlcfg.IsFeature(ours) {
			t.Errorf("%s: libxl has no feature %s", theirs, ours)
		}
	}
	names := 0
	for leaf := range policies() {
		for _, f := range xlcfg.FeatureValues(leaf) {
			name := libxlFeature(libvirtFeature(f.Name))
			var policy idl.CPUIDPolicyList
			if !xlcfg.SetFeature(&policy, name, "0") || !reflect.DeepEqual(xlcfg.FeatureValues(policy), []xlcfg.FeatureValue{f}) {
				t.Errorf("%s is written as %s, which is read as %s: %v", f.Name, libvirtFeature(f.Name), name, xlcfg.FeatureValues(policy))
			}
			names++
		}
	}
	if names < 200 {
		t.Errorf("%d names", names)
	}
}

// policies is leaves with all bits switched off.
func policies() func(yield func(idl.CPUIDPolicyList) bool) {
	const zeros = "00000000000000000000000000000000"
	return func(yield func(idl.CPUIDPolicyList) bool) {
		for _, p := range []idl.CPUIDPolicy{
			{Leaf: 1}, {Leaf: 6}, {Leaf: 7, Subleaf: new(uint32(0))}, {Leaf: 7, Subleaf: new(uint32(1))}, {Leaf: 7, Subleaf: new(uint32(2))}, {Leaf: 0xd, Subleaf: new(uint32(1))},
			{Leaf: 0x80000001}, {Leaf: 0x80000007}, {Leaf: 0x80000008}, {Leaf: 0x8000000a}, {Leaf: 0x80000021},
		} {
			p.EAX, p.EBX, p.ECX, p.EDX = zeros, zeros, zeros, zeros
			if !yield(idl.CPUIDPolicyList{CPUID: []idl.CPUIDPolicy{p}}) {
				return
			}
		}
		yield(idl.CPUIDPolicyList{MSR: []idl.MSRPolicy{{Index: 0x10a, Policy: zeros + zeros}}})
	}
}
